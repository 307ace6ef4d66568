"""Every variant as a message, and as files."""

from __future__ import annotations

from collections.abc import Iterator
from pathlib import Path
from typing import TYPE_CHECKING

from newsletter.config import Config
from newsletter.errors import FileError
from newsletter.model import Image, Recipient

if TYPE_CHECKING:
    from newsletter.deliver import CompiledMessage
from newsletter.pipeline.drafting import Draft, facts_json
from newsletter.replacing import replace_file, what_to_do


def messages(config: Config, draft: Draft) -> dict[str, CompiledMessage]:
    """Each variant as a message that only lacks the recipient's own fields."""
    from newsletter.deliver import compile_message

    return {
        name: compile_message(
            rendered,
            smtp=config.smtp,
            organisation=config.organisation,
            edition=draft.month.label,
            public=config.public,
        )
        for name, rendered in draft.variants.items()
    }


def sample_reader(config: Config) -> Recipient:
    """The reader that a preview is made out to."""
    domain = config.smtp.sender.rpartition("@")[2].rstrip("> ")
    return Recipient(address=f"reader@{domain}", name="")


def sample_fields(reader: Recipient) -> dict[str, str]:
    """What a letter shows of a reader who gets no copy: a link to leave the list that says that it is a sample."""
    from newsletter.deliver.links import SAMPLE

    return {"address": reader.address, "name": reader.name, "unsubscribe": SAMPLE}


def sample_eml(config: Config, draft: Draft, variant: str, message: CompiledMessage) -> bytes:
    """A variant as the sample reader would get it; the same bytes at every build."""
    reader = sample_reader(config)
    domain = reader.address.rpartition("@")[2]
    return message.eml(reader, f"<{draft.month.label}.{variant}.preview@{domain}>", draft.month.end)


def write_build(config: Config, draft: Draft, output: Path) -> list[Path]:
    """Write `<variant>.html .txt .eml .mjml` and `facts.json`; the paths, in order.

    A browser knows no `cid:`, so the .html names the images as files of the folder `images` beside it;
    the .eml is the mail itself.

    Raises:
        FileError: the folder or a file in it cannot be written.
    """
    files = {output / name: content for name, content in _files(config, draft)}
    path = output
    try:
        output.mkdir(parents=True, exist_ok=True)
        for path, content in files.items():
            path.parent.mkdir(exist_ok=True)
            replace_file(path, content)
    except OSError as error:
        hint = what_to_do(error, "Name a folder that can be written to.")
        raise FileError(f"{path}: {error.strerror or error}", hint) from None
    return list(files)


def _files(config: Config, draft: Draft) -> Iterator[tuple[str, bytes]]:
    from newsletter.render import fill_text, shown_html

    reader = sample_reader(config)
    values = sample_fields(reader)
    for name, message in messages(config, draft).items():
        rendered = draft.variants[name]
        parts = {
            "html": shown_html(rendered, values, _image_file).encode(),
            "txt": fill_text(rendered, values).encode(),
            "eml": sample_eml(config, draft, name, message),
            "mjml": rendered.mjml.encode(),
        }
        for suffix, content in parts.items():
            yield f"{name}.{suffix}", content
        for image in rendered.attachments:
            yield _image_file(image), image.content
    yield "facts.json", facts_json(draft).encode()


def _image_file(image: Image) -> str:
    """Where `build` puts an image; the variants share it if they show the same."""
    return f"images/{image.id.partition('@')[0]}.{image.name.rpartition('.')[2]}"
