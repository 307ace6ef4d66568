"""Everything outside, looked at at once: config, Prometheus, lists, templates, relay, ledger.

Each stage examines its own outside world and says what it found; here they run side by side under
one deadline, and what fails or hangs hides nothing of the others.
"""

from __future__ import annotations

import threading
import time
from collections.abc import Callable, Iterable, Iterator, Sequence
from datetime import datetime
from pathlib import Path

from newsletter import period, pipeline
from newsletter.config import AudienceConfig, Config
from newsletter.config.placeholders import ORGANISATION
from newsletter.errors import (
    ConfigError,
    ContentError,
    CoverageError,
    DeliveryError,
    LedgerError,
    NewsletterError,
    SourceError,
)
from newsletter.model import Finding, Period
from newsletter.model.finding import fault, ok, warning

DEADLINE_S = 30.0
PAST_MONTHS = 12  # a year, so that a month can be compared with the same one a year ago

# Which fault decides how the command ends: the one that the way of an edition meets first.
_ORDER = (
    ConfigError.exit_code,
    SourceError.exit_code,
    CoverageError.exit_code,
    ContentError.exit_code,
    LedgerError.exit_code,
    DeliveryError.exit_code,
)

Check = Callable[[], Iterable[Finding]]


def examine(config: Config, month: Period, *, now: datetime, deadline_s: float = DEADLINE_S) -> list[Finding]:
    """Run every check, the slow ones at the same time.

    Args:
        config: what to examine.
        month: the edition that would be collected and built.
        now: the present (aware).
        deadline_s: what has not answered by then is a fault.

    Returns:
        All findings, in the order of an edition's way.
    """
    hurried = _hurried(config, deadline_s * 0.8)
    checks: dict[str, tuple[type[NewsletterError], Check]] = {
        "languages": (ConfigError, lambda: _languages(config)),
        "prometheus": (SourceError, lambda: _source(hurried, month, now)),
        "templates": (ContentError, lambda: _templates(config)),
        "edition": (ContentError, lambda: _edition(config, month, now)),
        "audiences": (ContentError, lambda: _audiences(hurried)),
        "ledger": (LedgerError, lambda: _ledger(config)),
        "smtp": (DeliveryError, lambda: _relay(hurried)),
        "metrics": (DeliveryError, lambda: _metrics(config)),
        "public": (ConfigError, lambda: _public(config)),
    }
    ends_at = time.monotonic() + deadline_s
    runs = [(_Run(name, check), kind) for name, (kind, check) in checks.items()]
    return [finding for run, kind in runs for finding in run.result(ends_at, kind)]


def exit_code(findings: Iterable[Finding]) -> int:
    """0 without a fault, else the code of the one that an edition would meet first."""
    codes = {one.exit_code for one in findings if one.status == "fault"}
    return next((code for code in (*_ORDER, *sorted(codes)) if code in codes), 0)


class _Run:
    """One check on a thread that nobody waits for beyond the deadline."""

    def __init__(self, name: str, check: Check) -> None:
        self._name = name
        self._check = check
        self._found: list[Finding] = []
        self._bug: BaseException | None = None
        self._thread = threading.Thread(target=self._run, name=f"doctor {name}", daemon=True)
        self._thread.start()

    def _run(self) -> None:
        try:
            for finding in self._check():
                self._found.append(finding)  # one by one: what is found before a failure counts
        except NewsletterError as error:
            self._found.append(fault(self._name, error))
        except BaseException as error:  # noqa: BLE001 - raised again where it is waited for
            self._bug = error

    def result(self, ends_at: float, late: type[NewsletterError]) -> Sequence[Finding]:
        """What was found; a check that is still running then adds a fault of class `late`."""
        self._thread.join(max(ends_at - time.monotonic(), 0.0))
        if self._bug is not None:
            raise self._bug
        if self._thread.is_alive():
            error = late("gave no answer in time", "Try again, or raise --timeout.")
            return [*self._found, fault(self._name, error)]
        return self._found


def _hurried(config: Config, seconds: float) -> Config:
    """The same configuration, with less patience for a single answer."""
    prometheus = config.prometheus.model_copy(update={"timeout_s": min(config.prometheus.timeout_s, seconds)})
    smtp = config.smtp.model_copy(update={"timeout_s": min(config.smtp.timeout_s, seconds)})
    audiences = {name: _hurried_list(one, seconds) for name, one in config.audiences.items()}
    return config.model_copy(update={"prometheus": prometheus, "smtp": smtp, "audiences": audiences})


def _hurried_list(audience: AudienceConfig, seconds: float) -> AudienceConfig:
    if isinstance(audience.recipients, Path):
        return audience
    patience = {"timeout_s": min(audience.recipients.timeout_s, seconds)}
    return audience.model_copy(update={"recipients": audience.recipients.model_copy(update=patience)})


def _languages(config: Config) -> Iterator[Finding]:
    from newsletter.language import require_supported

    if config.organisation == ORGANISATION:
        yield warning("organisation", f"{ORGANISATION} is a placeholder", "Write its name: it stands in every letter.")
    require_supported(config.locales)
    yield ok("languages", ", ".join(config.locales))


def _collected(config: Config, month: Period) -> bool:
    return (pipeline.edition_folder(config, month) / pipeline.SNAPSHOT_NAME).is_file()


def _source(config: Config, month: Period, now: datetime) -> Iterable[Finding]:
    from newsletter import collect

    wanted = [month, *(period.previous(month, config.timezone, back) for back in range(1, PAST_MONTHS + 1))]
    uncollected = [one for one in wanted if not _collected(config, one)]
    return collect.examine(config, month, now=now, uncollected=uncollected)


def _templates(config: Config) -> Iterator[Finding]:
    from newsletter.render import Renderer, packaged

    faults = Renderer(config.templates).faults()
    for error in faults:
        yield fault("templates", error)
    old = [one.name for one in packaged.listing(config.templates) if one.outdated]
    if old:
        yield warning("templates", f"{', '.join(old)} changed since you copied them", "Run: newsletter templates diff")
    elif not faults:
        yield ok("templates", "all compile" if config.templates else "the built-in ones")


def _edition(config: Config, month: Period, now: datetime) -> Iterator[Finding]:
    if not _collected(config, month):
        hint = f"Run: newsletter collect --month {month.label}"
        yield warning("edition", f"{month.label} is not collected yet, so it was not built", hint)
        return
    draft = pipeline.build(config, month, now=now)
    yield ok("edition", f"{month.label} builds: {', '.join(draft.variants)}")


def _audiences(config: Config) -> Iterable[Finding]:
    from newsletter.audience import examine_lists

    return examine_lists(config.audiences, config.locales)


def _relay(config: Config) -> Iterable[Finding]:
    from newsletter.deliver import examine_relay

    return examine_relay(config.smtp)


def _public(config: Config) -> Iterator[Finding]:
    """Whether links of readers can be signed; nothing without public pages."""
    from newsletter.signing import Signing

    if config.public is not None:
        Signing(config.public, "doctor")
        yield ok("public", f"links to {config.public.url} can be signed")


def _metrics(config: Config) -> Iterable[Finding]:
    from newsletter.deliver import examine_metrics

    return examine_metrics(config.metrics)


def _ledger(config: Config) -> Iterable[Finding]:
    from newsletter.deliver import examine_ledger

    return examine_ledger(config.ledger)
