"""Files of notes: each is read as it was written, or refused by file and line; and none is too much for the renderer."""

from __future__ import annotations

import json
import re
import tempfile
from collections.abc import Mapping
from datetime import UTC, datetime
from pathlib import Path

from newsletter import notes
from newsletter.errors import ContentError
from newsletter.render import markdown
from tests.golden import hostile
from tests.unit import edition_samples as sample

NOW = datetime(2026, 11, 3, 9, tzinfo=UTC)


class NoteFile:
    """One note, as an editor would save it."""

    name = "file of a note"
    places: Mapping[str, hostile.Kind] = {"title": "text", "owner": "text", "body": "markdown"}

    def check(self, values: Mapping[str, str]) -> str | None:
        """What went wrong with these values, or nothing."""
        text = {"title": "Lock your screen", "owner": "Service desk", "body": "Press two keys."} | dict(values)
        head = "".join(f"{key}: {json.dumps(text[key])}\n" for key in ("title", "owner"))
        with tempfile.TemporaryDirectory() as folder:
            path = Path(folder, "lock.md")
            path.write_bytes(f"---\nkind: tip\n{head}---\n{text['body']}\n".encode("utf-8", "surrogatepass"))
            try:
                (note,) = notes.load(Path(folder), config=sample.config(), now=NOW)
            except ContentError as error:
                unplaced = [
                    one for one in error.message.splitlines() if not re.match(rf"{re.escape(str(path))}:\d+:", one)
                ]
                return f"says no file and line: {unplaced[0]!a}" if unplaced or not error.hint else None
        markdown.check(note.body)
        if note.title.split() != text["title"].split() or note.owner.split() != text["owner"].split():
            return f"title and owner became {note.title!a} and {note.owner!a}"
        return None
