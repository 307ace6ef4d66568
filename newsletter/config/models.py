"""The whole of config.yaml. The descriptions are the reference: docs/config.md is made of them."""

from pathlib import Path
from typing import Annotated, Any, Literal

from pydantic import AfterValidator, Field, PrivateAttr, ValidationInfo

from newsletter.config.checking import ChecksConfig
from newsletter.config.faults import Model, block
from newsletter.config.figures import FigureConfig
from newsletter.config.ledger import LedgerSetting
from newsletter.config.mailbox import Mailbox
from newsletter.config.mailing import PreviewConfig, SegmentConfig, SendingConfig, SmtpConfig
from newsletter.config.measures import ServiceConfig, TicketsConfig
from newsletter.config.metrics import MetricsConfig
from newsletter.config.places import WorkspacePath, Zone
from newsletter.config.public import PublicConfig
from newsletter.config.ratings import RatingsConfig
from newsletter.config.recipients import AudienceConfig
from newsletter.config.refusals import did_you_mean, fault
from newsletter.config.rules import together
from newsletter.config.schedule import Holidays, Windows
from newsletter.config.sources import AvailabilitySource, CoverageConfig, PrometheusConfig
from newsletter.config.strict_yaml import shown
from newsletter.config.surroundings import Surroundings
from newsletter.config.telling import FactsConfig, SectionsConfig
from newsletter.config.texts import Identifier, Line, LocaleTag, LocalisedText
from newsletter.config.theme import ThemeConfig


def _no_locale_twice(locales: list[str]) -> list[str]:
    twice = next((locale for locale in locales if locales.count(locale) > 1), None)
    if twice:
        raise fault(f'"{twice}" is written twice')
    return locales


def _fits_the_rest(public: PublicConfig | None, info: ValidationInfo) -> PublicConfig | None:
    """Its audiences are there, and there is one page to leave the list; silent while the others are at fault."""
    ratings = info.data.get("ratings")
    if public is None:
        if ratings is not None and ratings.links == "web":
            raise together("ratings.links: web needs pages for readers: write the block public, or links: mail")
        return public
    known = info.data.get("audiences", public.archive)
    for name in public.archive:
        if name not in known:
            raise together(
                f"archive: {shown(name)} is not one of audiences" + did_you_mean(name, known, what="they are")
            )
    smtp = info.data.get("smtp")
    if smtp is not None and smtp.unsubscribe_url and public.unsubscribe:
        raise together(
            "smtp.unsubscribe_url is another page to leave the list: take it out, or write unsubscribe: false"
        )
    return public


class Config(Model):
    """The whole of config.yaml. Relative paths start from the folder of the file."""

    organisation: Line = Field(description="The name of the organisation.", examples=["Acme"])
    department: LocalisedText | None = Field(
        default=None,
        description="The name of the department that writes, as one text or one per locale.",
        examples=["{en: IT department, it: Reparto IT}"],
    )
    timezone: Zone = Field(description="The IANA time zone in which months begin and end.", examples=["Europe/Rome"])
    locales: Annotated[list[LocaleTag], Field(min_length=1), AfterValidator(_no_locale_twice)] = Field(
        default=["en"],
        description="The languages of the edition, as BCP 47 tags. The first is the default.",
        examples=["[en, it]"],
    )
    prometheus: PrometheusConfig = Field(description="Where the numbers come from.")
    availability: list[AvailabilitySource] = Field(
        default=[], description="Where it is measured whether the services work."
    )
    services: dict[Line, ServiceConfig] = Field(
        default={}, description="Names, targets and meaning of the services, by the value of their label."
    )
    maintenance: Windows = Field(
        default=[],
        description="Planned maintenance on all services: weekly times, or dates with times, on the clock of `timezone`. "
        "It is excluded, and shown.",
        examples=['["Su 02:00-04:00", "2026-10-12 22:00-24:00"]'],
    )
    holidays: Holidays = Field(
        default=[],
        description="Days on which no service that has `hours` is needed: a date, or month and day for every year.",
        examples=['[2026-04-06, "12-25"]'],
    )
    unlisted_services: Literal["include", "ignore"] = Field(
        default="include",
        description="What to do with a service that has series, but no entry in `services`.",
        examples=["ignore"],
    )
    tickets: TicketsConfig = block("Metrics of the service desk.")
    figures: dict[Identifier, FigureConfig] = Field(
        default={}, description="Any other numbers, by a name of your choice."
    )
    coverage: CoverageConfig = block("How much of the month must be measured before a number is stated.")
    facts: FactsConfig = block("How sure a change must be, and how many facts are told.")
    sections: SectionsConfig = block("Which sections the letters have, in which order.")
    segments: dict[Identifier, SegmentConfig] = Field(
        default={},
        description="Parts of the staff, as the lists of recipients name them in their column `segments`. Each has a "
        "variant of the staff letter; who is in several gets that of the one written first here.",
    )
    departments: list[LocalisedText] = Field(
        default=[],
        description="The departments of the organisation, as `visit` notes name them. The managers' letter invites "
        "those that nobody visited for six months.",
        examples=["[{en: Purchasing, it: Acquisti}]"],
    )
    feedback: Mailbox | None = Field(
        default=None,
        description="Where ratings and invitations go, by mail; by default `smtp.reply_to`. Without either there is no "
        "rating and no button.",
        examples=["it-feedback@acme.example"],
    )
    ratings: RatingsConfig = block("How answers of readers are counted, and how few are never told.")
    audiences: dict[Identifier, AudienceConfig] = Field(
        default={},
        description="The lists of recipients, by name. Who is on several gets the copy of the one written first.",
    )
    four_eyes: bool = Field(
        default=False,
        description="Whether nobody may approve an edition that holds an incident note of their own (its `owner`).",
        examples=["true"],
    )
    approvals: int = Field(
        default=1, ge=0, description="How many people must approve an edition before it is sent.", examples=["0"]
    )
    smtp: SmtpConfig = Field(description="The relay that takes the mails, and the sender.")
    sending: SendingConfig = block("When mails may leave.")
    public: Annotated[PublicConfig | None, AfterValidator(_fits_the_rest)] = Field(
        default=None,
        validate_default=True,
        description="Pages for readers: leaving the list, past editions, answers.",
    )
    preview: PreviewConfig = block("The preview on an editor's machine.")
    checks: ChecksConfig = block("What `newsletter check` takes as given when it examines the letters.")
    metrics: MetricsConfig = block("Where each `send` tells Prometheus how it ended.")
    ledger: LedgerSetting = Field(
        default="newsletter.db",
        validate_default=True,
        description="What records who was mailed: the path of a SQLite file on a local disk, or a PostgreSQL server, "
        "as `postgresql://ACCOUNT@HOST/DATABASE` or with the keys below.",
        examples=["/var/lib/newsletter/newsletter.db"],
    )
    editions: WorkspacePath = Field(
        default=Path("editions"),
        validate_default=True,
        description="The folder of the editions, with one folder per month.",
        examples=["editions"],
    )
    templates: WorkspacePath | None = Field(
        default=None,
        description="A folder with the organisation's own templates: a file there stands before the built-in one of its name, "
        "or changes blocks of it.",
        examples=["templates"],
    )

    theme: ThemeConfig = block("Colours, faces, width and logo of the letters.")

    _path: Path = PrivateAttr(default=Path("config.yaml"))

    @property
    def path(self) -> Path:
        """The file it was read from, as it was named."""
        return self._path

    def model_post_init(self, context: Any) -> None:
        """Remember the file, which is no key of it."""
        if isinstance(context, Surroundings):
            self._path = context.file
