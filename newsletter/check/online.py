"""What can only be found with the network and other programs: whether links answer, and what a spam filter thinks."""

from __future__ import annotations

from collections.abc import Iterator
from concurrent.futures import ThreadPoolExecutor

from msgspec.structs import replace

from newsletter import pipeline
from newsletter.check.examination import Examination
from newsletter.check.grounds import known_hosts
from newsletter.check.letters import ONLINE_RULES
from newsletter.check.places import Places
from newsletter.check.spam import Score, scores
from newsletter.check.web import Web
from newsletter.config import Config
from newsletter.errors import ContentError
from newsletter.model import Finding
from newsletter.model.finding import ok
from newsletter.render import checks
from newsletter.render.checks.document import Element
from newsletter.render.checks.letter import HOLE_BEGIN, at_link
from newsletter.render.checks.links import host_of

_THREADS = 8


def online(config: Config, draft: pipeline.Draft, *, web: Web | None = None) -> Examination:
    """Every link asked once, and each letter shown to SpamAssassin.

    Never asked are links that are a recipient's own, mailto links, and hosts of the own network, known to readers or not.

    Args:
        config: for whom the mails are made out.
        draft: the edition, built.
        web: how links are asked.
    """
    found = [*_links(config, draft, web or Web()), *_spam(config, draft)]
    return Examination.of(found, ONLINE_RULES)


def _links(config: Config, draft: pipeline.Draft, web: Web) -> Iterator[Finding]:
    """In the order of the letters; each address once, told of the first letter that holds it."""
    first: dict[str, tuple[checks.Letter, Element]] = {}
    known = known_hosts(config)  # an edition has its own page once it is sent
    for name, rendered in draft.variants.items():
        letter = checks.Letter(draft.editions[name], rendered)
        for link in letter.links:
            asked = link["href"].startswith("https://") and HOLE_BEGIN not in link["href"]
            if asked and host_of(link) not in known:
                first.setdefault(link["href"].partition("#")[0], (letter, link))
    places = Places(config, draft.month)
    with ThreadPoolExecutor(_THREADS) as pool:
        for (address, (letter, link)), answer in zip(first.items(), pool.map(web.look, first), strict=True):
            if answer.severity != "ok":
                problem = at_link(
                    answer.severity, link, f"the link {address} {answer.what}", "Open it, and correct it."
                )
                told = checks.finding("link-answers", problem, letter)
                yield replace(told, place=places.of(letter, problem))


def _spam(config: Config, draft: pipeline.Draft) -> Iterator[Finding]:
    compiled = pipeline.messages(config, draft)
    mails = [pipeline.sample_eml(config, draft, name, message) for name, message in compiled.items()]
    judged = scores(mails)
    if not judged:
        do = "Install SpamAssassin (apt install spamassassin) to have each letter judged."
        yield Finding(check="spam", status="hint", what="there is no SpamAssassin to ask", do=do)
    for name, score in zip(compiled, judged, strict=False):
        yield replace(_judged(score), variant=name)


def _judged(score: Score) -> Finding:
    what = f"SpamAssassin gives {score.points:g} of {score.required:g} points"
    if score.rules:
        what += f" ({', '.join(score.rules)})"
    if score.points < score.required / 2:
        return ok("spam", what)
    do = "Look its rules up (spamassassin.apache.org/tests) and change what they name."
    spam = score.points >= score.required
    code = ContentError.exit_code if spam else 0
    return Finding(check="spam", status="fault" if spam else "warning", what=what, do=do, exit_code=code)
