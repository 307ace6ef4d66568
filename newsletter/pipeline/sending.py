"""deliver: freeze the readers, mail everybody who has no copy yet, remember what was told."""

from __future__ import annotations

from collections.abc import Callable, Iterator, Mapping, Sequence
from datetime import UTC, datetime
from typing import TYPE_CHECKING

from newsletter import period
from newsletter.config import Config, Secret
from newsletter.errors import NewsletterError
from newsletter.model import Recipient

if TYPE_CHECKING:
    from newsletter.deliver import CompiledMessage, DeliveryReport, Freeze, InDoubt, Ledger, TestCopy
from newsletter.pipeline.drafting import Draft
from newsletter.pipeline.months import edition_folder
from newsletter.pipeline.readers import Audience


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
        The report, and remarks: about the frozen list ("... joined the list after it was frozen"), and what could not
        be written after the last mail.

    Raises:
        ContentError: the edition was frozen with other content, or its month ended too long ago.
        FileError: the letters for browsers cannot be written; nothing was sent.
        DeliveryError: another send is running, or somebody paused or cancelled the edition.
        LedgerError: the ledger cannot be read or written; nothing more was sent.
    """
    from newsletter import deliver as stage
    from newsletter.pipeline import archive

    require_credentials(config)
    now = datetime.now(UTC)
    stage.require_timely(config.sending, draft.month, now)
    hours = stage.SendingHours.read(config.sending.hours, config.timezone)
    hours.require(now)
    with stage.open_ledger(config.ledger) as ledger:
        stage.require_unheld(ledger, draft.month.label)
        frozen = stage.freeze(ledger, draft.month.label, messages, people.planned())
        archive.keep(config, draft)  # before the first mail, whose link leads there
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
    return report, (*remarks, *_remember_if_read(config, draft, report))


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


def _remember_if_read(config: Config, draft: Draft, report: DeliveryReport) -> tuple[str, ...]:
    """Let its facts rest if anybody may have them; that it cannot be written is a remark, as for the metrics."""
    if not report.counts["accepted"] + report.counts["in_doubt"]:
        return ()
    try:
        remember_told(config, draft)
    except NewsletterError as error:
        again = "later editions may tell the same facts again. Mend it and run the same command: it mails nobody twice"
        return (f"what this edition told was not recorded: {error.message}; {again}",)
    return ()


def remember_told(config: Config, draft: Draft) -> None:
    """From now on these facts rest: readers have them."""
    from newsletter import facts

    chosen = (*draft.selection.did_you_know, *filter(None, [draft.selection.spotlight]))
    facts.memory.write(edition_folder(config, draft.month), draft.month.label, chosen)


def require_credentials(config: Config) -> None:
    """Tell a placeholder, a missing secret or an unusable key before anything is written or connected.

    Raises:
        ConfigError: the relay is a placeholder, or a variable or file that the config names is not there.
    """
    from newsletter.deliver import load_signer, require_relay

    require_relay(config.smtp)
    oauth = config.smtp.oauth
    client_secret = oauth.microsoft.client_secret if oauth and oauth.microsoft else None
    for secret in (config.smtp.user, config.smtp.password, client_secret):
        if isinstance(secret, Secret):
            secret.reveal()
    if config.smtp.dkim:
        load_signer(config.smtp.dkim)
    if config.public and config.public.unsubscribe:
        from newsletter.signing import Signing

        Signing(config.public, "unsubscribe")


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


def deliver_test(
    config: Config, messages: Mapping[str, CompiledMessage], addresses: Sequence[str], *, name: str = ""
) -> list[TestCopy]:
    """Every variant to each address: the bytes of the real mail, and nothing recorded.

    Args:
        config: the relay.
        messages: what to send, by variant.
        addresses: who gets it.
        name: whom the copies are made out to; by default nobody by name.

    Raises:
        DeliveryError: the relay cannot be reached.
        ContentError: an address cannot be mailed.
    """
    from newsletter import audience as lists
    from newsletter import deliver as stage

    require_credentials(config)
    recipients = [Recipient(address=lists.valid_address(address), name=name) for address in addresses]
    return stage.send_test(messages, recipients, config.smtp)
