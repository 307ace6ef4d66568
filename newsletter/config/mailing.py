"""How an edition is sent."""

from typing import Annotated, Any, Literal

from pydantic import AfterValidator, Field, ValidationInfo, model_validator

from newsletter.config.envelope import LONGEST_LOCAL_PART, EnvelopeConfig
from newsletter.config.faults import Model, block
from newsletter.config.logins import OAuthConfig
from newsletter.config.mailbox import Mailbox
from newsletter.config.places import DomainName, Host, WebUrl, WorkspacePath, is_loopback
from newsletter.config.refusals import fault
from newsletter.config.rules import together
from newsletter.config.schedule import Hours
from newsletter.config.secret import Secret, plain_or_secret, secret
from newsletter.config.signing import DkimConfig
from newsletter.config.texts import Line

# Limits as the providers publish them. Microsoft Learn "SMTP submission improvements" and "Exchange
# Online limits": 3 connections, 30 messages a minute (two less leave room for test mails), 10,000
# recipients a day. Google Workspace "SMTP relay service": 10,000 recipients a day for each user.
_PRESETS: dict[Any, dict[str, Any]] = {
    "m365": {
        "host": "smtp.office365.com",
        "port": 587,
        "connections": 3,
        "rate_per_minute": 28,
        "per_day": 10_000,
    },
    "google": {"host": "smtp-relay.gmail.com", "port": 587, "connections": 4, "per_day": 10_000},
}


def _login(oauth: OAuthConfig | None, info: ValidationInfo) -> OAuthConfig | None:
    given = info.data
    if "user" not in given or "password" not in given:
        return oauth  # these are at fault themselves
    user, password = given["user"], given["password"]
    if password is not None and oauth is not None:
        raise together("password and oauth exclude each other: write one of them")
    if (user is None) != (password is None and oauth is None):
        raise together("user and password (or oauth) belong together: write both or none")
    if user is not None and given.get("security") == "none" and not is_loopback(given.get("host", "")):
        raise together("would send the login readable for everybody on the way: security must be starttls or tls")
    return oauth


def _verp_allowed(envelope: EnvelopeConfig, info: ValidationInfo) -> EnvelopeConfig:
    microsoft = info.data.get("preset") == "m365" or info.data.get("host") == "smtp.office365.com"
    if envelope.verp and microsoft:
        raise fault(
            "verp does not go with Microsoft 365: it refuses every envelope sender that is no mailbox of its own "
            "(550 5.7.60), so take verp out; bounces are then told by the Message-ID"
        )
    local_part = info.data.get("sender", "").rpartition("<")[2].partition("@")[0]
    if envelope.verp and envelope.sender is None and len(local_part) > LONGEST_LOCAL_PART:
        raise fault(f"verp needs a mailbox of at most {LONGEST_LOCAL_PART} characters before the @: write sender")
    return envelope


class SmtpConfig(Model):
    """The relay that takes the mails, and the sender."""

    preset: Literal["m365", "google"] | None = Field(
        default=None,
        description="Fills in what is not written, by the limits that the provider publishes: `m365` = "
        "smtp.office365.com:587, 3 connections, 28 mails a minute, 10,000 a day; `google` = smtp-relay.gmail.com:587, "
        "4 connections, 10,000 a day. `send --dry-run` prints what is in force.",
        examples=["m365"],
    )
    host: Host = Field(default="127.0.0.1", description="The name or IP address of the relay.", examples=["relay"])
    port: int = Field(default=25, gt=0, le=65535, description="The port of the relay.", examples=["587"])
    security: Literal["none", "starttls", "tls"] = Field(
        default="starttls",
        description="`starttls` requires the upgrade, `tls` begins encrypted (usually port 465), `none` is plain.",
        examples=["tls"],
    )
    user: Annotated[str | Secret, plain_or_secret("smtp.user")] | None = Field(
        default=None, description="The account, as text, `env:NAME` or `file:PATH`.", examples=["newsletter"]
    )
    password: Annotated[Secret, secret("smtp.password")] | None = Field(
        default=None,
        description="The password of `user`, as `env:NAME` or `file:PATH`.",
        examples=["env:SMTP_PASSWORD"],
    )
    oauth: Annotated[OAuthConfig | None, AfterValidator(_login)] = Field(
        default=None, validate_default=True, description="A token instead of `password`, for `user`."
    )
    ca_file: WorkspacePath | None = Field(
        default=None,
        description="A file with the certificates (PEM) that the relay's is checked against, instead of those that "
        "the system trusts: for an authority of your own.",
        examples=["/etc/ssl/acme-ca.pem"],
    )
    connections: int = Field(
        default=4, ge=1, le=50, description="How many connections send at the same time.", examples=["2"]
    )
    rate_per_minute: Annotated[float, Field(gt=0)] | None = Field(
        default=None, description="At most so many mails in a minute, all connections together.", examples=["28"]
    )
    per_day: Annotated[int, Field(gt=0)] | None = Field(
        default=None,
        description="At most so many accepted mails in any 24 hours, over all editions of the ledger. A run that "
        "reaches it stops (75); run it again when it says so.",
        examples=["10000"],
    )
    per_domain: dict[DomainName, Annotated[float, Field(gt=0)]] = Field(
        default={},
        description="At most so many mails in a minute to the addresses of a domain.",
        examples=["{gmail.com: 20}"],
    )
    messages_per_connection: int = Field(
        default=500,
        gt=0,
        description="A connection is renewed after so many mails, before the relay ends it.",
        examples=["100"],
    )
    timeout_s: float = Field(
        default=300,
        gt=0,
        description="Longest wait for a reply of the relay, in seconds. After a mail's last line it is never less "
        "than ten minutes: who gives up earlier sends copies twice.",
        examples=["120"],
    )
    sender: Mailbox = Field(
        alias="from", description="The address the mail comes from.", examples=['"IT <it@acme.example>"']
    )
    reply_to: Mailbox | None = Field(
        default=None, description="Where replies go, if not to `from`.", examples=["service-desk@acme.example"]
    )
    unsubscribe_url: WebUrl | None = Field(
        default=None,
        description="A page where a person can leave the list, written into List-Unsubscribe beside the address. It is "
        "the same for everybody and is opened, not called by a machine: one-click (RFC 8058) is not announced. With `public` "
        "each reader has a link of their own instead.",
        examples=["https://intranet.acme.example/newsletter/leave"],
    )

    feedback_id: Annotated[Line, Field(min_length=5, max_length=15, pattern=r"^[A-Za-z0-9_-]+$")] | None = Field(
        default=None,
        description="Your sender id, 5 to 15 characters, for the header Feedback-ID, by which Google's Postmaster Tools "
        "count complaints for each edition and variant. Only useful for mail to many Gmail addresses.",
        examples=["acmeitnews"],
    )
    envelope: Annotated[EnvelopeConfig, AfterValidator(_verp_allowed)] = block(
        "Where mails come back to that cannot be delivered."
    )
    dkim: DkimConfig | None = Field(default=None, description="Sign the mails, where the relay does not.")

    @model_validator(mode="before")
    @classmethod
    def _fill_in_preset(cls, given: Any) -> Any:
        preset = given.get("preset") if isinstance(given, dict) else None
        return {**_PRESETS.get(preset, {}), **given} if isinstance(preset, str) else given


class SegmentConfig(Model):
    """A part of the staff that gets a letter of its own: its notes, its services first."""

    services: list[Line] = Field(
        default=[],
        description="The services this part of the organisation runs on: told first, and in its spotlight.",
        examples=["[erp, wifi]"],
    )


class PreviewConfig(Model):
    """The preview on an editor's machine."""

    test_domains: list[DomainName] = Field(
        default=[],
        description="Where test mails of the preview may go: addresses of these domains. By default that of `smtp.from`. "
        "`newsletter send --to` asks nobody.",
        examples=["[acme.example, it.acme.example]"],
    )


class SendingConfig(Model):
    """When mails may leave."""

    hours: Hours = Field(
        default=[],
        description="Mails leave only in these hours of `timezone`. A run outside of them, or one that they end, "
        "stops (75) and goes on when it is run again; none written: at any time.",
        examples=['"Mo-Fr 07:00-19:00"'],
    )
    max_lateness_days: float | None = Field(
        default=30,
        gt=0,
        description="So many days after the end of its month an edition is not sent any more, so that a forgotten "
        "timer cannot send October in December. `null`: never too late.",
        examples=["45"],
    )
