"""Texts that try to become something else, and where an edition can hold them."""

from __future__ import annotations

import random
from collections.abc import Callable, Mapping
from dataclasses import fields, is_dataclass, replace
from typing import Any

from newsletter.model import Edition

TOKENS = (
    '"', "'", "\\", "<", ">", "&", "`", "=", ";", "{", "}", "%",
    "&amp;", "&lt;script&gt;", "&#60;", "&nbsp", '\\"', "\\u{a0}", "{{ 7*7 }}", "{% raw %}", "{# x #}", "{address}", "{0}", "%s",
    "<script>window.ran=1</script>", '" onload="window.ran=1', "' onerror='window.ran=1", "<img src=x onerror=window.ran=1>",
    "</mj-text>", '<mj-include path="/etc/passwd" />', "</td></tr></table>", "<![CDATA[", "]]>", "<!--", "-->",
    "<!--[if mso]>", "<![endif]-->", "</style>", "</title>", "url(https://evil.example)", ";background:red",
    "\xa0", "\u200d", "\u200f", "\u202f", "\u2028", "\xad", "\ufe0f", "e\u0301", "\U0001f469\u200d\U0001f4bb", "مرحبا",
    "\x00", "\x08", "\x1b[31m", "\ud800", "\ufffe", "\ufdd07\ufdd1", "\n", "\t", "\r\n",
)  # fmt: skip

MARKDOWN = (
    "<script>window.ran=1</script>", "<mj-include path='x' />", "</mj-text></mj-column>", "{{ 7*7 }}", "[x](javascript:window.ran=1)",
    "[x](data:text/html,a)", "![x](https://evil.example/pixel.png)", "<https://ok.example>", '[a](https://ok.example "title")', "*" * 15,
    "\n\n", "# H", "\n- ", "\n> ", "```\n", "`", "&lt;", "\\", "[", "](", "\n---\n", "\n1. ", "<!--", "\x00", "\ufffe", "|a|b|\n|-|-|\n",
)  # fmt: skip

_NOT_SHOWN = {
    "id", "variant", "locale", "direction", "kind", "mark", "tone", "state", "fact", "service", "recipient_line", "button_href", "href",
    "footer_links",
}  # fmt: skip


def value(chance: random.Random) -> str:
    """A text of one to six hostile tokens between letters, which keep its ends from being trimmed."""
    return "a" + "".join(chance.choices(TOKENS, k=chance.randint(1, 6))) + "z"


def markdown(chance: random.Random) -> str:
    """The same for texts in Markdown."""
    return "".join(chance.choices((*MARKDOWN, *TOKENS), k=chance.randint(1, 8)))


def with_texts(edition: Edition, plain: Callable[[], str] | None, note: Callable[[], str] | None = None) -> Edition:
    """The edition with every text that a reader sees replaced; empty ones stay empty."""
    replaced = _replaced(edition, "", plain, note)
    assert isinstance(replaced, Edition)
    return replaced


def _replaced(item: Any, name: str, plain: Callable[[], str] | None, note: Callable[[], str] | None) -> Any:
    if isinstance(item, str):
        make = note if name.endswith("_markdown") else plain
        return make() if make and item else item
    if isinstance(item, tuple):
        return tuple(_replaced(one, name, plain, note) for one in item)
    if isinstance(item, Mapping):
        return {key: _replaced(one, name, plain, note) for key, one in item.items()}
    if is_dataclass(item) and not isinstance(item, type):
        names = [field.name for field in fields(item) if field.name not in _NOT_SHOWN]
        return replace(item, **{one: _replaced(getattr(item, one), one, plain, note) for one in names})
    return item
