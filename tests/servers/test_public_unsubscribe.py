"""Leaving the list over HTTP: who can, who cannot, and what is written down about it."""

from __future__ import annotations

import re
from datetime import UTC, datetime

import pytest

from newsletter.deliver import Suppression, open_ledger
from newsletter.deliver.leaving import REASON
from tests.serving import FORM, ONE_CLICK, Pages, mailed, serving, workspace

pytestmark = pytest.mark.servers

PARTS = b"""\
------WebKitFormBoundaryQyCt\r
Content-Disposition: form-data; name="List-Unsubscribe"\r
\r
One-Click\r
------WebKitFormBoundaryQyCt--\r
"""
PEOPLE = {f"{name}@acme.example": "staff.en" for name in ("ann", "ben", "cleo", "dora", "eve", "finn", "gus", "hal")}


@pytest.fixture(scope="module")
def served(tmp_path_factory):
    """A server, and the path of each reader's link; every test has a reader of its own."""
    path = workspace(tmp_path_factory.mktemp("public") / "acme")
    with serving(path) as pages:
        yield pages, mailed(pages.config, PEOPLE | {"ivo@acme.example": "staff.it"})


def _reasons(pages: Pages) -> dict[str, str]:
    with open_ledger(pages.config.ledger, readonly=True) as ledger:
        return {one.address: one.reason for one in ledger.suppressions()}


@pytest.mark.parametrize(
    ("content_type", "body"),
    [
        (FORM, ONE_CLICK),
        (
            "multipart/form-data; boundary=----WebKitFormBoundaryQyCt",
            PARTS,
        ),
    ],
)
def test_one_click_as_mail_programs_send_it_takes_the_reader_off_the_list(served, content_type, body):
    """Both forms of RFC 8058: no cookie, no redirect, no second question; once more is the same."""
    pages, links = served
    who = "ann@acme.example" if content_type == FORM else "ben@acme.example"
    for _ in range(2):
        answer = pages.post(links[who], body, content_type)
        assert (answer.status, answer.body) == (200, b"Unsubscribed.\n")
        assert not answer.headers["Set-Cookie"]
        assert not answer.headers["Location"]
    assert _reasons(pages)[who] == REASON


def test_reading_a_link_changes_nothing(served):
    """Programs that look for harm follow every link, with GET and HEAD and whatever behind it."""
    pages, links = served
    link = links["cleo@acme.example"]
    for path in (link, f"{link}?do=leave", f"{link}?List-Unsubscribe=One-Click"):
        for method in ("GET", "HEAD", "OPTIONS"):
            assert pages.ask(path, method).status in (200, 405)
    assert "cleo@acme.example" not in pages.suppressed()


@pytest.mark.parametrize("body", [b"", b"do=", b"do=delete", b"{}", b"List-Unsubscribe=Two-Clicks", b"\xff\xfe=%00"])
def test_a_form_that_asks_for_nothing_we_offer_changes_nothing(served, body):
    """Neither does one of another type."""
    pages, links = served
    assert pages.post(links["cleo@acme.example"], body).status == 400
    assert pages.post(links["cleo@acme.example"], b"do=leave", "text/plain").status == 400
    assert "cleo@acme.example" not in pages.suppressed()


def test_the_button_leaves_and_another_one_comes_back(served):
    """A browser is sent back to the page, which tells how it stands; a reload repeats nothing."""
    pages, links = served
    link = links["dora@acme.example"]
    assert "Shall we stop sending" in pages.ask(link).text
    left = pages.post(link, b"do=leave")
    assert (left.status, left.headers["Location"]) == (303, link)
    assert "dora@acme.example" in pages.suppressed()
    assert "You are unsubscribed" in pages.ask(link).text
    back = pages.post(link, b"do=stay")
    assert (back.status, back.headers["Location"]) == (303, f"{link}?kept")
    assert "dora@acme.example" not in pages.suppressed()
    assert "stays on the list" in pages.ask(f"{link}?kept").text


def test_what_others_decided_is_not_taken_back_by_the_link(served):
    """An address that bounced, or that somebody suppressed, stays so; the page says whom to write to."""
    pages, links = served
    with open_ledger(pages.config.ledger) as ledger:
        ledger.suppress([Suppression(address="eve@acme.example", reason="bounced: 5.1.1", since=datetime.now(UTC))])
    link = links["eve@acme.example"]
    shown = pages.ask(link).text
    assert "it-feedback@acme.example" in shown
    assert "<button" not in shown
    assert pages.post(link, b"do=stay").status == 303
    assert _reasons(pages)["eve@acme.example"] == "bounced: 5.1.1"


def test_a_link_that_is_not_ours_leads_nowhere(served):
    """Forged, cut, of another purpose, another row, or too long: the same page, and nothing happens."""
    pages, links = served
    token = links["finn@acme.example"].removeprefix("/u/")
    row, _, signature = token.rpartition(".")
    other = links["gus@acme.example"].removeprefix("/u/").rpartition(".")[0]
    wrong = [
        token[:-1],
        token + "A",
        row,
        f"{row}.",
        f"{other}.{signature}",
        signature,
        "x" * 5000,
        "%00",
        "..%2f..",
        "ü",
    ]
    for one in (*wrong, token.swapcase()):
        path = "/u/" + "".join(character if character.isascii() else "%C3%BC" for character in one)
        assert pages.ask(path).status == 404
        assert pages.post(path).status == 404
    assert not {"finn@acme.example", "gus@acme.example"} & set(pages.suppressed())


def test_the_page_is_in_the_language_of_the_letter_and_shows_no_whole_address(served):
    """Whoever finds a link in a log learns no address from it."""
    pages, links = served
    answer = pages.ask(links["ivo@acme.example"], Accept_Language="de")
    assert 'lang="it"' in answer.text
    assert "i…o@acme.example" in answer.text
    assert "ivo@" not in answer.text


def test_the_link_of_a_preview_says_that_it_is_a_sample(served):
    """It unsubscribes nobody, also if a mail program calls it."""
    pages, _ = served
    before = pages.suppressed()
    assert "This link is a sample" in pages.ask("/u/sample").text
    assert pages.post("/u/sample").status == 200
    assert pages.suppressed() == before


def test_one_link_is_answered_ten_times_a_minute(served):
    """Others are answered meanwhile."""
    pages, links = served
    found = [pages.post(links["hal@acme.example"]) for _ in range(12)]
    assert [one.status for one in found] == [200] * 10 + [429] * 2
    assert found[-1].headers["Retry-After"] == "60"
    assert pages.post(links["ann@acme.example"]).status == 200


def test_the_log_names_pages_and_never_tokens_or_addresses(served):
    """Whoever reads the log cannot use a link, and learns nobody's wish."""
    pages, links = served
    pages.ask(links["ann@acme.example"])
    pages.ask("/u/forged-and-wrong")
    log = pages.log.read_text(encoding="utf-8")
    assert re.search(r"^GET /u/\{token\} 200 \d+ ms$", log, re.MULTILINE)
    assert "acme.example" not in log.replace("https://news.acme.example", "")
    assert not any(link.removeprefix("/u/") in log for link in links.values())
    assert "forged" not in log
