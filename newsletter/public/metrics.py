"""How the pages are used, and how the sends stand, as Prometheus scrapes them."""

from __future__ import annotations

from prometheus_client import CONTENT_TYPE_LATEST, CollectorRegistry, Counter, Histogram, generate_latest


class Metrics:
    """What the server counts; no label tells a reader, an address or a token."""

    def __init__(self) -> None:
        """All at zero."""
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

    def observe(self, method: str, page: str, status: int, seconds: float) -> None:
        """Count one answer."""
        known = method if method in ("GET", "HEAD", "POST") else "other"
        self._answers.labels(known, page, str(status)).inc()
        self._seconds.labels(page).observe(seconds)

    def exposition(self) -> tuple[bytes, str]:
        """The text that Prometheus reads, and its media type."""
        return generate_latest(self._registry), CONTENT_TYPE_LATEST
