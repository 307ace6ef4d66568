"""The plain-language lint: what stands in a note that a reader would stumble over, or could not believe.

Pure: a manuscript and the numbers of the month in, findings out. A rule is a function of the
context; `RULES` is the list of them. docs/plain-language.md tells each to the people who write.
"""

from __future__ import annotations

import re
from collections.abc import Callable, Iterable, Iterator
from dataclasses import dataclass, field
from difflib import get_close_matches
from functools import cached_property

from newsletter.errors import ContentError
from newsletter.language.readability import ENOUGH_WORDS, Sentence, scale, sentences, words
from newsletter.model import REFERENCE, Finding, Note
from newsletter.model.finding import fault, warning
from newsletter.notes.manuscript import Manuscript, Passage
from newsletter.notes.numbers import contradicted, mentions, nearest
from newsletter.notes.sourced import Printed, Sourced
from newsletter.notes.vocabulary import Advice, Vocabulary, vocabulary

PASSIVE_SHARE = 0.3
HARD, TOO_HARD = 50, 40  # Gulpease and Flesch: below, a warning and a fault
_ENOUGH_PASSIVE = 2  # a single sentence is no habit

_LEFTOVER = re.compile(r"\{\{.*?\}\}|\{\{|\}\}|\{%|%\}|\b(?:TODO|FIXME|XXX)\b|[Ll]orem ipsum")
_LINK = re.compile(r"(?<!!)\[([^\]\n]+)\]\(")
_IMAGE = re.compile(r"!\[\s*\]\(")
_MARKS = re.compile(r"!{2,}|\?!+|!\?+|\?{2,}")
_CAPITALS = re.compile(r"(?<![\w-])[A-ZÀ-ÖØ-Þ]{2,}(?: [A-ZÀ-ÖØ-Þ]{2,})+(?![\w-])|(?<![\w-])[A-ZÀ-ÖØ-Þ]{6,}(?![\w-])")
_ACRONYM = re.compile(r"(?<![\w-])[A-Z][A-Z0-9]{2,4}(?![\w-])")
_TOKEN = re.compile(r"\S+")
_HOST_HINT = re.compile(r"\d|=|\.\w")
_HOST = re.compile(
    r"\b(?:\d{1,3}\.){3}\d{1,3}\b"
    r"|\b(?=[\w.-]*[a-z])[a-z0-9-]+(?:\.[a-z0-9-]+)*:\d{2,5}\b"
    r"|\b[a-z0-9-]+(?:\.[a-z0-9-]+)*\.(?:local|internal|intern|lan|corp|intra|localdomain)\b"
    r"|\b(?=[a-z-]*\d)(?:srv|vm|web|db|sql|app|host|node|esx|dc|nas|fs|mx|lb|proxy|k8s)[a-z]*-?[a-z]*-?\d{1,3}\b"
    r"|\b(?:job|instance)=\S+",
    re.IGNORECASE,
)


@dataclass(frozen=True)
class Context:
    """Everything the rules look at.

    Args:
        known: words in capitals that need no explanation: names of services and of the organisation.
    """

    file: str
    note: Note
    passages: tuple[Passage, ...]
    sourced: Sourced
    known: frozenset[str] = field(default_factory=frozenset)

    @cached_property
    def words(self) -> Vocabulary:
        """The word lists of the note's language."""
        return vocabulary(self.note.locale)

    @cached_property
    def body(self) -> Passage:
        """The Markdown below the front matter."""
        return self.passages[-1]

    @cached_property
    def sentences(self) -> tuple[Sentence, ...]:
        """Those of the body."""
        return tuple(sentences(self.body.prose, self.words.abbreviations))

    def sentences_of(self, passage: Passage) -> Iterable[Sentence]:
        """Those of any passage."""
        return self.sentences if passage is self.body else sentences(passage.prose, self.words.abbreviations)

    @cached_property
    def subjects(self) -> frozenset[str]:
        """What the note is about: its service, and the subjects of the facts it names."""
        named = {self.note.service} if self.note.service else set()
        return frozenset(named | {fact.split(".", 1)[0] for fact in self.note.facts})

    @property
    def backed(self) -> bool:
        """Whether the note says what it rests on: a reference, or facts of the month."""
        return bool(self.note.because or self.note.evidence or self.sourced.facts.intersection(self.note.facts))

    def warn(self, check: str, passage: Passage, offset: int, what: str, do: str) -> Finding:
        """Something to write better."""
        return warning(check, what, do, passage.place(self.file, offset))

    def wrong(self, check: str, passage: Passage, offset: int, what: str, do: str) -> Finding:
        """Something that must not be sent."""
        return fault(check, ContentError(what, do), passage.place(self.file, offset))


Rule = Callable[[Context], Iterator[Finding]]


def lint(manuscript: Manuscript, sourced: Sourced, *, known: frozenset[str] = frozenset()) -> list[Finding]:
    """Everything wrong with one note, in the order of its lines.

    Args:
        manuscript: a note that could be read.
        sourced: the numbers of the month.
        known: words in capitals that need no explanation.
    """
    if manuscript.note is None:
        return []
    quoted = manuscript.note.kind == "heard"  # the title is what somebody else said, in their own words
    passages = tuple(one for one in manuscript.passages if not (quoted and one.part == "title"))
    context = Context(manuscript.file, manuscript.note, passages, sourced, known)
    found = [finding for rule in RULES for finding in rule(context)]
    return sorted(found, key=_in_order)


def _in_order(finding: Finding) -> tuple[int, int]:
    return (finding.place.line, finding.place.column) if finding.place else (0, 0)


# --- numbers ------------------------------------------------------------------------------------


def numbers(context: Context) -> Iterator[Finding]:
    """Each number is a fact of the month, or has a reference; and it is the right one."""
    for passage in context.passages:
        for one in mentions(passage.prose, context.words.numbers):
            right = contradicted(one, context.subjects, context.sourced)
            if right and context.note.kind != "correction":  # which must quote what was wrong
                said = f'"{one.text}" disagrees with {right.fact}, which is {_written(right)}'
                do = f"Write {_written(right)}{_or_better(right)}."
                yield context.wrong("number-disagrees", passage, one.start, said, do)
            elif not context.backed and not context.sourced.holds(one.value, one.unit):
                near = nearest(one, context.sourced)
                hint = f" Near it is {near.fact}: {_written(near)}." if near else ""
                do = (
                    f'Write {{{{ n("...") }}}} with a fact of the month, or name `evidence:` in the front matter.{hint}'
                )
                yield context.wrong("number-unsourced", passage, one.start, f'"{one.text}" has no source', do)


def references(context: Context) -> Iterator[Finding]:
    """A reference names a fact of the month."""
    for passage in context.passages:
        for one in REFERENCE.finditer(passage.text):
            name = one["id"].strip()
            if name not in context.sourced.facts:
                do = "List the facts of the month with: newsletter facts"
                if near := get_close_matches(name, context.sourced.facts, n=1):
                    do = f"Did you mean {near[0]}?"
                yield context.wrong("reference-unknown", passage, one.start(), f'"{name}" is no fact of this month', do)


def _written(number: Printed) -> str:
    plain = f"{number.value:,}"
    return {"percent": f"{plain}%", "count": plain}.get(number.unit, f"{plain} {number.unit}")


def _or_better(number: Printed) -> str:
    """The reference that fills in the number by itself, where there is one."""
    form = "n" if number.unit == "count" else "fact"
    return f', or better {{{{ {form}("{number.fact}") }}}}, which is always right' if number.own else ""


# --- claims -------------------------------------------------------------------------------------


def absolutes(context: Context) -> Iterator[Finding]:
    """Never, always, 100 %: only with facts that prove it."""
    named = context.sourced.facts.intersection(context.note.facts)
    tell = context.warn if context.note.kind == "tip" else context.wrong  # advice is no promise
    for passage in context.passages:
        for one in context.words.absolutes.found(passage.prose, passage.starts):
            whole = "100" in one[0] and context.subjects & context.sourced.whole
            if not named and not whole and not _asks(passage.prose, one.end()):
                do = "Say what was measured (how often, since when), or name the facts that prove it under `facts:`."
                yield tell("absolute", passage, one.start(), f'"{one[0]}" promises too much', do)


def praise(context: Context) -> Iterator[Finding]:
    """Words that praise ourselves."""
    for passage in context.passages:
        for one in context.words.praise.found(passage.prose, passage.starts):
            do = "Leave it out, or say what the reader can do now that was not possible before."
            yield context.wrong("self-praise", passage, one.start(), f'"{one[0]}" praises and says nothing', do)


def causes(context: Context) -> Iterator[Finding]:
    """A cause needs its reference; who thanks people names none."""
    if context.note.because or context.note.evidence or context.note.kind == "people":
        return
    do = "Add `because:` with `text` and `ref` (a change or ticket number), or leave the cause out."
    for passage in context.passages:
        for one in context.words.causal.found(passage.prose, passage.starts):
            if _asks(passage.prose, one.end()):
                continue
            tell = context.wrong if context.note.kind == "incident" else context.warn
            yield tell("cause-unproved", passage, one.start(), f'"{one[0]}" names a cause without a reference', do)


def _asks(prose: str, offset: int) -> bool:
    """Whether the sentence is a question; in some languages "why" and "because" are one word."""
    end = re.search(r"[.!?]", prose[offset:])
    return end is not None and end[0] == "?"


def blame(context: Context) -> Iterator[Finding]:
    """An incident note tells what happened, never whose fault it was."""
    if context.note.kind != "incident":
        return
    for passage in context.passages:
        for one in context.words.blame.found(passage.prose, passage.starts):
            do = "Say what the system allowed to happen, and what changes now."
            yield context.wrong("blame", passage, one.start(), f'"{one[0]}" looks for somebody to blame', do)
        for person in context.words.person.finditer(passage.prose):
            do = "Name the team, or nobody."
            yield context.wrong("staff-name", passage, person.start(), f'"{person[0]}" is a person\'s name', do)


# --- words --------------------------------------------------------------------------------------


def plain_words(context: Context) -> Iterator[Finding]:
    """Words of offices and of specialists, with the ones that everybody knows."""
    yield from _advised(context, "officialese", context.words.officialese, "is the language of offices")
    yield from _advised(context, "jargon", context.words.jargon, "is a word of specialists")


def _advised(context: Context, check: str, advice: Advice, what: str) -> Iterator[Finding]:
    for passage in context.passages:
        for one in advice.phrases.found(passage.prose, passage.starts):
            if one[0] not in context.known:
                yield context.warn(check, passage, one.start(), f'"{one[0]}" {what}', _better(advice, one[0]))


def _better(advice: Advice, phrase: str) -> str:
    """A list says what to write, or, in brackets, what to do."""
    better = advice.instead_of(phrase)
    return f"{better[1:2].upper()}{better[2:-1]}." if better.startswith("(") else f"Write: {better}"


def acronyms(context: Context) -> Iterator[Finding]:
    """An abbreviation is explained where it first stands."""
    told: set[str] = set()
    for passage in context.passages:
        shouted = [one.span() for one in _CAPITALS.finditer(passage.prose)]
        for one in _ACRONYM.finditer(passage.prose):
            name = one[0]
            inside = any(start <= one.start() < end for start, end in shouted)
            if inside or name in told or name in context.known or name in context.words.acronyms:
                continue
            told.add(name)
            if not any(_defines(other.text, name) for other in context.passages):
                do = f"Write it out once, with ({name}) behind it, or say what it does."
                yield context.warn("acronym", passage, one.start(), f'"{name}" is not explained', do)


def _defines(text: str, name: str) -> bool:
    return f"({name})" in text or re.search(rf"\b{name}\s+\([^)]{{4,}}\)", text) is not None


# --- sentences ----------------------------------------------------------------------------------


def long_sentences(context: Context) -> Iterator[Finding]:
    """At most 25 words."""
    for passage in context.passages:
        for one in context.sentences_of(passage):
            count = len(words(one.text))
            if count > context.words.longest:
                what = f"a sentence of {count} words; {context.words.longest} are easy to follow"
                yield context.warn("long-sentence", passage, one.start, what, "Make two or three of it.")


def passive(context: Context) -> Iterator[Finding]:
    """Who does what: most sentences say it."""
    in_passive = [one for one in context.sentences if _is_passive(one.text, context.words)]
    if len(in_passive) >= _ENOUGH_PASSIVE and len(in_passive) > PASSIVE_SHARE * len(context.sentences):
        what = f"{len(in_passive)} of {len(context.sentences)} sentences are in the passive"
        do = "Say who does it: we, you, the machine."
        yield context.warn("passive", context.body, in_passive[0].start, what, do)


def _is_passive(text: str, known: Vocabulary) -> bool:
    return any(not known.active.are(found["participle"]) for found in known.passive.finditer(text))


def readability(context: Context) -> Iterator[Finding]:
    """Short words and short sentences, by the formula of the language."""
    measure = scale(context.note.locale)
    if measure is None or len(words(context.body.prose)) < ENOUGH_WORDS:
        return
    score = measure.score(context.body.prose, len(context.sentences))
    if score >= HARD:
        return
    what = f"hard to read: {measure.name} {score:.0f} of 100; {HARD} is fit for everybody"
    tell = context.wrong if score < TOO_HARD else context.warn
    yield tell("readability", context.body, 0, what, "Use shorter words and shorter sentences.")


# --- form ---------------------------------------------------------------------------------------


def form(context: Context) -> Iterator[Finding]:
    """Shouting, and links and pictures that say nothing without eyes."""
    for passage in context.passages:
        for marks in _MARKS.finditer(passage.prose):
            yield context.warn("shouting", passage, marks.start(), f'"{marks[0]}" shouts', "One mark, or a full stop.")
        for capitals in _CAPITALS.finditer(passage.prose):
            if not set(capitals[0].split()) <= context.known | context.words.acronyms:
                what = f'"{capitals[0]}" is in capitals'
                yield context.warn("capitals", passage, capitals.start(), what, "Write it in small letters.")
    for link in _LINK.finditer(context.body.text):
        if context.words.links.are(link[1].strip(" *_.!→»>")):
            do = "Make the link of the words that say where it leads."
            what = f'the link "{link[1]}" says nothing to whom it is read out'
            yield context.warn("link-text", context.body, link.start(1), what, do)
    for image in _IMAGE.finditer(context.body.text):
        do = "Say between the brackets what it shows."
        yield context.wrong("image-alt", context.body, image.start(), "a picture without a text for it", do)


def leftovers(context: Context) -> Iterator[Finding]:
    """What should have been filled in or taken out."""
    for passage in context.passages:
        text = REFERENCE.sub(lambda found: " " * len(found[0]), passage.text)
        for one in _LEFTOVER.finditer(text):
            do = 'Only {{ fact("id") }} and {{ n("id") }} are filled in; take the rest out.'
            yield context.wrong("leftover", passage, one.start(), f'"{one[0]}" would be mailed as it stands', do)


def hosts(context: Context) -> Iterator[Finding]:
    """Names of machines and of measurements mean nothing to readers."""
    do = "Say what people use: the name of the service."
    for passage in context.passages:
        for token in _TOKEN.finditer(passage.prose):
            if _HOST_HINT.search(token[0]) and (one := _HOST.search(token[0])):
                start = token.start() + one.start()
                yield context.wrong("host-name", passage, start, f'"{one[0]}" is the name of a machine', do)


RULES: tuple[Rule, ...] = (
    numbers,
    references,
    absolutes,
    praise,
    causes,
    blame,
    plain_words,
    acronyms,
    long_sentences,
    passive,
    readability,
    form,
    leftovers,
    hosts,
)
