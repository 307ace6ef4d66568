"""What people write for an edition: Markdown files with front matter, and decisions about it as a whole."""

from newsletter.notes.beginning import begin
from newsletter.notes.deciding import Wish, choose_subject, decide, wished
from newsletter.notes.editorial import load_editorial
from newsletter.notes.examine import RULES, examine
from newsletter.notes.loader import load, manuscripts, sound
from newsletter.notes.manuscript import Manuscript
from newsletter.notes.visits import VISIT_MONTHS, visits

__all__ = [
    "RULES",
    "VISIT_MONTHS",
    "Manuscript",
    "NoteFault",
    "Wish",
    "begin",
    "choose_subject",
    "decide",
    "examine",
    "load",
    "load_editorial",
    "manuscripts",
    "sound",
    "visits",
    "wished",
]
