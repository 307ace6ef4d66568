"""Composed letters: what configs, labels and notes say stands in them as it was written, and asks for nothing."""

from __future__ import annotations

import re
from collections.abc import Mapping
from datetime import datetime
from functools import cached_property, lru_cache
from string import punctuation
from typing import Any
from urllib.parse import unquote

from newsletter.config import Config
from newsletter.model import Because, Edition, Note
from newsletter.render import Renderer
from tests.fuzz.dom import arriving
from tests.golden import hostile
from tests.unit import edition_samples as sample

_MARK = re.compile(r"Q(\d{4})Q")
_UNSEEN = re.compile("[\u2060\u2068\u2069]")
_LONGEST = 3_000  # longer ones are for the renderer
_ARRIVED = "\ufdd0"


class Letter:
    """A month whose every name, label and note can be replaced, composed for one audience and language."""

    def __init__(self, audience: str, locale: str) -> None:
        self.name = f"composed {audience}.{locale}"
        self._audience, self._locale = audience, locale
        self.places: Mapping[str, hostile.Kind] = {
            place: "markdown" if place.endswith(".body") else "text" for place in _PLACES
        }
        self._marks = {place: f"Q{number:04}Q" for number, place in enumerate(self.places)}
        self._names = list(self.places)

    def check(self, values: Mapping[str, str]) -> str | None:
        """What went wrong with these values, or nothing."""
        taken = {place: _sentence(self._marks[place], text) for place, text in values.items() if len(text) < _LONGEST}
        found = self._composed(taken)
        if found.recipient_line.count("{address}") != 1:
            return f"the recipient line has other holes: {found.recipient_line!a}"
        Renderer().render(found)
        reduced = {path: self._reduced(text, taken) for path, text in _texts(found).items()}
        for path, text in reduced.items():
            for mark in _MARK.finditer(text):
                if self._names[int(mark[1])] in taken:
                    return f"{'.'.join(map(str, path))}: a value is altered in {text!a}"
        return self._moved({path: text.replace(_ARRIVED, "") for path, text in reduced.items()})

    def _reduced(self, text: str, taken: Mapping[str, str]) -> str:
        """The text with marks for the values in it, each with a sign that it has been there as a whole."""
        plain = _plain(text)
        for place, value in taken.items():
            if self._marks[place] in plain:
                plain = _written(value).sub(lambda _, place=place: f"{self._marks[place][:-1]}{_ARRIVED}Q", plain)  # type: ignore[misc]
        return plain

    def _moved(self, found: Mapping[hostile.Path, str]) -> str | None:
        """Words around the values that are not those of the harmless letter."""
        expected = _texts(self._harmless)
        if found.keys() != expected.keys():
            return None  # what is told also depends on how long it is
        for path, text in found.items():
            wanted = _plain(expected[path])
            if _MARK.findall(text) == _MARK.findall(wanted) and text != wanted:  # a long name may be left out
                return f"{'.'.join(map(str, path))}: expected {wanted!a}, found {text!a}"
        return None

    @cached_property
    def _harmless(self) -> Edition:
        return self._composed({})

    def _composed(self, taken: Mapping[str, str]) -> Edition:
        text = self._marks | dict(taken)
        month = sample.snapshot(
            sample.service("files", sample.outage("2026-10-14 09:12", 97)),
            sample.service("mail", sample.outage("2026-10-06 08:00", 30)),
            sample.service(text["label"]),
            tickets=sample.tickets(),
        )
        return sample.edition(
            month, *self._notes(text), locale=self._locale, audience=self._audience, settings=_config(text)
        )

    def _notes(self, text: Mapping[str, str]) -> list[Note]:
        def note(kind: str, **more: Any) -> Note:
            given = {part: text[f"{kind}.{part}"] for part in ("title", "body", "owner")}
            return sample.note(kind, id=kind, locale=self._locale, **given, **more)

        return [
            note("win"),
            note("people"),
            note("tip"),
            note("heard", department=text["heard.department"], answer="done"),
            note("visit", department=text["visit.department"]),
            note("coming", date=datetime(2026, 11, 15, 6, tzinfo=sample.ROME), service="mail", time="06:00-08:00"),
            note(
                "incident",
                service="files",
                date=datetime(2026, 10, 14, tzinfo=sample.ROME),
                because=Because(text=text["incident.because"], ref=text["incident.reference"]),
                steps=(("09:12", text["incident.step"]),),
            ),
        ]


_KINDS = ("win", "people", "tip", "heard", "visit", "coming", "incident")
_PLACES = (
    *("organisation", "mail.name", "files.name", "mail.outcome", "files.outcome", "label"),
    *(f"{kind}.{part}" for kind in _KINDS for part in ("title", "body", "owner")),
    *("heard.department", "visit.department", "incident.because", "incident.reference", "incident.step"),
)


def _config(text: Mapping[str, str]) -> Config:
    services = {
        name: {"name": text[f"{name}.name"], "outcome": text[f"{name}.outcome"], "target": 99.9}
        for name in ("mail", "files")
    }
    return sample.config(
        organisation=text["organisation"],
        services=services,
        locales=["en", "it", "ar"],
        audiences={"staff": {"recipients": "a.csv"}, "managers": {"recipients": "b.csv"}},
    )


def _sentence(mark: str, text: str) -> str:
    """The value behind its mark, so that it sorts and begins as the mark does, on one line of letters that can be seen."""
    return mark + "".join(one for one in arriving(text) if one.isprintable()) + "z"


def _texts(edition: Edition) -> dict[hostile.Path, str]:
    found: dict[hostile.Path, str] = {}

    def look(path: hostile.Path, text: str) -> str:
        found[path] = text
        return text

    hostile.changed(edition, look)
    return found


def _plain(text: str) -> str:
    """Links percent-decoded, and without signs that nobody sees, which depend on what stands beside them."""
    decoded = unquote(text) if text.startswith("mailto:") else text
    return _UNSEEN.sub("", decoded).replace("\xa0", " ")


@lru_cache(maxsize=64)
def _written(value: str) -> re.Pattern[str]:
    """The value as it is, or as it stands in Markdown with backslashes before signs (CommonMark 2.4)."""
    escaped = "".join(
        r"\\\\" if one == "\\" else rf"\\?{re.escape(one)}" if one in punctuation else re.escape(one)
        for one in _plain(value)
    )
    return re.compile(f"{re.escape(_plain(value))}|{escaped}")


def letters() -> list[Letter]:
    """Both letters, in two languages from the left and one from the right."""
    return [Letter(audience, locale) for locale in ("en", "it", "ar") for audience in ("staff", "managers")]
