"""MJML to HTML by MRML, with what it does not check checked before and after."""

from __future__ import annotations

import re
from types import BuiltinFunctionType

from newsletter.errors import ContentError, NewsletterError
from newsletter.render.protect import protect

try:
    from mjml import mjml2html
except ImportError:
    mjml2html = None  # type: ignore[assignment]  # the other package has no such name

_SEAM = "<![endif]--><!--[if mso | IE]>"
"""Between two comments for Outlook with nothing between them: one comment says the same in 2 KB less."""

_MJ_TAG = re.compile("</?mj-")

LONGEST = 2_000_000
"""Characters of MJML: about twenty times what mail programs show uncut; beyond it a loop ran away."""


def to_html(mjml: str) -> str:
    """Render MJML that `lint` has passed (the renderer dies on some input that lint refuses).

    No include loader is given, so nothing is read; and no web fonts, so no reader's program asks a third party.

    Raises:
        ContentError: MRML refuses the MJML, or left something of it undone.
    """
    if len(mjml) > LONGEST:
        raise ContentError(f"the mail is {len(mjml):,} characters of MJML, at most {LONGEST:,} can be", "Shorten it.")
    source = protect(mjml)
    try:
        html = mjml2html(source, fonts={})
    except ValueError as error:
        raise ContentError(
            f"MJML cannot be rendered: {error}", "Compare your templates with the packaged ones."
        ) from error
    _require_complete(source, html)
    return html.replace(_SEAM, "")


def _require_complete(source: str, html: str) -> None:
    """Refuse tags that were copied instead of rendered, and text that went through Rust's Debug format.

    Text may hold these characters of its own accord; then they are in the source as often.
    """
    found = _MJ_TAG.search(html)
    leftovers = ("\\u{", '\\"') if "\\" in html else ()
    leftover = found[0] if found else next((one for one in leftovers if html.count(one) > source.count(one)), None)
    if leftover:
        at = html.index(leftover)
        raise ContentError(
            f"the HTML still holds {leftover!r}: …{html[max(0, at - 40) : at + 40]!r}…",
            "Compare your templates with the packaged ones.",
        )


def _require_binding(function: object) -> None:
    """The package `mjml` installs the same module as `mjml-python`, and whichever came last wins."""
    if not isinstance(function, BuiltinFunctionType):
        raise NewsletterError(
            "the Python package mjml stands in the place of mjml-python",
            "Run: pip uninstall mjml && pip install --force-reinstall mjml-python",
        )


_require_binding(mjml2html)
