"""What the rules look at: one letter as it is mailed, and what must not stand in any."""

from __future__ import annotations

from functools import cached_property
from typing import Any, Literal

from msgspec import Struct, field
from msgspec.structs import replace

from newsletter.model import Edition, Rendered
from newsletter.render.checks.cascade import Look, cascade
from newsletter.render.checks.document import Document, Element, Text, read, squeezed

Severity = Literal["hint", "warning", "fault"]

HOLE_BEGIN, HOLE_END = "\ufdd2", "\ufdd3"
"""Around the name of a recipient's field; no text can hold these noncharacters (see `printable`)."""

_LABELS = frozenset({"aria-label", "alt", "title"})
_LONGEST_EXCERPT = 80


class Grounds(Struct, frozen=True, kw_only=True):
    """What the rules must know of the workspace.

    Args:
        machines: hosts that the config names (Prometheus, relay, directory); readers need none of them.
        known_hosts: hosts of the own network that readers know and may see.
        secrets: the values behind `env:` and `file:`, by the key that asks for each.
        drafts: whether notes that are not ready may show, as in a preview.
    """

    machines: frozenset[str] = frozenset()
    known_hosts: frozenset[str] = frozenset()
    secrets: tuple[tuple[str, str], ...] = ()
    drafts: bool = False

    def __rich_repr__(self) -> list[tuple[str, Any]]:
        """All but the secrets; what rich, and whatever else prints values in colour, asks instead of `__repr__`."""
        return [("machines", self.machines), ("known_hosts", self.known_hosts), ("drafts", self.drafts)]

    def __repr__(self) -> str:
        """Without the secrets."""
        return f"Grounds({', '.join(f'{name}={value!r}' for name, value in self.__rich_repr__())})"


class Problem(Struct, frozen=True, kw_only=True):
    """What a rule found in a letter.

    Args:
        severity: what follows from it.
        what: a sentence without a full stop.
        do: what to do about it.
        excerpt: the words of the letter that it is about.
        offset: where it stands in the HTML; -1 if it does not.
        written: how it is written in the HTML, the surest form first, to find who wrote it.
        by_layout: whether the layout is to be mended, and not the words.
    """

    severity: Severity
    what: str
    do: str
    excerpt: str = ""
    offset: int = -1
    written: tuple[str, ...] = ()
    by_layout: bool = False


class Letter(Struct, dict=True):
    """One letter with everything that is worked out from it once."""

    edition: Edition
    rendered: Rendered
    grounds: Grounds = field(default_factory=Grounds)

    @cached_property
    def html(self) -> str:
        """Its HTML, with the names of the recipient's fields where their values will stand."""
        return self.rendered.html.fill({name: _hole(name) for name in self.rendered.html.fields})

    @cached_property
    def text(self) -> str:
        """Its plain-text part, likewise."""
        return self.rendered.text.fill({name: _hole(name) for name in self.rendered.text.fields})

    @cached_property
    def document(self) -> Document:
        """Its elements and texts."""
        return read(self.html)

    @cached_property
    def looks(self) -> dict[Element, tuple[Look, ...]]:
        """How each element looks on each screen."""
        return cascade(tuple(self.document.css)).looks(self.document.elements)

    @cached_property
    def shown(self) -> list[Text]:
        """The texts that a reader sees, without those that are blank."""
        return [one for one in self.document.texts if one.value.strip() and self._is_shown(one.parent)]

    @cached_property
    def links(self) -> list[Element]:
        """Its links."""
        return [one for one in self.document.all("a") if "href" in one.attributes]

    @cached_property
    def words(self) -> str:
        """All words that a reader sees, blanks and line breaks as one blank."""
        return squeezed("".join(one.value for one in self.document.texts if self._is_shown(one.parent)))

    def nth(self, problem: Problem) -> int:
        """How often the excerpt of a problem stands in the words of the letter before the place it is about."""
        before = (
            one.value
            for one in self.document.texts
            if one.offset + len(one.value) <= problem.offset and self._is_shown(one.parent)
        )
        return squeezed("".join(before)).count(problem.excerpt) if problem.excerpt else 0

    @cached_property
    def prose(self) -> tuple[Text, ...]:
        """Everything that can be read or read out: the shown texts, the title, and labels of elements."""
        found = list(self.shown)
        for element in self.document.elements:
            if element.tag == "title":
                found += element.texts
            for name in _LABELS & element.attributes.keys():
                found.append(Text(element[name], element, element.offset))
        return tuple(found)

    @cached_property
    def prose_lines(self) -> str:
        """The same as one text, to see at once whether something is anywhere in it."""
        return "\n".join(one.value.strip() for one in self.prose)

    def _is_shown(self, element: Element) -> bool:
        if element.tag in ("style", "title"):
            return False
        return not all(look.hidden for look in self.looks[element])


def excerpt(text: str) -> str:
    """The beginning of a text, as many whole words as an excerpt has room for."""
    whole = squeezed(text)
    return whole if len(whole) <= _LONGEST_EXCERPT else whole[: _LONGEST_EXCERPT + 1].rpartition(" ")[0]


def around(text: str, start: int, end: int) -> str:
    """Some words of a text with what stands before and after it."""
    first = text.rfind(" ", 0, max(0, start - 20)) + 1
    last = text.find(" ", min(len(text), end + 20))
    return squeezed(text[first : last if last >= 0 else None])


def at_words(severity: Severity, text: Text, what: str, do: str, *, said: str) -> Problem:
    """A problem with some of the words of a text."""
    return Problem(
        severity=severity,
        what=what,
        do=do,
        excerpt=excerpt(said),
        offset=text.offset,
        written=(text.value.strip(), said, text.parent.written),
    )


def at_look(severity: Severity, text: Text, what: str, do: str) -> Problem:
    """A problem with how a text looks."""
    parent, words = text.parent, text.value.strip()
    return Problem(
        severity=severity,
        what=what,
        do=do,
        excerpt=excerpt(words),
        offset=parent.offset,
        written=(f"{parent.written}{words}", parent.written, words),
        by_layout=True,
    )


def at_link(severity: Severity, link: Element, what: str, do: str) -> Problem:
    """A problem with a link: its address says who wrote it."""
    return replace(at_tag(severity, link, what, do), written=(link["href"], link.text, link.written), by_layout=False)


def at_tag(severity: Severity, element: Element, what: str, do: str) -> Problem:
    """A problem with a tag of the layout."""
    return Problem(
        severity=severity,
        what=what,
        do=do,
        excerpt=excerpt(element.text),
        offset=element.offset,
        written=tuple(one for one in (element.written, element["src"], element.text) if one),
        by_layout=True,
    )


def _hole(name: str) -> str:
    return f"{HOLE_BEGIN}{name}{HOLE_END}"
