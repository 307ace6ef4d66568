"""config.yaml as a person would write it: what was found, what it means, and what is still to be decided."""

from __future__ import annotations

import re
from collections.abc import Iterator, Mapping
from datetime import datetime
from pathlib import Path

from newsletter import config, presets
from newsletter.collect.discover import Discovery, FoundSource
from newsletter.collect.discover_ratios import FoundRatio
from newsletter.config import Config
from newsletter.config.placeholders import ORGANISATION
from newsletter.counting import counted, some_of
from newsletter.errors import ConfigError, UsageError
from newsletter.language import supported_locales
from newsletter.starter.answers import Answers
from newsletter.starter.words import flow_map, is_key, readable, remark, scalar

RELAY = "relay.invalid"  # RFC 6761, 6.4: never resolves, so nothing can be sent by mistake
SENDER = "IT <it@yourcompany.example>"
_LISTED = 40  # services with an entry of their own; more than that nobody reads
_FIGURES = 4  # more of them would crowd the letter
_COMMENT_AT = 44
_OUTCOME = 'ends the sentence "It works, so that ..."'

Lines = Iterator[str]


def config_text(answers: Answers, found: Discovery | None, *, now: datetime) -> str:
    """The whole file; `newsletter.config.load` accepts it, and `collect` runs with it if `found` is not None."""
    parts = (
        _head(found, now),
        _who(answers),
        _prometheus(answers),
        _availability(found),
        _services(found),
        _tickets(found),
        _figures(found),
        _audiences(),
        _smtp(),
    )
    return "\n\n".join("\n".join(part) for part in parts) + "\n"


def checked(text: str, folder: Path) -> Config:
    """What `text` would say as the config.yaml of `folder`, before it is written.

    Raises:
        UsageError: an answer in it cannot stand there; lines of a file that does not exist are not told.
    """
    path = folder / "config.yaml"
    try:
        return config.loads(text, path)
    except ConfigError as error:
        told = re.sub(rf"^{re.escape(str(path))}:\d+: ", "", error.message, flags=re.MULTILINE)
        raise UsageError(told, "Give it another way, then run again; nothing was written.") from None


def _head(found: Discovery | None, now: datetime) -> Lines:
    where = f" from what {found.source} holds" if found else ""
    yield f"# Written by `newsletter init` on {now:%Y-%m-%d}{remark(where)}."
    yield '# What was guessed is marked with "review". `newsletter doctor` tells what is still to be filled in;'
    yield "# docs/config.md explains every key. Paths are relative to this file."


def _who(answers: Answers) -> Lines:
    review = answers.organisation == ORGANISATION
    yield _line(f"organisation: {scalar(answers.organisation)}", "review" if review else "")
    yield _line("# department: Our IT department", "who speaks in the mail")
    yield _line(f"timezone: {scalar(answers.timezone)}", "months run from midnight to midnight here")
    known = ", ".join(supported_locales())
    yield _line(f"locales: [{', '.join(map(scalar, answers.locales))}]", f"of {known}; the first is the default")


def _prometheus(answers: Answers) -> Lines:
    given = answers.prometheus or {"url": "http://127.0.0.1:9090"}
    yield "prometheus:"
    for key, value in given.items():
        if isinstance(value, Mapping):
            yield f"  {key}: {flow_map({str(k): str(v) for k, v in value.items()})}"
        else:
            yield f"  {key}: {scalar(str(value))}"
    if "bearer_token" not in given and "basic_auth" not in given:
        yield _line("  # bearer_token: env:PROMETHEUS_TOKEN", "a secret never stands here, only where to find it")


def _availability(found: Discovery | None) -> Lines:
    yield "# Series that say of a service whether it works. Where several probers look at it, they vote."
    if found is None or not (found.sources or found.ratios):
        yield from _no_sources(found)
    else:
        yield "availability:"
        for source in found.sources:
            yield from _source(source)
        for ratio in found.ratios:
            yield from _ratio(ratio)
    if found and found.others:
        yield f"# These presets fit as well (docs/presets.md says what they measure): {', '.join(found.others)}."


def _no_sources(found: Discovery | None) -> Lines:
    if found:
        yield "# None were found: run a blackbox exporter, Uptime Kuma or Gatus, or name 0/1 series of your own."
    yield "availability: []"
    yield _line("#  - preset: blackbox", "docs/presets.md lists them all")
    yield "#    match: {job: blackbox}"
    yield _line("#    service_label: service", "the label whose values are the services")
    yield _line("#    interval_s: 60", "the scrape interval")


def _source(source: FoundSource) -> Lines:
    preset = presets.load(source.preset)
    yield f"  # {preset.doc}"
    yield f"  - preset: {source.preset}"
    if source.match:
        yield f"    match: {flow_map(dict(source.match))}"
    yield _line(f"    service_label: {source.service_label}", f"{len(source.services)} of them")
    if source.prober_label:
        yield _line(f"    prober_label: {source.prober_label}", some_of(source.probers, 4))
    interval = source.interval_s
    yield _line(f"    interval_s: {interval or 60:g}", "as measured" if interval else "review: could not be measured")
    if source.maintenance:
        yield _line(f"    maintenance: {scalar(source.maintenance)}", "planned maintenance is left out, and shown")
    for text in source.remarks:
        yield f"    # {remark(text)}"


def _ratio(ratio: FoundRatio) -> Lines:
    """An entry that counts requests; without a service of its own it is only shown, with the reason."""
    if not ratio.services:
        yield f"  # {ratio.preset} counts requests of {_doubles(ratio)},"
        yield f"  # which {' and '.join(ratio.by)} measures already; no service is told of twice, so it is left out:"
        yield f"  # - preset: {ratio.preset}"
        return
    yield f"  # {presets.load(ratio.preset).doc} What counts is how many failed, not how long."
    yield f"  - preset: {ratio.preset}"
    yield _line(f"    service_label: {ratio.service_label}", f"{len(ratio.services)} of them")
    if ratio.measured:
        yield f"    # review: {' and '.join(ratio.by)} measures these already ({_doubles(ratio)})"
        yield "    leave_out:"
        yield from (f"      - {scalar(name)}" for name in ratio.measured if is_key(name))
    for text in ratio.remarks:
        yield f"    # {remark(text)}"


def _doubles(ratio: FoundRatio) -> str:
    """The services that something else measures, with the id they have there if it is another."""
    told = [f"{one} as {double}" if one != double else one for one, double in ratio.measured.items()]
    return remark(some_of(told, 4))


def _services(found: Discovery | None) -> Lines:
    sources: tuple[FoundSource | FoundRatio, ...] = (*found.sources, *found.ratios) if found else ()
    names = sorted({name for source in sources for name in source.services if is_key(name)})
    yield "# The keys are values of the service label; the names are guessed from them: review. A target is a promise,"
    yield "# in percent of the month (99.9 allows about 44 minutes down), so none is made for you."
    if not names:
        yield "services: {}"
        yield from _sample_service()
        return
    yield "services:"
    for number, name in enumerate(names[:_LISTED]):
        yield from _service(name, full=not number)
    if len(names) > _LISTED:
        more = counted(len(names) - _LISTED, "more was", "more were")
        yield f"  # {more} found, too many for one letter. Take in those that people would miss:"
        yield from (f"  # {scalar(name)}: {{name: {scalar(readable(name))}}}" for name in names[_LISTED:])
    yield ""
    include = len(names) <= _LISTED
    comment = "what is not named above still shows up" if include else "only what is named above is told of"
    yield _line(f"unlisted_services: {'include' if include else 'ignore'}", comment)


def _service(name: str, *, full: bool) -> Lines:
    yield f"  {scalar(name)}:"
    yield f"    name: {scalar(readable(name))}"
    yield "    # target: 99.9"
    if full:
        yield _line("    # outcome: orders and offers go out", _OUTCOME)


def _sample_service() -> Lines:
    yield "#  mail:"
    yield "#    name: E-mail"
    yield "#    target: 99.9"
    yield _line("#    outcome: orders and offers go out", _OUTCOME)


def _tickets(found: Discovery | None) -> Lines:
    yield "# The service desk."
    if found and found.tickets:
        yield "tickets:"
        for number, name in enumerate(found.tickets):  # there can be one only; the others are offered
            yield f"  # {presets.load(name).doc}"
            yield f"  {'# ' if number else ''}preset: {name}"
        return
    yield "# tickets:"
    yield "#   opened: {counter: tickets_opened_total, by: [queue, kind]}"
    yield "#   resolved: {counter: tickets_resolved_total, by: [queue, kind]}"


def _figures(found: Discovery | None) -> Lines:
    yield "# Any other number worth telling."
    if found and found.figures:
        yield "figures:"
        for number, name in enumerate(found.figures):
            yield f"  # {presets.load(name).doc}"
            yield f"  {'' if number < _FIGURES else '# '}{name}: {{preset: {name}}}"
        return
    yield "# figures:"
    yield "#   sign_ins: {counter: sign_ins_total, noun: sign-ins that worked}"


def _audiences() -> Lines:
    yield "audiences:"
    yield _line("  staff: {recipients: audience.csv}", "replace its sample rows by your readers")
    yield ""
    yield _line("approvals: 1", "`newsletter approve --by NAME` before `newsletter send`")


def _smtp() -> Lines:
    yield "# As it stands nothing can be sent: these are placeholders that reach nobody."
    yield "smtp:"
    yield _line(f"  host: {RELAY}", "your relay; or preset: m365, preset: google")
    yield "  port: 25"
    yield _line("  security: starttls", "none | starttls | tls")
    yield "  # user: newsletter"
    yield "  # password: env:SMTP_PASSWORD"
    yield _line(f"  from: {scalar(SENDER)}", "the address that people answer to")
    yield ""
    yield _line("ledger: newsletter.db", "who was mailed; nobody gets an edition twice")


def _line(text: str, comment: str) -> str:
    return f"{text:<{_COMMENT_AT - 1}} # {remark(comment)}" if comment else text
