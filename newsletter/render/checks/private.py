"""Rules about what must never leave the house: leftovers of the making, names of machines, secrets."""

from __future__ import annotations

import re
from collections.abc import Iterator

from newsletter.hosts import INSIDE, INSIDE_HINT, is_private
from newsletter.model import Section
from newsletter.render.checks.letter import HOLE_BEGIN, HOLE_END, Letter, Problem, around, at_words

_LEFTOVER = re.compile(
    r"\{\{|\}\}|\{%|%\}|\{#|#\}"  # Jinja
    r"|</?mj-?\w*|&lt;/?mj-"  # MJML
    r"|\{[a-z_]+\}|%\([a-z_]+\)s|\$\{\w+\}"  # fields that nobody filled in
    r"|\*\|[A-Z_]+\|\*|\[\[\w+\]\]"  # merge tags of other programs
    r"|\bx[0-9a-f]{16}x\b"  # our own tokens
    r"|\b[Ll]orem ipsum\b|\b(?:TODO|FIXME|XXX)\b"
    r"|\[object Object\]|\ufffd|\bundefined\b(?=\s*(?:%|$))"
)
_NO_NUMBER = re.compile(
    r"(?m)^(?:None|nan|NaN|-?inf|null)$|(?<![\w-])(?:None|nan|NaN|-?inf)(?=\s?(?:%|min\b|h\b|ms\b|of\s\d))|\bNaN\b"
)
_HINT = re.compile(
    r"[{}\ufffd]|%\(|\*\||\[[\[o]|mj-|x[0-9a-f]{16}x|orem ipsum|TODO|FIXME|XXX|undefined|None|NaN|\b(?:nan|inf|null)\b"
)
_KEYS = (
    ("an AWS access key", ("AKIA", "ASIA"), r"\b(?:AKIA|ASIA)[0-9A-Z]{16}\b"),
    ("a GitHub token", ("gh",), r"\b(?:gh[pousr]_[A-Za-z0-9]{20,}|github_pat_\w{20,})"),
    ("a GitLab token", ("glpat-",), r"\bglpat-[\w-]{20,}"),
    ("a Slack token", ("xox",), r"\bxox[abprs]-[\w-]{10,}"),
    ("a JSON web token", ("eyJ",), r"\beyJ[\w-]{8,}\.eyJ[\w-]{8,}\.[\w-]*"),
    ("a private key", ("-----BEGIN",), r"-----BEGIN [A-Z ]*(?:PRIVATE KEY|CERTIFICATE)"),
    (
        "a password",
        ("assw", "pwd", "PWD", "PASS", "ecret", "SECRET", "key", "KEY", "oken", "TOKEN"),
        r"(?i)\b(?:password|passwd|pwd|secret|api[_-]?key|token)(?:\s?=\s?|:\s?(?=\S*\d))[^\s,;.<>]{6,}",
    ),
    ("a login in an address", ("://",), r"(?i)\b[a-z][a-z0-9+.-]*://[^\s/:@]+:[^\s/@]+@"),
)
"""What it is, what it cannot be without, and how it is written."""

_SHORTEST_SECRET = 6


def leftover(letter: Letter) -> Iterator[Problem]:
    """What should have been filled in or taken out."""
    do = "Take it out of the note, config or template that holds it."
    for text in letter.prose if _any_leftover(letter.prose_lines) else ():
        for pattern in (_LEFTOVER, _NO_NUMBER):
            if found := pattern.search(text.value.strip()):
                near = around(text.value.strip(), *found.span())
                yield at_words("fault", text, f'"{near}" would be mailed as it stands', do, said=found[0])
    for line in (letter.rendered.subject, letter.rendered.preheader, *_lines(letter)):
        if found := _LEFTOVER.search(line):
            what = f'"{around(line, *found.span())}" would be mailed as it stands'
            yield Problem(severity="fault", what=what, do=do, excerpt=found[0], written=(found[0],))


def _any_leftover(whole: str) -> bool:
    """At a fraction of the cost of looking for each; nearly every letter has none."""
    return bool(_HINT.search(whole)) and bool(_LEFTOVER.search(whole) or _NO_NUMBER.search(whole))


def _lines(letter: Letter) -> list[str]:
    """The plain text, one line after the other, without what the HTML says as well."""
    if not _HINT.search(letter.text):
        return []
    said = letter.words
    return [one for one in letter.text.splitlines() if not (found := _LEFTOVER.search(one)) or found[0] not in said]


def draft(letter: Letter) -> Iterator[Problem]:
    """A note that is not ready reaches nobody."""
    if letter.grounds.drafts:
        return
    ribbon = letter.edition.contents.get("draft", "")
    marked = any(ribbon and one.value.strip().rstrip(":") == ribbon for one in letter.shown)
    if marked or any(_holds_draft(section) for section in letter.edition.sections):
        what = "a note that is not ready is in the letter"
        yield Problem(severity="fault", what=what, do="Finish it, or build without drafts.", excerpt=ribbon)


def _holds_draft(section: Section) -> bool:
    cards, rows, voices = section.incidents, section.notes, section.heard
    return any([*(one.draft for one in cards), *(one.draft for one in rows), *(one.draft for one in voices)])


def machines(letter: Letter) -> Iterator[Problem]:
    """Names and addresses of the own network help nobody who reads, and somebody who attacks."""
    known, whole = letter.grounds.known_hosts, letter.prose_lines.lower()
    own = [one for one in letter.grounds.machines - known if "." in one and not one.replace(".", "").isdigit()]
    if not any(one in whole for one in own) and not INSIDE_HINT.search(whole):
        return
    for text in letter.prose:
        low = text.value.lower()
        found = [one for one in own if re.search(rf"(?<![\w.@-]){re.escape(one)}(?![\w-])", low)]
        if "." in low:
            found += [one["name"] or one["address"] for one in INSIDE.finditer(low) if _is_inside(one)]
        for one in dict.fromkeys(found):
            if one not in known:
                what = f'"{one}" is a machine of the own network'
                do = "Say what people use: the name of the service."
                yield at_words("fault", text, what, do, said=one if one in text.value else text.value)


def _is_inside(found: re.Match[str]) -> bool:
    return bool(found["name"]) or is_private(found["address"])


def secret(letter: Letter) -> Iterator[Problem]:
    """No value behind `env:` or `file:` of the config, and nothing that looks like a key, anywhere in the mail."""
    mailed = f"{letter.rendered.subject}\n{letter.html}\n{letter.text}"
    do = "Take it out, change it where it is used, and look where it came from."
    for key, value in letter.grounds.secrets:
        if len(value) >= _SHORTEST_SECRET and value in mailed:
            yield Problem(severity="fault", what=f"the mail holds the value of {key}", do=do)
    words = re.sub(rf"{HOLE_BEGIN}\w+{HOLE_END}", "", "\n".join((letter.prose_lines, letter.text, *_addresses(letter))))
    for name, hints, pattern in _KEYS:
        if any(hint in words for hint in hints) and (found := re.search(pattern, words)):
            where = f"{found[0][:8]}..."  # never the whole of it
            yield Problem(severity="fault", what=f"{where} looks like {name}", do=do, written=(found[0],))


def _addresses(letter: Letter) -> list[str]:
    return [one["href"] for one in letter.links]
