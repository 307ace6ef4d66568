"""A private OpenLDAP server: its own port, folder, certificates and people, ended by its own process."""

from __future__ import annotations

import base64
import shutil
import subprocess
from collections.abc import Callable, Iterable, Iterator, Mapping
from contextlib import contextmanager
from dataclasses import dataclass
from pathlib import Path

import trustme

from tests.servers.listening import free_ports, wait_until_listening

BASE = "dc=acme,dc=example"
READER, PASSWORD = f"cn=newsletter,{BASE}", "pass-31c9"
LIMITED = f"cn=limited,{BASE}"  # may be given 5 entries in all
BRANCH, ELSEWHERE = f"cn=branch,{BASE}", "ldap://branch.acme.example/dc=branch"
_WHERE = "/usr/sbin:/usr/bin:/usr/local/sbin:/usr/local/bin"

_CONFIG = """
include /etc/ldap/schema/core.schema
include /etc/ldap/schema/cosine.schema
include /etc/ldap/schema/inetorgperson.schema
modulepath /usr/lib/ldap
moduleload back_mdb
pidfile {folder}/slapd.pid
TLSCACertificateFile {folder}/ca.pem
TLSCertificateFile {folder}/server.pem
TLSCertificateKeyFile {folder}/server.key
database mdb
suffix "{base}"
rootdn "cn=root,{base}"
directory {folder}/data
maxsize 16777216
limits dn.exact="{limited}" size.prtotal=5
limits dn.exact="{reader}" size.prtotal=unlimited
access to attrs=userPassword by anonymous auth by * none
access to * by dn.exact="{reader}" read by dn.exact="{limited}" read by * none
"""


@dataclass(frozen=True)
class Slapd:
    """Where it listens, and who signed its certificate."""

    folder: Path
    plain: int
    tls: int
    stop: Callable[[], None]

    @property
    def ldap(self) -> str:
        return f"ldap://127.0.0.1:{self.plain}"

    @property
    def ldaps(self) -> str:
        return f"ldaps://127.0.0.1:{self.tls}"

    @property
    def ca(self) -> Path:
        return self.folder / "ca.pem"


@contextmanager
def slapd(folder: Path, people: Iterable[tuple[str, Mapping[str, str | list[str]]]]) -> Iterator[Slapd]:
    """Serve `people` (the RDN under ou=people, then attributes) until the block ends."""
    (folder / "data").mkdir()
    _certificates(folder)
    config = folder / "slapd.conf"
    config.write_text(_CONFIG.format(folder=folder, base=BASE, reader=READER, limited=LIMITED))
    (folder / "people.ldif").write_text("\n".join(_entries(people)))
    _run("slapadd", "-q", "-f", config, "-l", folder / "people.ldif")
    plain, tls = free_ports(2)
    log = folder / "slapd.log"
    with log.open("wb") as output:
        urls = f"ldap://127.0.0.1:{plain} ldaps://127.0.0.1:{tls}"
        command = [_program("slapd"), "-d", "0", "-f", str(config), "-h", urls]
        process = subprocess.Popen(command, stdout=output, stderr=output)

    def stop() -> None:
        process.terminate()
        process.wait(10)

    try:
        wait_until_listening("slapd", process, (plain, tls), log)
        yield Slapd(folder, plain, tls, stop)
    finally:
        stop()


def _entries(people: Iterable[tuple[str, Mapping[str, str | list[str]]]]) -> Iterator[str]:
    yield f"dn: {BASE}\nobjectClass: dcObject\nobjectClass: organization\no: Acme\ndc: acme\n"
    for dn in (READER, LIMITED):
        yield f"dn: {dn}\nobjectClass: organizationalRole\nobjectClass: simpleSecurityObject\nuserPassword: {PASSWORD}\n"
    yield f"dn: {BRANCH}\nobjectClass: referral\nobjectClass: extensibleObject\ncn: branch\nref: {ELSEWHERE}\n"
    zones = f"ref: ldap://acme.example/DC=DomainDnsZones,{BASE}"  # as every Active Directory has it
    yield f"dn: cn=zones,{BASE}\nobjectClass: referral\nobjectClass: extensibleObject\ncn: zones\n{zones}\n"
    yield f"dn: ou=people,{BASE}\nobjectClass: organizationalUnit\nou: people\n"
    for name, attributes in people:
        lines = [f"dn:: {_base64(f'{name},ou=people,{BASE}')}"]
        for key, values in attributes.items():
            lines += [f"{key}:: {_base64(value)}" for value in ([values] if isinstance(values, str) else values)]
        yield "\n".join(lines) + "\n"


def _base64(text: str) -> str:
    return base64.b64encode(text.encode("utf-8", "surrogateescape")).decode()


def _certificates(folder: Path) -> None:
    ours, strangers = trustme.CA(), trustme.CA()
    ours.cert_pem.write_to_path(folder / "ca.pem")
    strangers.cert_pem.write_to_path(folder / "other-ca.pem")
    leaf = ours.issue_cert("127.0.0.1")
    leaf.private_key_pem.write_to_path(folder / "server.key")
    (folder / "server.pem").write_bytes(b"".join(blob.bytes() for blob in leaf.cert_chain_pems))


def _program(name: str) -> str:
    found = shutil.which(name, path=_WHERE)
    assert found, f"{name} is not installed: sh tests/install-debian.sh"
    return found


def _run(name: str, *arguments: object) -> None:
    done = subprocess.run([_program(name), *map(str, arguments)], capture_output=True, check=False)
    assert done.returncode == 0, done.stderr.decode()
