"""The letters that readers may read in the browser: written when an edition is frozen, the same but for what is a recipient's own.

`editions/2026-10/web/` holds an .html for each letter of an audience under `public.archive`, their images, and
`letters.json`. Templates and notes may change afterwards; these stay. Whether an edition was sent only the ledger knows.
"""

from __future__ import annotations

import json
import re
from collections.abc import Iterator
from pathlib import Path

import msgspec
from msgspec import Struct, to_builtins

from newsletter.config import Config
from newsletter.errors import ContentError, FileError
from newsletter.model import Image
from newsletter.pipeline.drafting import Draft, renderer
from newsletter.pipeline.months import edition_folder
from newsletter.replacing import replace_file, what_to_do

FOLDER = "web"
_INDEX = "letters.json"
_EDITION = re.compile(r"\d{4}-\d\d", re.ASCII)


class WebLetter(Struct, frozen=True, kw_only=True):
    """One letter of the archive, in words for a list of them.

    Args:
        variant: "staff.en".
        locale: its language.
        department: who speaks, as its masthead says.
        month: "October 2026".
        subject: of the mail.
        summary: the mail's preheader.
        images: file names of what it shows.
    """

    variant: str
    locale: str
    department: str
    month: str
    subject: str
    summary: str
    images: tuple[str, ...] = ()

    @property
    def audience(self) -> str:
        """Whose list it went to."""
        return self.variant.partition(".")[0]


class WebEdition(Struct, frozen=True, kw_only=True):
    """The letters of one edition that readers may read once it was sent."""

    id: str
    folder: Path
    letters: tuple[WebLetter, ...]

    def html(self, letter: WebLetter) -> bytes:
        """The document of one of its letters.

        Raises:
            FileError: it cannot be read.
        """
        return _read(self.folder / f"{letter.variant}.html")

    def image(self, name: str) -> bytes | None:
        """One of its images; None if no letter shows one of that name.

        Raises:
            FileError: it cannot be read.
        """
        known = {image for letter in self.letters for image in letter.images}
        return _read(self.folder / name) if name in known else None


def keep(config: Config, draft: Draft) -> None:
    """Write the letters of the audiences under `public.archive`, so that they can be read as soon as the mail is there.

    Raises:
        FileError: the folder cannot be written; nothing was sent yet.
    """
    if config.public is None or not config.public.archive:
        return
    files = dict(_files(config, draft))
    folder = edition_folder(config, draft.month) / FOLDER
    try:
        folder.mkdir(parents=True, exist_ok=True)
        for name, content in files.items():
            replace_file(folder / name, content)
    except OSError as error:
        hint = what_to_do(error, "Make the folder of the edition writable for this user.")
        raise FileError(f"{folder}: {error.strerror or error}", hint) from None


def _files(config: Config, draft: Draft) -> Iterator[tuple[str, bytes]]:
    from newsletter import compose
    from newsletter.render import shown_html

    assert config.public
    layout, letters = renderer(config), []
    for name, edition in draft.editions.items():
        if name.partition(".")[0] not in config.public.archive:
            continue
        rendered = layout.render(compose.for_browsers(edition, config.public))
        images = {_file_name(image): image.content for image in rendered.attachments}
        yield f"{name}.html", shown_html(rendered, {}, lambda image: f"images/{_file_name(image)}").encode()
        yield from images.items()
        letters.append(
            WebLetter(
                variant=name,
                locale=edition.locale,
                department=edition.department,
                month=edition.month,
                subject=rendered.subject,
                summary=edition.preheader,
                images=tuple(images),
            )
        )
    yield _INDEX, (json.dumps(to_builtins(letters), indent=2, ensure_ascii=False) + "\n").encode()


def _file_name(image: Image) -> str:
    return f"{image.id.partition('@')[0]}.{image.name.rpartition('.')[2]}"


def kept(config: Config) -> Iterator[WebEdition]:
    """Every edition with letters for the audiences under `public.archive`, newest first, sent or not.

    Raises:
        FileError, ContentError: a list of letters cannot be read.
    """
    allowed = config.public.archive if config.public else []
    for path in sorted(config.editions.glob(f"*/{FOLDER}/{_INDEX}"), reverse=True):
        if _EDITION.fullmatch(path.parts[-3]):
            letters = tuple(one for one in _letters(path) if one.audience in allowed)
            yield WebEdition(id=path.parts[-3], folder=path.parent, letters=letters)


def _letters(path: Path) -> tuple[WebLetter, ...]:
    try:
        return msgspec.json.decode(_read(path), type=tuple[WebLetter, ...])
    except msgspec.DecodeError as error:
        hint = "Restore it from a backup, with the files beside it."
        raise ContentError(f"{path} is no list of letters: {error}", hint) from error


def _read(path: Path) -> bytes:
    try:
        return path.read_bytes()
    except OSError as error:
        raise FileError(f"{path}: {error.strerror}", "Restore the folder from a backup.") from error
