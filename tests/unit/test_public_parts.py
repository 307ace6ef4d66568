"""The small parts of the public pages, without a server."""

from __future__ import annotations

import pytest

from newsletter.public.forms import fields
from newsletter.public.throttle import Throttle
from newsletter.public.unsubscribe import veiled


def test_a_limit_is_for_each_key_and_ends_with_its_minute():
    """The eleventh of a minute waits for the next."""
    now = [0.0]
    throttle = Throttle(2, clock=lambda: now[0])
    assert [throttle.allows("a") for _ in range(3)] == [True, True, False]
    assert throttle.allows("b")
    now[0] = 60.0
    assert throttle.allows("a")


def test_a_limit_remembers_a_bounded_number_of_keys():
    """The one longest not seen is forgotten."""
    throttle = Throttle(1, most=2, clock=lambda: 0.0)
    assert all(throttle.allows(key) for key in ("a", "b", "c"))
    assert not throttle.allows("c")
    assert throttle.allows("a")


@pytest.mark.parametrize(
    ("address", "shown"),
    [
        ("maria@acme.example", "m…a@acme.example"),
        ("bo@acme.example", "b…@acme.example"),
        ("x@acme.example", "x…@acme.example"),
        ("jörg.müller@acme.example", "j…r@acme.example"),
    ],
)
def test_an_address_is_shown_to_its_owner_and_not_told(address, shown):
    """Its ends, and the domain that everybody has."""
    assert veiled(address) == shown


@pytest.mark.parametrize(
    ("content_type", "body", "expected"),
    [
        ("application/x-www-form-urlencoded; charset=UTF-8", b"do=leave", {"do": "leave"}),
        ("APPLICATION/X-WWW-FORM-URLENCODED", b"a=b&a=c&d=", {"a": "c", "d": ""}),
        ("application/x-www-form-urlencoded", b"a=b&" * 2000, {"a": "b"}),
        ("text/plain", b"do=leave", {}),
        ("", b"do=leave", {}),
        ("multipart/form-data", b"do=leave", {}),
        ("multipart/form-data; boundary=x", b"--x\r\n\r\nleave\r\n--x--", {}),
        ("multipart/form-data; boundary=x", b"\x00\xff--x", {}),
    ],
)
def test_what_is_no_form_holds_nothing(content_type, body, expected):
    """However it calls itself."""
    assert fields(content_type, body) == expected
