"""Rules about links: what they say, where they lead, and that they are the same for every reader."""

from __future__ import annotations

import re
from collections.abc import Iterator
from urllib.parse import parse_qsl, urlsplit

from newsletter.hosts import is_inside
from newsletter.language.links import says_nothing
from newsletter.render.checks.document import Element
from newsletter.render.checks.letter import HOLE_BEGIN, Letter, Problem, at_link

PERSONAL = frozenset({"unsubscribe"})
"""The recipient's fields that a link may hold: nobody can leave a list without saying who leaves."""

_FIELD = re.compile(rf"{HOLE_BEGIN}(\w+)")
_BARE = re.compile(r"(?:https?://|www\.)\S+", re.IGNORECASE)

# What Google Analytics, Mailchimp, HubSpot, Marketo, Facebook, Microsoft Ads, Vero and Omeda add to links.
_COUNTING = re.compile(
    r"utm_\w+|mc_[ce]id|_hs(?:enc|mi)|mkt_tok|fbclid|gclid|msclkid|vero_(?:id|conv)|oly_(?:anon|enc)_id|_ke"
    r"|(?:recipient|subscriber|reader|contact|user|member)_?id|uid|rcpt",
    re.IGNORECASE,
)


def link_text(letter: Letter) -> Iterator[Problem]:
    """Read out alone, a link says where it leads."""
    for one in letter.links:
        said = one.label
        do = "Make the link of the words that say where it leads."
        if not said:
            yield at_link("fault", one, f"a link to {_short(one['href'])} without words", do)
        elif says_nothing(said, letter.edition.locale):
            yield at_link("warning", one, f'the link "{said}" says nothing to whom it is read out', do)
        elif _BARE.fullmatch(said):
            yield at_link("warning", one, f"the link {_short(said)} is read out letter by letter", do)


def link_twice(letter: Letter) -> Iterator[Problem]:
    """Two links with the same words lead to the same place."""
    known: dict[str, str] = {}
    for one in letter.links:
        said = one.label.casefold()
        if said and known.setdefault(said, one["href"]) != one["href"]:
            what = f'two links "{one.label}" lead to different places'
            yield at_link("warning", one, what, "Say in each what is there.")


def link_target(letter: Letter) -> Iterator[Problem]:
    """Links go to https or open a mail."""
    for one in letter.links:
        href = one["href"].strip()
        wrong = _unsound(href)
        if wrong:
            do = "Write the whole address, with https://, or mailto: and an address."
            yield at_link("fault", one, f"the link {_short(href) or '(empty)'} {wrong}", do)


def _unsound(href: str) -> str:
    """What is wrong with an address; empty if nothing."""
    try:
        parts = urlsplit(href)
        host, _ = parts.hostname, parts.port
    except ValueError:
        return "is no address"
    if parts.scheme == "mailto":
        return ""
    if parts.scheme != "https":
        return "is neither https nor mailto"
    if not host or re.search(r"\s", href):
        return "is no address"
    return "holds a user name or password" if "@" in parts.netloc else ""


def link_inside(letter: Letter) -> Iterator[Problem]:
    """Who reads at home or on a phone can open what they are sent to."""
    for one in letter.links:
        host = host_of(one)
        if host and host not in letter.grounds.known_hosts and (is_inside(host) or host in letter.grounds.machines):
            what = f"the link leads to {host}, which only the own network knows"
            do = "Link to a page that everybody can open, or name the host under `checks.known_hosts`."
            yield at_link("fault", one, what, do)


def host_of(link: Element) -> str:
    """The host that an https link leads to; empty for others."""
    try:
        parts = urlsplit(link["href"].strip())
    except ValueError:
        return ""
    return (parts.hostname or "") if parts.scheme in ("https", "http") else ""


def link_counting(letter: Letter) -> Iterator[Problem]:
    """No link tells who followed it, or that somebody came from this letter."""
    for one in letter.links:
        parts = urlsplit(one["href"]) if not _unsound(one["href"]) else None
        query = parse_qsl(parts.query, keep_blank_values=True) if parts and parts.scheme != "mailto" else ()
        if counting := [name for name, _ in query if _COUNTING.fullmatch(name)]:
            what = f"the link {_short(one['href'])} counts readers ({', '.join(counting)})"
            yield at_link("fault", one, what, "Take these parts out of the address.")


def link_personal(letter: Letter) -> Iterator[Problem]:
    """Every reader gets the same links, but for the one to leave the list."""
    for one in letter.document.elements:
        for name, value in one.attributes.items():
            if HOLE_BEGIN in value and (own := [field for field in _FIELD.findall(value) if field not in PERSONAL]):
                what = f"<{one.tag} {name}> is different for every reader ({', '.join(own)})"
                yield at_link("fault", one, what, "Let templates print the recipient line as text only.")


def _short(address: str) -> str:
    return address if len(address) <= 60 else f"{address[:57]}..."
