"""Rules about what programs that read aloud, translate or index make of a letter, and about its pictures."""

from __future__ import annotations

import re
from collections.abc import Iterator

from newsletter.render.checks.document import Element
from newsletter.render.checks.letter import Letter, Problem, at_tag

_FILE_NAME = re.compile(r"[\w-]+\.(?:png|jpe?g|gif|svg|webp)", re.IGNORECASE)
_FETCHING = frozenset({"src", "background", "srcset", "poster"})
_WIDE = 280  # px: a chart, and no logo
_PIXEL = 3  # px: nobody sees a picture of that size


def title(letter: Letter) -> Iterator[Problem]:
    """A program that reads aloud begins with the title."""
    if not any(one.text for one in letter.document.all("title")):
        yield Problem(severity="fault", what="the letter has no <title>", do="Fill <mj-title> in head.mjml.j2.")


def language(letter: Letter) -> Iterator[Problem]:
    """The language and direction are said, and are those of the variant: they decide voice and order of words."""
    edition = letter.edition
    for name, right in (("lang", edition.locale), ("dir", edition.direction)):
        wrong = [one for one in letter.document.all("html") if one[name] != right]
        if wrong or not letter.document.all("html"):
            said = wrong[0][name] if wrong else ""
            what = f'the letter says {name}="{said}"; it is {right}'
            yield Problem(severity="fault", what=what, do=f'Write {name}="{right}" on <mjml> in mail.mjml.j2.')


def headings(letter: Letter) -> Iterator[Problem]:
    """One h1, and no level left out: who listens leafs through a letter by its headings."""
    found = letter.document.all("h1", "h2", "h3", "h4", "h5", "h6")
    tops = [one for one in found if one.tag == "h1"]
    if len(tops) != 1:
        what = f"the letter has {len(tops)} headings of the first level (<h1>)"
        where = tops[1] if len(tops) > 1 else None
        do = "One, the headline; make the others <h2>."
        yield at_tag("fault", where, what, do) if where else Problem(severity="fault", what=what, do=do)
    before = 0
    for one in found:
        level = int(one.tag[1])
        if level > before + 1:
            what = f"<h{level}> comes after {f'<h{before}>' if before else 'no heading'}: a level is left out"
            yield at_tag("fault", one, what, f"Make it <h{before + 1}>; its size is a matter of style.")
        before = level
        if not one.text:
            yield at_tag("fault", one, f"a heading <{one.tag}> without words", "Fill it, or take it out.")


def tables(letter: Letter) -> Iterator[Problem]:
    """A table for the layout says so; one that holds data names its columns."""
    heads = {_table_of(one): one for one in letter.document.all("th") if one["scope"] in ("col", "row")}
    for one in letter.document.all("table"):
        drawing = any(above["role"] == "img" for above in one.within())  # what is in it is never read out
        if one["role"] not in ("presentation", "none") and one not in heads and not drawing:
            what = "a table is neither layout nor has heads of its columns"
            do = 'Write role="presentation" on it, or <th scope="col"> in its first row.'
            yield at_tag("fault", one, what, do)


def _table_of(element: Element) -> Element | None:
    return next((one for one in element.within() if one.tag == "table"), None)


def image_alt(letter: Letter) -> Iterator[Problem]:
    """Many programs show no pictures until they are asked, and not everybody sees them then."""
    for one in letter.document.all("img"):
        said = one["alt"].strip()
        if not said or _FILE_NAME.fullmatch(said):
            what = f'a picture has the text "{said}"' if said else "a picture without a text for it"
            yield at_tag("fault", one, what, "Say in `alt` what it shows.")
        elif _pixels(one["width"]) >= _WIDE and len(said.split()) < 4:
            what = f'"{said}" does not say what the picture tells'
            yield at_tag("warning", one, what, "Write in `alt` the sentence that a reader should take from it.")
    for one in letter.document.elements:
        if one["role"] == "img" and one.tag != "img" and not one["aria-label"].strip():
            what = f"a drawing (<{one.tag} role=img>) without a text for it"
            yield at_tag("fault", one, what, "Say in `aria-label` what it shows.")


def image_width(letter: Letter) -> Iterator[Problem]:
    """Outlook shows a picture in the size of its file unless the attribute says otherwise, in whole pixels."""
    for one in letter.document.all("img"):
        if not re.fullmatch(r"[1-9]\d*", one["width"]):
            what = f'a picture has width="{one["width"]}"'
            yield at_tag("fault", one, what, "Write the width as an attribute, in whole pixels, without px.")


def image_source(letter: Letter) -> Iterator[Problem]:
    """Pictures travel in the mail: what is fetched tells who read it when, and data: counts for the size."""
    carried = {one.id for one in letter.rendered.attachments}
    for one in letter.document.elements:
        for name in _FETCHING & one.attributes.keys():
            source = one[name].strip()
            if source.lower().startswith("cid:") and source[4:] not in carried:
                do = "Take the picture from `edition.pictures`; what it names travels in the mail."
                yield at_tag("fault", one, f"the mail does not hold the picture {source[:60]}", do)
            elif not source.lower().startswith("cid:"):
                what = f"<{one.tag} {name}> fetches {source[:60]}"
                do = "Name a picture that travels in the mail (cid:); nothing is fetched from elsewhere."
                if source.lower().startswith("data:"):
                    what, do = f"<{one.tag} {name}> holds the picture itself (data:)", "Gmail shows none: use cid:."
                yield at_tag("fault", one, what, do)


def hidden_image(letter: Letter) -> Iterator[Problem]:
    """A picture that nobody is meant to see can only be there to count readers."""
    for one in letter.document.all("img"):
        small = min(_pixels(one[name]) if one[name] else _WIDE for name in ("width", "height")) <= _PIXEL
        if small or all(look.hidden for look in letter.looks[one]):
            size = f"{one['width'] or '?'} x {one['height'] or '?'}"
            what = f"a picture of {size} pixels that nobody sees"
            yield at_tag("fault", one, what, "Take it out: nothing may count who reads.")


def _pixels(width: str) -> float:
    found = re.match(r"\d+(?:\.\d+)?", width.strip())
    return float(found[0]) if found else 0.0
