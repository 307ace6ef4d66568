"""Recipient lists: nobody is dropped in silence, nothing unsafe gets in."""

from __future__ import annotations

import tracemalloc
from pathlib import Path

import email_validator
import pytest
from hypothesis import given
from hypothesis import strategies as st

from newsletter import audience as lists
from newsletter.audience import merge, valid_address
from newsletter.config import AudienceConfig
from newsletter.errors import ContentError
from newsletter.model import Recipient


def load(path: Path, *, audience: str, skip_invalid: bool = False):
    return lists.load(AudienceConfig(recipients=path), audience=audience, skip_invalid=skip_invalid)


@pytest.fixture
def listed(tmp_path: Path):
    def write(content: str | bytes, name: str = "audience.csv") -> Path:
        path = tmp_path / name
        path.write_bytes(content if isinstance(content, bytes) else content.encode())
        return path

    return write


def test_columns_become_a_recipient_and_further_ones_are_not_read(listed):
    path = listed('email,name,locale,segments,office\nada@acme.example,Ada Rossi,it,finance;milan,"3rd\nfloor"\n')
    assert tuple(load(path, audience="staff").recipients) == (
        Recipient(
            address="ada@acme.example",
            name="Ada Rossi",
            locale="it",
            audience="staff",
            segments=("finance", "milan"),
        ),
    )


@pytest.mark.parametrize(
    "content",
    [
        b"\xef\xbb\xbfemail,name\r\nada@acme.example,Ada\r\n",
        b"EMAIL;Name\nada@acme.example;Ada\n",
        b"name,email\n\n Ada , ada@acme.example \n,\n",
        b"email,name\nada@acme.example,Ada",
    ],
    ids=["byte order mark", "semicolons", "blank rows", "no last line break"],
)
def test_what_spreadsheets_write_is_read(listed, content):
    (one,) = load(listed(content), audience="staff").recipients
    assert (one.address, one.name) == ("ada@acme.example", "Ada")


@pytest.mark.parametrize(
    ("address", "kept"),
    [
        ("it@corp.local", "it@corp.local"),
        ("root@localhost", "root@localhost"),
        ("a@b.test", "a@b.test"),
        ("Ada.Rossi@ACME.Example", "Ada.Rossi@acme.example"),
        ("x@bücher.example", "x@xn--bcher-kva.example"),
        ("jürgen@acme.example", "jürgen@acme.example"),
    ],
)
def test_internal_and_international_addresses_are_taken(listed, address, kept):
    (one,) = load(listed(f"email\n{address}\n"), audience="staff").recipients
    assert one.address == kept
    assert valid_address(address) == kept


@pytest.mark.parametrize(
    ("text", "kept"),
    [
        ("a@acme.example\nA@ACME.EXAMPLE\n", "a@acme.example"),
        ("x@bücher.example\nx@xn--bcher-kva.example\n", "x@xn--bcher-kva.example"),
    ],
)
def test_the_same_address_written_differently_is_one_person_and_reported(listed, text, kept):
    found = load(listed(f"email\n{text}"), audience="staff")
    assert [one.address for one in found.recipients] == [kept]
    (double,) = found.duplicates
    assert (double.place, double.first_place) == ("line 3", "line 2")
    assert f"line 3: {double.address} stands at line 2 already" in merge([found]).remarks[0]


def test_all_bad_rows_are_told_at_once_with_the_line_of_the_file(listed):
    path = listed(
        'email,name\nada@acme.example,Ada\nno-at-sign,Bob\n"dan@acme.example","Dan\nSubject: x"\n'
        "eve@acme..example,Eve\nfay@acme.example\n,Gus\nhal@acme.example,Hal\n"
    )
    with pytest.raises(ContentError) as caught:
        load(path, audience="staff")
    message = str(caught.value)
    assert message.startswith(f"{path}: 5 rows are not usable")
    told = [line.split(":")[0].strip() for line in message.splitlines()[1:]]
    assert told == ["line 3", "line 4", "line 6", "line 7", "line 8"]
    assert caught.value.exit_code == 65


def test_skip_invalid_keeps_the_good_rows_and_reports_the_others(listed):
    found = load(listed("email,name\nbad,Bob\nada@acme.example,Ada\n"), audience="staff", skip_invalid=True)
    assert [one.address for one in found.recipients] == ["ada@acme.example"]
    assert [(one.place, one.email) for one in found.invalid] == [("line 2", "bad")]
    assert "line 2: 'bad' left out" in merge([found]).remarks[0]


@pytest.mark.parametrize(
    ("content", "told"),
    [
        (b"", "is empty"),
        (b"name,locale\nAda,it\n", "line 1: no column is called email"),
        (b"email,,name\na@b.example,,A\n", "column 2 has no name"),
        (b"email,Email\na@b.example,a@b.example\n", "column email stands there twice"),
        (b"email,name\n", "names no recipient"),
        (b"email,name\na@b.example,A\nb@b.example,\xe0\n", "line 3: not UTF-8"),
        (b'email,name\na@b.example,A\nb@b.example,"B\nc@b.example,C\n', "line 3: unexpected end of data"),
    ],
)
@pytest.mark.parametrize("skip_invalid", [False, True])
def test_a_list_that_cannot_be_read_as_a_whole_is_refused(listed, content, told, skip_invalid):
    with pytest.raises(ContentError, match=told):
        load(listed(content), audience="staff", skip_invalid=skip_invalid)


def test_a_missing_list_is_named(tmp_path):
    with pytest.raises(ContentError, match=r"nowhere\.csv cannot be read: No such file"):
        load(tmp_path / "nowhere.csv", audience="staff")


@pytest.mark.parametrize("bad", ["\x00", "\x1b", "\x85", "\u2028", "\u2029", "\r"])
def test_no_control_character_gets_in(listed, bad):
    path = listed(f'email,name\na@acme.example,"A{bad}B"\n')
    with pytest.raises(ContentError, match=r"line 2.*control character"):
        load(path, audience="staff")


@given(text=st.text(max_size=40))
def test_no_text_at_all_yields_an_address_with_a_line_break_or_bracket(text):
    try:
        address = valid_address(text)
    except ContentError:
        return
    assert address.count("@") == 1
    assert not set(address) & set("\r\n\0 <>")


def test_somebody_on_two_lists_gets_the_copy_of_the_one_named_first(listed):
    managers = load(listed("email\nboss@acme.example\n", "m.csv"), audience="managers")
    staff = load(listed("email\nBOSS@acme.example\nada@acme.example\n", "s.csv"), audience="staff")
    merged = merge([managers, staff])
    assert [(one.address, one.audience) for one in merged.recipients] == [
        ("boss@acme.example", "managers"),
        ("ada@acme.example", "staff"),
    ]
    assert merged.folded == {("managers", "staff"): 1}
    assert merged.remarks == ("on the lists of managers and staff: 1; each of them gets the copy of managers",)


def test_a_long_list_is_kept_on_disk_in_its_order(listed):
    rows = [f"p{i}@acme.example,P {i}" for i in range(30_000, 0, -1)]
    path = listed("email,name\n" + "\n".join([*rows, rows[0]]))
    tracemalloc.start()
    found = load(path, audience="staff")
    peak = tracemalloc.get_traced_memory()[1]
    tracemalloc.stop()
    assert peak < 2**20
    assert len(found.recipients) == 30_000
    assert [one.first_place for one in found.duplicates] == ["line 2"]
    assert next(iter(found.recipients)).address == "p30000@acme.example"
    assert [one.name for one in found.recipients][-1] == "P 1"


@pytest.mark.parametrize("local", ["a.b", "o'neil+x", ".a", "a.", "a..b", "x" * 64, "x" * 65, "é", "a b", '"a"', ""])
@pytest.mark.parametrize(
    "domain",
    [
        *["Acme.Example", "münchen.example", "acme", "a..b", "-a.example", "a-.example", "", "a@b", "x" * 300],
        *["a-b.c1.example", "a--b.example", "xn--mnchen-3ya.example", "xn--a.example", "\u212aelvin.example"],
        *["acme.example.", "hidden.onion", "acme.Invalid", "1.arpa", "10.0.0.1", "acme.e1", "a_b.example"],
        *[f"{'x' * 63}.example", f"{'x' * 64}.example", "x." * 120 + "example", "x." * 128 + "example"],
    ],
)
def test_the_short_way_for_ordinary_addresses_gives_what_the_library_gives(local, domain):
    text = f"{local}@{domain}"
    try:
        checked = email_validator.validate_email(text, check_deliverability=False, globally_deliverable=False)
    except ValueError:
        with pytest.raises(ContentError):
            valid_address(text)
    else:
        assert valid_address(text) == (checked.ascii_email or checked.normalized)
