"""The kinds of text that config.yaml and notes are made of: lines, names, and texts in several locales."""

from __future__ import annotations

import re
from typing import Annotated, Any

from pydantic import AfterValidator, Discriminator, Tag, ValidationInfo

from newsletter.config.refusals import did_you_mean, fault
from newsletter.config.strict_yaml import shown
from newsletter.config.surroundings import surroundings_of


def one_line(text: str) -> str:
    """`text` without the blanks around it, if it is one line and not empty."""
    line = text.strip()
    if not line:
        raise fault("must not be empty")
    if min(line) < " ":
        raise fault("must be one line of text")
    return line


Line = Annotated[str, AfterValidator(one_line)]


def matching(pattern: str, what: str) -> AfterValidator:
    """Refuses a text that does not match `pattern` as a whole; `what` says what it is not."""
    compiled = re.compile(pattern)

    def check(text: str) -> str:
        if not compiled.fullmatch(text):
            raise fault(f"{shown(text)} {what}")
        return text

    return AfterValidator(check)


LabelName = Annotated[
    Line,
    matching(r"[a-zA-Z_][a-zA-Z0-9_]*", "is not a label name (letters, digits and _, not beginning with a digit)"),
]
MetricName = Annotated[
    Line, matching(r"[a-zA-Z_:][a-zA-Z0-9_:]*", "is not the name of a metric alone (letters, digits, _ and :)")
]
# Part of file names, so neither dots nor slashes.
Identifier = Annotated[
    Line, matching(r"[A-Za-z0-9][A-Za-z0-9_-]*", "cannot be a name here: use letters, digits, - and _ only")
]
HeaderName = Annotated[Line, matching(r"[!#$%&'*+.^_`|~0-9A-Za-z-]+", "is not the name of an HTTP header")]

_CLOCK = "([01][0-9]|2[0-3]):[0-5][0-9]"


def is_clock_time(text: str) -> bool:
    """Whether `text` is a time of day from 00:00 to 24:00, with two digits each."""
    return bool(re.fullmatch(rf"{_CLOCK}|24:00", text))


def _metric_base(name: str) -> str:
    if name.endswith("_bucket"):
        raise fault(f"leave out _bucket: write {shown(name.removesuffix('_bucket'))}")
    return name


HistogramName = Annotated[Line, AfterValidator(_metric_base)]


# --- locales and texts in several of them ---------------------------------------------------

_LOCALE = re.compile(r"([a-z]{2,3})(-[a-z]{4})?(-(?:[a-z]{2}|[0-9]{3}))?", re.IGNORECASE)


def locale_tag(text: str) -> str:
    """`text` if it is a language tag as BCP 47 recommends to write it: "en", "de-CH", "zh-Hant"."""
    found = _LOCALE.fullmatch(text.replace("_", "-"))
    if not found:
        raise fault(f'{shown(text)} is not a language tag: write for example "en", "it" or "de-CH"')
    canonical = found[1].lower() + (found[2] or "").title() + (found[3] or "").upper()
    if text != canonical:
        raise fault(f'write {shown(text)} as "{canonical}"')
    return text


LocaleTag = Annotated[str, AfterValidator(locale_tag)]


def _known_locale(text: str, info: ValidationInfo) -> str:
    around = surroundings_of(info)
    if around and around.locales and text not in around.locales:
        raise fault(f"{shown(text)} is not one of locales" + did_you_mean(text, around.locales, what="they are"))
    return text


KnownLocale = Annotated[str, AfterValidator(_known_locale)]


def _has_default_locale(texts: dict[str, str], info: ValidationInfo) -> dict[str, str]:
    around = surroundings_of(info)
    if around and around.locales and around.locales[0] not in texts:
        raise fault(
            f"the text in {shown(around.locales[0])} is missing (the first of locales stands in for the others)"
        )
    if not texts:
        raise fault("must not be empty")
    return texts


def _text_or_texts(value: Any) -> str:
    return "<texts>" if isinstance(value, dict) else "<text>"


# The tags show in pydantic's locations and are taken out again (see faults.py).
LocalisedText = Annotated[
    Annotated[Line, Tag("<text>")]
    | Annotated[dict[KnownLocale, Line], AfterValidator(_has_default_locale), Tag("<texts>")],
    Discriminator(_text_or_texts),
]
