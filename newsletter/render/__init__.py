"""Edition + templates -> Rendered: the mail as it will be sent, but for the recipient's own fields."""

from __future__ import annotations

from functools import lru_cache
from pathlib import Path

from newsletter.counting import counted
from newsletter.errors import ContentError
from newsletter.model import Edition, Image, Rendered, Theme
from newsletter.render import bidi, charts, markdown, plaintext, spans
from newsletter.render.environment import Templates, template_files, template_folders
from newsletter.render.joining import joined
from newsletter.render.line_chart import drawn
from newsletter.render.lint import lint
from newsletter.render.look import Look, look
from newsletter.render.mjml import to_html
from newsletter.render.origin import Trace
from newsletter.render.personalise import Tokens, digest, fill_html, fill_text, shown_html
from newsletter.render.printable import printable
from newsletter.render.sandbox import Filters

MJML_TEMPLATE = "mail.mjml.j2"
TEXT_TEMPLATE = "mail.txt.j2"


class Renderer:
    """Lays editions out with one set of templates and one theme.

    Args:
        templates: the organisation's own templates; a file of the same name stands before the packaged one.
        theme: colours, faces and width.
    """

    def __init__(self, templates: Path | None = None, theme: Theme | None = None) -> None:
        self._theme = theme or Theme()
        folders = template_folders(templates)
        self._templates = _compiled(folders, template_files(folders))
        self._templates.refresh()

    def faults(self) -> tuple[ContentError, ...]:
        """Templates that cannot be compiled; an edition may still find that others ask for what there is not."""
        return tuple(self._templates.faults())

    def render(self, edition: Edition) -> Rendered:
        """The edition as HTML and plain text; equal editions and templates give equal bytes.

        Raises:
            ContentError: a template or text is at fault; the message names file and line, or the text.
            ConfigError: the theme wants a line, and the extra that draws it is not installed.
        """
        tokens = Tokens.random()
        clean = printable(drawn(edition, self._theme))
        marked = tokens.put(clean)
        shown = look(self._theme, clean.direction)
        mjml = self._templates.compose(MJML_TEMPLATE, edition=marked, theme=shown)
        self._require_sound(mjml, marked, shown)
        attachments = _carried(mjml, marked)
        mjml = joined(bidi.to_markup(mjml))
        html = tokens.cut(to_html(mjml), edition=clean, what="HTML")
        written = plaintext.finish(self._templates.compose(TEXT_TEMPLATE, edition=marked))
        text = tokens.cut(written, edition=clean, what="plain text")
        subject = plaintext.one_line(clean.subject)
        return Rendered(
            variant=clean.variant,
            locale=clean.locale,
            subject=subject,
            preheader=clean.preheader,
            html=html,
            text=text,
            mjml=tokens.restore(mjml),
            digest=digest(subject, html, text, images=attachments),
            attachments=attachments,
        )

    def traced(self, edition: Edition) -> Trace:
        """From the HTML of an edition back to its templates; slow, for when something is wrong."""
        clean = printable(drawn(edition, self._theme))
        values = {"edition": clean, "theme": look(self._theme, clean.direction)}
        mjml = self._templates.compose(MJML_TEMPLATE, **values)
        return Trace(mjml, self._templates.traced(MJML_TEMPLATE, **values))

    def _require_sound(self, mjml: str, edition: Edition, shown: Look) -> None:
        faults = lint(mjml, {picture.image.id: picture.image for picture in edition.pictures.values()})
        if faults:
            first = faults[0]
            place = self._templates.locate(first.offset, MJML_TEMPLATE, edition=edition, theme=shown)
            more = f" (and {counted(len(faults) - 1, 'more fault')})" if len(faults) > 1 else ""
            raise ContentError(f"{place}{first.message}{more}", first.hint, located=place.located(first.message))


def _carried(mjml: str, edition: Edition) -> tuple[Image, ...]:
    """The images that the letter shows, each once, in the order of their names."""
    images = {picture.image.id: picture.image for _, picture in sorted(edition.pictures.items())}
    return tuple(image for image in images.values() if f'src="cid:{image.id}"' in mjml)


@lru_cache(maxsize=4)
def _compiled(folders: tuple[Path, ...], _files: frozenset[Path]) -> Templates:
    """Templates that stay compiled from one renderer to the next, because compiling takes ten times as long as rendering.

    A changed file is noticed by Jinja; a new one may stand before another, so it starts afresh.
    """
    return Templates(folders, _FILTERS)


_FILTERS: Filters = {
    "markdown": markdown.to_html,
    "marks": charts.marks,
    "runs": charts.runs,
    "years": charts.years,
    "part_of": charts.part_of,
    "percent_of": charts.percent_of,
    "spark": charts.spark,
    "heights": charts.heights,
    "strip": charts.strip,
    "day_letter": charts.day_letter,
    "unbroken": spans.unbroken,
    "beside": plaintext.beside,
    "markdown_text": markdown.to_text,
    "one_line": plaintext.one_line,
    "rows": plaintext.rows,
    "spread": plaintext.spread,
    "tidy": plaintext.tidy,
    "underline": plaintext.underline,
    "left": plaintext.left,
    "right": plaintext.right,
    "widest": plaintext.widest,
    "wrap": plaintext.paragraph,
}

__all__ = ["Renderer", "fill_html", "fill_text", "shown_html", "template_folders"]
