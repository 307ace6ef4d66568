"""DKIM keys for tests, and two verifiers that share nothing with the signer: dkimpy, and opendkim in C."""

from __future__ import annotations

import functools
import subprocess
from pathlib import Path
from typing import Any

import dkim  # type: ignore[import-untyped]
from cryptography.hazmat.primitives.asymmetric import ec, ed25519, rsa
from cryptography.hazmat.primitives.serialization import Encoding, NoEncryption, PrivateFormat

from newsletter.deliver import DkimRecord


@functools.cache
def pem(kind: str) -> bytes:
    """A private key: "ed25519", "ec", or the bits of an RSA key."""
    key: Any
    if kind == "ed25519":
        key = ed25519.Ed25519PrivateKey.generate()
    elif kind == "ec":
        key = ec.generate_private_key(ec.SECP256R1())
    else:
        key = rsa.generate_private_key(65537, int(kind))
    return bytes(key.private_bytes(Encoding.PEM, PrivateFormat.PKCS8, NoEncryption()))


def settings(folder: Path, kind: str = "2048") -> dict[str, Any]:
    """smtp.dkim with a key file in `folder`."""
    path = folder / f"{kind}.pem"
    path.write_bytes(pem(kind))
    path.chmod(0o600)
    return {"domain": "acme.example", "selector": "news", "key": f"file:{path}"}


def dkimpy_accepts(mail: bytes, record: DkimRecord) -> bool:
    def dns(name: bytes, timeout: float = 5) -> bytes | None:
        assert name.decode() == f"{record.name}."
        return record.value.encode()

    try:
        return bool(dkim.DKIM(mail).verify(dnsfunc=dns))
    except dkim.DKIMException:
        return False


def opendkim_says(mail: bytes, record: DkimRecord, folder: Path) -> str:
    """What opendkim says about one mail, with `record` as its only DNS."""
    (folder / "dns").write_text(f"{record.name} {record.value}\n")
    (folder / "opendkim.conf").write_text(f"Mode v\nTestDNSData {folder}/dns\n")
    (folder / "mail").write_bytes(mail)
    command = ["/usr/sbin/opendkim", "-x", f"{folder}/opendkim.conf", "-t", f"{folder}/mail"]
    done = subprocess.run(command, capture_output=True, text=True, timeout=30, check=False)
    return done.stdout + done.stderr
