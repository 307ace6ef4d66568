"""config.yaml: what may stand in it, and reading it with all faults at once.

`load(path)` is the way to a `Config`. Secrets are written as `env:NAME` or `file:PATH` and are
read late, so that neither a repr nor an error can show them.
"""

from newsletter.config.figures import FigureConfig, RatioSource
from newsletter.config.helpdesk import CsvSource, ResolutionTarget
from newsletter.config.ledger import LedgerServer
from newsletter.config.loader import load, loads
from newsletter.config.logins import GoogleLogin, MicrosoftApp, MicrosoftLogin, OAuthConfig
from newsletter.config.mailing import SegmentConfig, SendingConfig, SmtpConfig
from newsletter.config.measures import (
    CounterSource,
    GaugeSource,
    HistogramSource,
    SatisfactionSource,
    ServiceConfig,
    TicketsConfig,
)
from newsletter.config.metrics import MetricsConfig
from newsletter.config.models import Config
from newsletter.config.public import PublicConfig
from newsletter.config.ratings import RatingsConfig
from newsletter.config.recipients import AudienceConfig, FieldsConfig, GraphConfig, LdapConfig, Letter, SourceConfig
from newsletter.config.secret import Secret
from newsletter.config.signing import DkimConfig
from newsletter.config.sources import (
    AvailabilitySource,
    BasicAuth,
    CoverageConfig,
    LatencyConfig,
    PrometheusConfig,
    TlsConfig,
)
from newsletter.config.telling import EquivalenceConfig, FactsConfig, SectionsConfig, StepChange
from newsletter.config.theme import ThemeConfig

__all__ = [
    "AudienceConfig",
    "AvailabilitySource",
    "BasicAuth",
    "Config",
    "CounterSource",
    "CoverageConfig",
    "CsvSource",
    "DkimConfig",
    "EquivalenceConfig",
    "FactsConfig",
    "FieldsConfig",
    "FigureConfig",
    "GaugeSource",
    "GoogleLogin",
    "GraphConfig",
    "HistogramSource",
    "LatencyConfig",
    "LdapConfig",
    "LedgerServer",
    "Letter",
    "MetricsConfig",
    "MicrosoftApp",
    "MicrosoftLogin",
    "OAuthConfig",
    "PrometheusConfig",
    "PublicConfig",
    "RatingsConfig",
    "RatioSource",
    "ResolutionTarget",
    "SatisfactionSource",
    "Secret",
    "SectionsConfig",
    "SegmentConfig",
    "SendingConfig",
    "ServiceConfig",
    "SmtpConfig",
    "SourceConfig",
    "StepChange",
    "ThemeConfig",
    "TicketsConfig",
    "TlsConfig",
    "load",
    "loads",
]
