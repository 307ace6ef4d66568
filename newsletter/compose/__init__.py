"""Facts and notes -> an edition, fully worded for one audience and locale.

Everything a reader will see is decided here; the templates that lay it out hold no words.
"""

from newsletter.compose.edition import compose

__all__ = ["compose"]
