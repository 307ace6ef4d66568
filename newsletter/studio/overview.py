"""The edition around its letters: its heading, its approval, its audiences and its notes, as the page shows them."""

from __future__ import annotations

from collections.abc import Collection, Mapping, Sequence
from datetime import datetime
from pathlib import Path
from typing import Any

from newsletter import approval, pipeline
from newsletter.approval import Approvals
from newsletter.language import Catalogue, Formats, localised
from newsletter.model import Finding
from newsletter.notes import Manuscript
from newsletter.pipeline import Draft, Variant
from newsletter.studio.faults import shown_path
from newsletter.studio.picture import worst
from newsletter.studio.readers import Readers
from newsletter.studio.reading import Reading

LIMITS = {"bytes_warn": 81_920, "bytes_fail": 102_400, "subject": 60, "preheader": 90}
"""What the meters of the page measure against: bytes of the HTML part, and characters."""


def nothing_yet() -> dict[str, Any]:
    """An edition that could not be read even once."""
    return {
        "month": "",
        "title": "",
        "organisation": "",
        "department": "",
        "snapshot": None,
        "months": [],
        "sent": None,
        "approval": None,
        "audiences": [],
        "variants": [],
        "readers": [],
        "notes": [],
        "findings": [],
        "passed": [],
        "limits": LIMITS,
    }


def heading_json(reading: Reading) -> dict[str, Any]:
    """What the edition is, and whether it has its numbers. The studio speaks English, whatever the letters speak."""
    config, month = reading.config, reading.month
    english = Formats(Catalogue.load("en"), config.timezone)
    name = english.month(month.start)
    department = localised(config.department, "en", config.locales[0]) if config.department else ""
    return {
        "month": month.label,
        "month_name": name,
        "title": f"{config.organisation}, {name}",
        "organisation": config.organisation,
        "department": department,
        "snapshot": _snapshot_json(reading),
        "months": sorted((path.parent.name for path in config.editions.glob("*/snapshot.json")), reverse=True),
        "sent": sent_json(reading),
    }


def _snapshot_json(reading: Reading) -> dict[str, Any]:
    path = reading.folder / pipeline.SNAPSHOT_NAME
    command = f"newsletter collect --month {reading.month.label}"
    if reading.material is None:
        return {"at": None, "present": False, "command": command}
    asked = max((one.evaluated_at for one in reading.material.snapshot.evidence.values()), default=None)
    shown = _local(asked, reading) if asked else None
    return {"at": shown, "present": True, "command": command, "file": shown_path(path, reading.root)}


def file_of(reading: Reading, name: str) -> str:
    """A file of the edition's folder, as it is shown."""
    return shown_path(reading.folder / name, reading.root)


def _local(at: datetime, reading: Reading) -> str:
    """An instant on the organisation's clock: 1 Nov 2026, 06:10."""
    local = at.astimezone(reading.config.timezone)
    return f"{local.day} {local:%b %Y, %H:%M}"


def sent_json(reading: Reading) -> dict[str, Any] | None:
    """That the edition went out: a send leaves what it told beside the numbers."""
    path = reading.folder / "told.json"
    try:
        at = datetime.fromtimestamp(path.stat().st_mtime, reading.config.timezone)
    except OSError:
        return None
    approvals = approval.read(reading.folder)
    return {"at": _local(at, reading), "digest": approvals.digest if approvals else ""}


# --- approval -----------------------------------------------------------------------------


def approval_json(reading: Reading, draft: Draft | None, given: Approvals | None) -> dict[str, Any]:
    """Whether the edition may be sent; void as soon as one byte of it is another one.

    Args:
        reading: the edition.
        draft: all of its letters, once they are made; without it the digest is not known yet.
        given: the approvals in its folder.
    """
    needed = reading.config.approvals
    text = (
        approval.describe(reading.folder, needed=needed, digest=draft.digest, variants=draft.digests) if draft else ""
    )
    changed = list(approval.changed_variants(given, draft.digests)) if given and draft else []
    void = bool(given and draft and given.digest != draft.digest)
    if given is None:
        state = "none" if needed else "not_needed"
    else:
        state = "void" if void else "approved" if len(given.given) >= needed else "none"
    return {
        "state": state,
        "text": text,
        "needed": needed,
        "given": [{"by": one.by, "at": _local(one.at, reading)} for one in given.given] if given else [],
        "changed": changed,
        "changes": len(changed) or int(void),
        "command": f"newsletter approve --month {reading.month.label} --by NAME",
    }


# --- audiences and notes ------------------------------------------------------------------


def audiences_json(reading: Reading, readers: Readers) -> list[dict[str, Any]]:
    """Each list with the number of its people, where it could be counted without the network."""
    return [
        {"id": name, "name": name.replace("_", " ").capitalize(), "people": readers.people.get(name)}
        for name in reading.config.audiences
    ]


def variant_json(variant: Variant, changed: Collection[str]) -> dict[str, Any]:
    """What a letter is, whether or not it was made yet."""
    return {
        "audience": variant.audience,
        "segment": variant.segment,
        "locale": variant.locale,
        "direction": Catalogue.load(variant.locale).direction,
        "changed": variant.name in changed,
    }


def notes_json(
    reading: Reading, noted: Mapping[str, Sequence[Finding]], changed: Collection[str]
) -> list[dict[str, Any]]:
    """Every note once, with its languages; what is found in one of them counts for all."""
    grouped: dict[str, list[Manuscript]] = {}
    for one in reading.manuscripts:
        grouped.setdefault(_id(one, reading), []).append(one)
    return [
        _note_json(name, versions, reading, noted)
        | {"changed": any(f"notes/{Path(one.file).name}" in changed for one in versions)}
        for name, versions in grouped.items()
    ]


def _id(one: Manuscript, reading: Reading) -> str:
    stem = Path(one.file).name.removesuffix(".md")
    name, _, locale = stem.rpartition(".")
    return name if name and locale in reading.config.locales else stem


def _note_json(
    name: str, versions: Sequence[Manuscript], reading: Reading, noted: Mapping[str, Sequence[Finding]]
) -> dict[str, Any]:
    first = next((one.note for one in versions if one.note), None)
    locales = [one.note.locale for one in versions if one.note]
    status = next((one.state for one in versions if one.state != "due"), first.status if first else "draft")
    return {
        "id": name,
        "title": first.title if first else name,
        "kind": first.kind if first else None,
        "status": status,
        "owner": first.owner if first else "",
        "locales": locales,
        "missing": [one for one in reading.config.locales if one not in locales],
        "files": [shown_path(one.file, reading.root) for one in versions],
        "worst": worst([finding for one in versions for finding in noted.get(one.file, ())]),
    }
