"""Compiled messages: whatever is in a name, an address or a subject, there are the same headers, and each says it."""

from __future__ import annotations

import email
import email.policy
import html
import re
import unicodedata
from collections.abc import Mapping
from datetime import UTC, datetime
from email.header import decode_header, make_header
from email.message import Message

from newsletter.config import SmtpConfig
from newsletter.deliver import compile_message
from newsletter.errors import ConfigError, ContentError
from newsletter.model import Fillable, Recipient, Rendered
from tests.golden import hostile

DATE = datetime(2026, 11, 2, 9, 30, tzinfo=UTC)
ADDRESS = "reader@acme.example"
HARMLESS = {
    "subject": "October",
    "sender": "Acme IT",
    "organisation": "Acme",
    "recipient.name": "Reader",
    "locale": "en",
    "text": "Body",
    "html": "Body",
}
_HEADERS = {"subject", "sender", "organisation", "recipient.name", "locale"}


class Messages:
    """One letter, and what people and configs put around it."""

    name = "message"
    places: Mapping[str, hostile.Kind] = dict.fromkeys(HARMLESS, "text")

    def check(self, values: Mapping[str, str]) -> str | None:
        """What went wrong with these values, or nothing; no config holds a sender with controls."""
        taken = dict(values)
        for place in _HEADERS & values.keys():
            if _must_be_refused(place, values[place]):
                if place != "sender" and not _is_refused({place: values[place]}):
                    return f"{place}: not refused"
                del taken[place]
            elif place == "locale":
                del taken[place]  # any other line may stand there
        return _wrong(HARMLESS | taken, _mail(HARMLESS | taken))


def _must_be_refused(place: str, text: str) -> bool:
    if place == "locale":
        return not text.isascii() or not text.isprintable()
    return any(unicodedata.category(one) in {"Cc", "Cs", "Zl", "Zp"} for one in text)


def _is_refused(values: Mapping[str, str]) -> bool:
    try:
        _mail({**HARMLESS, **values})
    except (ContentError, ConfigError) as error:
        return bool(error.message and error.hint)
    except UnicodeEncodeError:
        return "locale" in values  # no config can hold it
    return False


def _mail(values: Mapping[str, str]) -> bytes:
    quoted = values["sender"].replace("\\", "\\\\").replace('"', '\\"')
    smtp = SmtpConfig.model_validate({"from": "it@acme.example"}).model_copy(
        update={"sender": f'"{quoted}" <it@acme.example>'}  # the config lets hardly any sign through
    )
    rendered = Rendered(
        variant="staff.en",
        locale=values["locale"],
        subject=values["subject"],
        html=Fillable(parts=(f"<p>{html.escape(_encodable(values['html']))} ", "name", "</p>")),
        text=Fillable(parts=(f"{_encodable(values['text'])} ", "address", "\n")),
        mjml="",
        digest="ab" * 32,
    )
    message = compile_message(rendered, smtp=smtp, organisation=values["organisation"], edition="2026-10")
    return message.eml(Recipient(address=ADDRESS, name=values["recipient.name"]), "<1@acme.example>", DATE)


def _encodable(text: str) -> str:
    """The renderer lets no surrogate through."""
    return text.encode("utf-8", "replace").decode()


_NAMES = [name for name, _ in email.message_from_bytes(_mail(HARMLESS)).items()]


def _wrong(values: Mapping[str, str], data: bytes) -> str | None:
    message = email.message_from_bytes(data)
    if [name for name, _ in message.items()] != _NAMES:
        return f"headers {[name for name, _ in message.items()]}"
    _, text, page = message.walk()
    compared = {
        "Subject": (_decoded(message["Subject"]), values["subject"]),
        "From": (_display_name(message["From"]), values["sender"]),
        "List-Id": (_display_name(message["List-Id"]), values["organisation"]),
        "To": (_display_name(message["To"]), values["recipient.name"]),
        "address": (_raw(message["To"]).rpartition("<")[2], f"{ADDRESS}>"),
        "text": (_body(text), _lines(f"{_encodable(values['text'])} {ADDRESS}")),
        "html": (_body(page), _lines(f"<p>{html.escape(_encodable(values['html']))} {html.escape(values['recipient.name'])}</p>")),
    }  # fmt: skip
    for what, (found, expected) in compared.items():
        if found != expected:
            return f"{what}: expected {expected!a}, found {found!a}"
    return None


def _raw(header: object) -> str:
    """The header's value unfolded."""
    return re.sub(r"\r?\n ", " ", str(header))


def _decoded(header: object) -> str:
    return str(make_header(decode_header(_raw(header)))) if "=?" in _raw(header) else _raw(header)


def _display_name(header: object) -> str:
    phrase = _raw(header).rpartition("<")[0].strip()
    if phrase.startswith('"'):
        return re.sub(r"\\(.)", r"\1", phrase[1:-1])
    return _decoded(phrase)


def _body(part: Message) -> str:
    payload = part.get_payload(decode=True)
    assert isinstance(payload, bytes)
    return _lines(payload.decode())


def _lines(text: str) -> str:
    return re.sub("\r\n?", "\n", text).removesuffix("\n")
