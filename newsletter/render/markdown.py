"""What people write, as markup that cannot break the mail, and as plain text.

CommonMark without raw HTML, then an allow-list of tags: two walls, since the first is a parser and
parsers have bugs. Headings become bold lines (the mail has an outline of its own) and images their
description. Length and nesting are capped before anything recurses over them: 20,000 asterisks
are 10,000 nested tags, which end the process inside MRML.
"""

from __future__ import annotations

import re
from collections.abc import Iterable, Iterator, Sequence
from functools import cache, lru_cache

import nh3
from markdown_it import MarkdownIt
from markdown_it.token import Token
from markupsafe import Markup, escape

from newsletter.errors import ContentError
from newsletter.render.plaintext import WIDTH, wrap
from newsletter.render.printable import printable

LONGEST = 20_000
"""Characters of one text."""

DEEPEST = 20
"""Tags inside one another."""

_TAGS = {"p", "br", "strong", "em", "a", "ul", "ol", "li", "code", "pre", "blockquote"}
_LINK = re.compile(r"(?:https://|mailto:)\S", re.IGNORECASE)

# Inline, because many programs drop style sheets. Text inherits size and colour from where it stands.
_STYLES = {
    "li": "margin:0 0 4px",
    "code": "font-family:Consolas,Menlo,monospace;font-size:14px",
    "p": "",
    "ul": "padding-left:22px",
    "ol": "padding-left:22px",
    "blockquote": "padding-left:16px;font-style:italic",
    "pre": "font-size:14px;line-height:22px;white-space:pre-wrap",
}
_BLOCKS = {"p", "ul", "ol", "blockquote", "pre"}
_GAP = "14px"
_BETWEEN_TAGS = re.compile(r">\n<(?=/?(?:p|ul|ol|li|pre|blockquote)>)")
_OPENING = re.compile(rf"(?P<first>(?<!.)|(?<=<li>)|(?<=<blockquote>))?<(?P<tag>{'|'.join(_STYLES)})>", re.DOTALL)


def check(text: str) -> None:
    """Refuse what is too long or too deeply nested to be rendered.

    Raises:
        ContentError: names the text by its beginning.
    """
    _parse(text)


@lru_cache(maxsize=256)
def to_html(text: str, link_colour: str = "") -> Markup:
    """The text as markup for one place in the mail.

    A single paragraph comes without a tag around it, so that a line can go on before and after it.

    Args:
        text: Markdown.
        link_colour: "#0b5a57", for programs that drop style sheets.

    Raises:
        ContentError: the text is too long or too deeply nested.
    """
    tokens = _parse(text)
    if [token.type for token in tokens] == ["paragraph_open", "inline", "paragraph_close"]:
        tokens = tokens[1:2]
    parser = _parser()
    raw = parser.renderer.render(tokens, parser.options, {})
    safe = nh3.clean(
        raw.strip(), tags=_TAGS, attributes={"a": {"href"}, "*": set()}, url_schemes={"https", "mailto"}, link_rel=None
    )
    styled = _OPENING.sub(_styled, _BETWEEN_TAGS.sub("><", safe))
    return Markup(styled.replace("<a ", f'<a style="color:{link_colour}" ') if link_colour else styled)  # noqa: S704 - cleaned


def _styled(opening: re.Match[str]) -> str:
    """The tag with its style; blocks keep their distance from what stands before them."""
    tag, styles = opening["tag"], [_STYLES[opening["tag"]]]
    if tag in _BLOCKS:
        styles.insert(0, "margin:0" if opening["first"] is not None else f"margin:{_GAP} 0 0")
    return f'<{tag} style="{";".join(filter(None, styles))}">'


@lru_cache(maxsize=256)
def to_text(text: str, indent: str = "", lead: str = "") -> str:
    """The text for the plain-text part: wrapped, emphasis dropped, links as "text (address)".

    Args:
        text: Markdown.
        indent: begins each line.
        lead: plain words that the first paragraph goes on from.

    Raises:
        ContentError: the text is too long or too deeply nested.
    """
    tokens = _parse(text)
    if lead:
        if not tokens or tokens[0].type != "paragraph_open":
            tokens = (*_lead_paragraph(), *tokens)
        begin, inline, *rest = tokens
        children = [Token("text", "", 0, content=f"{lead} "), *(inline.children or ())]
        tokens = (begin, inline.copy(children=children), *rest)
    return "\n\n".join(_text_blocks(tokens, WIDTH, indent))


def _lead_paragraph() -> tuple[Token, Token, Token]:
    return Token("paragraph_open", "p", 1), Token("inline", "", 0), Token("paragraph_close", "p", -1)


# --- parsing ------------------------------------------------------------------------------


@cache
def _parser() -> MarkdownIt:
    parser = MarkdownIt("commonmark", {"html": False})
    parser.validateLink = _is_safe_link  # type: ignore[method-assign]  # the documented way to choose schemes
    parser.disable("hr")
    parser.add_render_rule("heading_open", _bold_line_open)
    parser.add_render_rule("heading_close", _bold_line_close)
    parser.add_render_rule("image", _image_description)
    return parser


def _is_safe_link(url: str) -> bool:
    """Links to anything else stay visible as they were typed."""
    return bool(_LINK.match(url))


def _bold_line_open(*_: object) -> str:
    return "<p><strong>"


def _bold_line_close(*_: object) -> str:
    return "</strong></p>\n"


def _image_description(_: object, tokens: Sequence[Token], position: int, *__: object) -> str:
    return escape(_text_inline(tokens[position].children or ()))


# Both parts of a mail are written from the same tokens, so nobody changes them.
@lru_cache(maxsize=256)
def _parse(text: str) -> tuple[Token, ...]:
    if len(text) > LONGEST:
        raise ContentError(
            f"the text beginning {_beginning(text)} has {len(text):,} characters; at most {LONGEST:,} can be",
            "Shorten it: nobody reads that much in a mail.",
        )
    tokens = _parser().parse(printable(text))
    if _depth(tokens) > DEEPEST:
        raise ContentError(
            f"the text beginning {_beginning(text)} is nested more than {DEEPEST} levels deep",
            "Remove some of the asterisks, underscores, brackets or quote signs.",
        )
    return tuple(tokens)


def _beginning(text: str) -> str:
    flat = " ".join(text.split())
    return repr(flat[:40] + "…") if len(flat) > 40 else repr(flat)


def _depth(tokens: Iterable[Token]) -> int:
    depth = deepest = 0
    for token in tokens:
        depth += token.nesting
        deepest = max(deepest, depth, depth + (_depth(token.children) if token.children else 0))
    return deepest


# --- plain text ---------------------------------------------------------------------------


def _text_blocks(tokens: Sequence[Token], width: int, indent: str) -> Iterator[str]:
    """One string a block, wrapped; lists and quotes recurse with a deeper indent."""
    position = 0
    while position < len(tokens):
        token = tokens[position]
        end = _closing(tokens, position)
        inner = tokens[position + 1 : end]
        match token.type:
            case "bullet_list_open" | "ordered_list_open":
                yield _text_list(inner, width, indent, first=token.attrGet("start"), ordered=token.tag == "ol")
            case "blockquote_open":
                yield "\n\n".join(_text_blocks(inner, width, f"{indent}> "))
            case "fence" | "code_block":
                yield "\n".join(f"{indent}    {line}" for line in token.content.rstrip("\n").split("\n"))
            case "inline":
                yield wrap(_text_inline(token.children or ()), width, indent)
            case _:
                yield from _text_blocks(inner, width, indent)
        position = end + 1


def _closing(tokens: Sequence[Token], position: int) -> int:
    """Where the block that opens at `position` closes; `position` itself for a block without parts."""
    depth = 0
    for end in range(position, len(tokens)):
        depth += tokens[end].nesting
        if depth == 0:
            return end
    return len(tokens) - 1


def _text_list(tokens: Sequence[Token], width: int, indent: str, *, first: object, ordered: bool) -> str:
    items, position = [], 0
    number = int(str(first)) if first is not None else 1
    while position < len(tokens):
        end = _closing(tokens, position)
        sign = f"{number}. " if ordered else "- "
        inner = tokens[position + 1 : end]
        between = "\n" if any(token.hidden for token in inner) else "\n\n"  # hidden: paragraphs of a tight list
        body = between.join(_text_blocks(inner, width, indent + " " * len(sign)))
        items.append(indent + sign + body[len(indent) + len(sign) :])
        position, number = end + 1, number + 1
    return "\n".join(items)


def _text_inline(tokens: Iterable[Token]) -> str:
    pieces, links = [], []
    for token in tokens:
        match token.type:
            case "softbreak":
                pieces.append(" ")
            case "hardbreak":
                pieces.append("\n")
            case "image":
                pieces.append(_text_inline(token.children or ()))
            case "link_open":
                links.append((len(pieces), str(token.attrGet("href") or "")))
            case "link_close":
                start, address = links.pop()
                pieces.append(_address_behind("".join(pieces[start:]), address))
            case _:
                pieces.append(token.content)
    return "".join(pieces)


def _address_behind(text: str, address: str) -> str:
    shown = address.removeprefix("mailto:")
    return "" if text in (shown, address) else f" ({shown})"
