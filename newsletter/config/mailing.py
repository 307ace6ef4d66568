"""Who gets the edition, and how it is sent."""

from __future__ import annotations

from typing import Annotated, Any, Literal

from pydantic import AfterValidator, Field, ValidationInfo, model_validator

from newsletter.config.faults import Model
from newsletter.config.fields import Host, Mailbox, WorkspacePath, plain_or_secret, secret
from newsletter.config.rules import together
from newsletter.config.secret import Secret


class AudienceConfig(Model):
    """A list of recipients. Each audience in each locale is a variant of the edition."""

    recipients: WorkspacePath = Field(
        description="A CSV file (UTF-8, header `email,name,locale,segments`).", examples=["audience.csv"]
    )


_LOOPBACK = ("localhost", "127.0.0.1", "::1")

# Limits as the providers publish them: Microsoft Learn "SMTP submission improvements" (3 connections,
# 30 messages a minute; two less leave room for test mails), Google Workspace "SMTP relay service".
_PRESETS: dict[Any, dict[str, Any]] = {
    "m365": {"host": "smtp.office365.com", "port": 587, "connections": 3, "rate_per_minute": 28},
    "google": {"host": "smtp-relay.gmail.com", "port": 587, "connections": 4},
}


def _login(password: Secret | None, info: ValidationInfo) -> Secret | None:
    given = info.data
    if "user" in given and (given["user"] is None) != (password is None):
        raise together("user and password belong together: write both or none")
    if password and given.get("security") == "none" and given.get("host", "127.0.0.1") not in _LOOPBACK:
        raise together("would send the password readable for everybody on the way: security must be starttls or tls")
    return password


class SmtpConfig(Model):
    """The relay that takes the mails, and the sender."""

    preset: Literal["m365", "google"] | None = Field(
        default=None,
        description="Fills in `host`, `port`, `connections` and `rate_per_minute` where they are not written: "
        "`m365` = smtp.office365.com:587, 3 connections, 28 mails a minute; `google` = smtp-relay.gmail.com:587.",
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
    password: Annotated[
        Annotated[Secret, secret("smtp.password")] | None,
        AfterValidator(_login),
    ] = Field(
        default=None,
        validate_default=True,
        description="The password of `user`, as `env:NAME` or `file:PATH`.",
        examples=["env:SMTP_PASSWORD"],
    )
    connections: int = Field(
        default=4, ge=1, le=50, description="How many connections send at the same time.", examples=["2"]
    )
    rate_per_minute: Annotated[float, Field(gt=0)] | None = Field(
        default=None, description="At most so many mails in a minute, all connections together.", examples=["28"]
    )
    timeout_s: float = Field(
        default=300, gt=0, description="Longest wait for a reply of the relay, in seconds.", examples=["120"]
    )
    sender: Mailbox = Field(
        alias="from", description="The address the mail comes from.", examples=['"IT <it@acme.example>"']
    )
    reply_to: Mailbox | None = Field(
        default=None, description="Where replies go, if not to `from`.", examples=["service-desk@acme.example"]
    )

    @model_validator(mode="before")
    @classmethod
    def _fill_in_preset(cls, given: Any) -> Any:
        preset = given.get("preset") if isinstance(given, dict) else None
        return {**_PRESETS.get(preset, {}), **given} if isinstance(preset, str) else given
