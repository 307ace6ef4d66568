"""The examination of a finished letter: what programs break, cut or hide, and what must not be mailed.

Pure: a letter in, findings out, nothing is asked of the network. A rule is a function of the letter;
`RULES` is the list of them, and docs/checks.md tells each to the people who write and lay out.
"""

from __future__ import annotations

from collections.abc import Callable, Iterator, Mapping

from newsletter.errors import ContentError
from newsletter.model import Finding
from newsletter.render.checks import inbox, links, looks, markup, plain, private
from newsletter.render.checks.letter import HOLE_BEGIN, HOLE_END, Grounds, Letter, Problem

__all__ = ["RULES", "Grounds", "Letter", "Problem", "examine", "finding"]

Rule = Callable[[Letter], Iterator[Problem]]

RULES: Mapping[str, Rule] = {
    "html-size": inbox.html_size,
    "mail-size": inbox.mail_size,
    "subject": inbox.subject,
    "preheader": inbox.preheader,
    "shouting": inbox.shouting,
    "capitals": inbox.capitals,
    "text-part": plain.text_part,
    "text-width": plain.text_width,
    "text-form": plain.text_form,
    "title": markup.title,
    "language": markup.language,
    "headings": markup.headings,
    "tables": markup.tables,
    "image-alt": markup.image_alt,
    "image-width": markup.image_width,
    "image-source": markup.image_source,
    "image-hidden": markup.hidden_image,
    "link-text": links.link_text,
    "link-twice": links.link_twice,
    "link-target": links.link_target,
    "link-inside": links.link_inside,
    "link-counting": links.link_counting,
    "link-personal": links.link_personal,
    "contrast": looks.contrast,
    "colour": looks.colours,
    "text-size": looks.text_size,
    "leftover": private.leftover,
    "draft": private.draft,
    "host-name": private.machines,
    "secret": private.secret,
}
"""Each rule by its name; `check` tells the name behind what it found."""


def examine(letter: Letter) -> Iterator[tuple[str, Problem]]:
    """What each rule finds in a letter: (rule, problem)."""
    for name, rule in RULES.items():
        for problem in rule(letter):
            yield name, problem


_HOLES = str.maketrans({HOLE_BEGIN: "{", HOLE_END: "}"})
"""A recipient's field as people know it: {address}."""


def finding(rule: str, problem: Problem, letter: Letter) -> Finding:
    """A problem as all examinations tell theirs; it does not know yet which file it comes from."""
    variant = letter.rendered.variant
    error = ContentError.exit_code if problem.severity == "fault" else 0
    return Finding(
        check=rule,
        status=problem.severity,
        what=problem.what.translate(_HOLES),
        do=problem.do,
        exit_code=error,
        variant=variant,
        excerpt=problem.excerpt.translate(_HOLES),
        nth=letter.nth(problem),
    )
