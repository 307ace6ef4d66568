"""How each text of a letter looks: its colour, what lies behind it, its size.

The part of the CSS cascade that a letter uses: tags, classes, descendants (`a b`) and children (`a > b`),
`!important`, inline styles, `bgcolor`, inheritance, media queries on scheme and width. What it says
is compared with what Chromium computes, in the browser tests.
"""

from __future__ import annotations

from collections.abc import Iterator
from functools import lru_cache

from msgspec import Struct, field

from newsletter.contrast import Colour
from newsletter.render.checks.css import Declaration, Paint, Rule, Screen, applies, declarations, paint, pixels, rules
from newsletter.render.checks.document import Element

SCREENS = (Screen(dark=False, width=1000), Screen(dark=True, width=1000), Screen(dark=False, width=320))
"""Where a letter is looked at: in both schemes, and on a small phone."""

_CANVAS: dict[bool, Colour] = {False: (255, 255, 255), True: (18, 18, 18)}  # of Chromium
_INK: dict[bool, Colour] = {False: (0, 0, 0), True: (255, 255, 255)}
_LINK: dict[bool, Colour] = {False: (0, 0, 238), True: (158, 158, 255)}

# The HTML standard, "15 Rendering": sizes in em.
_SIZES = {"h1": 2, "h2": 1.5, "h3": 1.17, "h5": 0.83, "h6": 0.67, "small": 5 / 6, "sub": 5 / 6, "sup": 5 / 6}
_WORDS = {"small": 13, "medium": 16, "large": 18, "x-small": 10, "x-large": 24, "xx-small": 9, "xx-large": 32}

_Match = tuple[int, int]  # which selector, and how many of its parts before this one


class Look(Struct, frozen=True):
    """How text in an element is shown on one screen; colours are opaque, sizes in px."""

    ink: Colour
    ground: Colour
    size: float
    gone: bool = False  # by an element around it
    unread: str = ""  # a colour of it that not every program understands

    @property
    def hidden(self) -> bool:
        """Whether nothing of its own text is seen; what is in it may have a size again."""
        return self.gone or not self.size


class _Standing(Struct, frozen=True, eq=False):
    """An element as far as those in it are concerned: what it matched, and its looks; one object for equal ones."""

    own: frozenset[_Match]
    above: frozenset[_Match]
    looks: tuple[Look, ...]


class Cascade(Struct, eq=False):
    """The looks of elements under one style sheet; equal elements in equal places are worked out once."""

    rules: tuple[Rule, ...]
    _screens: tuple[frozenset[int], ...] = ()
    _by_name: dict[str, list[_Match]] = field(default_factory=dict)
    _known: dict[tuple[_Standing | None, str, str, str, str], _Standing] = field(default_factory=dict)
    _same: dict[tuple[frozenset[_Match], frozenset[_Match], tuple[Look, ...]], _Standing] = field(default_factory=dict)

    def __post_init__(self) -> None:
        """Which rules hold on which screen, and which parts of selectors an element has to be compared with."""
        self._screens = tuple(
            frozenset(index for index, rule in enumerate(self.rules) if applies(rule.media, screen))
            for screen in SCREENS
        )
        for index, rule in enumerate(self.rules):
            for position, part in enumerate(rule.compounds):
                if part.known:
                    key = "." + min(part.classes) if part.classes else part.tag
                    self._by_name.setdefault(key, []).append((index, position))

    def looks(self, elements: list[Element]) -> dict[Element, tuple[Look, ...]]:
        """The looks of each element, one for each of `SCREENS`; parents stand before what is in them."""
        found: dict[Element, _Standing] = {}
        for element in elements:
            parent = found[element.parent] if element.parent else None
            key = (parent, element.tag, element["class"], element["style"], element["bgcolor"])
            known = self._known.get(key)
            if known is None:
                known = self._known[key] = self._standing(parent, element)
            found[element] = known
        return {element: one.looks for element, one in found.items()}

    def _standing(self, parent: _Standing | None, element: Element) -> _Standing:
        own = frozenset(self._matched(parent, element.tag, frozenset(element["class"].split())))
        above = parent.above | parent.own if parent else frozenset()
        full = [index for index, position in own if position == len(self.rules[index].compounds) - 1]
        looks = tuple(
            _look(parent.looks[number] if parent else None, element, self._declared(full, number, element), screen)
            for number, screen in enumerate(SCREENS)
        )
        return self._same.setdefault((own, above, looks), _Standing(own, above, looks))

    def _matched(self, parent: _Standing | None, tag: str, classes: frozenset[str]) -> Iterator[_Match]:
        for name in ("", tag, *(f".{one}" for one in classes)):
            for index, position in self._by_name.get(name, ()):
                part = self.rules[index].compounds[position]
                if part.tag in ("", tag) and part.classes <= classes and self._joined(parent, index, position):
                    yield index, position

    def _joined(self, parent: _Standing | None, index: int, position: int) -> bool:
        before = (index, position - 1)
        if position == 0:
            return True
        if parent is None:
            return False
        return before in parent.own or (not self.rules[index].compounds[position].child and before in parent.above)

    def _declared(self, full: list[int], screen: int, element: Element) -> dict[str, str]:
        """The value that wins for each property: !important, inline, specificity, then order (CSS Cascade 4, 6.1)."""
        ranked: list[tuple[tuple[bool, bool, tuple[int, int], int, int], Declaration]] = []
        for index in full:
            if index in self._screens[screen]:
                rule = self.rules[index]
                ranked += [
                    ((one.important, False, rule.weight, index, number), one)
                    for number, one in enumerate(rule.declarations)
                ]
        for number, one in enumerate(declarations(element["style"])):
            ranked.append(((one.important, True, (0, 0), 0, number), one))
        ranked.sort(key=lambda pair: pair[0])
        given = {"background-color": element["bgcolor"]} if element["bgcolor"] else {}
        for _, one in ranked:
            given["background-color" if one.name == "background" else one.name] = one.value
        return given


@lru_cache(maxsize=8)
def cascade(css: tuple[str, ...]) -> Cascade:
    """The cascade of some style sheets; the variants of an edition share theirs."""
    return Cascade(tuple(rule for sheet in css for rule in rules(sheet)))


def _look(parent: Look | None, element: Element, given: dict[str, str], screen: Screen) -> Look:
    above = parent or Look(_INK[screen.dark], _CANVAS[screen.dark], 16)
    unread: list[str] = []
    ink = _painted(given.get("color", ""), unread)
    ground = _painted(given.get("background-color", ""), unread)
    behind = _over(ground, above.ground) if ground else above.ground
    own_ink = above.ink if "color" in given or element.tag != "a" or not element["href"] else _LINK[screen.dark]
    return Look(
        ink=_over(ink, behind) if ink else own_ink,
        ground=behind,
        size=_size(given.get("font-size", ""), element.tag, above.size),
        gone=above.gone or _hides(given),
        unread=unread[0] if unread else "",
    )


def _painted(value: str, unread: list[str]) -> Paint | None:
    if value in ("", "inherit", "currentcolor", "initial", "unset"):
        return None
    try:
        return paint(value)
    except ValueError:
        unread.append(value)
        return None


def _over(upper: Paint, lower: Colour) -> Colour:
    (red, green, blue), share = upper
    if share >= 1:
        return red, green, blue
    return tuple(share * one + (1 - share) * other for one, other in zip((red, green, blue), lower, strict=True))  # type: ignore[return-value]  # three channels


def _hides(given: dict[str, str]) -> bool:
    return (
        given.get("display") == "none"
        or given.get("visibility") in ("hidden", "collapse")
        or given.get("opacity") == "0"
    )


def _size(value: str, tag: str, inherited: float) -> float:
    value = value.lower()
    if not value:
        return inherited * _SIZES.get(tag, 1)
    if value in _WORDS:
        return float(_WORDS[value])
    for unit, factor in (("rem", 16.0), ("em", inherited), ("%", inherited / 100)):
        if value.endswith(unit):
            return pixels(value.removesuffix(unit)) * factor
    return pixels(value)
