"""nginx before a Prometheus, as companies have it: TLS, client certificates, logins, tenants."""

from __future__ import annotations

import datetime as dt
import shutil
import subprocess
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass
from pathlib import Path

import trustme

from tests.servers.listening import free_ports, wait_until_listening

USER, PASSWORD, TOKEN, TENANT = "newsletter", "pass-77ab", "tok-5d1f7e", "acme"

_CONFIG = """
daemon off;
master_process off;
pid {folder}/nginx.pid;
error_log {folder}/error.log;
events {{}}
http {{
    access_log off;
    client_body_temp_path {folder}/body;
    proxy_temp_path {folder}/proxy;
    fastcgi_temp_path {folder}/fastcgi;
    uwsgi_temp_path {folder}/uwsgi;
    scgi_temp_path {folder}/scgi;
    ssl_certificate_key {folder}/server.key;
    ssl_certificate {folder}/server.pem;
    ssl_client_certificate {folder}/ca.pem;
    server {{
        listen 127.0.0.1:{guarded} ssl;
        ssl_verify_client on;
        location / {{ proxy_pass {prometheus}; }}
        location /basic/ {{
            auth_basic "metrics";
            auth_basic_user_file {folder}/users;
            proxy_pass {prometheus}/;
        }}
        location /bearer/ {{
            if ($http_authorization != "Bearer {token}") {{ return 403; }}
            proxy_pass {prometheus}/;
        }}
        location /tenant/ {{
            default_type text/plain;
            if ($http_x_scope_orgid != "{tenant}") {{ return 401 "no org id\\n"; }}
            proxy_pass {prometheus}/;
        }}
        location /login/ {{ return 302 https://login.acme.example/sign-in?next=metrics; }}
    }}
    server {{
        listen 127.0.0.1:{expired} ssl;
        ssl_certificate {folder}/expired.pem;
        ssl_certificate_key {folder}/expired.key;
        location / {{ proxy_pass {prometheus}; }}
    }}
    server {{
        listen 127.0.0.1:{plain};
        return 301 https://127.0.0.1:{guarded}$request_uri;
    }}
}}
"""


@dataclass(frozen=True)
class Front:
    """Where it listens, and the PEM files of both sides."""

    folder: Path
    guarded: int
    expired: int
    plain: int

    def url(self, path: str = "") -> str:
        return f"https://127.0.0.1:{self.guarded}{path}"

    def tls(self, **files: str) -> dict[str, Path]:
        """Settings that work, but for `files`."""
        names = {"ca": "ca.pem", "cert": "client.pem", "key": "client.key"} | files
        return {key: self.folder / name for key, name in names.items() if name}


@contextmanager
def tls_front(prometheus: str, folder: Path) -> Iterator[Front]:
    """Serve `prometheus` through nginx until the block ends."""
    binary = shutil.which("nginx", path="/usr/sbin:/usr/bin:/usr/local/sbin:/usr/local/bin")
    assert binary, "nginx is not installed: sh tests/install-debian.sh"
    _certificates(folder)
    (folder / "users").write_text(f"{USER}:{{PLAIN}}{PASSWORD}\n")
    front = Front(folder, *free_ports(3))
    ports = {"guarded": front.guarded, "expired": front.expired, "plain": front.plain}
    config = folder / "nginx.conf"
    config.write_text(_CONFIG.format(folder=folder, prometheus=prometheus, token=TOKEN, tenant=TENANT, **ports))
    process = subprocess.Popen([binary, "-p", folder, "-c", config, "-e", folder / "error.log"])
    try:
        wait_until_listening("nginx", process, ports.values(), folder / "error.log")
        yield front
    finally:
        process.terminate()
        process.wait(10)


def _certificates(folder: Path) -> None:
    ours, strangers = trustme.CA(), trustme.CA()
    past = dt.datetime.now(dt.UTC) - dt.timedelta(days=1)
    for authority, name in ((ours, "ca"), (strangers, "other-ca")):
        authority.cert_pem.write_to_path(folder / f"{name}.pem")
    for name, leaf in {
        "server": ours.issue_cert("127.0.0.1"),
        "expired": ours.issue_cert("127.0.0.1", not_after=past),
        "client": ours.issue_cert("newsletter@acme.example"),
        "other-client": strangers.issue_cert("newsletter@acme.example"),
    }.items():
        leaf.private_key_pem.write_to_path(folder / f"{name}.key")
        (folder / f"{name}.pem").write_bytes(b"".join(blob.bytes() for blob in leaf.cert_chain_pems))
