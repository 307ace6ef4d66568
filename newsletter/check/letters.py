"""The finished letters, examined: their words, and what programs make of their HTML and text."""

from __future__ import annotations

from collections.abc import Collection, Iterator

from msgspec.structs import replace

from newsletter import compose, pipeline
from newsletter.check.examination import Examination
from newsletter.check.grounds import grounds_of
from newsletter.check.places import Places
from newsletter.config import Config
from newsletter.model import Edition, Finding, Period, Rendered, Snapshot
from newsletter.render import checks

LETTER_RULES: tuple[str, ...] = tuple(dict.fromkeys((*checks.RULES, *compose.RULES)))
"""What is looked for in a finished letter."""

ONLINE_RULES = ("link-answers", "spam")
"""What needs the network, or another program."""


def letters(config: Config, draft: pipeline.Draft, *, variant: str | None = None, drafts: bool = False) -> Examination:
    """What is wrong with the letters of an edition.

    Args:
        config: names, hosts and secrets that must not be mailed.
        draft: the edition, built.
        variant: this letter only, `staff.en`; otherwise all.
        drafts: whether notes that are not ready may show, as in a preview.

    Raises:
        KeyError: there is no such variant.
    """
    chosen = draft.variants if variant is None else {variant: draft.variants[variant]}
    grounds, places = grounds_of(config, drafts=drafts), Places(config, draft.month)
    found: list[Finding] = []
    for name, rendered in chosen.items():
        edition = draft.editions[name]
        worded = tuple(compose.examine(edition, config=config, snapshot=draft.snapshot))
        one = checks.Letter(edition, rendered, grounds)
        found += [*worded, *_laid_out(one, places, {finding.check for finding in worded})]
    return Examination.of(found, LETTER_RULES)


def letter(
    config: Config, month: Period, snapshot: Snapshot, edition: Edition, rendered: Rendered, *, drafts: bool = False
) -> Examination:
    """What is wrong with one letter of an edition; a few milliseconds, without the network."""
    found = list(compose.examine(edition, config=config, snapshot=snapshot))
    one = checks.Letter(edition, rendered, grounds_of(config, drafts=drafts))
    found += _laid_out(one, Places(config, month), {worded.check for worded in found})
    return Examination.of(found, LETTER_RULES)


def _laid_out(one: checks.Letter, places: Places, told: Collection[str]) -> Iterator[Finding]:
    """What the finished letter shows, without what its words alone have told."""
    for rule, problem in checks.examine(one):
        if rule not in told:
            yield replace(checks.finding(rule, problem, one), place=places.of(one, problem))
