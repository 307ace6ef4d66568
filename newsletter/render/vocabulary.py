"""What a newsletter's MJML may be made of.

MRML copies unknown tags and attributes into the mail without a word, so this list is the check.
It is MJML without what a reader's program would fetch (fonts, includes, mj-image), what runs or
submits, and the components that MRML renders differently from MJML (carousel, accordion, navbar).
Images are <img> with a `cid:` address, see `lint`.
"""

from __future__ import annotations


def _words(text: str) -> frozenset[str]:
    return frozenset(text.split())


_BORDER = "border border-bottom border-left border-radius border-right border-top"
_PADDING = "padding padding-bottom padding-left padding-right padding-top"
_FONT = "color font-family font-size font-style font-weight letter-spacing line-height text-decoration text-transform"
_SECTION = f"background-color {_BORDER} {_PADDING} direction full-width text-align"
_CONTENT = f"{_PADDING} align container-background-color"

_COMPONENTS = {
    "mj-body": "background-color width",
    "mj-button": f"{_CONTENT} {_BORDER} {_FONT} background-color height href inner-padding text-align title vertical-align width",
    "mj-column": f"{_BORDER} {_PADDING} background-color direction inner-background-color vertical-align width",
    "mj-divider": f"{_CONTENT} border-color border-style border-width width",
    "mj-group": "background-color direction vertical-align width",
    "mj-section": _SECTION,
    "mj-spacer": f"{_PADDING} container-background-color height",
    "mj-table": f"{_CONTENT} {_FONT} border cellpadding cellspacing table-layout width",
    "mj-text": f"{_CONTENT} {_FONT} height",
    "mj-wrapper": _SECTION,
}
_COMMON = "css-class mj-class"
_ANY_COMPONENT = " ".join(_COMPONENTS.values())

MJ_ATTRIBUTES: dict[str, frozenset[str]] = {
    **{tag: _words(f"{names} {_COMMON}") for tag, names in _COMPONENTS.items()},
    "mjml": frozenset({"lang", "dir"}),
    "mj-head": frozenset(),
    "mj-title": frozenset(),
    "mj-preview": frozenset(),
    "mj-style": frozenset(),  # inline="inline" would be ignored by MRML
    "mj-attributes": frozenset(),
    "mj-breakpoint": frozenset({"width"}),
    "mj-raw": frozenset(),
    "mj-all": _words(f"{_ANY_COMPONENT} css-class"),
    "mj-class": _words(f"{_ANY_COMPONENT} css-class name"),
}
"""Attributes of each MJML tag."""

CSS_ATTRIBUTES = _words(_ANY_COMPONENT) - {"href", "title", "direction", "full-width"}
"""Attributes that MRML writes into a style."""

_IN_COLUMN = {"mj-button", "mj-divider", "mj-raw", "mj-spacer", "mj-table", "mj-text"}

MJ_CHILDREN: dict[str, frozenset[str]] = {
    "": frozenset({"mjml"}),
    "mjml": frozenset({"mj-head", "mj-body"}),
    "mj-head": frozenset({"mj-title", "mj-preview", "mj-attributes", "mj-breakpoint", "mj-style", "mj-raw"}),
    "mj-attributes": frozenset({"mj-all", "mj-class", *_COMPONENTS}),
    "mj-body": frozenset({"mj-section", "mj-wrapper", "mj-raw"}),
    "mj-wrapper": frozenset({"mj-section", "mj-raw"}),
    "mj-section": frozenset({"mj-column", "mj-group", "mj-raw"}),
    "mj-group": frozenset({"mj-column", "mj-raw"}),
    "mj-column": frozenset(_IN_COLUMN),
}
"""Tags that may stand directly in each structural tag; the root is ""."""

HOLDS_TEXT = frozenset({"mj-title", "mj-preview"})

HTML_TAGS = _words(
    "a abbr b bdi bdo blockquote br caption cite code col colgroup div em h1 h2 h3 h4 hr i img li meta ol p pre q s small span "
    "strong sub sup table tbody td tfoot th thead time tr u ul"
)
VOID_TAGS = frozenset({"br", "col", "hr", "img", "meta"})

OWN_ATTRIBUTES = {"a": frozenset({"href"}), "img": frozenset({"alt", "src"})}
"""Attributes that only one HTML tag has."""

HTML_ATTRIBUTES = _words(
    "abbr align aria-describedby aria-hidden aria-label aria-labelledby bgcolor border cellpadding cellspacing class "
    "colspan content dir headers height id lang name role rowspan scope start style title type valign width"
)
