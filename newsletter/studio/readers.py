"""Who a letter can be shown as: a sample reader, some rows of the lists, and three that are hard on a layout.

Only what is shown leaves the server: the lists themselves never do. Lists that are asked for over
the network are not asked for a preview, which needs none.
"""

from __future__ import annotations

from collections import Counter
from collections.abc import Mapping
from pathlib import Path
from typing import Any

from msgspec import Struct, field

from newsletter import pipeline
from newsletter.config import Config
from newsletter.errors import NewsletterError
from newsletter.language import Catalogue
from newsletter.model import Recipient

SAMPLE = "sample"
_ROWS = 3
_LONG_NAME = "Head of the Department for International Purchasing and Supplier Relations, Second Deputy"


class Readers(Struct, frozen=True, kw_only=True):
    """Who can be chosen, and how many people each audience has.

    Args:
        choices: by id, the label and the reader.
        people: by audience; None where nobody counted, because it would take the network.
        by_variant: how many get each variant.
    """

    choices: Mapping[str, tuple[str, Recipient]]
    people: Mapping[str, int | None] = field(default_factory=dict)
    by_variant: Mapping[str, int] = field(default_factory=dict)

    def reader(self, name: str) -> Recipient:
        """Whom an id stands for; the sample reader where it stands for nobody any more."""
        return self.choices.get(name, self.choices[SAMPLE])[1]

    def as_json(self) -> list[dict[str, Any]]:
        """For the page: id, label and the fields that a letter uses."""
        return [{"id": name, "label": label, "fields": _fields(one)} for name, (label, one) in self.choices.items()]


def _fields(one: Recipient) -> dict[str, str]:
    segments = ", ".join(one.segments)
    shown = {"name": one.name, "address": one.address, "locale": one.locale, "audience": one.audience}
    return shown | ({"segments": segments} if segments else {})


def invented(config: Config) -> Readers:
    """The readers that need no list."""
    sample = pipeline.sample_reader(config)
    domain = sample.address.rpartition("@")[2]
    choices = {
        SAMPLE: ("Sample reader", sample),
        "no-name": ("Without a name", Recipient(address=f"no-name@{domain}")),
        "long-name": ("A very long name", Recipient(address=f"long-name@{domain}", name=_LONG_NAME)),
    }
    rightward = next((one for one in config.locales if Catalogue.load(one).direction == "rtl"), None)
    if rightward:
        name = Recipient(address=f"rtl-name@{domain}", name="قسم تقنية المعلومات", locale=rightward)
        choices["rtl-name"] = ("A right-to-left name", name)
    return Readers(choices=choices, people=dict.fromkeys(config.audiences))


def listed(config: Config) -> Readers:
    """The same, and some rows of the lists as far as those are files; a list at fault counts as none.

    The longest name of the lists stands for long ones, if there is a name at all.
    """
    known = invented(config)
    if not all(isinstance(one.recipients, Path) for one in config.audiences.values()):
        return known
    try:
        people = pipeline.audience(config, skip_invalid=True)
    except NewsletterError:
        return known
    choices, rows, longest = dict(known.choices), Counter[str](), None
    by_variant: Counter[str] = Counter()
    for recipient, variant in people.planned():
        by_variant[variant] += 1
        if rows[recipient.audience] < _ROWS:
            rows[recipient.audience] += 1
            name = f"{recipient.audience}-{rows[recipient.audience]}"
            choices[name] = (recipient.name or recipient.address, recipient)
        if len(recipient.name) > len(longest.name if longest else ""):
            longest = recipient
    if longest:
        choices["long-name"] = ("The longest name", longest)
    numbers = dict.fromkeys(config.audiences, 0)
    for variant, number in by_variant.items():
        numbers[variant.partition(".")[0]] += number
    return Readers(choices=choices, people=dict(numbers), by_variant=by_variant)
