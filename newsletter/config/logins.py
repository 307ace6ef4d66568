"""Accounts of programs at Microsoft and Google, which give tokens instead of passwords."""

from typing import Annotated

from pydantic import AfterValidator, Field

from newsletter.config.faults import Model
from newsletter.config.places import WorkspacePath
from newsletter.config.refusals import fault
from newsletter.config.rules import exactly_one
from newsletter.config.secret import Secret, secret
from newsletter.config.texts import Line


def https_address(url: str) -> str:
    """An address that secrets may be sent to, without a slash at its end."""
    if not url.startswith("https://"):
        raise fault("must begin with https://: a secret is sent there")
    return url.rstrip("/")


class MicrosoftApp(Model):
    """An app registration of Microsoft Entra ID, with a client secret."""

    tenant: Line = Field(description="The tenant: its domain or its id.", examples=["acme.example"])
    client_id: Line = Field(
        description="The application (client) id of the app registration.",
        examples=["00000000-0000-0000-0000-000000000000"],
    )
    client_secret: Annotated[Secret, secret("smtp.oauth.microsoft.client_secret")] = Field(
        description="The client secret, as `env:NAME` or `file:PATH`.", examples=["env:M365_CLIENT_SECRET"]
    )
    authority: Annotated[Line, AfterValidator(https_address)] = Field(
        default="https://login.microsoftonline.com",
        description="Who gives the tokens; another one in a national cloud.",
        examples=["https://login.microsoftonline.us"],
    )


class MicrosoftLogin(MicrosoftApp):
    """An app registration of Microsoft Entra ID with the permission `SMTP.SendAsApp` (needs the extra `m365`)."""

    scope: Line = Field(
        default="https://outlook.office365.com/.default",
        description="What the token is for; another one in a national cloud.",
        examples=["https://outlook.office365.us/.default"],
    )


class GoogleLogin(Model):
    """A service account of Google Workspace with domain-wide delegation (needs the extra `google`)."""

    key_file: WorkspacePath = Field(
        description="The JSON key of the service account, readable for the account that runs newsletter only.",
        examples=["/run/secrets/google-key.json"],
    )


class OAuthConfig(Model):
    """Logging in as `smtp.user` by XOAUTH2. Exactly one of `microsoft` and `google`."""

    microsoft: MicrosoftLogin | None = Field(default=None, description="Microsoft 365.")
    google: Annotated[GoogleLogin | None, exactly_one("microsoft", "google")] = Field(
        default=None, validate_default=True, description="Google Workspace."
    )
