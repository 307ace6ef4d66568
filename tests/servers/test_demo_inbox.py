"""The demo's inbox: real SMTP in, pages out, and nothing that a mail says can harm the page."""

from __future__ import annotations

import http.client
import smtplib
import socket
from base64 import encodebytes
from collections.abc import Iterator
from urllib.parse import urlsplit

import pytest

from newsletter.demo.inbox import Inbox, receiving
from newsletter.demo.inbox_page import served
from tests import images
from tests.browser.chromium import chromium

pytestmark = pytest.mark.servers

NASTY = '<script>alert(1)</script> & "quotes"'
MAIL = (
    "From: Acme IT <it@acme.example>\r\n"
    "To: Loading bay <loading-bay@acme.example>\r\n"
    f"Subject: {NASTY}\r\n"
    "MIME-Version: 1.0\r\n"
    "Content-Language: it\r\n"
    'Content-Type: multipart/alternative; boundary="b"\r\n'
    "\r\n"
    "--b\r\nContent-Type: text/plain; charset=utf-8\r\nContent-Transfer-Encoding: quoted-printable\r\n\r\n"
    "Perch=C3=A9 <b>no</b>\r\n.starts with a dot\r\n"
    "--b\r\nContent-Type: text/html; charset=utf-8\r\n\r\n<p>Hello <script>top.location='/'</script></p>\r\n"
    "--b--\r\n"
).encode()


@pytest.fixture
def inbox(tmp_path) -> Iterator[Inbox]:
    with receiving(tmp_path / "inbox") as running:
        yield running


@pytest.fixture
def page(inbox) -> Iterator[str]:
    send(inbox, "loading-bay@acme.example")
    with served(inbox) as url:
        yield url


def send(inbox: Inbox, *recipients: str, mail: bytes = MAIL) -> None:
    with smtplib.SMTP("127.0.0.1", inbox.port, timeout=10) as relay:
        relay.sendmail("it@acme.example", recipients, mail)


def get(page: str, path: str, *, method: str = "GET", **headers: str) -> tuple[int, dict[str, str], str]:
    there = urlsplit(page)
    assert there.hostname is not None
    connection = http.client.HTTPConnection(there.hostname, there.port, timeout=10)
    try:
        connection.request(method, path, headers={name.replace("_", "-"): value for name, value in headers.items()})
        answer = connection.getresponse()
        return answer.status, {key.lower(): value for key, value in answer.getheaders()}, answer.read().decode()
    finally:
        connection.close()


# --- mail in ------------------------------------------------------------------------------


def test_a_mail_is_kept_byte_for_byte_with_its_envelope(inbox):
    send(inbox, "loading-bay@acme.example")
    [mail] = inbox.mails
    assert (mail.mail_from, mail.rcpt_to) == ("it@acme.example", "loading-bay@acme.example")
    assert mail.content == mail.path.read_bytes() == MAIL
    assert mail.path.name == "0001.eml"


def test_a_message_to_two_people_is_two_mails(inbox):
    send(inbox, "line-1@acme.example", "line-2@acme.example")
    assert [mail.rcpt_to for mail in inbox.mails] == ["line-1@acme.example", "line-2@acme.example"]
    assert [mail.number for mail in inbox.mails] == [1, 2]


def test_the_parts_of_a_mail_are_decoded(inbox):
    send(inbox, "loading-bay@acme.example")
    [mail] = inbox.mails
    assert mail.text.splitlines() == ["Perché <b>no</b>", ".starts with a dot"]
    assert mail.html.startswith("<p>Hello")
    assert mail.header("Subject") == NASTY


def test_it_listens_on_no_address_but_127_0_0_1(inbox):
    with socket.socket() as other:
        other.settimeout(2)
        with pytest.raises(ConnectionRefusedError):
            other.connect(("127.0.0.2", inbox.port))  # the same machine, as any of its other addresses


def test_what_came_in_stays_readable_when_the_server_is_gone(tmp_path):
    with receiving(tmp_path) as inbox:
        send(inbox, "loading-bay@acme.example")
    assert len(inbox.mails) == 1
    with pytest.raises(OSError):
        smtplib.SMTP("127.0.0.1", inbox.port, timeout=2)


# --- pages out ----------------------------------------------------------------------------


def test_the_first_page_lists_every_mail_escaped(page):
    status, headers, body = get(page, "/")
    assert status == 200
    assert headers["content-type"].startswith("text/html")
    assert body.count("<li ") == 1
    assert "loading-bay@acme.example" in body
    assert "&lt;script&gt;alert(1)&lt;/script&gt; &amp; &quot;quotes&quot;" in body
    assert "<script" not in body


def test_an_empty_inbox_says_so(inbox):
    with served(inbox) as url:
        status, _, body = get(url, "/")
    assert status == 200
    assert "No mail has come in." in body


def test_pages_run_no_script_and_load_nothing_from_elsewhere(page):
    for path in ("/", "/mail/1", "/mail/1?view=text", "/mail/1?view=source", "/inbox.css"):
        status, headers, _ = get(page, path)
        assert status == 200, path
        policy = dict(part.split(" ", 1) for part in headers["content-security-policy"].split("; "))
        assert policy["default-src"] == "'none'", path
        assert "script-src" not in policy, path
        assert policy["frame-ancestors"] == "'none'", path
        assert headers["x-content-type-options"] == "nosniff", path
        assert headers["referrer-policy"] == "no-referrer", path
        assert headers["cache-control"] == "no-store", path


def test_the_html_of_a_mail_stands_in_a_sandbox_of_its_own(page):
    _, _, body = get(page, "/mail/1")
    assert '<iframe sandbox title="The mail as HTML" src="/mail/1/html">' in body
    _, headers, document = get(page, "/mail/1/html")
    policy = headers["content-security-policy"].split("; ")
    assert policy[:3] == ["sandbox", "default-src 'none'", "style-src 'unsafe-inline'"]
    assert "frame-ancestors 'self'" in policy
    assert document.startswith("<p>Hello")


def test_text_and_source_are_shown_as_text(page):
    _, _, text = get(page, "/mail/1?view=text")
    assert "Perché &lt;b&gt;no&lt;/b&gt;" in text
    _, _, source = get(page, "/mail/1?view=source")
    assert "Perch=C3=A9 &lt;b&gt;" in source
    assert "Content-Language: it" in source
    assert "0001.eml" in source


@pytest.mark.parametrize(
    "path", ["/mail/0", "/mail/2", "/mail/2/html", "/mail/x", "/mail/1?view=<b>", "/../etc/passwd"]
)
def test_what_is_not_there_is_not_found(page, path):
    status, _, body = get(page, path)
    assert status == 404
    assert "<b>" not in body


def test_a_foreign_host_name_is_refused(page):
    for path in ("/", "/mail/1", "/mail/1/html"):
        status, _, body = get(page, path, Host="rebound.example")
        assert status == 421, path
        assert "loading-bay" not in body


def test_another_site_may_not_ask(page):
    assert get(page, "/", Sec_Fetch_Site="cross-site")[0] == 403


def test_the_page_only_reads(page):
    assert get(page, "/", method="POST")[0] == 405


WITH_IMAGE = (
    b'MIME-Version: 1.0\r\nSubject: Logo\r\nContent-Type: multipart/related; type="text/html"; boundary="b"\r\n\r\n'
    b'--b\r\nContent-Type: text/html\r\n\r\n<img src="cid:logo.1@newsletter" alt="Acme" width="40">\r\n'
    b'<img src="https://elsewhere.example/pixel.gif" alt="" width="1">\r\n'
    b"--b\r\nContent-Type: image/png\r\nContent-ID: <logo.1@newsletter>\r\nContent-Transfer-Encoding: base64\r\n\r\n"
    + encodebytes(images.png(80, 20))
    + b"--b--\r\n"
)


def test_a_browser_shows_the_images_that_a_mail_carries_and_fetches_no_other(inbox):
    send(inbox, "loading-bay@acme.example", mail=WITH_IMAGE)
    with served(inbox) as url, chromium() as browser:
        page = browser.new_page()
        asked: list[str] = []
        page.on("requestfinished", lambda request: asked.append(request.url))
        page.goto(f"{url}mail/1")
        frame = page.frame_locator("iframe").locator("img")
        assert [frame.nth(i).evaluate("image => image.naturalWidth") for i in range(2)] == [80, 0]
        assert all(one.startswith((url, "data:image/png;")) for one in asked)
