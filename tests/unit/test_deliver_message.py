"""The compiled message: parsed back by the standard library it is what was meant."""

from __future__ import annotations

import email
import email.policy
import html
import re
from datetime import UTC, datetime
from email.header import decode_header, make_header

import pytest
from hypothesis import example, given
from hypothesis import strategies as st

from newsletter.config import SmtpConfig
from newsletter.deliver import CompiledMessage, compile_message
from newsletter.deliver.quoted_printable import encode
from newsletter.errors import ConfigError, ContentError
from newsletter.model import Fillable, Recipient, Rendered

DATE = datetime(2026, 11, 2, 9, 30, tzinfo=UTC)
ID = "<2026-10.0123456789abcdef0123@acme.example>"

one_line = st.text(st.characters(exclude_categories=["Cc", "Cs", "Zl", "Zp"]), max_size=120)
body = st.text(st.characters(exclude_categories=["Cs"], exclude_characters="\r"), max_size=400)


def compiled(
    text: tuple[str, ...] = ("Hello ", "name", "\n"),
    page: tuple[str, ...] = ("<p>Hello ", "name", "</p>\n"),
    subject: str = "October",
    sender: str = "IT <it@acme.example>",
    digest: str = "ab" * 32,
    **more: object,
) -> CompiledMessage:
    rendered = Rendered(
        variant="staff.it",
        locale="it",
        subject=subject,
        html=Fillable(parts=page),
        text=Fillable(parts=text),
        mjml="",
        digest=digest,
    )
    smtp = SmtpConfig.model_validate({"from": sender, **more})
    return compile_message(rendered, smtp=smtp, organisation="Acmè", edition="2026-10")


def parsed(data: bytes) -> email.message.EmailMessage:
    message = email.message_from_bytes(data, policy=email.policy.default)
    assert isinstance(message, email.message.EmailMessage)
    assert not message.defects
    return message


def content(part: email.message.Message) -> str:
    payload = part.get_payload(decode=True)
    assert isinstance(payload, bytes)
    return payload.decode().replace("\r\n", "\n")


def display_name(data: bytes) -> str:
    """The name in To; the standard library's address parser puts blanks between encoded words."""
    phrase = str(email.message_from_bytes(data)["To"]).rpartition("<")[0].strip()
    if phrase.startswith("=?"):
        return str(make_header(decode_header(phrase)))
    return str(parsed(data)["To"].addresses[0].display_name)


def require_wire_form(data: bytes) -> None:
    """What RFC 5321 and RFC 5322 ask of every message, whatever it says."""
    assert data.isascii()
    assert b"\0" not in data
    assert data.endswith(b"\r\n")
    lines = data.split(b"\r\n")
    assert not any(b"\r" in line or b"\n" in line for line in lines)
    assert max(map(len, lines)) <= 998
    assert not any(line.startswith(b".") for line in lines)


@given(name=one_line, text=st.tuples(body, body), page=st.tuples(body, body), subject=one_line)
@example(name="", text=("", ""), page=("", ""), subject="")
@example(name=".", text=(".\n..\n.", "\n."), page=("From me\nFrom you", "."), subject="=?utf-8?q?x?=")
@example(name='Rossi, "Ada" \\ <a@b>', text=(" ", " "), page=("=", "=3D"), subject=" padded ")
@example(name="Ж" * 300, text=("x" * 75, "y" * 76), page=("é" * 73 + " ", "z" * 77), subject="è" * 200)
@example(name="a" * 900, text=("x", "x"), page=("<", ">"), subject="word " * 30)
def test_every_message_parses_back_to_what_was_meant(name, text, page, subject):
    recipient = Recipient(address="ada.rossi@acme.example", name=name)
    message = compiled(
        (text[0], "name", text[1], "address", "."), (page[0], "name", page[1], "address", ""), subject=subject
    )
    data = message.eml(recipient, ID, DATE)
    require_wire_form(data)
    found = parsed(data)
    plain, rich = found.iter_parts()
    assert content(plain) == f"{text[0]}{name}{text[1]}ada.rossi@acme.example."
    assert content(rich) == f"{page[0]}{html.escape(name)}{page[1]}ada.rossi@acme.example"
    assert found["Subject"] == subject
    assert [one.addr_spec for one in found["To"].addresses] == [recipient.address]
    assert display_name(data) == name
    assert found["Message-ID"] == ID
    assert found["Date"].datetime == DATE


@given(text=body)
def test_quoted_printable_lines_fit_and_decode_to_the_text(text):
    import quopri

    encoded = encode(text)
    assert all(len(line) <= 76 for line in encoded.split(b"\r\n"))
    assert not re.search(rb"[ \t](\r\n|\Z)", encoded)
    assert quopri.decodestring(encoded).decode().replace("\r\n", "\n") == text


def test_headers_stand_in_a_fixed_order_and_say_what_bulk_mail_must_say():
    data = compiled(reply_to="Service desk <desk@acme.example>").eml(
        Recipient(address="ada@acme.example", name="Ada"), ID, DATE
    )
    head = data.partition(b"\r\n\r\n")[0].decode()
    assert head.split("\r\n") == [
        "From: IT <it@acme.example>",
        "To: Ada <ada@acme.example>",
        "Subject: October",
        "Date: Mon, 02 Nov 2026 09:30:00 +0000",
        f"Message-ID: {ID}",
        "Reply-To: Service desk <desk@acme.example>",
        "List-Id: =?utf-8?q?Acm=C3=A8?= <it.acme.example>",
        "List-Unsubscribe: <mailto:desk@acme.example?subject=unsubscribe>",
        "Auto-Submitted: auto-generated",
        "Precedence: bulk",
        "X-Auto-Response-Suppress: OOF, AutoReply",
        "MIME-Version: 1.0",
        'Content-Type: multipart/alternative; boundary="=_abababababababababababababababab"',
        "Content-Language: it",
    ]


def test_a_list_unsubscribe_link_of_300_characters_stays_one_line_that_can_be_read():
    url = "https://intranet.acme.example/leave?token=" + "x" * 260
    data = compiled(unsubscribe_url=url).eml(Recipient(address="ada@acme.example"), ID, DATE)
    (line,) = [line for line in data.split(b"\r\n") if line.startswith(b"List-Unsubscribe")]
    assert line.decode() == f"List-Unsubscribe: <{url}>, <mailto:it@acme.example?subject=unsubscribe>"
    assert email.message_from_bytes(data)["List-Unsubscribe"] == line.decode().partition(": ")[2]
    require_wire_form(data)


_WIDE = st.emails().map(lambda address: "jürgen.ж." + address) | st.sampled_from(
    ["用户@例子.example", "ada@xn--bcher-kva.example", "بريد@acme.example"]
)


@given(name=one_line, address=_WIDE)
@example(name="عادل \u200f(IT)", address="ada@xn--bcher-kva.example")
@example(name="👩🏽‍💻 Ada", address="用户@例子.example")
def test_an_address_beyond_ascii_stands_in_to_as_it_is_and_the_rest_stays_as_meant(name, address):
    data = compiled(("Hello ", "name", ", ", "address", "\n")).eml(Recipient(address=address, name=name), ID, DATE)
    (line,) = [line for line in re.split(rb"\r\n(?![ \t])", data) if line.startswith(b"To:")]
    assert line.rstrip().endswith(f"<{address}>".encode())
    assert data.replace(line, b"").isascii()
    assert all(len(one) <= 998 for one in data.split(b"\r\n"))
    plain = email.message_from_bytes(data).get_payload(0)
    assert isinstance(plain, email.message.Message)
    assert content(plain) == f"Hello {name}, {address}\n"


def test_plain_text_comes_first_and_html_last():
    found = parsed(compiled().eml(Recipient(address="ada@acme.example"), ID, DATE))
    assert [part.get_content_type() for part in found.iter_parts()] == ["text/plain", "text/html"]
    assert {part.get_content_charset() for part in found.iter_parts()} == {"utf-8"}


def test_markup_in_a_name_is_escaped_in_html_and_left_alone_in_text():
    found = parsed(compiled().eml(Recipient(address="ada@acme.example", name='<b onload="x">&'), ID, DATE))
    plain, rich = found.iter_parts()
    assert content(plain) == 'Hello <b onload="x">&\n'
    assert content(rich) == "<p>Hello &lt;b onload=&quot;x&quot;&gt;&amp;</p>\n"


@pytest.mark.parametrize("bad", ["\r\nBcc: x@evil.example", "\n", "\r", "\0", "\x7f", "\x85", "\u2028", "\ud800"])
@pytest.mark.parametrize("where", ["name", "address", "subject", "message_id"])
def test_a_control_character_never_reaches_a_header(bad, where):
    values = {"name": "Ada", "address": "ada@acme.example", "subject": "October", "message_id": ID}
    values[where] += bad
    with pytest.raises(ContentError, match="control character"):
        compiled(subject=values["subject"]).eml(
            Recipient(address=values["address"], name=values["name"]), values["message_id"], DATE
        )


def test_the_same_input_gives_the_same_bytes_and_the_digest_follows_every_part():
    ada = Recipient(address="ada@acme.example", name="Ada")
    assert compiled().eml(ada, ID, DATE) == compiled().eml(ada, ID, DATE)
    assert compiled().digest == compiled().digest
    others = [
        compiled(subject="November"),
        compiled(text=("Hello ", "name", "!\n")),
        compiled(page=("<p>Hello ", "address", "</p>\n")),
        compiled(sender="IT <desk@acme.example>"),
        compiled(reply_to="desk@acme.example"),
    ]
    assert len({compiled().digest, *(one.digest for one in others)}) == len(others) + 1


def test_copies_differ_in_the_recipients_own_lines_only():
    message = compiled()
    ada = message.eml(Recipient(address="ada@acme.example", name="Ada"), ID, DATE).split(b"\r\n")
    bob = message.eml(Recipient(address="bob@acme.example", name="Bob"), ID, DATE).split(b"\r\n")
    assert len(ada) == len(bob)
    assert [line for line, other in zip(ada, bob, strict=True) if line != other] == [
        b"To: Ada <ada@acme.example>",
        b"Ada=",
        b"Ada=",
    ]


def test_an_unknown_field_is_refused_when_compiling():
    with pytest.raises(ContentError, match="text part asks for the unknown recipient field salary"):
        compiled(text=("You earn ", "salary", ""))


@pytest.mark.parametrize("sender", ["IT", "IT <it@>", "it@bücher.example"])
def test_a_sender_without_a_usable_address_is_a_config_error(sender):
    smtp = SmtpConfig.model_construct(sender=sender, reply_to=None)
    rendered = Rendered(
        variant="staff.it",
        locale="it",
        subject="x",
        html=Fillable(parts=("x",)),
        text=Fillable(parts=("x",)),
        mjml="",
        digest="ab" * 32,
    )
    with pytest.raises(ConfigError, match=r"smtp\.from"):
        compile_message(rendered, smtp=smtp, organisation="Acme", edition="2026-10")
