"""How readers' ratings are counted, and how few of them are never told."""

from pathlib import Path
from typing import Annotated, Literal

from pydantic import Field

from newsletter.config.faults import Model
from newsletter.config.places import WorkspacePath


class RatingsConfig(Model):
    """Ratings and answers that readers send. No name is kept with them; see docs/feedback.md."""

    store: WorkspacePath = Field(
        default=Path("ratings.db"),
        validate_default=True,
        description="The SQLite file that keeps the answers to editions until they are closed: each under a keyed hash of its "
        "sender, which is deleted then.",
        examples=["/var/lib/newsletter/ratings.db"],
    )
    links: Literal["mail", "web"] = Field(
        default="mail",
        description="What the letters' answers open: a prepared mail, of which each sender counts once, or a page of `public`, which "
        "knows nobody and may count one person twice. The two are told apart.",
        examples=["mail"],
    )
    min_group: Annotated[int, Field(ge=5)] = Field(
        default=10,
        description="The smallest number of answers that is ever told, of an audience or of what is left of all "
        "audiences without it.",
        examples=["15"],
    )
    close_after_days: Annotated[int, Field(ge=1, le=366)] = Field(
        default=60,
        description="So many days after the end of its month an edition is closed by the next `feedback import` "
        "or `feedback close`, if nobody has closed it before.",
        examples=["45"],
    )
