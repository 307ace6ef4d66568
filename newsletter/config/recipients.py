"""Where recipients come from, and which of their fields mean what."""

import re
from pathlib import Path
from typing import Annotated, Any, Literal
from urllib.parse import urlsplit

from pydantic import AfterValidator, Discriminator, Field, PrivateAttr, Tag, ValidationInfo

from newsletter.config.faults import Model, block
from newsletter.config.logins import MicrosoftApp, https_address
from newsletter.config.places import WorkspacePath, is_loopback
from newsletter.config.refusals import fault, url_parts
from newsletter.config.rules import both_or_none, exactly_one, together
from newsletter.config.secret import Secret, secret
from newsletter.config.surroundings import Surroundings
from newsletter.config.texts import Identifier, Line

Letter = Literal["staff", "managers"]

_PLACE = re.compile(r"\{([^{}]*)\}")
_GUID = re.compile(r"[0-9a-f]{8}(-[0-9a-f]{4}){3}-[0-9a-f]{12}", re.IGNORECASE)
# An attribute of LDAP (RFC 4512, 2.5, with options) or a property of Microsoft Graph.
_ATTRIBUTE = re.compile(r"[A-Za-z][A-Za-z0-9_-]*(;[A-Za-z0-9-]+)*")


def _directory_url(text: str) -> str:
    parts = url_parts(text)
    if parts.scheme not in ("ldap", "ldaps") or not parts.hostname:
        raise fault('must begin with ldaps:// or ldap:// and a host, such as "ldaps://dc1.acme.example"')
    if parts.username is not None or parts.path.strip("/") or parts.query or parts.fragment:
        raise fault("must hold nothing but host and port: base, filter and bind_dn are keys of their own")
    return text.rstrip("/")


def _encrypted(starttls: bool, info: ValidationInfo) -> bool:
    parts = urlsplit(info.data.get("url", "ldaps:"))
    if not starttls and parts.scheme == "ldap" and not is_loopback(parts.hostname or ""):
        raise fault("would send login and people readable for everybody on the way: leave it true, or use ldaps://")
    return starttls


def _filter(text: str) -> str:
    if not (text.startswith("(") and text.endswith(")")) or text.count("(") != text.count(")"):
        raise fault("is not an LDAP filter: every condition stands in parentheses, such as (mail=*)")
    return text


def _filled(values: dict[str, str], info: ValidationInfo) -> dict[str, str]:
    if "filter" in info.data:
        places = set(_PLACE.findall(info.data["filter"]))
        for name in sorted(places - values.keys()):
            raise together(f"filter holds {{{name}}}, but values has no {name}")
        for name in sorted(values.keys() - places):
            raise together(f"values has {name}, but filter does not hold {{{name}}}")
    return values


class LdapConfig(Model):
    """A directory: Active Directory, OpenLDAP and others (needs the extra `ldap`).

    People without an address are left out, and counted.
    """

    url: Annotated[Line, AfterValidator(_directory_url)] = Field(
        description="`ldaps://` begins encrypted (port 636), `ldap://` (port 389) is upgraded by STARTTLS.",
        examples=["ldaps://dc1.acme.example"],
    )
    starttls: Annotated[bool, AfterValidator(_encrypted)] = Field(
        default=True,
        validate_default=True,
        description="Whether `ldap://` must be upgraded; `false` is possible on this machine only (127.0.0.1).",
        examples=["true"],
    )
    ca_file: WorkspacePath | None = Field(
        default=None,
        description="A file with the certificates (PEM) that the directory's is checked against, instead of those "
        "that the system's LDAP library trusts (`TLS_CACERT` in ldap.conf).",
        examples=["/etc/ssl/acme-ca.pem"],
    )
    bind_dn: Line | None = Field(
        default=None,
        description="The account that reads, as a distinguished name; at Active Directory also `user@domain`. "
        "Not written: without a login.",
        examples=['"CN=newsletter,OU=Service,DC=acme,DC=example"'],
    )
    password: Annotated[Annotated[Secret, secret("ldap.password")] | None, both_or_none("bind_dn", "password")] = Field(
        default=None,
        validate_default=True,
        description="The password of `bind_dn`, as `env:NAME` or `file:PATH`.",
        examples=["env:LDAP_PASSWORD"],
    )
    base: Line = Field(
        description="Below which entry people are searched.", examples=['"OU=People,DC=acme,DC=example"']
    )
    filter: Annotated[Line, AfterValidator(_filter)] = Field(
        default="(mail=*)",
        description="Who is meant, as an LDAP filter (RFC 4515). `{name}` is replaced by that one of `values`.",
        examples=['"(&(objectClass=inetOrgPerson)(mail=*))"'],
    )
    values: Annotated[dict[Identifier, Line], AfterValidator(_filled)] = Field(
        default={},
        validate_default=True,
        description="Texts for the places of `filter`. They are escaped, so they may hold parentheses and stars.",
        examples=["{}"],
    )
    page_size: int = Field(
        default=500,
        ge=1,
        le=10_000,
        description="So many entries are asked for at a time (RFC 2696). Active Directory gives at most 1,000.",
        examples=["1000"],
    )


def _guid(text: str) -> str:
    if not _GUID.fullmatch(text):
        raise fault("must be the object id of the group, such as 00000000-0000-0000-0000-000000000000")
    return text


class GraphConfig(MicrosoftApp):
    """The people of a group of Microsoft Entra ID, groups within it included (needs the extra `graph`).

    The app registration needs the application permissions `GroupMember.Read.All` and `User.Read.All`.
    People without an address and disabled accounts are left out, and counted.
    """

    client_secret: Annotated[Secret, secret("graph.client_secret")] = Field(
        description="The client secret, as `env:NAME` or `file:PATH`.", examples=["env:GRAPH_CLIENT_SECRET"]
    )
    group: Annotated[Line, AfterValidator(_guid)] = Field(
        description="The object id of the group.", examples=["00000000-0000-0000-0000-000000000000"]
    )
    endpoint: Annotated[Line, AfterValidator(https_address)] = Field(
        default="https://graph.microsoft.com",
        description="Where Microsoft Graph is; another address in a national cloud.",
        examples=["https://graph.microsoft.us"],
    )


def _format(written: str | None, info: ValidationInfo) -> str | None:
    if written is not None and "command" in info.data and info.data["command"] is None:
        raise together("format says what a command prints: there is no command")
    return written


class SourceConfig(Model):
    """Where the recipients come from, if not from a CSV file. Exactly one of `command`, `ldap` and `graph`."""

    command: Annotated[list[Line], Field(min_length=1)] | None = Field(
        default=None,
        description="A program and its arguments, started without a shell in the folder of config.yaml, with the "
        "environment of newsletter. It prints the list on its standard output and ends with 0.",
        examples=["[./people.sh, --active]"],
    )
    ldap: LdapConfig | None = Field(default=None, description="A directory.")
    graph: Annotated[GraphConfig | None, exactly_one("command", "ldap", "graph")] = Field(
        default=None, validate_default=True, description="A group of Microsoft Entra ID."
    )
    format: Annotated[Literal["csv", "json"] | None, AfterValidator(_format)] = Field(
        default=None,
        description="What `command` prints: `csv` (the default), as in a file, or `json`, a list of objects.",
        examples=["json"],
    )
    timeout_s: float = Field(
        default=60,
        gt=0,
        description="Longest time for the command, or for one page of a directory or group, in seconds.",
        examples=["120"],
    )

    _folder: Path = PrivateAttr(default=Path())

    @property
    def folder(self) -> Path:
        """Where a command starts, and relative paths of programs begin."""
        return self._folder

    def model_post_init(self, context: Any) -> None:
        """Remember the folder of the file, which is no key of it."""
        if isinstance(context, Surroundings):
            self._folder = context.folder


class FieldsConfig(Model):
    """Which column, key, attribute or property of the source holds what.

    A CSV file and a command have `email`, `name`, `locale` and `segments`; a directory and a group have `mail`,
    `displayName`, `preferredLanguage` and `department`, if nothing else is written here.
    """

    email: Line | None = Field(default=None, description="The address.", examples=["userPrincipalName"])
    name: Line | None = Field(default=None, description="The name that the mail is addressed to.", examples=["cn"])
    locale: Line | None = Field(
        default=None,
        description="The language, as a tag (`de`, `de-CH`) or in order of preference (`de-CH, en;q=0.5`).",
        examples=["extensionAttribute7"],
    )
    segments: list[Line] | None = Field(
        default=None,
        description="Departments, sites or other parts of the organisation. In a CSV file each may hold several, "
        "parted by `;`, `|` or `,`. Small and capital letters are alike, and so are `Human Resources` and "
        "`human-resources`, which a key of `segments` can be.",
        examples=["[department, office]"],
    )

    def written(self) -> list[str]:
        """All names that stand here."""
        return [name for name in (self.email, self.name, self.locale, *(self.segments or ())) if name is not None]


def _source_kind(value: Any) -> str:
    return "<texts>" if isinstance(value, dict | SourceConfig) else "<text>"


def _attributes(fields: FieldsConfig, info: ValidationInfo) -> FieldsConfig:
    source = info.data.get("recipients")
    if isinstance(source, SourceConfig) and source.command is None:
        for name in fields.written():
            if not _ATTRIBUTE.fullmatch(name):
                raise together(f"{name!r} cannot be the name of an attribute of a directory")
    return fields


class AudienceConfig(Model):
    """A list of recipients. Each audience in each locale is a variant of the edition."""

    letter: Letter | None = Field(
        default=None,
        description="Which letter they get: `staff` the whole month, `managers` a brief to pass on, the targets, and one "
        "thing asked of them. By default an audience named `managers` gets the latter, every other one the former.",
        examples=["managers"],
    )
    # The tags show in pydantic's locations and are taken out again (see faults.py).
    recipients: Annotated[
        Annotated[WorkspacePath, Tag("<text>")] | Annotated[SourceConfig, Tag("<texts>")], Discriminator(_source_kind)
    ] = Field(
        description="A CSV file (UTF-8, header `email,name,locale,segments`), or where else the list comes from.",
        examples=["audience.csv"],
    )
    fields: Annotated[FieldsConfig, AfterValidator(_attributes)] = block(
        "Which column or attribute holds what, if the names are others."
    )
