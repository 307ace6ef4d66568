"""How the pages are used, and how the sends stand, as Prometheus scrapes them."""

from __future__ import annotations

from prometheus_client import CONTENT_TYPE_LATEST, CollectorRegistry, Counter, Gauge, Histogram, generate_latest

from newsletter.deliver.leaving import REASON
from newsletter.deliver.metrics import edition_registry
from newsletter.period import month
from newsletter.public.site import Site


class Metrics:
    """What the server counts; no label tells a reader, an address or a token."""

    def __init__(self, site: Site) -> None:
        """All at zero."""
        self._site = site
        self._registry = CollectorRegistry()
        self._answers = Counter(
            "newsletter_public_answers",
            "Answers of the public pages.",
            ("method", "page", "status"),
            registry=self._registry,
        )
        self._seconds = Histogram(
            "newsletter_public_answer_seconds",
            "How long an answer took.",
            ("page",),
            buckets=(0.005, 0.02, 0.1, 0.5, 2.0, 10.0),
            registry=self._registry,
        )
        about = "Addresses that left the list by their link."
        self._left = Gauge("newsletter_unsubscribed_addresses", about, registry=self._registry)

    def observe(self, method: str, page: str, status: int, seconds: float) -> None:
        """Count one answer."""
        known = method if method in ("GET", "HEAD", "POST") else "other"
        self._answers.labels(known, page, str(status)).inc()
        self._seconds.labels(page).observe(seconds)

    def exposition(self) -> tuple[bytes, str]:
        """The text that Prometheus reads, and its media type: of the newest edition in the ledger, then of the pages.

        Raises:
            LedgerError: the ledger cannot be read.
        """
        return self._of_the_ledger() + generate_latest(self._registry), CONTENT_TYPE_LATEST

    def _of_the_ledger(self) -> bytes:
        def ended_at(edition: str) -> float:
            return month(edition, self._site.config.timezone).end_s

        with self._site.ledger() as ledger:
            editions = ledger.editions() if ledger is not None else []
            if ledger is None or not editions:
                return b""
            gone = sum(one.reason == REASON for one in ledger.suppressions())
            self._left.set(gone)
            return generate_latest(edition_registry(ledger, editions[-1].id, ended_at))
