"""What people write for an edition: Markdown files with front matter."""

from newsletter.notes.loader import load

__all__ = ["load"]
