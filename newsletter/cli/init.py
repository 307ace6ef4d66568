"""`newsletter init`: a new workspace, made of what a server holds."""

from __future__ import annotations

import sys
from collections.abc import Callable, Iterator, Sequence
from datetime import UTC, datetime
from pathlib import Path
from typing import TYPE_CHECKING, Any

import click

from newsletter.cli.options import log, log_options
from newsletter.cli.progress import waiting
from newsletter.cli.values import printable
from newsletter.counting import counted
from newsletter.errors import UsageError

if TYPE_CHECKING:
    from newsletter.collect.discover import Discovery, FoundSource
    from newsletter.collect.discover_ratios import FoundRatio
    from newsletter.starter import Answers

_DAY = 86400.0
_DAYS_NEEDED = 35  # a month, and some days to look at it


@click.command("init")
@log_options
@click.argument("directory", metavar="[DIR]", required=False, type=click.Path(path_type=Path, file_okay=False))
@click.option("--prometheus", "url", metavar="URL", help="Make the config of what this server holds.")
@click.option("--bearer-token", metavar="REF", help="A token for it, as env:NAME or file:PATH.")
@click.option("--basic-auth", nargs=2, metavar="USER REF", help="User and password for it, the latter as env:NAME.")
@click.option(
    "--header", "headers", multiple=True, metavar="NAME:VALUE", help="A header for it, such as X-Scope-OrgID."
)
@click.option("--organisation", help="Its name.")
@click.option("--timezone", metavar="ZONE", help="Where months begin, such as Europe/Rome. Default: the machine's.")
@click.option("--locale", "locales", multiple=True, help="A language to write in; the first is the default. [en]")
@click.option("--yes", is_flag=True, help="Do not ask; what is not given is guessed.")
def command(directory: Path | None, yes: bool, **given: Any) -> None:
    """Begin a new workspace, made of what your Prometheus holds.

    Writes a commented config.yaml, audience.csv with sample rows, a first note and .gitignore
    into DIR (default: here), and nothing over what is there. With --prometheus the config
    collects at once: presets, services, labels, scrape intervals and tickets are looked up.
    Nothing can be sent before you name your relay and your readers.
    """
    from newsletter import starter

    folder = directory or Path()
    starter.require_free(folder)
    now = datetime.now(UTC)
    answers = _answers(given, ask=_at_terminal() and not yes)
    found = None
    if answers.prometheus is not None:
        with waiting(f"Looking at {answers.prometheus['url']} …"):
            found = starter.look(answers, folder, now=now)
        _tell(found)
    for path in starter.create(folder, answers, found, now=now):
        click.echo(path)
    _next(folder, answers, found, now)


def _at_terminal() -> bool:
    return sys.stdin.isatty() and sys.stderr.isatty()


def _answers(given: dict[str, Any], *, ask: bool) -> Answers:
    from newsletter import starter
    from newsletter.config.placeholders import ORGANISATION

    here = starter.machine_timezone()
    if not here and not given["timezone"] and not ask:
        log.warning("the machine does not tell its time zone; UTC is written, correct it in config.yaml")
    url = given["url"] or (_asked("Address of your Prometheus (empty: none yet)", "") if ask else "")
    organisation = given["organisation"] or (_asked("Organisation", ORGANISATION) if ask else "")
    timezone = given["timezone"] or (_asked("Time zone", here or "UTC", _zone) if ask else here)
    locales = given["locales"] or (_asked("Languages", "en", _languages).split() if ask else ())
    return starter.Answers(
        organisation=organisation or ORGANISATION,
        timezone=timezone or "UTC",
        locales=tuple(locales) or ("en",),
        prometheus=_prometheus(url, given) if url else None,
    )


def _asked(question: str, default: str, check: Callable[[str], str] = str.strip) -> str:
    """The answer, asked again while `check` refuses it."""
    answer: str = click.prompt(question, default=default, show_default=bool(default), value_proc=check, err=True)
    return answer


def _zone(text: str) -> str:
    from difflib import get_close_matches
    from zoneinfo import available_timezones

    known = {name.rpartition("/")[2].casefold(): name for name in sorted(available_timezones())}
    if text.strip() in available_timezones():
        return text.strip()
    near = get_close_matches(text.strip().rpartition("/")[2].casefold(), known, n=1)
    raise click.BadParameter(f"no such zone; did you mean {known[near[0]]}?" if near else "no such zone")


def _languages(text: str) -> str:
    from newsletter.errors import ConfigError
    from newsletter.language import require_supported

    tags = text.replace(",", " ").split()
    try:
        require_supported(tags)
    except ConfigError as error:
        raise click.BadParameter(f"{error.message}. {error.hint}") from None
    return " ".join(tags)


def _prometheus(url: str, given: dict[str, Any]) -> dict[str, object]:
    """The keys of `prometheus` in config.yaml."""
    keys: dict[str, object] = {"url": url if "://" in url else f"http://{url}"}
    if given["bearer_token"]:
        keys["bearer_token"] = given["bearer_token"]
    if given["basic_auth"]:
        user, password = given["basic_auth"]
        keys["basic_auth"] = {"user": user, "password": password}
    if given["headers"]:
        keys["headers"] = dict(map(_header, given["headers"]))
    return keys


def _header(text: str) -> tuple[str, str]:
    name, colon, value = text.partition(":")
    if not colon or not value.strip():
        raise UsageError(f"--header {name!r} has no value", "Write it as NAME:VALUE.")
    return name.strip(), value.strip()


def _tell(found: Discovery) -> None:
    """What was found, on stderr."""
    from newsletter.collect.retention import advice

    parts = [found.source, f"version {found.version}" if found.version else "version unknown"]
    kept = found.retention_s
    parts.append("does not say how long it keeps samples" if kept is None else f"keeps {counted(kept / _DAY, 'day')}")
    if found.since is not None:
        parts.append(f"samples since {datetime.fromtimestamp(found.since, UTC):%Y-%m-%d} or earlier")
    log.info("%s", ", ".join(parts))
    for line, remarks in (*map(_source, found.sources), *(line for one in found.ratios for line in _ratio(one))):
        log.info("  %s", printable(line))
        for remark in remarks:
            log.warning("    %s", printable(remark))
    if found.tickets:
        log.info("  tickets: %s", ", ".join(found.tickets))
    if found.figures:
        log.info("  figures: %s", ", ".join(found.figures))
    if not (found.sources or found.ratios):
        log.warning("  nothing that tells of services was found")
    if kept is not None and kept < _DAYS_NEEDED * _DAY:
        log.warning(
            "  %s too few for a month: start it with %s or more", counted(kept / _DAY, "day is", "days are"), advice(40)
        )


def _first_whole_month(found: Discovery, timezone: str) -> str | None:
    """The first month that begins with samples, as far as they were looked for."""
    from zoneinfo import ZoneInfo

    from newsletter import period

    if found.since is None:
        return None
    zone = ZoneInfo(timezone)
    begun = datetime.fromtimestamp(found.since - _DAY, zone)  # a look is as exact as a day
    return period.previous(period.month(f"{begun:%Y-%m}", zone), zone, -1).label


def _source(source: FoundSource) -> tuple[str, Sequence[str]]:
    """What is said of a source, and what is strange about it."""
    where = f" of {', '.join(source.match.values())}" if source.match else ""
    parts = [f"{source.preset}{where}: {counted(len(source.services), 'service')} by label {source.service_label}"]
    if source.probers:
        parts.append(f"{counted(len(source.probers), 'prober')} by {source.prober_label}")
    if source.interval_s:
        parts.append(f"every {source.interval_s:g} s")
    return ", ".join(parts), source.remarks


def _ratio(ratio: FoundRatio) -> Iterator[tuple[str, Sequence[str]]]:
    if ratio.services:
        told = f"requests of {counted(len(ratio.services), 'service')} by label {ratio.service_label}"
        yield f"{ratio.preset}: {told}", ratio.remarks
    if ratio.measured:
        yield f"{ratio.preset} leaves to {' and '.join(ratio.by)}: {', '.join(ratio.measured)}", ()


def _next(folder: Path, answers: Answers, found: Discovery | None, now: datetime) -> None:
    from zoneinfo import ZoneInfo

    from newsletter import period

    first = _first_whole_month(found, answers.timezone) if found else None
    last = period.last_complete(now, ZoneInfo(answers.timezone)).label
    if first and first > last:
        log.warning("  the samples begin within %s or later: the first whole month is %s", last, first)
    collect = ("newsletter collect", "last month's numbers, once prometheus and availability are filled in")
    if first:
        collect = ("newsletter collect", "last month's numbers")
    if first and first < last:
        collect = (f"newsletter collect --since {first}", "last month's numbers, and those before to compare with")
    steps = (
        ("newsletter doctor", "what is still to be filled in"),
        collect,
        ("newsletter preview", "read the letter in the browser"),
    )
    log.info("Next:")
    if folder != Path():
        log.info("  cd %s", folder)
    width = max(len(line) for line, _ in steps)
    for line, why in steps:
        log.info("  %s  # %s", line.ljust(width), why)
