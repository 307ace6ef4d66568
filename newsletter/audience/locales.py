"""The language that somebody asked for, and the one that is written for them."""

from __future__ import annotations

from collections.abc import Mapping, Sequence

from newsletter.counting import counted


def preferred(text: str) -> str:
    """The tag that is liked best, of one tag or of several in the form of Accept-Language.

    Directories keep the latter in preferredLanguage (RFC 2798, 2.7): "de-CH, en;q=0.5".
    """
    if "," not in text and ";" not in text:
        return text
    return next(iter(wishes(text)), "")


def wishes(text: str) -> list[str]:
    """The tags of an Accept-Language, the one liked best first; none of those that are unwanted."""
    found = []
    for part in text.split(","):
        tag, _, weight = part.partition(";")
        if tag.strip() and (quality := _quality(weight)) > 0:
            found.append((quality, tag.strip()))
    return [tag for _, tag in sorted(found, key=lambda one: -one[0])]


def _quality(weight: str) -> float:
    """The number of "q=0.5" (RFC 9110, 12.4.2); 1 if none is given, 0 if it is none."""
    name, _, number = weight.strip().partition("=")
    if not name:
        return 1.0
    try:
        return float(number) if name.strip().lower() == "q" else 1.0
    except ValueError:
        return 0.0


def offered(locale: str, locales: Sequence[str]) -> str | None:
    """The one of `locales` that is written for somebody who asked for `locale`.

    The same one, else its base language ("de" for "de-AT"), else another one of that language;
    the first, the default, for who asked for none. None if the language is not written.
    """
    if not locale:
        return locales[0]
    wanted = locale.replace("_", "-").lower()
    ours = {one.lower(): one for one in locales}
    base = wanted.partition("-")[0]
    return (
        ours.get(wanted) or ours.get(base) or next((ours[one] for one in ours if one.partition("-")[0] == base), None)
    )


def not_offered(asked: Mapping[str, int], locales: Sequence[str]) -> list[str]:
    """A sentence for each language that readers asked for, but that is not written.

    Args:
        asked: locale -> how many readers asked for it.
        locales: those that are written, the default first.
    """
    return [
        f"{counted(number, 'reader')} asked for {locale}, which is not offered: "
        f"{'gets' if number == 1 else 'they get'} {locales[0]}"
        for locale, number in asked.items()
        if offered(locale, locales) is None
    ]
