"""The set-up of docs/public-pages.md as it is written there: the real nginx with TLS before the real pages."""

from __future__ import annotations

import re
import shutil
import socket
import ssl
import subprocess
from http.client import HTTPSConnection
from pathlib import Path

import pytest
import trustme

from tests.servers.listening import free_ports, wait_until_listening
from tests.serving import FORM, HOST, MONTH, ONE_CLICK, mailed, serving, workspace

pytestmark = pytest.mark.servers

PAGE = Path(__file__).parents[2] / "docs" / "public-pages.md"
AROUND = """
daemon off;
master_process off;
pid {folder}/nginx.pid;
error_log {folder}/start.log;
events {{}}
http {{
    client_body_temp_path {folder}/body;
    proxy_temp_path {folder}/proxy;
    fastcgi_temp_path {folder}/fastcgi;
    uwsgi_temp_path {folder}/uwsgi;
    scgi_temp_path {folder}/scgi;
{documented}
}}
"""


def _documented(folder: Path, port: int, upstream: str) -> str:
    """The block of the page, with this test's port, files and upstream."""
    found = re.search(r"```nginx\n(.*?)```", PAGE.read_text(encoding="utf-8"), re.DOTALL)
    assert found
    text = found[1].replace("listen 443 ssl", f"listen 127.0.0.1:{port} ssl").replace("http://127.0.0.1:8026", upstream)
    text = text.replace("/etc/ssl/", f"{folder}/").replace("/var/log/nginx/", f"{folder}/")
    return AROUND.format(folder=folder, documented=text)


@pytest.fixture(scope="module")
def proxied(tmp_path_factory):
    """A connection maker to nginx, its folder, and the path of a reader's link."""
    nginx = shutil.which("nginx")
    assert nginx, "there is no nginx on this machine; tests/install-debian.sh installs it"
    folder = tmp_path_factory.mktemp("nginx")
    authority = trustme.CA()
    certificate = authority.issue_cert(HOST)
    certificate.private_key_pem.write_to_path(folder / f"{HOST}.key")
    for blob in certificate.cert_chain_pems:
        blob.write_to_path(folder / f"{HOST}.pem", append=True)
    context = ssl.create_default_context()
    authority.configure_trust(context)
    with serving(workspace(folder / "acme")) as pages:
        links = mailed(pages.config, {"ann@acme.example": "staff.en"})
        (port,) = free_ports(1)
        (folder / "nginx.conf").write_text(_documented(folder, port, pages.address.rstrip("/")), encoding="utf-8")
        process = subprocess.Popen([nginx, "-p", str(folder), "-c", str(folder / "nginx.conf")])
        try:
            wait_until_listening("nginx", process, [port], folder / "start.log")
            yield pages, lambda: Named(port, context), folder, links["ann@acme.example"]
        finally:
            process.terminate()
            process.wait(timeout=10)


class Named(HTTPSConnection):
    """To nginx on this machine, under the public name."""

    def __init__(self, port: int, context: ssl.SSLContext) -> None:
        super().__init__(HOST, port, timeout=20)
        self._trusting = context

    def connect(self) -> None:
        plain = socket.create_connection(("127.0.0.1", self.port), 20)
        self.sock = self._trusting.wrap_socket(plain, server_hostname=HOST)


def _ask(connect, path: str, method: str = "GET", body: bytes | None = None) -> tuple[int, bytes]:
    link = connect()
    link.request(method, path, body, {"Host": HOST, "Content-Type": FORM})
    answer = link.getresponse()
    found = answer.status, answer.read()
    link.close()
    return found


def test_readers_reach_the_pages_through_the_documented_proxy(proxied):
    """The letter, the page with the button, and one-click as a mail program calls it."""
    pages, connect, _, link = proxied
    assert _ask(connect, f"/archive/{MONTH}/staff.en")[0] == 200
    assert b"Shall we stop" in _ask(connect, link)[1]
    assert _ask(connect, link, "POST", ONE_CLICK) == (200, b"Unsubscribed.\n")
    assert pages.suppressed() == ["ann@acme.example"]


def test_what_operators_ask_is_not_there_for_readers(proxied):
    """By no path, however it is written."""
    _, connect, _, _ = proxied
    for path in ("/metrics", "/healthz", "//metrics", "/%6detrics", "/u/../metrics"):
        assert _ask(connect, path)[0] == 404


def test_the_documented_log_holds_no_link_of_a_reader(proxied):
    """Only that such a page was asked."""
    _, connect, folder, link = proxied
    _ask(connect, link)
    log = (folder / "newsletter.log").read_text(encoding="utf-8")
    assert re.search(r"^\S+ GET /u/\.\.\. 200 [\d.]+$", log, re.MULTILINE)
    assert link not in log
    assert link.rpartition(".")[2] not in log
