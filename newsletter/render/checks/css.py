"""The CSS of a letter, as far as it decides how text looks: colours, sizes, what is hidden."""

from __future__ import annotations

import re
from collections.abc import Iterator
from functools import lru_cache

from msgspec import Struct

from newsletter.contrast import Colour, colour

PROPERTIES = frozenset({"color", "background", "background-color", "font-size", "display", "visibility", "opacity"})
"""What is read; everything else says nothing about whether words can be read."""

# Word knows the sixteen names of HTML 4 and no others.
_NAMES = {
    "aqua": "#00ffff", "black": "#000000", "blue": "#0000ff", "fuchsia": "#ff00ff", "gray": "#808080",
    "green": "#008000", "lime": "#00ff00", "maroon": "#800000", "navy": "#000080", "olive": "#808000",
    "purple": "#800080", "red": "#ff0000", "silver": "#c0c0c0", "teal": "#008080", "white": "#ffffff",
    "yellow": "#ffff00",
}  # fmt: skip
_COMMENT = re.compile(r"/\*.*?\*/", re.DOTALL)
_RULE = re.compile(r"([^{};]+)\{([^{}]*)\}")
_MEDIA = re.compile(r"@media\s*([^{]+)\{((?:[^{}]*\{[^{}]*\})*[^{}]*)\}", re.IGNORECASE)
_FEATURE = re.compile(r"\(\s*(prefers-color-scheme|min-width|max-width)\s*:\s*(\w+)\s*\)", re.IGNORECASE)
_RGB = re.compile(r"rgba?\(\s*(\d+)\s*[, ]\s*(\d+)\s*[, ]\s*(\d+)\s*(?:[,/]\s*([\d.]+%?)\s*)?\)", re.IGNORECASE)
_SIMPLE = re.compile(r"([.#]?)([\w-]+)|\[([\w-]+)\]|(:[\w:()-]+)|\*")
_STEP = re.compile(r"\s*(>)\s*|\s+")

Paint = tuple[Colour, float]
"""A colour and how opaque it is, 0 to 1."""


class Screen(Struct, frozen=True):
    """Where a letter is read."""

    dark: bool
    width: int


class Declaration(Struct, frozen=True):
    """`property: value`, perhaps `!important`."""

    name: str
    value: str
    important: bool


class Compound(Struct, frozen=True):
    """One part of a selector between blanks: a tag, and classes, that one element must have."""

    tag: str = ""
    classes: frozenset[str] = frozenset()
    known: bool = True
    child: bool = False  # joined to the part before it by >


class Rule(Struct, frozen=True):
    """A selector with what it declares; `weight` is its specificity (ids, classes, tags)."""

    compounds: tuple[Compound, ...]
    declarations: tuple[Declaration, ...]
    media: str = ""

    @property
    def weight(self) -> tuple[int, int]:
        """Classes, then tags; a selector with an id matches nothing here."""
        return sum(len(one.classes) for one in self.compounds), sum(bool(one.tag) for one in self.compounds)


def rules(css: str) -> Iterator[Rule]:
    """The rules of a style sheet that say something about `PROPERTIES`, in their order."""
    css = _COMMENT.sub("", css)
    end = 0
    for block in _MEDIA.finditer(css):
        yield from _plain(css[end : block.start()], "")
        yield from _plain(block[2], block[1])
        end = block.end()
    yield from _plain(css[end:], "")


def _plain(css: str, media: str) -> Iterator[Rule]:
    for found in _RULE.finditer(css):
        declared = tuple(one for one in declarations(found[2]) if one.name in PROPERTIES)
        if declared:
            for selector in found[1].split(","):
                yield Rule(_compounds(selector.strip()), declared, media)


def applies(media: str, screen: Screen) -> bool:
    """Whether a media query is true of a screen in the letter's own colours; what else it asks is taken as true."""
    if re.search(r"\bprint\b|forced-colors", media):
        return False
    for name, value in _FEATURE.findall(media.lower()):
        if name == "prefers-color-scheme" and (value == "dark") != screen.dark:
            return False
        if name == "min-width" and screen.width < pixels(value):
            return False
        if name == "max-width" and screen.width > pixels(value):
            return False
    return True


def _compounds(selector: str) -> tuple[Compound, ...]:
    found, end, child = [], 0, False
    for step in _STEP.finditer(selector):
        found.append(_compound(selector[end : step.start()], child=child))
        end, child = step.end(), bool(step[1])
    return (*found, _compound(selector[end:], child=child))


def _compound(text: str, *, child: bool) -> Compound:
    """A part that asks for an id, an attribute or a state matches nothing: our letters have none of them."""
    tag, classes, known = "", set(), True
    for sign, name, attribute, state in _SIMPLE.findall(text):
        if sign == ".":
            classes.add(name)
        elif sign == "#" or attribute or state:
            known = False
        elif name:
            tag = name.lower()
    return Compound(tag, frozenset(classes), known, child)


@lru_cache(maxsize=4096)
def declarations(style: str) -> tuple[Declaration, ...]:
    """What the value of a `style` attribute, or the inside of a rule, declares."""
    found = []
    for part in style.split(";"):
        name, colon, value = part.partition(":")
        if colon:
            bare = value.replace("!important", "").strip()
            found.append(Declaration(name.strip().lower(), bare, bare != value.strip()))
    return tuple(found)


@lru_cache(maxsize=1024)
def paint(value: str) -> Paint | None:
    """The colour that a value of `color` or `background` holds; None where it holds none.

    Raises:
        ValueError: it holds something that not every mail program takes for a colour.
    """
    value = value.strip().lower()
    if value in ("transparent", "none", ""):
        return (0, 0, 0), 0.0
    if found := _RGB.fullmatch(value):
        return (float(found[1]), float(found[2]), float(found[3])), _share(found[4])
    return colour(_NAMES.get(value, value)), 1.0


def _share(written: str | None) -> float:
    if not written:
        return 1.0
    return float(written.rstrip("%")) / (100 if written.endswith("%") else 1)


def pixels(value: str) -> float:
    """A length in px or pt as pixels; 0 where it is none."""
    found = re.match(r"([\d.]+)(px|pt)?", value.strip())
    return float(found[1]) * (4 / 3 if found[2] == "pt" else 1) if found else 0.0
