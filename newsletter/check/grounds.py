"""What a config tells of the own network and of secrets, so that no letter repeats it."""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from urllib.parse import urlsplit

from newsletter.config import Config, LdapConfig, PrometheusConfig, Secret, SmtpConfig
from newsletter.config.faults import Model
from newsletter.errors import ConfigError
from newsletter.render import checks


def grounds_of(config: Config, *, drafts: bool = False) -> checks.Grounds:
    """What the rules must know of the workspace; secrets that are not there to be read cannot be mailed either.

    Args:
        config: the config; its secrets are read now.
        drafts: whether notes that are not ready may show.
    """
    values = tuple(_values(config, ""))
    return checks.Grounds(
        machines=frozenset(host for _, value in values if (host := _machine(value))),
        known_hosts=known_hosts(config),
        secrets=tuple((key, text) for key, value in values if isinstance(value, Secret) and (text := _revealed(value))),
        drafts=drafts,
    )


def known_hosts(config: Config) -> frozenset[str]:
    """Hosts that every reader can open, though they may be of the own network: those named, and that of the public pages."""
    own = [urlsplit(config.public.url).hostname or ""] if config.public else []
    return frozenset(host.lower() for host in (*config.checks.known_hosts, *own))


def _values(value: object, key: str) -> Iterator[tuple[str, object]]:
    """The config and all that is in it, each with its key (`smtp.password`)."""
    yield key, value
    if isinstance(value, Model):
        for name in type(value).model_fields:
            yield from _values(getattr(value, name), f"{key}.{name}".lstrip("."))
    elif isinstance(value, Mapping):
        for name, one in value.items():
            yield from _values(one, f"{key}.{name}")
    elif isinstance(value, (list, tuple)):
        for one in value:
            yield from _values(one, key)


def _machine(value: object) -> str:
    """The host of a source or relay; empty for everything else."""
    if isinstance(value, SmtpConfig):
        return value.host.lower()
    if isinstance(value, (PrometheusConfig, LdapConfig)):
        return (urlsplit(value.url).hostname or "").lower()
    return ""


def _revealed(secret: Secret) -> str:
    try:
        return secret.reveal_text().strip()
    except ConfigError:
        return ""
