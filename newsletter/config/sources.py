"""Where the numbers come from: the server, the 0/1 series, and how much of them is enough."""

from typing import Annotated, Any, Literal

from pydantic import AfterValidator, Field, ValidationInfo, model_validator

from newsletter import presets
from newsletter.config.faults import Model
from newsletter.config.from_preset import ServicePresetName, filled_in
from newsletter.config.places import ServerUrl, WorkspacePath
from newsletter.config.refusals import fault
from newsletter.config.rules import both_or_none, exactly_one, together
from newsletter.config.secret import Secret, plain_or_secret, secret
from newsletter.config.texts import HeaderName, LabelName, Line, MetricName


class BasicAuth(Model):
    """HTTP basic authentication at the Prometheus server."""

    user: Line = Field(description="The user name.", examples=["newsletter"])
    password: Annotated[Secret, secret("prometheus.basic_auth.password")] = Field(
        description="The password, as `env:NAME` or `file:PATH`.", examples=["env:PROMETHEUS_PASSWORD"]
    )


# These carry credentials; the value of any other header may stand in plain text.
_CREDENTIAL_HEADERS = frozenset({"authorization", "proxy-authorization", "cookie"})


def _headers(headers: dict[str, str | Secret]) -> dict[str, str | Secret]:
    for name, value in headers.items():
        if isinstance(value, str) and name.lower() in _CREDENTIAL_HEADERS:
            raise fault(f"{name} holds a secret: write its value as env:NAME or file:PATH")
        if isinstance(value, str) and not value.isascii():
            raise fault(f"the value of {name} may hold ASCII characters only")
    return headers


def _one_way_in(value: BasicAuth | None, info: ValidationInfo) -> BasicAuth | None:
    if value is not None and info.data.get("bearer_token") is not None:
        raise together("bearer_token and basic_auth exclude each other: write one of them")
    return value


class TlsConfig(Model):
    """TLS at the Prometheus server. Its certificate is always verified: there is no switch against that."""

    ca: WorkspacePath | None = Field(
        default=None,
        description="A PEM file with the authorities to trust, instead of those of the system "
        "(OpenSSL's store, or the file that the environment variable `SSL_CERT_FILE` names).",
        examples=["/etc/ssl/acme-ca.pem"],
    )
    cert: WorkspacePath | None = Field(
        default=None,
        description="The client certificate to show, followed by those between it and its authority, as a PEM file.",
        examples=["/etc/newsletter/client.pem"],
    )
    key: Annotated[WorkspacePath | None, both_or_none("cert", "key")] = Field(
        default=None,
        validate_default=True,
        description="The private key of `cert`, as a PEM file without passphrase; it may be the same file.",
        examples=["/etc/newsletter/client.key"],
    )


def _needs_https(value: TlsConfig | None, info: ValidationInfo) -> TlsConfig | None:
    if value is not None and str(info.data.get("url", "")).lower().startswith("http://"):
        raise together("tls needs a url that begins with https://")
    return value


class PrometheusConfig(Model):
    """Where the numbers come from: Prometheus, or Thanos, Mimir or VictoriaMetrics, which answer like it."""

    url: ServerUrl = Field(
        description="The base address of the server, without `/api/v1`, user or password.",
        examples=["http://127.0.0.1:9090"],
    )
    headers: Annotated[
        dict[HeaderName, Annotated[str | Secret, plain_or_secret("prometheus.headers")]],
        AfterValidator(_headers),
    ] = Field(
        default={},
        description="Further HTTP headers; a value is text, `env:NAME` or `file:PATH`. "
        "Headers that carry credentials (Authorization, Cookie) are accepted by reference only.",
        examples=["{X-Scope-OrgID: acme}"],
    )
    bearer_token: Annotated[Secret, secret("prometheus.bearer_token")] | None = Field(
        default=None,
        description="A token sent as `Authorization: Bearer`, as `env:NAME` or `file:PATH`.",
        examples=["file:/run/secrets/prometheus-token"],
    )
    basic_auth: Annotated[BasicAuth | None, AfterValidator(_one_way_in)] = Field(
        default=None,
        description="User and password, instead of `bearer_token`.",
        examples=["{user: newsletter, password: env:PROMETHEUS_PASSWORD}"],
    )
    tls: Annotated[TlsConfig | None, AfterValidator(_needs_https)] = Field(
        default=None, description="Authorities of your own and a client certificate, for an `https://` address."
    )
    timeout_s: float = Field(
        default=60, gt=0, description="Longest wait for the answer to one query, in seconds.", examples=["120"]
    )
    max_response_mb: float = Field(
        default=256, gt=0, description="Largest answer that is read, in megabytes.", examples=["512"]
    )


class LatencyConfig(Model):
    """How fast a service answers, from a gauge that tells beside each 0/1 sample how long the answer took."""

    metric: MetricName | None = Field(
        default=None,
        description="The gauge of durations, with the same labels as the 0/1 series. By default the one of the preset, "
        "if it has one.",
        examples=["probe_duration_seconds"],
    )
    quantile: float = Field(
        default=0.95,
        gt=0,
        lt=1,
        description="The share of answers to speak of. What is told is the time that at least so many answers took at "
        "most; failed tests are no answers.",
        examples=["0.99"],
    )
    unit: Literal["seconds", "milliseconds"] = Field(
        default="seconds",
        description="The unit of the gauge. By default the one of the preset.",
        examples=["milliseconds"],
    )
    show: bool = Field(
        default=False,
        description="Also tell it in the mail, in the row of the service. `newsletter facts` always shows it. The "
        "choice is kept with the numbers when the month is collected.",
        examples=["true"],
    )


def _with_metric(value: LatencyConfig | None, info: ValidationInfo) -> LatencyConfig | None:
    if value is not None and value.metric is None:
        preset = info.data.get("preset")
        why = f"the preset {preset} has no durations" if preset else "a selector alone does not say where durations are"
        raise fault(f"needs metric: {why}")
    return value


class AvailabilitySource(Model):
    """Series that tell whether services work: 0/1 (1 = up) or, by some presets, requests that failed.

    Exactly one of `preset` and `selector` names them.
    """

    preset: ServicePresetName | None = Field(
        default=None,
        description="The exporter whose series are read, such as `blackbox`; [presets.md](presets.md) lists them. It "
        "also decides `service_label` and `prober_label` where they are not written.",
        examples=["blackbox"],
    )
    selector: Annotated[Line | None, exactly_one("preset", "selector")] = Field(
        default=None,
        validate_default=True,
        description="A PromQL series selector, for any other 0/1 series.",
        examples=["'http_check_ok{env=\"production\"}'"],
    )
    match: dict[LabelName, Line] = Field(
        default={},
        description="Labels that a series must have, with these exact values.",
        examples=["{job: blackbox}"],
    )
    leave_out: list[Line] = Field(
        default=[],
        description="Services not to read here, by the value of their label: those that another entry measures already, "
        "or that nobody would miss.",
        examples=["[mail, default-backend]"],
    )
    service_label: LabelName = Field(
        default="service",
        description="The label that names the service. Each of its values is one service. "
        "By default the one of the preset.",
        examples=["instance"],
    )
    prober_label: LabelName = Field(
        default="prober",
        description="The label that tells the probers of one service apart. By default the one of the preset.",
        examples=["region"],
    )
    interval_s: float = Field(
        default=60,
        gt=0,
        le=3600,
        description="The time between two samples of a series, in seconds (the scrape interval).",
        examples=["30"],
    )
    vote: Literal["majority", "any", "all"] = Field(
        default="majority",
        description="When a service with several probers counts as down: `majority` = more than half of those "
        "with a sample say so (a tie is up), `any` = one of them, `all` = all of them.",
        examples=["any"],
    )
    maintenance: Line | None = Field(
        default=None,
        description="A selector of 0/1 series with the same service label, 1 during planned maintenance. "
        "That time is excluded, and shown.",
        examples=["'maintenance_active{job=\"planner\"}'"],
    )
    merge_within_min: float = Field(
        default=0,
        ge=0,
        le=1440,
        description="Interruptions of a service that are at most so many minutes apart count as one; the minutes in "
        "between are no downtime. The mail says so.",
        examples=["5"],
    )

    latency: Annotated[LatencyConfig | None, AfterValidator(_with_metric)] = Field(
        default=None,
        description="Ask for the latency, too; `{}` is enough beside a preset that has durations. The server sorts every "
        "duration of the month for it, which is several times the work of the availability.",
        examples=["{quantile: 0.95, show: true}"],
    )

    @model_validator(mode="before")
    @classmethod
    def _fill_in_preset(cls, given: Any) -> Any:
        def labels(preset: presets.AvailabilityPreset) -> dict[str, Any]:
            found: dict[str, Any] = {"service_label": preset.service_label, "prober_label": preset.prober_label}
            asked = given.get("latency")
            if preset.latency and isinstance(asked, dict) and "metric" not in asked:
                given["latency"] = {**preset.latency, **asked}
            return found

        def label(preset: presets.RatioPreset) -> dict[str, Any]:
            if senseless := sorted(given.keys() & _OF_TIME):
                raise fault(f"{preset.name} counts requests and not time, so leave out {', '.join(senseless)}")
            return {"service_label": preset.service_label}

        given = dict(given) if isinstance(given, dict) else given
        given = filled_in(given, presets.AvailabilityPreset, labels)
        return filled_in(given, presets.RatioPreset, label)

    @property
    def counts_requests(self) -> bool:
        """Whether availability is a share of requests here, and not of time."""
        return self.preset is not None and presets.kind_of(self.preset) == "ratio"


_OF_TIME = frozenset({"prober_label", "interval_s", "vote", "maintenance", "merge_within_min", "latency"})


def _below_warn(value: float, info: ValidationInfo) -> float:
    warn = info.data.get("warn")
    if warn is not None and value > warn:
        raise fault(f"{value:g} is greater than coverage.warn ({warn:g}): it must be at most that")
    return value


class CoverageConfig(Model):
    """How much of the month must be measured, as shares from 0 to 1."""

    warn: float = Field(
        default=0.99,
        ge=0,
        le=1,
        description="Below this share the mail says of a service how much of the month was measured; not smaller than `fail`.",
        examples=["0.995"],
    )
    fail: Annotated[float, AfterValidator(_below_warn)] = Field(
        default=0.90,
        ge=0,
        le=1,
        validate_default=True,
        description="Below this share no availability is stated and `collect` ends with 3.",
        examples=["0.95"],
    )
