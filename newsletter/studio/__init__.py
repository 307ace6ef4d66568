"""The preview: the edition's letters in the browser, on this machine only.

The studio knows letters, not stages: it is handed a function that builds them, and the folders
whose changes call for building them again.
"""

from newsletter.studio.desk import Desk, Letter, Letters
from newsletter.studio.server import serve

__all__ = ["Desk", "Letter", "Letters", "serve"]
