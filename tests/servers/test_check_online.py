"""`check --online`: links are asked with care by a real HTTPS server, and SpamAssassin judges real mails."""

from __future__ import annotations

import shutil
import socket
import ssl
import threading
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass, field
from datetime import UTC, datetime
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from pathlib import Path

import pytest
import trustme
from msgspec.structs import replace

from newsletter import pipeline
from newsletter.check.online import online
from newsletter.check.spam import scores
from newsletter.check.web import Web
from newsletter.config import Config, load
from newsletter.hosts import is_private

ROOT = Path(__file__).parents[2]
NAMES = ("good.example", "other.example", "inside.example")


@dataclass
class Site:
    """A small web site, and what it was asked."""

    port: int = 0
    trusted: ssl.SSLContext = field(default_factory=ssl.create_default_context)
    asked: list[tuple[str, str, str]] = field(default_factory=list)
    connections: int = 0

    def url(self, path: str, host: str = "good.example") -> str:
        return f"https://{host}:{self.port}{path}"

    def web(self, *addresses: str, **more: object) -> Web:
        """A reader for whom every name is this machine, unless said otherwise, and may be asked."""
        return Web(
            resolve=lambda host, port: addresses or ("127.0.0.1",),
            refuses=lambda address: address.startswith("10."),
            context=self.trusted,
            **more,  # type: ignore[arg-type]  # by name
        )


class Pages(BaseHTTPRequestHandler):
    """/page, /gone, /login, /broken, /no-head, /hop/N (N redirects), /away (to another host), /plain (to http), /slow."""

    site: Site
    over: threading.Event

    def log_message(self, *_: object) -> None:
        """Quiet."""

    def do_HEAD(self) -> None:
        self._answer()

    def do_GET(self) -> None:
        self._answer()

    def _answer(self) -> None:
        self.site.asked.append((self.command, self.path, self.headers["Host"]))
        if self.path == "/slow":
            self.over.wait(5)
            return
        status, location = self._what()
        self.send_response(status)
        if location:
            self.send_header("Location", location)
        self.send_header("Content-Length", "0")
        self.end_headers()

    def _what(self) -> tuple[int, str]:
        port = self.site.port
        if self.path.startswith("/hop/"):
            left = int(self.path.removeprefix("/hop/"))
            return (302, f"/hop/{left - 1}") if left else (200, "")
        if self.path == "/no-head":
            return (405 if self.command == "HEAD" else 200), ""
        moved = {
            "/away": f"https://other.example:{port}/page",
            "/inside": f"https://inside.example:{port}/page",
            "/plain": "http://good.example/page",
            "/circle": "/circle",
        }
        statuses = {"/gone": 404, "/login": 401, "/broken": 503, "/busy": 429}
        return (301, moved[self.path]) if self.path in moved else (statuses.get(self.path, 200), "")


@pytest.fixture(scope="module")
def authority() -> trustme.CA:
    return trustme.CA()


@contextmanager
def served(authority: trustme.CA, *names: str) -> Iterator[Site]:
    site, over = Site(), threading.Event()

    class Server(ThreadingHTTPServer):
        daemon_threads = True

        def get_request(self) -> tuple[socket.socket, object]:
            site.connections += 1
            return super().get_request()

        def handle_error(self, *_: object) -> None:
            """A refused certificate is no error of the server."""

    handler = type("Handler", (Pages,), {"site": site, "over": over})
    server = Server(("127.0.0.1", 0), handler)
    context = ssl.SSLContext(ssl.PROTOCOL_TLS_SERVER)
    authority.issue_cert(*names).configure_cert(context)
    server.socket = context.wrap_socket(server.socket, server_side=True, do_handshake_on_connect=False)
    site.port = server.server_address[1]
    authority.configure_trust(site.trusted)
    thread = threading.Thread(target=server.serve_forever, kwargs={"poll_interval": 0.02})
    thread.start()
    try:
        yield site
    finally:
        over.set()
        server.shutdown()
        thread.join()
        server.server_close()


@pytest.fixture
def site(authority) -> Iterator[Site]:
    with served(authority, *NAMES) as started:
        yield started


# --- what is told of a link ---------------------------------------------------------------------


@pytest.mark.parametrize(
    ("path", "severity", "what"),
    [
        ("/page", "ok", ""),
        ("/page?a=1&b=2", "ok", ""),
        ("/no-head", "ok", ""),
        ("/hop/5", "ok", ""),
        ("/away", "ok", ""),
        ("/hop/6", "fault", "is sent on more than 5 times"),
        ("/circle", "fault", "is sent on more than 5 times"),
        ("/plain", "fault", "is sent on to http://good.example/page, which is not https"),
        ("/gone", "fault", "leads to a page that does not exist (404)"),
        ("/broken", "warning", "answers with an error (503)"),
        ("/busy", "warning", "answers with an error (429)"),
        ("/login", "hint", "asks for a login (401); what is behind it was not looked at"),
    ],
)
def test_a_link_is_judged_by_what_a_real_server_answers(site, path, severity, what):
    """Over HTTPS, with the server's certificate believed."""
    answer = site.web().look(site.url(path))
    assert (answer.severity, answer.what) == (severity, what)


def test_a_server_that_likes_no_head_is_asked_by_get_and_others_are_not(site):
    """And each request names the host of the link, not the address."""
    site.web().look(site.url("/page"))
    site.web().look(site.url("/no-head"))
    host = f"good.example:{site.port}"
    assert site.asked == [("HEAD", "/page", host), ("HEAD", "/no-head", host), ("GET", "/no-head", host)]


def test_a_host_without_an_address_a_closed_port_and_silence_are_told(site):
    """Each in words of its own."""

    def nowhere(host: str, port: int) -> tuple[str, ...]:
        raise socket.gaierror("unknown")

    assert replace(site.web(), resolve=nowhere).look(site.url("/page")).what == "names a host that does not exist"
    closed = socket.create_server(("127.0.0.1", 0))
    port = closed.getsockname()[1]
    closed.close()
    assert site.web().look(f"https://good.example:{port}/").what == "could not be reached"
    assert site.web(timeout_s=0.3).look(site.url("/slow")).what == "gave no answer in time"


def test_a_certificate_for_another_name_or_of_nobody_is_told(site):
    """The name of the link counts, although the connection goes to an address."""
    assert site.web().look(site.url("/page", "wrong.example")).what == "has a certificate that programs do not believe"
    unknown = replace(site.web(), context=ssl.create_default_context())
    assert unknown.look(site.url("/page")).what == "has a certificate that programs do not believe"
    assert site.asked == []


# --- the own network is never asked -----------------------------------------------------------------


@pytest.mark.parametrize(
    "host",
    ["127.0.0.1", "localhost", "[::1]", "[::ffff:127.0.0.1]", "2130706433", "0x7f000001", "127.1", "0.0.0.0"],
)
def test_this_machine_is_not_asked_whatever_it_is_called(site, host):
    """With the system's own resolver and the real rule: not one connection arrives."""
    answer = Web(context=site.trusted, timeout_s=2).look(f"https://{host}:{site.port}/page")
    assert answer.severity in ("fault", "warning")
    assert "own network" in answer.what or "does not exist" in answer.what
    assert site.connections == 0


@pytest.mark.parametrize(
    "address",
    [
        *(
            "10.0.0.1",
            "172.16.0.1",
            "192.168.1.1",
            "127.0.0.1",
            "169.254.169.254",
            "100.64.0.1",
            "0.0.0.0",
            "224.0.0.1",
        ),
        *("::1", "fe80::1", "fe80::1%eth0", "fd00::1", "::ffff:10.0.0.1", "64:ff9b::a00:1", "2002:a00:1::", "::"),
    ],
)
def test_a_name_that_means_a_private_address_is_refused(address):
    """Also where it is one of several, or hidden in an IPv6 address."""
    for addresses in ((address,), ("93.184.216.34", address)):

        def resolved(host: str, port: int, known: tuple[str, ...] = addresses) -> tuple[str, ...]:
            return known

        answer = Web(resolve=resolved).look("https://good.example/")
        assert answer.severity == "fault"
        assert answer.what == f"leads to {address} (good.example), an address of the own network; it is not asked"


def test_public_addresses_are_not_refused():
    """Of both kinds."""
    assert not any(map(is_private, ["93.184.216.34", "1.1.1.1", "2606:2800:220:1::1", "64:ff9b::808:808"]))


def test_a_redirect_to_a_private_address_is_refused(site):
    """Each hop is judged, not only the first."""
    known = {"good.example": ("127.0.0.1",), "inside.example": ("10.0.0.5",)}
    web = replace(site.web(), resolve=lambda host, port: known[host])
    answer = web.look(site.url("/inside"))
    assert answer.what == "leads to 10.0.0.5 (inside.example), an address of the own network; it is not asked"
    assert [path for _, path, _ in site.asked] == ["/inside"]


def test_a_name_that_changes_its_meaning_is_connected_to_as_it_was_judged(site):
    """DNS rebinding: the name is resolved once for a hop, and the connection goes to that very address."""
    answers = iter([("127.0.0.1",), ("10.0.0.5",)])
    resolved: list[str] = []

    def rebinding(host: str, port: int) -> tuple[str, ...]:
        resolved.append(host)
        return next(answers)

    web = replace(site.web(), resolve=rebinding)
    assert web.look(site.url("/no-head")).severity == "ok"  # two requests, one look at the name
    assert resolved == ["good.example"]
    assert "10.0.0.5" in web.look(site.url("/page")).what


def test_proxies_of_the_environment_are_not_used(site, monkeypatch):
    """A proxy would look names up by itself."""
    monkeypatch.setenv("HTTPS_PROXY", "http://127.0.0.1:9")
    assert site.web().look(site.url("/page")).severity == "ok"


# --- a whole edition ----------------------------------------------------------------------------------


@pytest.fixture
def workspace(tmp_path: Path, site: Site) -> Path:
    """One month of the sample company, with notes that link to the site."""
    shutil.copy(ROOT / "config.yaml", tmp_path)
    shutil.copytree(ROOT / "templates", tmp_path / "templates")
    for month in ("2026-09", "2026-10"):
        shutil.copytree(ROOT / "editions" / month, tmp_path / "editions" / month)
    links = f"[the plan]({site.url('/gone')}), [the form]({site.url('/page')}) and [the desk](mailto:d@acme.example)"
    for locale in ("en", "it"):
        text = f"---\ntitle: T\nkind: people\nowner: IT\n---\nThanks.\n\nSee {links}.\n"
        (tmp_path / f"editions/2026-10/notes/extra.{locale}.md").write_text(text)
    return tmp_path


def built(workspace: Path) -> tuple[Config, pipeline.Draft]:
    config = load(workspace / "config.yaml")
    now = datetime(2026, 11, 2, tzinfo=UTC)
    month = pipeline.resolve_month(config, "2026-10", now=now)
    return config, pipeline.build(config, month, now=now)


def test_a_dead_link_is_told_once_with_the_line_of_its_note(workspace, site, monkeypatch, tmp_path):
    """Two languages hold the same link; each address is asked once, and no mailto."""
    monkeypatch.setenv("PATH", str(tmp_path))  # no SpamAssassin: it takes seconds
    config, draft = built(workspace)
    examined = online(config, draft, web=site.web())
    (dead,) = [one for one in examined.findings if one.check == "link-answers"]
    assert (dead.status, dead.exit_code, dead.excerpt) == ("fault", 65, "the plan")
    assert dead.place is not None
    assert (Path(dead.place.file).name, dead.place.line) == ("extra.en.md", 8)
    assert sorted(path for _, path, _ in site.asked) == ["/gone", "/gone", "/page"]
    assert examined.passed == ()


def test_a_letter_of_the_sample_company_is_no_spam_to_spamassassin(workspace, site):
    """As the sample reader would get it; the score is told, and the check has passed."""
    config, draft = built(workspace)
    one_only = replace(draft, variants={"staff.en": draft.variants["staff.en"]})
    examined = online(config, one_only, web=site.web())
    (told,) = [one for one in examined.findings if one.check == "spam"]
    assert (told.status, told.variant) == ("ok", "staff.en")
    assert " of 5 points" in told.what
    assert examined.passed == ("spam",)


def test_hosts_that_readers_know_inside_are_not_asked(workspace, site, monkeypatch, tmp_path):
    """They are named as such in the config."""
    monkeypatch.setenv("PATH", str(tmp_path))  # no SpamAssassin: it takes seconds
    config = workspace / "config.yaml"
    config.write_text(config.read_text() + "\nchecks: {known_hosts: [good.example]}\n")
    _, draft = built(workspace)
    examined = online(load(config), draft, web=site.web())
    assert "link-answers" in examined.passed
    assert site.asked == []


# --- SpamAssassin ---------------------------------------------------------------------------------------

GTUBE = b"XJS*C4JDBQADN1.NSBN3*2IDNEN*GTUBE-STANDARD-ANTI-UBE-TEST-EMAIL*C.34X"


def test_the_test_mail_of_spamassassin_is_spam_and_an_ordinary_one_is_not():
    """GTUBE gets 1,000 points from every SpamAssassin."""
    head = b"From: IT <it@acme.example>\r\nTo: you@acme.example\r\nSubject: The month\r\n"
    head += b"Date: Mon, 02 Nov 2026 08:00:00 +0100\r\nMessage-ID: <1@acme.example>\r\n\r\n"
    worst, fine = scores([head + GTUBE + b"\r\n", head + b"All services met their target.\r\n"])
    assert worst.points > 900
    assert "GTUBE" in worst.rules
    assert fine.points < fine.required == 5


def test_without_spamassassin_a_hint_says_how_to_get_it(workspace, site, monkeypatch, tmp_path):
    """It is no fault not to have it."""
    monkeypatch.setenv("PATH", str(tmp_path))
    config, draft = built(workspace)
    (told,) = [one for one in online(config, draft, web=site.web()).findings if one.check == "spam"]
    assert (told.status, told.what) == ("hint", "there is no SpamAssassin to ask")
