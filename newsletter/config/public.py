"""The pages that readers can open."""

import re
from typing import Annotated
from urllib.parse import urlsplit

from pydantic import AfterValidator, Field

from newsletter.config.faults import Model
from newsletter.config.refusals import fault, url_parts
from newsletter.config.secret import Secret, secret
from newsletter.config.texts import Identifier, Line

_LONGEST = 200

_SigningSecret = Annotated[Secret, secret("public.secret")]  # the key `secret` hides the function of that name


def _public_url(text: str) -> str:
    """The address before every page, without a slash at its end."""
    parts = url_parts(text)
    if not parts.hostname or not re.fullmatch(r"[a-z0-9.:\[\]-]+", parts.netloc):
        raise fault('must be https:// and a host in small letters, such as "https://news.acme.example"')
    if parts.scheme != "https":
        raise fault("must begin with https://, as mail programs call no other link (RFC 8058)")
    if parts.query or parts.fragment or not re.fullmatch(r"(/[A-Za-z0-9_~-][A-Za-z0-9._~-]*)*/?", parts.path):
        raise fault("may hold a path of plain names behind the host, and nothing else")
    if len(text) > _LONGEST:
        raise fault(f"is longer than {_LONGEST} characters")
    return text.rstrip("/")


class PublicConfig(Model):
    """Pages for readers: leaving the list, past editions.

    `newsletter serve` answers them; without this block no mail links to them. docs/public-pages.md shows the set-up.
    """

    url: Annotated[Line, AfterValidator(_public_url)] = Field(
        description="The address at which readers reach the pages, behind your reverse proxy; with a path if they share "
        "a host. Letters link to it, so a change makes new letters of what was approved.",
        examples=["https://news.acme.example"],
    )
    secret: _SigningSecret = Field(
        description="Signs the links of single readers: 32 characters or more (`openssl rand -hex 32`), as `env:NAME` "
        "or `file:PATH`. Keep it: with another one the links of all mails sent so far end.",
        examples=["file:/etc/newsletter/public.secret"],
    )
    unsubscribe: bool = Field(
        default=True,
        description="Whether readers may leave the list by themselves: by the button of their mail program "
        "(one-click, RFC 8058) and by a link at the foot of the letter. `false`: by a mail to `smtp.reply_to` only.",
        examples=["false"],
    )
    archive: list[Identifier] = Field(
        default=[],
        description="The audiences whose editions anybody who reaches `url` may read, once they were sent. None by "
        "default: letters tell what happens inside.",
        examples=["[staff]"],
    )
    search_engines: bool = Field(
        default=False, description="Whether search engines may list the pages.", examples=["true"]
    )

    @property
    def host(self) -> str:
        """Host and port as a browser sends them in `Host`."""
        return urlsplit(self.url).netloc

    @property
    def base(self) -> str:
        """The path before every page: empty, or as "/newsletter"."""
        return urlsplit(self.url).path
