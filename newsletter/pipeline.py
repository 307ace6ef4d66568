"""The straight way of the data: each function here is one prefix of it.

config -> collect -> snapshot -> facts -> compose -> render -> deliver. Only this module (and what
stands above it) knows more than one stage; the stages themselves never import one another.
"""

from __future__ import annotations

import dataclasses
import json
from collections import Counter
from collections.abc import Callable, Collection, Iterator, Mapping, Sequence
from dataclasses import dataclass
from datetime import UTC, datetime
from pathlib import Path
from typing import TYPE_CHECKING

from newsletter import approval, period
from newsletter.config import Config, Secret
from newsletter.errors import ApprovalError, ConfigError, ContentError, CoverageError, NewsletterError
from newsletter.model import Edition, Editorial, Fact, Period, Recipient, Rendered, Selection, Snapshot

if TYPE_CHECKING:
    from newsletter.audience import RecipientList
    from newsletter.collect.cost import Cost
    from newsletter.collect.helpdesk.exposition import Textfile
    from newsletter.collect.step import Step
    from newsletter.deliver import CompiledMessage, DeliveryReport, Freeze, InDoubt, Ledger, TestCopy

Progress = Callable[["Step"], None]

SNAPSHOT_NAME = "snapshot.json"


def resolve_month(config: Config, label: str | None, now: datetime) -> Period:
    """The month a command is about: the one named, or the last complete one."""
    if label is None:
        return period.last_complete(now, config.timezone)
    return period.require_complete(period.month(label, config.timezone), now)


def edition_folder(config: Config, month: Period) -> Path:
    """Where an edition's notes, snapshot and approvals stand."""
    return config.editions / month.label


# --- collect ------------------------------------------------------------------------------


def collect_edition(
    config: Config,
    month: Period,
    *,
    now: datetime,
    output: Path | None = None,
    progress: Progress | None = None,
    costs: Callable[[Cost], None] | None = None,
) -> tuple[Path, Snapshot]:
    """Ask Prometheus and freeze the answer in a file.

    Raises:
        SourceError: no answer, or one that must not be trusted; nothing is written.
        CoverageError: the file is written, but some services were measured too little.
    """
    snapshot, thin = measure(config, month, now=now, progress=progress, costs=costs)
    path = output or edition_folder(config, month) / SNAPSHOT_NAME
    freeze(snapshot, path)
    if thin:
        raise CoverageError(
            measured_too_little(config, snapshot, thin), f"{path} is written, without a percentage for these."
        )
    return path, snapshot


def measure(
    config: Config,
    month: Period,
    *,
    now: datetime,
    progress: Progress | None = None,
    costs: Callable[[Cost], None] | None = None,
) -> tuple[Snapshot, tuple[str, ...]]:
    """Ask all sources; the month, and its services of which too little was measured.

    Raises:
        SourceError: no answer, or one that must not be trusted.
    """
    from newsletter import collect

    snapshot = collect.collect(config, month, now=now, progress=progress, costs=costs)
    return snapshot, collect.below_gate(snapshot, config.coverage)


def freeze(snapshot: Snapshot, path: Path) -> None:
    """Write a month to its file, as a whole or not at all."""
    from newsletter.collect import snapshot as snapshot_file

    path.parent.mkdir(parents=True, exist_ok=True)
    snapshot_file.write(snapshot, path)


def write_textfile(config: Config, output: Path, *, export: Path | None, now: datetime) -> Textfile:
    """Count the help desk's export into a file for Prometheus.

    Raises:
        ConfigError: the config names no export.
        UsageError, SourceError, ContentError, FileError: see `exposition.write`.
    """
    from newsletter.collect.helpdesk import exposition

    if config.tickets.csv is None:
        raise ConfigError(f"{config.path}: no tickets.csv, so there is no export to count", "Describe it there.")
    return exposition.write(config.tickets.csv, output, export=export, zone=config.timezone, now=now)


def measured_too_little(config: Config, snapshot: Snapshot, thin: Sequence[str]) -> str:
    """Which services, and how much of the month was measured of each."""
    measured = ", ".join(f"{name} ({snapshot.services[name].coverage * 100:.1f}% of the month)" for name in thin)
    return f"measured less than {config.coverage.fail * 100:g}% of {snapshot.edition}: {measured}"


# --- read what is frozen ------------------------------------------------------------------


def read_snapshot(config: Config, month: Period, path: Path | None = None) -> Snapshot:
    """The frozen numbers of a month.

    Raises:
        ContentError: there is no such file, or it is of another month.
    """
    from newsletter.collect import snapshot

    found = path or edition_folder(config, month) / SNAPSHOT_NAME
    if not found.is_file():
        raise ContentError(f"no snapshot for {month.label} ({found})", _missing_hint(config, month))
    read = snapshot.read(found)
    if read.edition != month.label:
        raise ContentError(
            f"{found}: the numbers of {read.edition}, not of {month.label}", f"Use --month {read.edition}."
        )
    return _with_figures_by_hand(config, read)


def _with_figures_by_hand(config: Config, snapshot: Snapshot) -> Snapshot:
    """The month with what people entered for it, which stands in its folder and in no snapshot file."""
    from newsletter.notes import by_hand

    figures, evidence = by_hand.load(config.editions / snapshot.edition / by_hand.FILE_NAME, config=config)
    return dataclasses.replace(
        snapshot, figures={**snapshot.figures, **figures}, evidence={**snapshot.evidence, **evidence}
    )


def figures_to_enter(config: Config, month: Period) -> tuple[str, ...]:
    """The figures entered by hand that nobody has entered for the month."""
    from newsletter.notes import by_hand

    entered, _ = by_hand.load(edition_folder(config, month) / by_hand.FILE_NAME, config=config)
    return tuple(name for name, figure in config.figures.items() if figure.by_hand and name not in entered)


def _missing_hint(config: Config, month: Period) -> str:
    known = [folder.parent.name for folder in sorted(config.editions.glob(f"*/{SNAPSHOT_NAME}"))]
    collect = f"Run: newsletter collect --month {month.label}"
    return f"{collect} (the newest one here is --month {known[-1]})" if known else collect


def past_snapshots(config: Config, month: Period) -> tuple[Snapshot, ...]:
    """The frozen numbers of all earlier months, oldest first."""
    from newsletter.collect import snapshot

    earlier = sorted(path for path in config.editions.glob(f"*/{SNAPSHOT_NAME}") if path.parent.name < month.label)
    return tuple(_with_figures_by_hand(config, snapshot.read(path)) for path in earlier)


# --- build --------------------------------------------------------------------------------


@dataclass(frozen=True, slots=True, kw_only=True)
class Draft:
    """An edition built in memory: everything that preview, approval and send need."""

    month: Period
    snapshot: Snapshot
    facts: tuple[Fact, ...]
    selection: Selection
    unexplained: tuple[tuple[str, str], ...]
    editions: Mapping[str, Edition]
    variants: Mapping[str, Rendered]

    @property
    def digests(self) -> dict[str, str]:
        """Each variant's digest."""
        return {name: one.digest for name, one in self.variants.items()}

    @property
    def digest(self) -> str:
        """The hash that approvals are bound to."""
        return approval.edition_digest(self.digests, facts_json(self))


def build(
    config: Config, month: Period, *, now: datetime, snapshot_path: Path | None = None, drafts: bool = False
) -> Draft:
    """Snapshot and notes to every variant of the edition, offline.

    Raises:
        ContentError: a snapshot, note or template is at fault.
    """
    from newsletter import compose, notes
    from newsletter.language import require_supported
    from newsletter.render import Renderer

    require_supported(config.locales)
    snapshot = read_snapshot(config, month, snapshot_path)
    past = past_snapshots(config, month)
    editorial = notes.load_editorial(edition_folder(config, month), config=config)
    found, selection = _tell(config, snapshot, past, editorial)
    past_visits = notes.visits(config.editions, month, config=config)
    written = notes.load(edition_folder(config, month) / "notes", config=config, now=now, drafts=drafts)
    renderer = Renderer(config.templates)
    editions, variants = {}, {}
    for audience, segment, locale in _variants(config):
        edition = compose.compose(
            found,
            written,
            selection=selection,
            editorial=editorial,
            past_visits=past_visits,
            snapshot=snapshot,
            past=past,
            audience=audience,
            segment=segment,
            locale=locale,
            config=config,
        )
        editions[edition.variant] = edition
        variants[edition.variant] = renderer.render(edition)
    return Draft(
        month=month,
        snapshot=snapshot,
        facts=found,
        selection=selection,
        unexplained=compose.unexplained(found, written, config),
        editions=editions,
        variants=variants,
    )


def facts_of(config: Config, month: Period) -> tuple[Fact, ...]:
    """The facts of a month, whatever is written about it.

    Raises:
        ContentError: there is no snapshot of the month, or an earlier one is at fault.
    """
    found, _ = _tell(config, read_snapshot(config, month), past_snapshots(config, month), Editorial())
    return found


def _tell(
    config: Config, snapshot: Snapshot, past: Sequence[Snapshot], editorial: Editorial
) -> tuple[tuple[Fact, ...], Selection]:
    from newsletter import facts

    return facts.tell(
        snapshot,
        past=past,
        config=config,
        told=facts.memory.read(config.editions, before=snapshot.edition),
        pin=editorial.pin,
        mute=editorial.mute,
    )


def _variants(config: Config) -> Iterator[tuple[str, str, str]]:
    """(audience, segment, locale) of every variant; only the staff letter has segments."""
    from newsletter import compose

    for audience in config.audiences:
        parts = config.segments if compose.letter_of(audience, config) == "staff" else ()
        for segment in ("", *parts):
            for locale in config.locales:
                yield audience, segment, locale


def facts_json(draft: Draft) -> str:
    """The facts with the evidence behind them, as stable JSON (LF, two blanks)."""
    evidence = {
        key: {**dataclasses.asdict(one), "evaluated_at": one.evaluated_at.isoformat()}
        for key, one in sorted(draft.snapshot.evidence.items())
    }
    facts = [dataclasses.asdict(one) for one in draft.facts]
    selection = dataclasses.asdict(draft.selection)
    whole = {"edition": draft.month.label, "selection": selection, "facts": facts, "evidence": evidence}
    return json.dumps(whole, indent=2, ensure_ascii=False) + "\n"


# --- messages and recipients --------------------------------------------------------------


def messages(config: Config, draft: Draft) -> dict[str, CompiledMessage]:
    """Each variant as a message that only lacks the recipient's own fields."""
    from newsletter.deliver import compile_message

    return {
        name: compile_message(rendered, smtp=config.smtp, organisation=config.organisation, edition=draft.month.label)
        for name, rendered in draft.variants.items()
    }


def sample_reader(config: Config) -> Recipient:
    """The reader that a preview is made out to."""
    domain = config.smtp.sender.rpartition("@")[2].rstrip("> ")
    return Recipient(address=f"reader@{domain}", name="")


def sample_eml(config: Config, draft: Draft, variant: str, message: CompiledMessage) -> bytes:
    """A variant as the sample reader would get it; the same bytes at every build."""
    reader = sample_reader(config)
    domain = reader.address.rpartition("@")[2]
    return message.eml(reader, f"<{draft.month.label}.{variant}.preview@{domain}>", draft.month.end)


def write_build(config: Config, draft: Draft, output: Path) -> list[Path]:
    """Write `<variant>.html .txt .eml .mjml` and `facts.json`; the paths, in order."""
    from newsletter.render import fill_html, fill_text

    output.mkdir(parents=True, exist_ok=True)
    reader = sample_reader(config)
    values = {"address": reader.address, "name": reader.name}
    written = []
    for name, message in messages(config, draft).items():
        rendered = draft.variants[name]
        parts = {
            "html": fill_html(rendered, values).encode(),
            "txt": fill_text(rendered, values).encode(),
            "eml": sample_eml(config, draft, name, message),
            "mjml": rendered.mjml.encode(),
        }
        for suffix, content in parts.items():
            path = output / f"{name}.{suffix}"
            path.write_bytes(content)
            written.append(path)
    facts_path = output / "facts.json"
    facts_path.write_text(facts_json(draft), encoding="utf-8")
    return [*written, facts_path]


@dataclass(frozen=True, slots=True, kw_only=True)
class Audience:
    """Who gets which variant, each address once, and what was folded or left out.

    Args:
        recipients: everybody; may be read again and again, and lies on disk, not in memory.
        variant_of: the variant of one of them.
        remarks: what a person should know about the lists, as sentences.
    """

    recipients: Collection[Recipient]
    variant_of: Callable[[Recipient], str]
    remarks: tuple[str, ...]

    def planned(self) -> Iterator[tuple[Recipient, str]]:
        """Everybody with their variant, one by one."""
        return ((recipient, self.variant_of(recipient)) for recipient in self.recipients)

    def counts(self) -> dict[str, int]:
        """Recipients per variant."""
        return dict(Counter(variant for _, variant in self.planned()))


def audience(config: Config, *, skip_invalid: bool = False) -> Audience:
    """Read every list of the config; somebody on two gets the copy of the audience named first.

    Raises:
        ConfigError, SourceError: a source of recipients refuses the config, or gives no whole answer.
        ContentError: a list cannot be read, has bad rows, or nobody is left.
    """
    from newsletter import audience as lists

    if not config.audiences:
        raise ContentError(f"{config.path}: no audiences, so there is nobody to write to", "Add one under audiences:.")
    loaded: list[RecipientList] = [
        lists.load(one, audience=name, skip_invalid=skip_invalid) for name, one in config.audiences.items()
    ]
    merged = lists.merge(loaded)
    return Audience(
        recipients=merged.recipients,
        variant_of=lambda one: variant_of(one, config),
        remarks=(*merged.remarks, *lists.not_offered(merged.recipients.locales(), config.locales)),
    )


def variant_of(recipient: Recipient, config: Config) -> str:
    """Which variant somebody gets: of their audience, their first configured segment, and their language."""
    from newsletter import audience as lists
    from newsletter import compose

    segment = ""
    if compose.letter_of(recipient.audience, config) == "staff":
        segment = next((one for one in config.segments if lists.segment_key(one) in recipient.segments), "")
    locale = lists.offered(recipient.locale, config.locales) or config.locales[0]
    return compose.variant_name(recipient.audience, locale, segment)


def require_steady_lists(config: Config, month: Period, people: Audience) -> None:
    """Refuse lists that lost half of their people since the last edition: an export may have broken.

    Raises:
        ContentError: a list did.
        LedgerError: the ledger, which knows how long they were, cannot be read.
    """
    from newsletter import deliver as stage

    numbers = dict.fromkeys(config.audiences, 0)
    for variant, number in people.counts().items():
        numbers[variant.partition(".")[0]] += number
    found = stage.shrunk(config.ledger, month.label, numbers)
    if found:
        what = "; ".join(map(str, found))
        raise ContentError(
            f"at most half of the people are left ({what})",
            "Look into where the list comes from; if it is right: --accept-shrunk-list",
        )


# --- approve and deliver ------------------------------------------------------------------


def require_explained(draft: Draft) -> None:
    """Refuse to send an edition in which something went wrong and no person has written about it.

    Raises:
        ContentError: names the service and the language of each note that is missing.
    """
    if not draft.unexplained:
        return
    missing = ", ".join(f"{service} ({locale})" for service, locale in draft.unexplained)
    raise ContentError(
        f"{draft.month.label}: no note explains what went wrong: {missing}",
        f"Write one (it may say that the cause is still under investigation): newsletter note new incident "
        f"--month {draft.month.label} --service {draft.unexplained[0][0]}",
    )


def require_other_eyes(config: Config, month: Period, *, by: str, now: datetime) -> None:
    """Refuse the approval of somebody whose own incident note is in the edition.

    Raises:
        ApprovalError: names the note.
    """
    from newsletter import notes

    for note in notes.load(edition_folder(config, month) / "notes", config=config, now=now):
        if note.kind == "incident" and note.owner.casefold() == " ".join(by.split()).casefold():
            raise ApprovalError(
                f"{by} owns {note.source}, so somebody else has to approve this edition",
                "four_eyes is on in config.yaml.",
            )


def require_approval(config: Config, draft: Draft) -> None:
    """Refuse to send what nobody approved as it is now.

    Raises:
        ApprovalError: too few approvals, or they were given for something else.
    """
    approval.require(
        edition_folder(config, draft.month),
        needed=config.approvals,
        digest=draft.digest,
        variants=draft.digests,
        month=draft.month.label,
    )


def deliver(
    config: Config,
    draft: Draft,
    messages: Mapping[str, CompiledMessage],
    people: Audience,
    *,
    in_doubt: InDoubt = "hold",
    retry_now: bool = False,
    believe_refusals: bool = False,
    progress: Callable[[Mapping[str, int]], None] | None = None,
) -> tuple[DeliveryReport, tuple[str, ...]]:
    """Freeze the edition's recipients if that was not done, and mail everybody who has no copy yet.

    Returns:
        The report, and remarks about the frozen list ("... joined the list after it was frozen").

    Raises:
        ContentError: the edition was frozen with other content, or its month ended too long ago.
        DeliveryError: another send is running, or somebody paused or cancelled the edition.
        LedgerError: the ledger cannot be read or written; nothing more was sent.
    """
    from newsletter import deliver as stage

    _require_credentials(config)
    now = datetime.now(UTC)
    stage.require_timely(config.sending, draft.month, now)
    hours = stage.SendingHours.read(config.sending.hours, config.timezone)
    hours.require(now)
    with stage.open_ledger(config.ledger) as ledger:
        stage.require_unheld(ledger, draft.month.label)
        frozen = stage.freeze(ledger, draft.month.label, messages, people.planned())
        report = stage.send(
            ledger,
            draft.month.label,
            messages,
            config.smtp,
            in_doubt=in_doubt,
            retry_now=retry_now,
            believe_refusals=believe_refusals,
            hours=hours,
            progress=progress,
        )
        remarks = (*_frozen_remarks(frozen), *_publish_metrics(config, ledger, report))
    remember_told(config, draft)
    return report, remarks


def _publish_metrics(config: Config, ledger: Ledger, report: DeliveryReport) -> tuple[str, ...]:
    """Tell Prometheus; that it cannot be told is a remark, because the mails are what counts."""
    from newsletter.deliver import publish_metrics

    def ended_at(edition: str) -> float:
        return period.month(edition, config.timezone).end_s

    try:
        publish_metrics(config.metrics, ledger, report, ended_at, datetime.now(UTC).timestamp())
    except NewsletterError as error:
        return (f"the metrics were not told: {error.message}",)
    return ()


def remember_told(config: Config, draft: Draft) -> None:
    """From now on these facts rest: readers have them."""
    from newsletter import facts

    chosen = (*draft.selection.did_you_know, *filter(None, [draft.selection.spotlight]))
    facts.memory.write(edition_folder(config, draft.month), draft.month.label, chosen)


def _require_credentials(config: Config) -> None:
    """Tell a missing secret or an unusable key before anything is written or connected.

    Raises:
        ConfigError: a variable or file that the config names is not there.
    """
    from newsletter.deliver import load_signer

    oauth = config.smtp.oauth
    client_secret = oauth.microsoft.client_secret if oauth and oauth.microsoft else None
    for secret in (config.smtp.user, config.smtp.password, client_secret):
        if isinstance(secret, Secret):
            secret.reveal()
    if config.smtp.dkim:
        load_signer(config.smtp.dkim)


def _frozen_remarks(frozen: Freeze) -> tuple[str, ...]:
    found = frozen.difference
    told = {
        "on the list now, but not when the sending began: no copy of this edition": found.added,
        "not on the list any more, but on it when the sending began: still gets a copy": found.removed,
        "on the list with another name or language than when the sending began: the copy stays as it was": found.changed,
    }
    return tuple(remark for what, (number, some) in told.items() for remark in _remarks(what, number, some))


def _remarks(what: str, number: int, some: Sequence[str]) -> Iterator[str]:
    yield from (f"{address} is {what}" for address in some)
    if number > len(some):
        yield f"and {number - len(some)} more: {what}"


def deliver_test(config: Config, messages: Mapping[str, CompiledMessage], addresses: Sequence[str]) -> list[TestCopy]:
    """Every variant to each address: the bytes of the real mail, and nothing recorded.

    Raises:
        DeliveryError: the relay cannot be reached.
        ContentError: an address cannot be mailed.
    """
    from newsletter import audience as lists
    from newsletter import deliver as stage

    _require_credentials(config)
    recipients = [Recipient(address=lists.valid_address(address)) for address in addresses]
    return stage.send_test(messages, recipients, config.smtp)
