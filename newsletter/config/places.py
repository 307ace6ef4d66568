"""The kinds of place that config.yaml names: time zones, files, servers, pages and domains."""

from __future__ import annotations

import ipaddress
import re
import zoneinfo
from pathlib import Path
from typing import Annotated, Any
from urllib.parse import urlsplit

from pydantic import AfterValidator, PlainValidator, ValidationInfo

from newsletter.config.refusals import did_you_mean, fault, url_parts
from newsletter.config.strict_yaml import shown
from newsletter.config.surroundings import surroundings_of
from newsletter.config.texts import Line, matching, one_line


def _zone(value: Any) -> zoneinfo.ZoneInfo:
    if isinstance(value, zoneinfo.ZoneInfo):
        return value
    if not isinstance(value, str):
        raise fault('must be the name of a time zone, such as "Europe/Rome"')
    try:
        return zoneinfo.ZoneInfo(value)
    except (zoneinfo.ZoneInfoNotFoundError, ValueError, OSError):
        zones = sorted(zoneinfo.available_timezones())
        place = [zone for zone in zones if zone.rpartition("/")[2].casefold() == value.casefold()]
        near = f"; did you mean {shown(place[0])}?" if place else did_you_mean(value, zones, what="known, among others")
        raise fault(f"{shown(value)} is not a time zone{near}") from None


Zone = Annotated[zoneinfo.ZoneInfo, PlainValidator(_zone)]


def workspace_path(value: Any, info: ValidationInfo) -> Path:
    """`value` as a path that starts from the folder of the config file."""
    if not isinstance(value, str | Path):
        raise fault("must be the path of a file or folder, as text")
    path = Path(one_line(str(value)))
    around = surroundings_of(info)
    return around.folder / path if around else path


WorkspacePath = Annotated[Path, PlainValidator(workspace_path)]


def _server_url(text: str) -> str:
    """The base URL of a Prometheus server. Never echoed: it may hold a password."""
    parts = url_parts(text)
    if parts.scheme not in ("http", "https") or not parts.hostname or " " in text:
        raise fault('must begin with http:// or https:// and a host, such as "http://127.0.0.1:9090"')
    if parts.username is not None or parts.password is not None:
        raise fault("must not hold a user or password: use prometheus.basic_auth")
    if parts.query or parts.fragment:
        raise fault("must not hold ? or #: give the base address only")
    if parts.path.rstrip("/").endswith("/api/v1"):
        raise fault("leave out /api/v1: it is added")
    return text


ServerUrl = Annotated[Line, AfterValidator(_server_url)]


def _host(text: str) -> str:
    if "/" in text or " " in text or "@" in text:
        raise fault(f"{shown(text)} is not a host: write a name or an IP address only")
    if text.count(":") == 1:
        raise fault("write the port under port, not behind the host")
    return text


Host = Annotated[Line, AfterValidator(_host)]


def is_loopback(host: str) -> bool:
    """Whether `host` is this machine, so that nobody listens on the way."""
    try:
        return ipaddress.ip_address(host).is_loopback
    except ValueError:
        return host == "localhost"


def _web_url(text: str) -> str:
    """An https address of a page, in ASCII, short enough for one header line (RFC 5322, 2.1.1: 998 columns)."""
    try:
        parts = urlsplit(text)
        _ = parts.port
    except ValueError:
        raise fault("is not a valid address of a page") from None
    if parts.scheme != "https" or not parts.hostname:
        raise fault('must begin with https:// and a host, such as "https://intranet.acme.example/leave"')
    if not re.fullmatch(r"[!-;=?-~]+", text):
        raise fault("may hold neither blanks, < or >, nor letters beyond ASCII: write them as %XX")
    if len(text) > 800:
        raise fault("is longer than 800 characters")
    return text


WebUrl = Annotated[Line, AfterValidator(_web_url)]
DomainName = Annotated[
    Line, matching(r"[a-z0-9-]+(\.[a-z0-9-]+)*", "is not a domain: write it in small letters, such as gmail.com")
]
