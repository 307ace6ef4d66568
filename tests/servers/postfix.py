"""A private Postfix that delivers everything to one maildir: own configuration, queue, port and log.

Postfix must be started by root; without that right the tests use `sudo -n`.
"""

from __future__ import annotations

import os
import pwd
import shutil
import socket
import subprocess
import tempfile
import time
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass
from pathlib import Path

from tests.servers.tls_certificate import self_signed

_SUDO = () if os.geteuid() == 0 else ("sudo", "-n")

_MAIN = """\
compatibility_level = 3.6
queue_directory = {base}/queue
data_directory = {base}/data
command_directory = /usr/sbin
daemon_directory = /usr/lib/postfix/sbin
mail_owner = postfix
setgid_group = postdrop
maillog_file = {base}/log
maillog_file_prefixes = {base}
inet_interfaces = 127.0.0.1
inet_protocols = ipv4
myhostname = relay.acme.example
mydestination =
mynetworks = 127.0.0.0/8
alias_maps =
alias_database =
local_recipient_maps =
virtual_mailbox_domains = acme.example
virtual_mailbox_base = {base}/mail
virtual_mailbox_maps = static:inbox/
virtual_uid_maps = static:{uid}
virtual_gid_maps = static:{gid}
virtual_minimum_uid = 1
smtputf8_enable = yes
smtpd_forbid_unauth_pipelining = yes
smtpd_data_restrictions = reject_unauth_pipelining
"""

_SECURE = """\
smtpd_tls_cert_file = {base}/cert.pem
smtpd_tls_key_file = {base}/key.pem
smtpd_tls_security_level = encrypt
smtpd_tls_auth_only = yes
smtpd_sasl_auth_enable = yes
smtpd_sasl_type = cyrus
smtpd_sasl_path = smtpd
cyrus_sasl_config_path = {base}/etc/sasl
smtpd_sasl_local_domain = acme.example
smtpd_relay_restrictions = permit_sasl_authenticated, reject
"""

_MASTER = """\
127.0.0.1:{port} inet n - n - - smtpd
pickup    unix n - n 60   1 pickup
cleanup   unix n - n -    0 cleanup
smtp      unix - - n -    - smtp
qmgr      unix n - n 300  1 qmgr
tlsmgr    unix - - n 1000? 1 tlsmgr
rewrite   unix - - n -    - trivial-rewrite
bounce    unix - - n -    0 bounce
defer     unix - - n -    0 bounce
trace     unix - - n -    0 bounce
verify    unix - - n -    1 verify
flush     unix n - n 1000? 0 flush
proxymap  unix - - n -    - proxymap
error     unix - - n -    - error
retry     unix - - n -    - error
virtual   unix - n n -    - virtual
anvil     unix - - n -    1 anvil
scache    unix - - n -    1 scache
postlog   unix-dgram n - n - 1 postlogd
"""


@dataclass(frozen=True)
class Postfix:
    """A running instance: where it listens, its certificate, and what it delivered."""

    base: Path
    port: int

    @property
    def certificate(self) -> Path:
        """The self-signed certificate (PEM) of a secured instance."""
        return self.base / "cert.pem"

    def delivered(self, number: int) -> list[bytes]:
        """`number` files of the maildir, waited for."""
        folder = self.base / "mail" / "inbox" / "new"
        until = time.monotonic() + 30
        while len(files := list(folder.glob("*"))) < number:
            assert time.monotonic() < until, (self.base / "log").read_text()
            time.sleep(0.05)
        return [file.read_bytes() for file in files]


@contextmanager
def postfix(*, users: dict[str, str] | None = None, next_hops: dict[str, int] | None = None) -> Iterator[Postfix]:
    """Start one, with STARTTLS and AUTH demanded if there are `users` (name: password); stop it by its own pid.

    Mail for a domain of `next_hops` goes on to a server at that port of this machine.
    """
    base = Path(tempfile.mkdtemp(prefix="newsletter-postfix-"))
    base.chmod(0o755)  # its processes run as another user
    with socket.socket() as probe:
        probe.bind(("127.0.0.1", 0))
        port = probe.getsockname()[1]
    _configure(base, port, users, next_hops or {})
    command = [*_SUDO, "/usr/sbin/postfix", "-c", str(base / "etc")]
    try:
        subprocess.run([*command, "start"], check=True, capture_output=True, timeout=30)
        _wait_for(port)
        yield Postfix(base, port)
    finally:
        subprocess.run([*command, "stop"], check=False, capture_output=True, timeout=30)
        subprocess.run([*_SUDO, "rm", "-rf", str(base)], check=False)


def _configure(base: Path, port: int, users: dict[str, str] | None, next_hops: dict[str, int]) -> None:
    owner = pwd.getpwnam("postfix")
    for name in ("etc", "etc/sasl", "queue", "data", "mail"):
        (base / name).mkdir()
    for name in ("data", "mail"):
        subprocess.run([*_SUDO, "chown", "postfix:", str(base / name)], check=True)
    main = _MAIN + (_SECURE if users else "")
    hops = ", ".join(f"{{{{ {domain} = smtp:[127.0.0.1]:{hop} }}}}" for domain, hop in next_hops.items())
    main += f"transport_maps = inline:{{{{ {hops} }}}}\n" if hops else ""
    (base / "etc" / "main.cf").write_text(main.format(base=base, uid=owner.pw_uid, gid=owner.pw_gid))
    (base / "etc" / "master.cf").write_text(_MASTER.format(port=port))
    if users:
        self_signed(base)
        _accounts(base, users)


def _accounts(base: Path, users: dict[str, str]) -> None:
    database = base / "etc" / "sasl" / "users"
    (base / "etc" / "sasl" / "smtpd.conf").write_text(
        f"pwcheck_method: auxprop\nauxprop_plugin: sasldb\nsasldb_path: {database}\nmech_list: PLAIN LOGIN\n"
    )
    tool = shutil.which("saslpasswd2") or "/usr/sbin/saslpasswd2"
    for name, password in users.items():
        subprocess.run(
            [tool, "-p", "-c", "-f", str(database), "-u", "acme.example", name],
            input=password.encode(),
            check=True,
            capture_output=True,
        )
    subprocess.run([*_SUDO, "chown", "postfix:", str(database)], check=True)


def _wait_for(port: int) -> None:
    until = time.monotonic() + 30
    while True:
        try:
            socket.create_connection(("127.0.0.1", port), timeout=1).close()
        except OSError:
            assert time.monotonic() < until
            time.sleep(0.05)
        else:
            return
