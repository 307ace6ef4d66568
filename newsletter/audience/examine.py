"""Whether everybody on the lists could be mailed: each list as a whole, without stopping at the first bad row."""

from __future__ import annotations

from collections import Counter
from collections.abc import Iterator, Mapping, Sequence

from newsletter.audience.lists import RecipientList, load
from newsletter.audience.locales import not_offered, offered
from newsletter.audience.merging import merge
from newsletter.config import AudienceConfig
from newsletter.config.placeholders import is_placeholder
from newsletter.counting import counted, some_of
from newsletter.errors import ContentError, NewsletterError
from newsletter.model import Finding
from newsletter.model.finding import fault, ok, warning

_SHOWN = 3  # rows or addresses in one finding


def examine_lists(audiences: Mapping[str, AudienceConfig], locales: Sequence[str]) -> Iterator[Finding]:
    """What is wrong with each list, and how many people remain in all."""
    if not audiences:
        hint = "Add a list under audiences in config.yaml."
        yield fault("audiences", ContentError("there are none, so there is nobody to write to", hint))
    lists = []
    for name, one in audiences.items():
        try:
            found = load(one, audience=name, skip_invalid=True)
        except NewsletterError as error:
            yield fault(f"audiences.{name}", error)
            continue
        lists.append(found)
        yield from _list(f"audiences.{name}", found, locales)
    for remark in merge([RecipientList(source=one.source, recipients=one.recipients) for one in lists]).remarks:
        yield ok("audiences", remark)


def _list(check: str, found: RecipientList, locales: Sequence[str]) -> Iterator[Finding]:
    people = found.recipients
    spoken: Counter[str] = Counter()
    for asked, number in people.locales().items():
        spoken[offered(asked, locales) or locales[0]] += number
    by_language = ", ".join(f"{number:,} {locale}" for locale, number in spoken.most_common())
    yield ok(check, f"{counted(len(people), 'person', 'people')} ({by_language})")
    yield from _bad_rows(check, found)
    reserved = [one.address for one in people if is_placeholder(one.address)]
    if reserved:
        what = f"{counted(len(reserved), 'person', 'people')} in domains made for examples, which get no mail: {some_of(reserved, _SHOWN)}"
        yield fault(check, ContentError(what, f"Write your readers in {found.source}."))
    for remark in found.remarks:
        yield ok(check, remark)
    for remark in not_offered(people.locales(), locales):
        yield warning(check, remark, "Add the language to locales if you can write it, or correct the list.")


def _bad_rows(check: str, found: RecipientList) -> Iterator[Finding]:
    if found.invalid:
        rows = [f"{one.place} ({one.reason})" for one in found.invalid]
        what = f"{counted(len(rows), 'row is', 'rows are')} not usable: {some_of(rows, _SHOWN)}"
        yield fault(check, ContentError(what, f"Mend {found.source}, or send with --skip-invalid."))
    if found.duplicates:
        doubles = [f"{one.address} ({one.first_place} and {one.place})" for one in found.duplicates]
        what = f"{counted(len(doubles), 'row is', 'rows are')} a double: {some_of(doubles, _SHOWN)}"
        yield warning(check, what, "They get one copy; take the doubles out of the list.")
