"""What people write for an edition: Markdown files with front matter, and decisions about it as a whole."""

from typing import TYPE_CHECKING

from newsletter.lazily import lazily
from newsletter.notes.beginning import begin
from newsletter.notes.deciding import Wish, choose_subject, decide, place_of, wished
from newsletter.notes.editorial import NAME as EDITORIAL_NAME
from newsletter.notes.editorial import load_editorial
from newsletter.notes.loader import load, manuscripts, sound
from newsletter.notes.manuscript import Manuscript
from newsletter.notes.visits import VISIT_MONTHS, visits

if TYPE_CHECKING:
    from newsletter.notes.examining import RULES, examine
else:  # only `check`, the preview and the approval examine notes, and the words of the lint take a while to read
    __getattr__ = lazily(__name__, {"examining": "RULES examine"})

__all__ = [
    "EDITORIAL_NAME",
    "RULES",
    "VISIT_MONTHS",
    "Manuscript",
    "Wish",
    "begin",
    "choose_subject",
    "decide",
    "examine",
    "load",
    "load_editorial",
    "manuscripts",
    "place_of",
    "sound",
    "visits",
    "wished",
]
