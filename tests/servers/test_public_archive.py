"""Past editions over HTTP, after a real send: who may read what, and how a reader of the mail leaves the list."""

from __future__ import annotations

import email
import email.policy
import re
import xml.etree.ElementTree as ET
from collections.abc import Iterator
from dataclasses import dataclass
from email.message import EmailMessage
from pathlib import Path
from urllib.parse import urlsplit

import pytest

from newsletter.deliver.leaving import REASON
from tests import images
from tests.servers.deliver_support import Company, server
from tests.servers.smtp_scripted import Received
from tests.serving import HOST, MONTH, SECRET, Pages, serving

pytestmark = pytest.mark.servers

PUBLIC = f"""
public:
  url: https://{HOST}
  secret: file:public.secret
  archive: [staff]
theme: {{logo: {{file: logo.png}}}}
"""
BEFORE = "2026-09"


@dataclass
class Mailed:
    """A company that has sent its newest edition, and its pages."""

    company: Company
    pages: Pages
    received: list[Received]
    drafted: int

    def mail_of(self, address: str) -> EmailMessage:
        """The mail as it came over the wire."""
        (found,) = [one.data for one in self.received if one.recipient == address]
        message = email.message_from_bytes(found, policy=email.policy.default)
        assert isinstance(message, EmailMessage)
        return message


@pytest.fixture(scope="module")
def mailed(tmp_path_factory) -> Iterator[Mailed]:
    """Sent by the command to a relay that keeps what it gets; before that, the pages were asked for the draft."""
    company = Company(tmp_path_factory.mktemp("archive") / "acme")
    folder = company.config.parent
    (folder / "public.secret").write_text(SECRET, encoding="utf-8")
    (folder / "logo.png").write_bytes(images.png(240, 60))
    company.config.write_text(company.config.read_text(encoding="utf-8") + PUBLIC, encoding="utf-8")
    with serving(company.config) as pages, server() as (script, port):
        drafted = pages.ask(f"/archive/{MONTH}/staff.en").status
        code, _, said = company("send", "--yes", "--month", MONTH, port=port)
        assert code == 0, said
        yield Mailed(company, pages, list(script.received), drafted)


def test_a_draft_is_not_there_and_a_sent_edition_is(mailed):
    """The same address, before and after."""
    assert mailed.drafted == 404
    assert mailed.pages.ask(f"/archive/{MONTH}/staff.en").status == 200


def test_the_letter_is_the_mail_but_for_what_is_the_readers_own(mailed):
    """Up to the foot every byte is that of the mail (images have addresses of their own); no reader and no token is in it."""
    page = mailed.pages.ask(f"/archive/{MONTH}/staff.en")
    part = mailed.mail_of("p1@acme.example").get_body(("html",))
    assert part
    mail = part.get_content().replace("\r\n", "\n")
    mail = re.sub(r'src="cid:(logo\.\w+)@newsletter"', r'src="images/\1.png"', mail)
    start = mail.index("This mail was sent to")
    assert page.text[:start] == mail[:start]
    assert start > 20_000
    assert "p1@" not in page.text
    assert "/u/" not in page.text
    assert "An edition of Acme IT, as it was sent by mail." in page.text


def test_the_link_of_the_mail_opens_it_in_the_browser(mailed):
    """The managers' letter has none: their audience is not public."""
    link = f"https://{HOST}/archive/{MONTH}/staff.en"
    assert link in str(mailed.mail_of("p1@acme.example").get_body(("plain",)))
    assert "/archive/" not in str(mailed.mail_of("p0@acme.example").get_body(("plain",))).replace("=\n", "")
    image = re.search(r'src="(images/[^"]+)"', mailed.pages.ask(urlsplit(link).path).text)
    assert image
    answer = mailed.pages.ask(f"/archive/{MONTH}/{image[1]}")
    assert (answer.status, answer.headers["Content-Type"]) == (200, "image/png")
    assert answer.body == (mailed.company.config.parent / "logo.png").read_bytes()


@pytest.mark.parametrize(
    "path",
    [
        f"/archive/{MONTH}/managers.en",
        f"/archive/{MONTH}/letters.json",
        f"/archive/{MONTH}/staff.en.html",
        f"/archive/{MONTH}/images/letters.json",
        f"/archive/{MONTH}/images/..%2fletters.json",
        f"/archive/{MONTH}/images/..%2f..%2fsnapshot.json",
        f"/archive/{MONTH}/../{MONTH}/snapshot.json",
        f"/archive/..%2f{MONTH}/staff.en",
        f"/archive/{BEFORE}/staff.en",
        "/archive/de",
        "/feed/managers.en.atom",
        "/static/../config.yaml",
        "/static/x/page.css",
        "/config.yaml",
        "/metrics",
        "/healthz",
    ],
)
def test_nothing_else_can_be_read(mailed, path):
    """Neither other audiences and months, nor any file by its name, nor what operators ask."""
    assert mailed.pages.ask(path).status == 404


def test_the_list_and_the_feed_hold_what_was_sent_in_each_language(mailed):
    """One entry each, with the mail's subject; the list speaks the language that is asked for."""
    english, italian = (
        mailed.pages.ask("/archive", Accept_Language="fr, en;q=0.5"),
        mailed.pages.ask("/", Accept_Language="it-CH"),
    )
    assert 'lang="en"' in english.text
    assert 'lang="it"' in italian.text
    subject = mailed.mail_of("p1@acme.example")["Subject"]
    assert english.text.count('<li><a href="') == 1
    assert subject in english.text
    feed = ET.fromstring(mailed.pages.ask("/feed/staff.en.atom").text)
    atom = "{http://www.w3.org/2005/Atom}"
    (entry,) = feed.findall(f"{atom}entry")
    assert entry.findtext(f"{atom}title") == subject
    link = entry.find(f"{atom}link")
    assert link is not None
    assert link.get("href") == f"https://{HOST}/archive/{MONTH}/staff.en"


def test_what_a_browser_has_already_is_not_sent_once_more(mailed):
    """By its fingerprint; it is asked for each time, so that what was taken away is gone."""
    for path in ("/archive", f"/archive/{MONTH}/staff.en", "/feed/staff.en.atom"):
        first = mailed.pages.ask(path)
        assert first.headers["Cache-Control"] == "private, no-cache"
        second = mailed.pages.ask(path, If_None_Match=first.headers["ETag"])
        assert (second.status, second.body) == (304, b"")


@pytest.mark.parametrize(
    "path", ["/", "/archive/en", f"/archive/{MONTH}/staff.en", "/u/sample", "/nothing", "/robots.txt"]
)
def test_every_answer_keeps_to_itself(mailed, path):
    """No cookie, no script, no frame, no referrer, and nothing for search engines."""
    headers = mailed.pages.ask(path).headers
    policy = headers["Content-Security-Policy"]
    assert "default-src 'none'" in policy
    assert "script-src" not in policy
    assert "frame-ancestors 'none'" in policy
    assert headers["X-Robots-Tag"] == "noindex, nofollow"
    assert headers["Referrer-Policy"] == "no-referrer"
    assert headers["X-Content-Type-Options"] == "nosniff"
    assert "Set-Cookie" not in headers
    assert "Server" not in headers


@pytest.mark.parametrize(
    "host", ["evil.example", "news.acme.example.evil.example", "news.acme.example:444", "", "127.0.0.1"]
)
def test_a_foreign_host_is_refused(mailed, host):
    """Also if a proxy's header says otherwise: nobody reads it."""
    answer = mailed.pages.ask("/archive", Host=host, X_Forwarded_Host=HOST, Forwarded=f"host={HOST}")
    assert answer.status in (400, 421)


def test_a_large_body_is_refused(mailed):
    """Before it is read."""
    assert mailed.pages.post("/u/sample", b"a=" + b"x" * 10_000).status == 413


def test_operators_scrape_the_sending_and_the_pages_elsewhere(mailed):
    """The states add up to the six readers; the port for readers has neither."""
    internal = Pages(mailed.pages.config, mailed.pages.internal, "", mailed.pages.process, mailed.pages.log)
    assert internal.ask("/healthz").text == "ok\n"
    told = internal.ask("/metrics").text
    counts = re.findall(
        r'^newsletter_edition_recipients\{edition="2026-10",state="(\w+)"\} ([\d.]+)$', told, re.MULTILINE
    )
    assert sum(float(number) for _, number in counts) == 6
    assert 'newsletter_public_answers_total{method="GET",page="/archive/{edition}/{variant}"' in told
    assert "acme.example" not in told
    assert internal.ask("/archive").status == 404


def test_the_whole_line_from_a_mail_to_the_next_edition_without_its_reader(mailed):
    """The header's link as it came over the wire, called as mail programs do; nobody else is left out."""
    mail = mailed.mail_of("p2@acme.example")
    assert mail["List-Unsubscribe-Post"] == "List-Unsubscribe=One-Click"
    found = re.fullmatch(r"<https://news\.acme\.example(/u/[!-;=?-~]+)>, <mailto:[^>]+>", mail["List-Unsubscribe"])
    assert found
    assert f"https://{HOST}{found[1]}" in (mail.get_body(("plain",)) or mail).get_content()
    assert mailed.pages.post(found[1]).status == 200
    with server() as (script, port):
        code, out, said = mailed.company("send", "--yes", "--json", "--month", BEFORE, port=port)
    assert code == 0, said
    assert sorted(script.recipients) == [f"p{number}@acme.example" for number in (0, 1, 3, 4, 5)]
    assert '"suppressed": 1' in out
    assert '"total": 6' in out
    assert REASON in mailed.company("suppress")[1]


def test_a_send_without_its_secret_ends_before_anything_is_written(tmp_path):
    """The error names key and file; nobody is frozen, and no letter kept."""
    company = Company(tmp_path / "acme")
    company.config.write_text(
        company.config.read_text(encoding="utf-8") + PUBLIC.partition("theme")[0], encoding="utf-8"
    )
    code, _, said = company("send", "--yes", "--month", MONTH)
    assert code == 78
    assert "public.secret: the file" in said
    assert not (tmp_path / "acme" / "newsletter.db").exists()
    assert not list(Path(tmp_path).glob("acme/editions/*/web"))


@pytest.mark.parametrize(
    ("public", "code", "words"),
    [
        ("", 78, "there is no block public:"),
        (PUBLIC.partition("theme")[0], 78, "public.secret has 5 characters: 32 are needed"),
    ],
)
def test_serve_says_what_it_lacks(tmp_path, public, code, words):
    """Before it listens."""
    company = Company(tmp_path / "acme")
    (tmp_path / "acme" / "public.secret").write_text("short", encoding="utf-8")
    company.config.write_text(company.config.read_text(encoding="utf-8") + public, encoding="utf-8")
    ended, _, said = company("serve", "--listen", "127.0.0.1:0", "--internal", "127.0.0.1:0")
    assert (ended, words in said) == (code, True), said


def test_an_address_that_cannot_be_listened_on_is_told(mailed):
    """Taken by another server, none of this machine (192.0.2.0/24 is for examples), or no address at all."""
    taken = urlsplit(mailed.pages.address).netloc
    told = {
        taken: "is taken",
        "192.0.2.1:8026": "192.0.2.1:8026 is no address to listen on",
        "8026": "is not an address",
    }
    for address, words in told.items():
        code, _, said = mailed.company("serve", "--listen", address, "--internal", "127.0.0.1:0")
        assert (code, words in said) == (2, True), said
