"""DKIM signatures (RFC 6376) by RSA or Ed25519 (RFC 8463), relaxed/relaxed.

A signature stands for one copy, since a recipient's own fields are in the body. Neither algorithm
takes a random number and no time is signed, so a copy that is sent again is the same to the byte.
"""

from __future__ import annotations

import functools
import hashlib
import re
from base64 import b64encode
from typing import TYPE_CHECKING

from msgspec import Struct

from newsletter.config import DkimConfig
from newsletter.errors import ConfigError

if TYPE_CHECKING:
    from cryptography.hazmat.primitives.asymmetric.ed25519 import Ed25519PrivateKey
    from cryptography.hazmat.primitives.asymmetric.rsa import RSAPrivateKey

# Each is signed once more than it occurs, so that nobody can add a second From or a List-Unsubscribe
# of their own (RFC 6376, 8.15). One-click needs both List-Unsubscribe fields signed (RFC 8058, 4).
_SIGNED = (
    "From",
    "To",
    "Subject",
    "Date",
    "Message-ID",
    "Reply-To",
    "List-Id",
    "List-Unsubscribe",
    "List-Unsubscribe-Post",
    "Feedback-ID",
    "MIME-Version",
    "Content-Type",
)
_FIELD_END = re.compile(rb"\r\n(?![ \t])")
_BLANKS = re.compile(rb"[ \t\r\n]+")
_FEWEST_BITS, _MOST_BITS = 1024, 4096  # RFC 8301, 3.2: what every verifier must take
_COLUMNS = 72
_STRING_BYTES = 255  # RFC 1035, 3.3: the longest string of a TXT record


class DkimRecord(Struct, frozen=True, kw_only=True):
    """The public half of the key, as DNS must tell it: a TXT record."""

    name: str
    value: str

    @property
    def zone_line(self) -> str:
        """The record as a line of a zone file, cut into strings that DNS can hold."""
        cut = range(0, len(self.value), _STRING_BYTES)
        strings = " ".join(f'"{self.value[start : start + _STRING_BYTES]}"' for start in cut)
        return f"{self.name}. IN TXT ( {strings} )"


class Signer(Struct, frozen=True, kw_only=True):
    """A key and the name it signs under; usable by several threads."""

    domain: str
    selector: str
    key: RSAPrivateKey | Ed25519PrivateKey

    @property
    def bits(self) -> int | None:
        """How long an RSA key is; None for Ed25519."""
        return getattr(self.key, "key_size", None)

    @property
    def algorithm(self) -> str:
        """The value of the tag a=."""
        return "rsa-sha256" if self.bits else "ed25519-sha256"

    def signed(self, message: bytes, relaxed: bytes | None = None) -> bytes:
        """`message` with its signature above it.

        Args:
            message: header fields and body with CRLF throughout, each signed field at most once.
            relaxed: the same with its body as `relaxed_body` makes it, if the caller has that cheaper.
        """
        head, _, body = message.partition(b"\r\n\r\n")
        body = relaxed_body(body) if relaxed is None else relaxed.partition(b"\r\n\r\n")[2]
        fields = dict(map(_relaxed_field, _FIELD_END.split(head)))
        names = tuple(name for name in _SIGNED if name.lower().encode() in fields)
        unsigned = self._signature_field(names, b64encode(hashlib.sha256(body).digest()))
        canonical = [fields[name.lower().encode()] for name in names]
        signature = self._sign(b"\r\n".join([*canonical, _relaxed_field(unsigned)[1]]))
        return b"%s%s\r\n%s" % (unsigned, _folded(b64encode(signature)), message)

    def record(self) -> DkimRecord:
        """What to publish in DNS."""
        from cryptography.hazmat.primitives.serialization import Encoding, PublicFormat

        public = self.key.public_key()
        if self.bits:
            kind, data = "rsa", public.public_bytes(Encoding.DER, PublicFormat.SubjectPublicKeyInfo)
        else:
            kind, data = "ed25519", public.public_bytes(Encoding.Raw, PublicFormat.Raw)
        name = f"{self.selector}._domainkey.{self.domain}"
        return DkimRecord(name=name, value=f"v=DKIM1; k={kind}; p={b64encode(data).decode()}")

    def _signature_field(self, names: tuple[str, ...], body_hash: bytes) -> bytes:
        start = _start(self.algorithm, self.domain, self.selector, names)
        return b"%s\r\n\tbh=%s;\r\n\tb=" % (start, body_hash)

    def _sign(self, data: bytes) -> bytes:
        from cryptography.hazmat.primitives.asymmetric import ed25519, padding
        from cryptography.hazmat.primitives.hashes import SHA256

        if isinstance(self.key, ed25519.Ed25519PrivateKey):
            return self.key.sign(hashlib.sha256(data).digest())  # RFC 8463, 3: the hash is what is signed
        return self.key.sign(data, padding.PKCS1v15(), SHA256())


def load_signer(config: DkimConfig) -> Signer:
    """Read the key.

    Raises:
        ConfigError: the extra is not installed, or the key is missing, of a wrong kind or too short.
    """
    try:
        from cryptography.exceptions import UnsupportedAlgorithm
        from cryptography.hazmat.primitives.serialization import load_pem_private_key
    except ImportError as error:
        raise ConfigError("smtp.dkim needs the extra dkim", "Run: pip install 'newsletter[dkim]'") from error
    where, hint = _place(config), "Make one: openssl genrsa -out dkim.pem 2048"
    try:
        key = load_pem_private_key(config.key.reveal_text().encode(), password=None)
    except TypeError:
        raise ConfigError(f"{where} is locked by a passphrase", "Remove it: openssl rsa -in OLD -out NEW") from None
    except (ValueError, UnsupportedAlgorithm):
        raise ConfigError(f"{where} holds no private key in PEM form", hint) from None
    return Signer(domain=config.domain, selector=config.selector, key=_usable(key, where, hint))


def _place(config: DkimConfig) -> str:
    return f"smtp.dkim.key: {config.key.path or config.key.reference}"


def _usable(key: object, where: str, hint: str) -> RSAPrivateKey | Ed25519PrivateKey:
    from cryptography.hazmat.primitives.asymmetric import ed25519, rsa

    if isinstance(key, ed25519.Ed25519PrivateKey):
        return key
    if not isinstance(key, rsa.RSAPrivateKey):
        raise ConfigError(f"{where} is neither an RSA nor an Ed25519 key", hint)
    if not _FEWEST_BITS <= key.key_size <= _MOST_BITS:
        raise ConfigError(f"{where} has {key.key_size} bits: no receiver need accept it", hint)
    return key


@functools.lru_cache(maxsize=16)  # all copies of a variant have the same one
def _start(algorithm: str, domain: str, selector: str, names: tuple[str, ...]) -> bytes:
    tags = f"DKIM-Signature: v=1; a={algorithm}; c=relaxed/relaxed;\r\n\td={domain}; s={selector};"
    lines = [f"{tags}\r\n\th="]
    for name in [*names, *_SIGNED]:
        colon = "" if lines[-1].endswith("h=") else ":"
        if len(lines[-1]) - lines[-1].rfind("\t") + len(name) > _COLUMNS:
            lines.append("\t")
        lines[-1] += colon + name
    return ("\r\n".join(lines) + ";").encode("ascii")


def _relaxed_field(field: bytes) -> tuple[bytes, bytes]:
    """A field's name, and the field in the form that is signed (RFC 6376, 3.4.2)."""
    name, _, value = field.partition(b":")
    name = name.strip(b" \t").lower()
    return name, name + b":" + _BLANKS.sub(b" ", value).strip(b" ")


def relaxed_lines(lines: bytes) -> bytes:
    """Whole lines of a body in the form that is signed (RFC 6376, 3.4.4)."""
    lines = lines.replace(b"\t", b" ")
    while b"  " in lines:
        lines = lines.replace(b"  ", b" ")
    return lines.replace(b" \r\n", b"\r\n")


def relaxed_body(body: bytes) -> bytes:
    """A whole body in the form that is signed: empty lines at its end do not count."""
    text = relaxed_lines(body).rstrip(b"\r\n ")
    return text + b"\r\n" if text else b""


def _folded(text: bytes) -> bytes:
    return b"\r\n\t".join(text[start : start + _COLUMNS] for start in range(0, len(text), _COLUMNS))
