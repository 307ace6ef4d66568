"""How the sending stands, as metrics for Prometheus: a textfile, a Pushgateway, or both.

All is read from the ledger, so a run that only settles the last copy tells the whole edition. The
series are of the newest edition alone: an old one would alert for ever.
"""

from __future__ import annotations

from collections.abc import Callable
from typing import TYPE_CHECKING

from newsletter.config import MetricsConfig
from newsletter.deliver.ledger import STATES, UNSETTLED, Ledger, Summary
from newsletter.deliver.sending import DeliveryReport
from newsletter.errors import DeliveryError, FileError, NewsletterError

if TYPE_CHECKING:
    from prometheus_client import CollectorRegistry

_TIMEOUT_S = 10.0
_JOB = "newsletter"
_Values = dict[tuple[str, ...], float]
_EDITION = ("edition",)
_STATE = ("edition", "state")
_KIND = ("edition", "kind")


def publish_metrics(
    config: MetricsConfig, ledger: Ledger, report: DeliveryReport, ended_at: Callable[[str], float], now: float
) -> None:
    """Tell how the run of `report` ended and how its edition stands.

    Args:
        config: where to; that one place fails keeps nothing from the other.
        ledger: what is told.
        report: the run that has just ended.
        ended_at: when the month of an edition was over (seconds since the epoch).
        now: the present (seconds since the epoch).

    Raises:
        FileError: the textfile cannot be written.
        DeliveryError: the Pushgateway does not take them.
    """
    if config.textfile is None and config.pushgateway is None:
        return
    registry = _registry(ledger, report, ended_at, now)
    failed: list[NewsletterError] = []
    for tell in (_write, _push):
        try:
            tell(config, registry)
        except NewsletterError as error:
            failed.append(error)
    if failed:
        raise failed[0]


def _write(config: MetricsConfig, registry: CollectorRegistry) -> None:
    from prometheus_client import write_to_textfile

    if config.textfile is None:
        return
    try:
        write_to_textfile(str(config.textfile), registry)
    except OSError as error:
        raise FileError(f"{config.textfile}: {error.strerror}", "Check metrics.textfile and its rights.") from error


def _push(config: MetricsConfig, registry: CollectorRegistry) -> None:
    from http.client import HTTPException

    from prometheus_client import push_to_gateway

    if config.pushgateway is None:
        return
    try:
        push_to_gateway(config.pushgateway, job=_JOB, registry=registry, timeout=_TIMEOUT_S)
    except OSError as error:  # urllib.error.URLError is one
        raise DeliveryError(f"{config.pushgateway}: {error}", "Check metrics.pushgateway.") from error
    except HTTPException as error:  # TLS where HTTP is expected, for one; its bytes are no words for a terminal
        message = f"{config.pushgateway}: the answer is not HTTP ({type(error).__name__})"
        raise DeliveryError(message, "Check metrics.pushgateway: http:// or https://, host and port.") from error


def _registry(
    ledger: Ledger, report: DeliveryReport, ended_at: Callable[[str], float], now: float
) -> CollectorRegistry:
    registry = edition_registry(ledger, report.edition, ended_at)
    edition = (report.edition,)
    _tell(registry, "last_send_timestamp_seconds", "When the last send ended.", {edition: now}, *_EDITION)
    _tell(registry, "last_send_duration_seconds", "How long the last send took.", {edition: report.seconds}, *_EDITION)
    about = "Copies that the relay accepted in it."
    _tell(registry, "last_send_accepted", about, {edition: float(report.sent)}, *_EDITION)
    return registry


def edition_registry(ledger: Ledger, edition: str, ended_at: Callable[[str], float]) -> CollectorRegistry:
    """What the ledger tells of an edition, as metrics that can be scraped at any time.

    Args:
        ledger: what is told.
        edition: its id.
        ended_at: when the month of an edition was over (seconds since the epoch).
    """
    from prometheus_client import CollectorRegistry

    registry, counts = CollectorRegistry(), ledger.counts(edition)
    states: _Values = {(edition, state): float(counts[state]) for state in STATES}
    hard, soft = ledger.bounces(edition)
    about = "People of the newest edition sent, by the state of their copy."
    _tell(registry, "edition_recipients", about, states, *_STATE)
    returned: _Values = {(edition, "hard"): float(hard), (edition, "soft"): float(soft)}
    about = "Copies that came back after the relay had accepted them."
    _tell(registry, "edition_bounces", about, returned, *_KIND)
    complete = [one.id for one in ledger.editions() if _is_complete(one)]
    if complete:
        about = "When the month was over that the newest completely sent edition tells about."
        _tell(registry, "last_complete_edition_end_timestamp_seconds", about, {(): ended_at(max(complete))})
    return registry


def _tell(registry: CollectorRegistry, name: str, about: str, values: _Values, *labels: str) -> None:
    from prometheus_client import Gauge

    gauge = Gauge(f"newsletter_{name}", about, labels, registry=registry)
    for which, value in values.items():
        (gauge.labels(*which) if labels else gauge).set(value)


def _is_complete(edition: Summary) -> bool:
    """Whether it went out, and nobody waits for a copy any more."""
    waiting = sum(edition.counts[state] for state in UNSETTLED)
    return not waiting and not edition.counts["cancelled"] and edition.counts["accepted"] > 0
