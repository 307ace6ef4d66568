"""Signing every mail, so that receivers can tell it is ours (DKIM)."""

from typing import Annotated

from pydantic import Field

from newsletter.config.faults import Model
from newsletter.config.places import DomainName
from newsletter.config.secret import Secret, secret


class DkimConfig(Model):
    """A DKIM signature (RFC 6376) on every copy; needs the extra `dkim`. Leave it out if the relay signs, as most do."""

    domain: DomainName = Field(
        description="The domain that signs: that of `from`, or one above it, so that DMARC counts the signature.",
        examples=["acme.example"],
    )
    selector: DomainName = Field(
        description="The name of the key in DNS. `newsletter dkim` prints the record to publish.",
        examples=["newsletter2026"],
    )
    key: Annotated[Secret, secret("smtp.dkim.key")] = Field(
        description="The private key (PEM, RSA of 2048 bits or Ed25519, without passphrase), as `file:PATH` or "
        "`env:NAME`.",
        examples=["file:/run/secrets/dkim.pem"],
    )
