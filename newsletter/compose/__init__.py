"""Facts and notes -> an edition, fully worded for one audience and locale.

Everything a reader will see is decided here; the templates that lay it out hold no words.
"""

from newsletter.compose.context import Context, letter_of
from newsletter.compose.edition import compose, variant_name
from newsletter.compose.examine import RULES, WORD_BUDGET, budgeted_words, examine, sentences_of
from newsletter.compose.feedback import answer_words
from newsletter.compose.footer import for_browsers
from newsletter.compose.months import EARLIER_MONTHS
from newsletter.compose.printed import printed
from newsletter.compose.strip import days
from newsletter.compose.titles import fact_titles
from newsletter.compose.unexplained import unexplained

__all__ = [
    "EARLIER_MONTHS",
    "RULES",
    "WORD_BUDGET",
    "Context",
    "answer_words",
    "budgeted_words",
    "compose",
    "days",
    "examine",
    "fact_titles",
    "for_browsers",
    "letter_of",
    "printed",
    "sentences_of",
    "unexplained",
    "variant_name",
]
