"""Texts that try to become something else, and where an edition can hold them."""

from __future__ import annotations

import random
from collections.abc import Callable, Mapping
from typing import Any, Literal

from msgspec import Struct
from msgspec.structs import replace

from newsletter.model import Edition

TOKENS = (
    '"', "'", "\\", "<", ">", "&", "`", "=", ";", "{", "}", "%",
    "&amp;", "&lt;script&gt;", "&#60;", "&nbsp", '\\"', "\\u{a0}", "{{ 7*7 }}", "{% raw %}", "{# x #}", "{address}", "{0}", "%s",
    "<script>window.ran=1</script>", '" onload="window.ran=1', "' onerror='window.ran=1", "<img src=x onerror=window.ran=1>",
    "</mj-text>", '<mj-include path="/etc/passwd" />', "</td></tr></table>", "<![CDATA[", "]]>", "<!--", "-->",
    "<!--[if mso]>", "<![endif]-->", "</style>", "</title>", "url(https://evil.example)", ";background:red",
    "\xa0", "\u200d", "\u200f", "\u202f", "\u2028", "\xad", "\ufe0f", "e\u0301", "\U0001f469\u200d\U0001f4bb", "مرحبا",
    "\x00", "\x08", "\x1b[31m", "\ud800", "\udc00\ud83d", "\ufffe", "\ufdd07\ufdd1", "\U0010ffff", "\x85", "\x9f", "\n", "\t", "\r\n", "\r",
    "\u202e", "\u2067", "\u2068", "\u2069", "<bdi>", "&#x2068;", "\ufeff", "\u0e31", "\u0130", "\U000e0041", "=?utf-8?q?x?=", "$(id)", "../", "x" * 300,
)  # fmt: skip

MARKDOWN = (
    "<script>window.ran=1</script>", "<mj-include path='x' />", "</mj-text></mj-column>", "{{ 7*7 }}", "[x](javascript:window.ran=1)",
    "[x](data:text/html,a)", "![x](https://evil.example/pixel.png)", "<https://ok.example>", '[a](https://ok.example "title")', "*" * 15,
    "\n\n", "# H", "\n- ", "\n> ", "```\n", "`", "&lt;", "\\", "[", "](", "\n---\n", "\n1. ", "<!--", "\x00", "\ufffe", "|a|b|\n|-|-|\n",
)  # fmt: skip

Kind = Literal["text", "markdown", "link", "line", "hidden", "address"]
Path = tuple[str | int, ...]

_CHOSEN = {"kind", "mark", "tone", "state", "direction"}  # by the program, among a few words
_HIDDEN = {"id", "variant", "fact", "service", "locale"}
_LINKS = {"button_href", "href"}


def value(chance: random.Random) -> str:
    """A text of one to six hostile tokens between letters, which keep its ends from being trimmed."""
    return "a" + "".join(chance.choices(TOKENS, k=chance.randint(1, 6))) + "z"


def markdown(chance: random.Random) -> str:
    """The same for texts in Markdown."""
    return "".join(chance.choices((*MARKDOWN, *TOKENS), k=chance.randint(1, 8)))


def kind_of(path: Path) -> Kind | None:
    """What stands at a place of an edition; None where outside text cannot stand."""
    names = [step for step in path if isinstance(step, str)]
    field = names[0] if names[0] in {"contents", "footer_links"} else "legend" if "legend" in names else names[-1]
    if field in _CHOSEN:
        return None
    if field in _LINKS or (field == "footer_links" and path[-1] == 1):
        return "link"
    if field == "recipient_line":
        return "line"
    return "hidden" if field in _HIDDEN else "markdown" if field.endswith("_markdown") else "text"


def places(edition: Edition) -> dict[Path, Kind]:
    """Every place of an edition that holds a text from outside, and what kind it is of."""
    found: dict[Path, Kind] = {}

    def look(path: Path, text: str) -> str:
        if text and (kind := kind_of(path)):
            found[path] = kind
        return text

    changed(edition, look)
    return found


def with_texts(edition: Edition, plain: Callable[[], str] | None, note: Callable[[], str] | None = None) -> Edition:
    """The edition with every text that a reader sees replaced; empty ones stay empty."""
    makers = {"text": plain, "markdown": note}

    def replaced(path: Path, text: str) -> str:
        make = makers.get(kind_of(path) or "")
        return make() if make and text else text

    return changed(edition, replaced)


def changed(edition: Edition, change: Callable[[Path, str], str]) -> Edition:
    """The edition with `change` applied to every string in it."""
    result = _changed(edition, (), change)
    assert isinstance(result, Edition)
    return result


def _changed(item: Any, path: Path, change: Callable[[Path, str], str]) -> Any:
    if isinstance(item, str):
        return change(path, item)
    if isinstance(item, tuple):
        return tuple(_changed(one, (*path, i), change) for i, one in enumerate(item))
    if isinstance(item, Mapping):
        return {key: _changed(one, (*path, key), change) for key, one in item.items()}
    if isinstance(item, Struct):
        return replace(
            item, **{name: _changed(getattr(item, name), (*path, name), change) for name in item.__struct_fields__}
        )
    return item
