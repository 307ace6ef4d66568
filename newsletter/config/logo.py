"""The organisation's logo: an image file that every copy of the mail carries."""

from pathlib import Path
from typing import Annotated, Any, Self

from pydantic import Field, ModelWrapValidatorHandler, PlainValidator, PrivateAttr, ValidationInfo, model_validator

from newsletter.config import image_file
from newsletter.config.faults import Model
from newsletter.config.places import workspace_path
from newsletter.config.refusals import fault
from newsletter.config.strict_yaml import shown
from newsletter.config.texts import LocalisedText
from newsletter.model import Image

LARGEST_BYTES = 50_000
"""Every copy carries the logo, in base64 a third larger than this."""
WIDEST, HIGHEST = 240, 120
"""Pixels as shown: the month stands beside the logo, on a phone of 320 px, too."""


def _logo(value: Any, info: ValidationInfo) -> Image:
    """The image in a file. Read now, so that whatever is wrong is told with its line, and before anything is built."""
    path, named = workspace_path(value, info), shown(str(value))
    try:
        with path.open("rb") as file:
            content = file.read(LARGEST_BYTES + 1)
        facts = image_file.read(content) if len(content) <= LARGEST_BYTES else None
    except OSError as error:
        raise fault(f"{named} cannot be read ({error.strerror or error})") from None
    except ValueError as error:
        raise fault(f"{named} {error}") from None
    if facts is None:
        raise fault(f"{named} is larger than {LARGEST_BYTES:,} bytes, and every copy of the mail would carry it")
    if not facts.width * facts.height:
        raise fault(f"{named} is an image without a pixel")
    return Image.for_content("logo", facts.suffix, content, width=facts.width, height=facts.height)


class LogoConfig(Model):
    """The organisation's logo at the head of the mail. It travels in every copy; nothing is fetched."""

    file: Annotated[Image, PlainValidator(_logo)] = Field(
        description="A PNG, JPEG or GIF file of at most 50 KB, beside this file. Let it be twice as large as it is shown, "
        "and give it an opaque background or a light outline: in dark mode it stands on a dark sheet.",
        examples=["logo.png"],
    )
    alt: LocalisedText | None = Field(
        default=None,
        description="What is read in its place, where images are blocked or not seen; by default the name of the "
        "department, for which the logo stands.",
        examples=["{en: Acme IT, it: IT di Acme}"],
    )
    width: Annotated[int, Field(ge=16, le=WIDEST)] | None = Field(
        default=None,
        description="How wide it is shown, in pixels; by default half of its own width.",
        examples=["120"],
    )

    _path: Path = PrivateAttr()

    @model_validator(mode="wrap")
    @classmethod
    def _from_file(cls, given: Any, handler: ModelWrapValidatorHandler[Self], info: ValidationInfo) -> Self:
        logo = handler(given)
        logo._path = workspace_path(given["file"], info)  # noqa: SLF001 - it is of this very class
        return logo

    @property
    def path(self) -> Path:
        """Where the image was read from."""
        return self._path

    @model_validator(mode="after")
    def _fits(self) -> Self:
        """The size that follows from the file has to be one that looks like a logo."""
        width, height = self.size
        own = f"{self.file.width} x {self.file.height} pixels"
        if width > self.file.width:
            raise fault(f"width {width} is more than the logo has ({own}): it would be blurred")
        if width > WIDEST or height > HIGHEST:
            raise fault(
                f"the logo ({own}) would be shown at {width} x {height}; at most {WIDEST} x {HIGHEST} is a logo: "
                "give it a smaller width"
            )
        if width < 16 or height < 8:
            raise fault(f"the logo ({own}) would be shown at {width} x {height}, too small to be seen")
        return self

    @property
    def size(self) -> tuple[int, int]:
        """Width and height as shown, in whole pixels."""
        width = self.width or self.file.width // 2
        return width, round(width * self.file.height / self.file.width)
