"""A page that does not read for a while hears what happened last, and is not stored for."""

from __future__ import annotations

import asyncio

from newsletter.studio.desk import Desk
from newsletter.studio.frame import View
from newsletter.studio.news import Event, News
from newsletter.studio.proofs import Proofs
from tests.previewing import MONTH, replaced, small_workspace


def heard(*told: tuple[str, str]) -> list[tuple[str, str, int]]:
    """What a page hears that reads only after all this was told: (event, letter)."""

    async def reading() -> list[tuple[str, str, int]]:
        news = News()
        for number, (name, letter) in enumerate(told):
            news.put(Event(name, {"id": letter} if letter else {}, number))
        found: list[tuple[str, str, int]] = []
        while True:
            try:
                async with asyncio.timeout(0.02):
                    event = await news.get()
            except TimeoutError:
                return found
            found.append((event.name, event.data.get("id", ""), event.rev))

    return asyncio.run(reading())


def test_of_each_kind_the_newest_is_told_in_the_order_in_which_it_happened():
    """The edition after the letters of which it tells, as for a page that reads at once."""
    save = [("picture", ""), ("edition", ""), ("variant", "staff.en"), ("variant", "staff.it"), ("edition", "")]
    assert heard(*save * 50) == [
        ("picture", "", 245),
        ("variant", "staff.en", 247),
        ("variant", "staff.it", 248),
        ("edition", "", 249),
    ]


def test_an_error_that_was_mended_ends_mended_and_one_that_came_back_ends_in_error():
    """Whatever the page showed before it stopped reading."""
    error, mended, picture = ("error", ""), ("mended", ""), ("picture", "")
    assert [name for name, _, _ in heard(error, mended, picture)] == ["error", "mended", "picture"]
    assert [name for name, _, _ in heard(error, mended, picture, error)] == ["mended", "picture", "error"]
    assert [name for name, _, _ in heard(mended, error, mended)] == ["error", "mended"]


def test_a_page_that_reads_at_once_hears_everything():
    """Also when it waits before the first event."""

    async def reading() -> list[int]:
        news = News()
        found: list[int] = []
        for number in range(3):
            asyncio.get_running_loop().call_soon(news.put, Event("picture", {}, number))
            found.append((await news.get()).rev)
        return found

    assert asyncio.run(reading()) == [0, 1, 2]


def test_a_page_that_does_not_read_is_kept_one_picture_whatever_is_saved(tmp_path):
    """The newest; a tab that the browser froze costs no memory with every save."""
    config = small_workspace(tmp_path / "acme")
    note = config.parent / "editions" / MONTH / "notes" / "lock-screen.en.md"

    async def told() -> list[Event | None]:
        desk = Desk(Proofs(config, MONTH))
        await desk.refresh(others=False)
        page = desk.news(View(variant="staff.en"), seen=desk.rev)
        events = [await anext(page)]
        reading = asyncio.ensure_future(anext(page))
        await asyncio.sleep(0)
        await desk.tell_edition()
        events.append(await reading)  # from here on it reads nothing
        for number in range(3):
            replaced(note, "title: ", f"title: Save {number}. ")
            await desk.refresh(others=False)
        events += [await anext(page), await anext(page)]
        desk.close()
        return events[2:]

    picture, edition = asyncio.run(told())
    assert picture
    assert edition
    assert edition.name == "edition"
    assert (picture.name, picture.rev) == ("picture", edition.rev)
    assert "Save 2. " in picture.data["html"]
