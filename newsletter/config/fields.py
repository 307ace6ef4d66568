"""The kinds of single values that config.yaml and notes are made of, each refusing in plain words.

The validation context, where given, is a `Surroundings`: the folder that paths start from and
the locales that texts may be written in.
"""

from __future__ import annotations

import difflib
import ipaddress
import re
import zoneinfo
from collections.abc import Iterable
from dataclasses import dataclass
from pathlib import Path
from typing import Annotated, Any
from urllib.parse import urlsplit

from pydantic import AfterValidator, BeforeValidator, Discriminator, PlainValidator, Tag, ValidationInfo
from pydantic_core import PydanticCustomError

from newsletter.config.secret import Secret, is_reference, reference_fault
from newsletter.config.strict_yaml import shown


@dataclass(frozen=True, slots=True, kw_only=True)
class Surroundings:
    """What a value cannot know by itself. `locales` is empty where they are at fault themselves."""

    file: Path
    locales: tuple[str, ...] = ()

    @property
    def folder(self) -> Path:
        """The absolute folder that relative paths start from."""
        return self.file.absolute().parent


def fault(text: str) -> PydanticCustomError:
    """A refusal in our own words."""
    return PydanticCustomError("fault", text)


def needed(text: str) -> PydanticCustomError:
    """A refusal of a key that is missing where another key asks for it."""
    return PydanticCustomError("needed", text)


def nearest(word: str, known: Iterable[str]) -> str:
    """The known word that `word` is likely to mean; empty if none is near."""
    folded = {one.casefold(): one for one in known}
    near = difflib.get_close_matches(word.casefold(), folded, n=1, cutoff=0.6)
    return folded[near[0]] if near else ""


def did_you_mean(word: str, known: Iterable[str], *, what: str = "known") -> str:
    """`; did you mean "smtp"?`, or the known words when none is near."""
    words = list(known)
    if near := nearest(word, words):
        return f"; did you mean {shown(near)}?"
    if not words:
        return f" ({what}: none)"
    return f" ({what}: {', '.join(words[:12])}{', ...' if len(words) > 12 else ''})"


def _surroundings(info: ValidationInfo) -> Surroundings | None:
    return info.context if isinstance(info.context, Surroundings) else None


# --- text ---------------------------------------------------------------------------------


def _one_line(text: str) -> str:
    line = text.strip()
    if not line:
        raise fault("must not be empty")
    if "\n" in line or "\t" in line or any(ord(character) < 32 for character in line):
        raise fault("must be one line of text")
    return line


Line = Annotated[str, AfterValidator(_one_line)]


def _matching(pattern: str, what: str) -> AfterValidator:
    compiled = re.compile(pattern)

    def check(text: str) -> str:
        if not compiled.fullmatch(text):
            raise fault(f"{shown(text)} {what}")
        return text

    return AfterValidator(check)


LabelName = Annotated[
    Line,
    _matching(r"[a-zA-Z_][a-zA-Z0-9_]*", "is not a label name (letters, digits and _, not beginning with a digit)"),
]
MetricName = Annotated[
    Line, _matching(r"[a-zA-Z_:][a-zA-Z0-9_:]*", "is not the name of a metric alone (letters, digits, _ and :)")
]
# Part of file names, so neither dots nor slashes.
Identifier = Annotated[
    Line, _matching(r"[A-Za-z0-9][A-Za-z0-9_-]*", "cannot be a name here: use letters, digits, - and _ only")
]
HeaderName = Annotated[Line, _matching(r"[!#$%&'*+.^_`|~0-9A-Za-z-]+", "is not the name of an HTTP header")]

_CLOCK = "([01][0-9]|2[0-3]):[0-5][0-9]"


def is_clock_time(text: str) -> bool:
    """Whether `text` is a time of day from 00:00 to 24:00, with two digits each."""
    return bool(re.fullmatch(rf"{_CLOCK}|24:00", text))


def _metric_base(name: str) -> str:
    if name.endswith("_bucket"):
        raise fault(f"leave out _bucket: write {shown(name.removesuffix('_bucket'))}")
    return name


HistogramName = Annotated[Line, AfterValidator(_metric_base)]


# --- locales and texts in several of them ---------------------------------------------------

_LOCALE = re.compile(r"([a-z]{2,3})(-[a-z]{4})?(-(?:[a-z]{2}|[0-9]{3}))?", re.IGNORECASE)


def locale_tag(text: str) -> str:
    """`text` if it is a language tag as BCP 47 recommends to write it: "en", "de-CH", "zh-Hant"."""
    found = _LOCALE.fullmatch(text.replace("_", "-"))
    if not found:
        raise fault(f'{shown(text)} is not a language tag: write for example "en", "it" or "de-CH"')
    canonical = found[1].lower() + (found[2] or "").title() + (found[3] or "").upper()
    if text != canonical:
        raise fault(f'write {shown(text)} as "{canonical}"')
    return text


LocaleTag = Annotated[str, AfterValidator(locale_tag)]


def _known_locale(text: str, info: ValidationInfo) -> str:
    around = _surroundings(info)
    if around and around.locales and text not in around.locales:
        raise fault(f"{shown(text)} is not one of locales" + did_you_mean(text, around.locales, what="they are"))
    return text


KnownLocale = Annotated[str, AfterValidator(_known_locale)]


def _has_default_locale(texts: dict[str, str], info: ValidationInfo) -> dict[str, str]:
    around = _surroundings(info)
    if around and around.locales and around.locales[0] not in texts:
        raise fault(
            f"the text in {shown(around.locales[0])} is missing (the first of locales stands in for the others)"
        )
    if not texts:
        raise fault("must not be empty")
    return texts


def _text_or_texts(value: Any) -> str:
    return "<texts>" if isinstance(value, dict) else "<text>"


# The tags show in pydantic's locations and are taken out again (see faults.py).
LocalisedText = Annotated[
    Annotated[Line, Tag("<text>")]
    | Annotated[dict[KnownLocale, Line], AfterValidator(_has_default_locale), Tag("<texts>")],
    Discriminator(_text_or_texts),
]


# --- secrets --------------------------------------------------------------------------------


def secret(key: str) -> BeforeValidator:
    """A required reference `env:NAME` or `file:PATH`; `key` is told when it cannot be revealed."""

    def check(value: Any, info: ValidationInfo) -> Secret:
        if isinstance(value, Secret):
            return value
        if not isinstance(value, str) or not value:
            raise fault("must be env:NAME or file:PATH")
        if wrong := reference_fault(value):
            raise fault(wrong)
        around = _surroundings(info)
        return Secret(reference=value, base=around.folder if around else Path(), key=key)

    return BeforeValidator(check)


def plain_or_secret(key: str) -> BeforeValidator:
    """One line of text, or a reference to a secret. The text is never echoed."""

    def check(value: Any, info: ValidationInfo) -> str | Secret:
        if isinstance(value, Secret):
            return value
        if not isinstance(value, str):
            raise fault("must be text: put it in quotes")
        if not is_reference(value):
            return _one_line(value)
        if wrong := reference_fault(value):
            raise fault(wrong)
        around = _surroundings(info)
        return Secret(reference=value, base=around.folder if around else Path(), key=key)

    return BeforeValidator(check)


# --- places ---------------------------------------------------------------------------------


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
    path = Path(_one_line(str(value)))
    around = _surroundings(info)
    return around.folder / path if around else path


WorkspacePath = Annotated[Path, PlainValidator(workspace_path)]


def _ledger(text: str, info: ValidationInfo) -> str:
    if "://" in text or text.startswith(("file:", ":")):
        raise fault(
            "must be the path of a SQLite file: this version has no other database and sends from one machine only"
        )
    return str(workspace_path(text, info))


LedgerPath = Annotated[Line, AfterValidator(_ledger)]


def _server_url(text: str) -> str:
    """The base URL of a Prometheus server. Never echoed: it may hold a password."""
    try:
        parts = urlsplit(text)
        _ = parts.port
    except ValueError:
        raise fault("is not a valid address of a server") from None
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
    Line, _matching(r"[a-z0-9-]+(\.[a-z0-9-]+)*", "is not a domain: write it in small letters, such as gmail.com")
]


# --- addresses ------------------------------------------------------------------------------

_MAILBOX = re.compile(r'(?:(?P<name>"[^"<>]*"|[^"<>@]*)\s*<(?P<bracketed>[^<>]+)>|(?P<bare>[^<>\s]+))')


# What most senders look like; anything else is for the library, which takes ten times as long to import as a
# config takes to read. Far within the lengths of RFC 5321, 4.5.3.1: 63 characters of local part, 159 of domain.
_LABEL = r"[A-Za-z0-9](?:-?[A-Za-z0-9]){0,15}"
_PLAIN_ADDRESS = re.compile(rf"[A-Za-z0-9](?:[._+-]?[A-Za-z0-9]){{0,31}}@{_LABEL}(?:\.{_LABEL}){{0,4}}")


def _mailbox(text: str) -> str:
    """One address, alone or after a name: "IT <it@acme.example>" (RFC 5322, 3.4, name-addr and addr-spec)."""
    found = _MAILBOX.fullmatch(text)
    if not found:
        raise fault(f'{shown(text)} is not a sender: write one address, such as "IT <it@acme.example>"')
    address = found["bracketed"] or found["bare"]
    if not _PLAIN_ADDRESS.fullmatch(address):
        _require_address(address)
    return text


def _require_address(address: str) -> None:
    """Ask the library, which knows every form of an address."""
    from email_validator import EmailNotValidError, validate_email

    try:
        # Organisations mail inside .local, .test or a bare host name, which the library refuses as a whole.
        # With a further label behind it the same syntax is checked, and the domain may be an internal one.
        validate_email(f"{address}.example", check_deliverability=False)
    except EmailNotValidError as error:
        raise fault(
            f"{shown(address)} is not a mail address: {str(error)[:1].lower()}{str(error)[1:].rstrip('.')}"
        ) from None


Mailbox = Annotated[Line, AfterValidator(_mailbox)]
