"""Where the product tells how its own sending stands."""

from pathlib import Path
from typing import Annotated

from pydantic import AfterValidator, Field

from newsletter.config.faults import Model
from newsletter.config.places import WorkspacePath
from newsletter.config.refusals import fault, url_parts
from newsletter.config.texts import Line


def _gateway(text: str) -> str:
    parts = url_parts(text)
    if parts.scheme not in ("http", "https") or not parts.hostname or not text.isprintable() or " " in text:
        raise fault('must begin with http:// or https:// and a host, such as "http://pushgateway:9091"')
    if "@" in parts.netloc or parts.query or parts.fragment:
        raise fault("must be the base address alone, without user, ? or #")
    return text.rstrip("/")


def _textfile(path: Path) -> Path:
    if path.suffix != ".prom":
        raise fault("must end in .prom: the node exporter reads no other file")
    return path


class MetricsConfig(Model):
    """Metrics about each `send`, for Prometheus; docs/alerts.yml holds alert rules for them."""

    textfile: Annotated[WorkspacePath, AfterValidator(_textfile)] | None = Field(
        default=None,
        description="A file for the textfile collector of the node exporter, replaced as a whole after each `send`; "
        "it ends in .prom.",
        examples=["/var/lib/node_exporter/newsletter.prom"],
    )
    pushgateway: Annotated[Line, AfterValidator(_gateway)] | None = Field(
        default=None,
        description="The base address of a Pushgateway, for machines without a node exporter; the job is `newsletter`.",
        examples=["http://pushgateway.acme.example:9091"],
    )
