"""Who may read the preview, and who may change anything: our own page on this machine, nobody else."""

from __future__ import annotations

import hmac
import http.client
import json
import re
import socket
from contextlib import closing

import pytest

from newsletter.studio.loopback import LARGEST_BODY
from tests import images
from tests.previewing import Preview, replaced, small_workspace, start, until

pytestmark = pytest.mark.servers

READ = ["/", "/events", "/api/edition", "/api/mail/staff.en", "/api/facts", "/api/changes", "/mail/staff.en"]
CHANGE = [
    ("PUT", "/api/facts/spam.ratio", {"state": "none"}),
    ("PUT", "/api/subject", {"nth": 1}),
    ("POST", "/api/test", {"to": ["it@acme.example"], "variants": ["staff.en"]}),
]


@pytest.fixture(scope="module")
def preview(tmp_path_factory) -> Preview:
    """One for all; nothing here changes it."""
    return start(small_workspace(tmp_path_factory.mktemp("workspace") / "acme"))


# --- where it listens ---------------------------------------------------------------------


def test_it_listens_on_loopback_only(preview):
    """The machine's other addresses refuse the connection."""
    found = socket.getaddrinfo(socket.gethostname(), None)
    others = {str(info[4][0]) for info in found} - {"127.0.0.1", "127.0.1.1", "::1"}
    others.add("127.0.0.2")  # answers too wherever a server listens on all addresses
    for address in others:
        with pytest.raises(OSError), socket.create_connection((address, preview.port), timeout=2):
            pass


@pytest.mark.parametrize(
    "host", ["evil.example", "evil.example:80", "127.0.0.1", "localhost:1", "", "127.0.0.1.evil.example"]
)
@pytest.mark.parametrize("path", ["/", "/api/edition", "/mail/staff.en", "/events"])
def test_a_foreign_host_is_refused(preview, host, path):
    """A name that an attacker points at this machine does not open the preview (DNS rebinding)."""
    assert preview.get(path, Host=host)[0].status in (400, 421)


def test_it_listens_on_the_ipv6_name_of_this_machine_too(preview):
    """A browser may take `localhost` for either."""
    with socket.create_connection(("::1", preview.port), timeout=5) as link:
        link.sendall(f"GET / HTTP/1.1\r\nHost: [::1]:{preview.port}\r\nConnection: close\r\n\r\n".encode())
        assert link.makefile("rb").readline().split()[1] == b"200"


def test_two_hosts_are_refused(preview):
    """Whichever of them a proxy would believe."""
    with socket.create_connection(("127.0.0.1", preview.port), timeout=5) as link:
        ours = f"Host: 127.0.0.1:{preview.port}\r\n".encode()
        link.sendall(b"GET /api/edition HTTP/1.1\r\n" + ours + b"Host: evil.example\r\nConnection: close\r\n\r\n")
        status = int(link.makefile("rb").readline().split()[1])
    assert status in (400, 421)


@pytest.mark.parametrize("host", ["127.0.0.1", "localhost", "[::1]"])
def test_every_name_of_this_machine_works(preview, host):
    """By IPv4, by name and by IPv6."""
    assert preview.get("/", Host=f"{host}:{preview.port}")[0].status == 200


# --- other sites --------------------------------------------------------------------------


@pytest.mark.parametrize("path", READ)
@pytest.mark.parametrize("site", ["cross-site", "same-site"])
def test_another_site_cannot_read(preview, path, site):
    """A page elsewhere, or on another port of this machine, cannot load drafts through the editor's browser."""
    assert preview.get(path, Sec_Fetch_Site=site)[0].status == 403


@pytest.mark.parametrize("path", READ)
def test_nobody_is_invited_to_read_across_origins(preview, path):
    """No answer carries a CORS header, nor a cookie."""
    if path == "/events":
        with preview.events() as events:
            next(events)
        return
    headers = preview.get(path, Origin="https://evil.example")[0].headers
    assert not [name for name in headers if name.lower().startswith("access-control")]
    assert "Set-Cookie" not in headers


@pytest.mark.parametrize("change", CHANGE, ids=lambda one: one[1])
@pytest.mark.parametrize(
    ("headers", "status"),
    [
        ({"X_Studio_Token": ""}, 403),
        ({"X_Studio_Token": "x" * 43}, 403),
        ({"X_Studio_Token": "ü"}, 403),
        ({"Origin": ""}, 403),
        ({"Origin": "https://evil.example"}, 403),
        ({"Origin": "null"}, 403),
        ({"Sec_Fetch_Site": ""}, 403),
        ({"Sec_Fetch_Site": "none"}, 403),
        ({"Sec_Fetch_Site": "cross-site"}, 403),
        ({"Content_Type": "text/plain"}, 415),
        ({"Content_Type": "application/x-www-form-urlencoded"}, 415),
        ({"Content_Type": ""}, 415),
        ({"Host": "evil.example"}, 421),
    ],
)
def test_only_our_own_page_changes_anything(preview, change, headers, status):
    """Without the token, or with one header that a form or another site would send, nothing happens."""
    assert preview.change(*change, **headers)[0] == status


def test_the_token_is_compared_in_a_time_that_tells_nothing(preview, monkeypatch):
    """As a whole, by the function made for it: no answer comes sooner the earlier a guess is wrong."""
    compared: list[tuple[bytes, bytes]] = []
    compare = hmac.compare_digest

    def recorded(given: bytes, own: bytes) -> bool:
        compared.append((given, own))
        return compare(given, own)

    token = preview.token
    guess = token[:-1] + ("A" if token[-1] != "A" else "B")
    monkeypatch.setattr(hmac, "compare_digest", recorded)
    assert preview.change(*CHANGE[0], X_Studio_Token=guess)[0] == 403
    assert preview.change(*CHANGE[0])[0] == 200
    assert compared == [(guess.encode(), token.encode()), (token.encode(), token.encode())]


def test_with_everything_right_a_change_is_taken(preview):
    """So that the refusals above are not those of a broken request."""
    assert preview.change("PUT", "/api/facts/spam.ratio", {"state": "none"})[0] == 200


@pytest.mark.parametrize("method", ["DELETE", "PATCH", "OPTIONS", "TRACE", "CONNECT"])
def test_other_methods_are_refused(preview, method):
    """Preflights too: no other origin is ever allowed."""
    assert preview.get("/api/edition", method=method)[0].status in (400, 405)


@pytest.mark.parametrize(
    ("path", "method"), [("/api/edition", "POST"), ("/mail/staff.en", "PUT"), ("/api/facts/x", "GET")]
)
def test_a_route_takes_its_own_method_only(preview, path, method):
    """Reading never changes, and what is read cannot be written."""
    status = preview.get(path)[0].status if method == "GET" else preview.change_status(method, path)
    assert status == 405


def test_the_token_is_new_at_every_start_and_in_no_address(preview, tmp_path):
    """32 random bytes, in the page alone."""
    other = start(small_workspace(tmp_path / "acme"))
    assert preview.token != other.token
    assert re.fullmatch(r"[\w-]{43}", preview.token)
    assert other.change("PUT", "/api/facts/spam.ratio", {"state": "none"}, X_Studio_Token=preview.token)[0] == 403
    for path in ("/api/edition", "/api/mail/staff.en", "/mail/staff.en", "/api/facts"):
        assert preview.token not in preview.get(path)[1]


# --- what is sent along -------------------------------------------------------------------


def test_the_page_loads_nothing_but_its_own_files(preview):
    """The policy, word for word, and nothing inline to need more."""
    answer, body = preview.get("/")
    assert answer.headers["Content-Security-Policy"] == (
        "default-src 'none'; script-src 'self'; style-src 'self'; img-src 'self'; connect-src 'self'; "
        "frame-src 'self'; base-uri 'none'; form-action 'none'; frame-ancestors 'none'"
    )
    assert " style=" not in body
    assert not re.search(r"<script(?![^>]*\ssrc=)", body)
    assert not re.search(r"\son\w+=", body)


@pytest.mark.parametrize(("images", "source"), [("on", "'self'"), ("off", "'none'")])
def test_the_mail_cannot_run_or_load_anything(preview, images, source):
    """A sandbox without scripts; images off means that none can be loaded."""
    policy = preview.get(f"/mail/staff.en?images={images}")[0].headers["Content-Security-Policy"]
    assert policy == (
        "sandbox allow-same-origin; default-src 'none'; style-src 'unsafe-inline'; "
        f"img-src {source}; frame-ancestors 'self'"
    )


@pytest.mark.parametrize(
    "path", [*READ, "/api/mail/staff.en/source", "/api/mail/staff.en/raw", "/nothing", "/api/evidence/x"]
)
def test_every_answer_is_closed_to_other_sites(preview, path):
    """Errors included."""
    if path == "/events":
        return
    headers = preview.get(path)[0].headers
    if path != "/nothing":
        assert headers["Content-Security-Policy"]
    assert headers["X-Content-Type-Options"] == "nosniff"
    assert headers["Referrer-Policy"] == "no-referrer"
    assert headers["Cross-Origin-Resource-Policy"] == "same-origin"
    assert headers["Cross-Origin-Opener-Policy"] == "same-origin"
    assert headers["Cache-Control"] == "no-store"
    assert "Server" not in headers


def test_links_of_the_mail_lead_nowhere(preview):
    """Neither in the document of the frame nor in the picture."""
    for html in (preview.get("/mail/staff.en")[1], preview.json("/api/mail/staff.en")["html"]):
        assert not re.search(r"<a\b[^>]*\shref=", html)
        assert re.search(r"<a\b[^>]*\sdata-href=", html)


# --- paths, templates, bodies -------------------------------------------------------------


@pytest.mark.parametrize(
    "path",
    [
        "/mail/nobody",
        "/mail/..%2f..%2fconfig.yaml",
        "/mail/staff.en/cid/..%2f..%2flogo.png",
        "/static/../desk.py",
        "/static/x/desk.py",
        "/static/%2e%2e/app.py",
        "/static/x/..%2f..%2fdesk.py",
        "/etc/passwd",
        "/api/mail/staff.en/..%2fsource",
        "/api/mail/%7B%7B7*7%7D%7D",
        "/api/evidence/up%7Bjob=%22x%22%7D",
        "/api/evidence/..%2f..%2fsnapshot.json",
    ],
)
def test_no_route_takes_a_path_a_template_or_a_query(preview, path):
    """What is not a known name is not there."""
    answer, body = preview.get(path)
    assert answer.status == 404
    assert "organisation:" not in body
    assert "49" not in body or "7B7B" not in path


def test_no_answer_names_a_folder_of_this_machine(preview):
    """Paths are those of the workspace, in findings and errors alike."""
    note = preview.note("lock-screen.en")
    with preview.events() as events:
        until(events, "picture")
        replaced(note, "kind: tip", "kind: tipp")
        until(events, "picture")
    answers = [preview.get(path)[1] for path in READ if path not in ("/events", "/")]
    replaced(note, "kind: tipp", "kind: tip")
    assert "lock-screen.en.md" in answers[0]
    assert not [one for one in answers if str(preview.folder) in one]


def test_a_large_body_is_refused(preview):
    """By its announced length, and where none is announced."""
    big = {"state": "x" * LARGEST_BODY}
    assert preview.change("PUT", "/api/facts/spam.ratio", big)[0] == 413
    lines = [
        "PUT /api/facts/spam.ratio HTTP/1.1",
        f"Host: 127.0.0.1:{preview.port}",
        f"Origin: http://127.0.0.1:{preview.port}",
        "Sec-Fetch-Site: same-origin",
        "Content-Type: application/json",
        f"X-Studio-Token: {preview.token}",
        "Transfer-Encoding: chunked",
        "Connection: close",
    ]
    chunk = b"%x\r\n%s\r\n" % (LARGEST_BODY, b"1" * LARGEST_BODY)
    with socket.create_connection(("127.0.0.1", preview.port), timeout=10) as link:
        link.sendall("\r\n".join([*lines, "", ""]).encode() + chunk + chunk + b"0\r\n\r\n")
        assert int(link.makefile("rb").readline().split()[1]) == 413


@pytest.mark.parametrize(
    "body", [b"", b"{", b"[" * 60_000, b"\xff", b"[]", b"null", b'{"state": 1}', b'{"state": "pinn"}']
)
def test_a_body_that_says_nothing_is_refused_in_words(preview, body):
    """And the server goes on."""
    headers = {
        "Content-Type": "application/json",
        "Origin": f"http://127.0.0.1:{preview.port}",
        "Sec-Fetch-Site": "same-origin",
        "X-Studio-Token": preview.token,
    }
    answer, text = preview.get("/api/facts/spam.ratio", "PUT", body, **headers)
    assert answer.status == 422
    assert json.loads(text)["message"]


# --- images -------------------------------------------------------------------------------


@pytest.fixture(scope="module")
def pictured(tmp_path_factory) -> tuple[Preview, bytes]:
    """A preview whose letters carry a logo, and the logo."""
    config = small_workspace(tmp_path_factory.mktemp("pictured") / "acme")
    logo = images.png(240, 60)
    (config.parent / "logo.png").write_bytes(logo)
    config.write_text(f"{config.read_text(encoding='utf-8')}theme: {{logo: {{file: logo.png}}}}\n", encoding="utf-8")
    return start(config), logo


def test_an_image_of_the_letter_is_answered_as_it_travels(pictured):
    """Its own bytes, as an image and nothing else, at the address that the document names."""
    preview, logo = pictured
    [address] = re.findall(r'<img[^>]*\ssrc="(/mail/staff\.en/cid/[^"]+)"', preview.get("/mail/staff.en")[1])
    status, headers, content = fetched(preview, address)
    assert (status, content) == (200, logo)
    assert headers["Content-Type"] == "image/png"
    assert headers["X-Content-Type-Options"] == "nosniff"
    assert headers["Content-Security-Policy"].startswith("sandbox")


@pytest.mark.parametrize(
    "path", ["/mail/staff.en/cid/other", "/mail/staff.xx/cid/logo.png", "/mail/staff.en/cid/..%2flogo.png"]
)
def test_no_other_image_is_answered(pictured, path):
    """Only what the letter itself carries."""
    assert fetched(pictured[0], path)[0] == 404


def test_without_images_the_document_names_none(pictured):
    """Nor could one be loaded: the policy forbids it as well."""
    document = pictured[0].get("/mail/staff.en?images=off")[1]
    assert "<img" in document
    assert not re.search(r"<img[^>]*\ssrc=", document)


def fetched(preview: Preview, path: str) -> tuple[int, http.client.HTTPMessage, bytes]:
    """Status, headers and bytes of an answer."""
    link = http.client.HTTPConnection("127.0.0.1", preview.port, timeout=20)
    with closing(link):
        link.request("GET", path)
        with link.getresponse() as answer:
            return answer.status, answer.headers, answer.read()
