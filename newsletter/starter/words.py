"""From the values of labels to words a reader knows, and to YAML that says exactly them."""

from __future__ import annotations

import json
import re
from urllib.parse import urlsplit

# Written in capitals by everybody; anything else is a word.
_CAPITALS = frozenset(
    [
        "ad",
        "api",
        "cdn",
        "ci",
        "cms",
        "crm",
        "db",
        "dhcp",
        "dns",
        "erp",
        "ftp",
        "git",
        "hr",
        "http",
        "https",
        "id",
        "imap",
        "ip",
        "it",
        "ldap",
        "mdm",
        "mfa",
        "nas",
        "ntp",
        "pbx",
        "pos",
        "smtp",
        "sql",
        "ssh",
        "sso",
        "ui",
        "url",
        "vdi",
        "voip",
        "vpn",
        "wms",
        "www",
    ]
)
_PLAIN = re.compile(r"[A-Za-z][A-Za-z0-9_.@/-]*(?: [A-Za-z0-9_.@/-]+)*")
_ADDRESS = re.compile(r"https?://[A-Za-z0-9.-]+(?::[0-9]+)?(?:/[A-Za-z0-9._/-]*)?")
_RESERVED = frozenset(
    ["true", "false", "yes", "no", "on", "off", "null", "y", "n"]
)  # YAML 1.1 reads these as something else


def readable(identifier: str) -> str:
    """A name for a service, guessed from the value of its label.

    An address is called by its host (and path, if that tells more); other ids by their words.
    """
    text = " ".join(identifier.split())
    if "://" in text:
        parts = urlsplit(text)
        path = parts.path.rstrip("/")
        return f"{parts.hostname or text}{path}" if len(path) <= 20 else parts.hostname or text
    if re.fullmatch(r"[\w.-]+:\d+", text):
        return text.rpartition(":")[0]
    if "." in text:
        return text
    words = re.split(r"[\s_-]+", text)
    spoken = [word.upper() if word.lower() in _CAPITALS else word for word in words if word]
    named = " ".join(spoken)
    return named[:1].upper() + named[1:] if named else identifier


def scalar(text: str) -> str:
    """`text` as YAML: plain where it cannot be misread, else in double quotes, whose escapes are JSON's."""
    if (_PLAIN.fullmatch(text) or _ADDRESS.fullmatch(text)) and text.lower() not in _RESERVED:
        return text
    return json.dumps(text, ensure_ascii=False)


def flow_map(pairs: dict[str, str]) -> str:
    """`{key: value, ...}` on one line."""
    return "{" + ", ".join(f"{scalar(key)}: {scalar(value)}" for key, value in pairs.items()) + "}"


def is_key(text: str) -> bool:
    """Whether `text` can be a key of `services`: one line, as it stands."""
    return bool(text) and text == text.strip() and text.isprintable()


def remark(text: str) -> str:
    """`text` for the end of a comment: on one line, whatever the world put into it."""
    return "".join(character if character.isprintable() else "?" for character in text)
