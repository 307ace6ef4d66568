"""Approval: a person's name bound to the hash of exactly what was approved.

`editions/<month>/approval.json` holds the hash and who approved it when. Whatever changes a
single byte of a variant, or a fact, changes the hash and voids the approvals. `approved.json`
beside it keeps the words that were approved, only so that a later change can be shown: nothing
is decided by it, and without it a change is still known, but not which words.
"""

from __future__ import annotations

import hashlib
import json
from collections.abc import Mapping, Sequence
from datetime import datetime
from pathlib import Path
from typing import Any

from msgspec import Struct

from newsletter.counting import counted
from newsletter.errors import ApprovalError, ContentError, FileError, UsageError
from newsletter.replacing import replace_file, what_to_do

FILE_NAME = "approval.json"
WORDS_NAME = "approved.json"


class Approval(Struct, frozen=True, kw_only=True):
    """Who approved, and when (aware)."""

    by: str
    at: datetime


class Approvals(Struct, frozen=True, kw_only=True):
    """The approvals of one hash; `variants` maps each variant to its digest, to name what changed."""

    digest: str
    variants: Mapping[str, str]
    given: tuple[Approval, ...]


class Approved(Struct, frozen=True, kw_only=True):
    """The words behind a hash: the text part of each variant, and the edition's own files by name."""

    digest: str
    texts: Mapping[str, str]
    files: Mapping[str, str]


def keep(folder: Path, approved: Approved) -> None:
    """Keep the words of what was approved."""
    raw = {"digest": approved.digest, "texts": dict(approved.texts), "files": dict(approved.files)}
    _replace(folder / WORDS_NAME, raw)


def kept(folder: Path) -> Approved | None:
    """The words that were approved last; None if nobody kept them, or not for the approvals that count."""
    approvals = read(folder)
    try:
        raw = json.loads((folder / WORDS_NAME).read_text(encoding="utf-8"))
        approved = Approved(digest=str(raw["digest"]), texts=_strings(raw["texts"]), files=_strings(raw["files"]))
    except (OSError, ValueError, KeyError, TypeError, AttributeError):
        return None
    return approved if approvals and approvals.digest == approved.digest else None


def _strings(raw: Any) -> dict[str, str]:
    return {str(key): str(value) for key, value in raw.items()}


def edition_digest(variants: Mapping[str, str], facts_json: str) -> str:
    """One sha256 (hex) over all variants' digests and the facts they were written from."""
    bound = {"variants": dict(sorted(variants.items())), "facts": hashlib.sha256(facts_json.encode()).hexdigest()}
    return hashlib.sha256(json.dumps(bound, sort_keys=True).encode()).hexdigest()


def read(folder: Path) -> Approvals | None:
    """The approvals kept in an edition's folder, or None.

    Raises:
        ContentError: the file is there but cannot be understood.
    """
    path = folder / FILE_NAME
    try:
        raw = json.loads(path.read_text(encoding="utf-8"))
        return _parse(raw)
    except FileNotFoundError:
        return None
    except (OSError, ValueError, KeyError, TypeError, AttributeError) as error:
        raise ContentError(f"{path}: not an approval file", "Delete it and approve again.") from error


def _parse(raw: Any) -> Approvals:
    given = tuple(Approval(by=str(one["by"]), at=datetime.fromisoformat(one["at"])) for one in raw["approvals"])
    return Approvals(
        digest=str(raw["digest"]), variants={str(k): str(v) for k, v in raw["variants"].items()}, given=given
    )


def approve(folder: Path, *, digest: str, variants: Mapping[str, str], by: str, at: datetime) -> Approvals:
    """Add one approval; approvals of an older hash are dropped, a second one by the same name is refused.

    Raises:
        UsageError: the name is empty or not printable, or approved this very hash already.
        FileError: the folder cannot be written.
    """
    name = " ".join(by.split())
    if not name:
        raise UsageError("an approval needs a name", "Write --by NAME.")
    if not name.isprintable():
        raise UsageError("the name of an approval holds a control or invisible character", "Write --by NAME plainly.")
    before = read(folder)
    kept = before.given if before and before.digest == digest else ()
    if any(one.by.casefold() == name.casefold() for one in kept):
        raise UsageError(f"{name} has approved exactly this already", "Another person can approve it too.")
    approvals = Approvals(digest=digest, variants=dict(variants), given=(*kept, Approval(by=name, at=at)))
    _write(folder / FILE_NAME, approvals)
    return approvals


def _write(path: Path, approvals: Approvals) -> None:
    raw = {
        "digest": approvals.digest,
        "variants": dict(sorted(approvals.variants.items())),
        "approvals": [{"by": one.by, "at": one.at.isoformat(timespec="seconds")} for one in approvals.given],
    }
    _replace(path, raw)


def _replace(path: Path, raw: Mapping[str, Any]) -> None:
    try:
        replace_file(path, (json.dumps(raw, indent=2, ensure_ascii=False) + "\n").encode())
    except OSError as error:
        raise FileError(
            f"{path}: cannot be written: {error.strerror}", what_to_do(error, "Check the rights of its folder.")
        ) from None


def changed_variants(approvals: Approvals, variants: Mapping[str, str]) -> Sequence[str]:
    """The variants that are not what was approved, new and vanished ones included."""
    names = sorted({*approvals.variants, *variants})
    return [name for name in names if approvals.variants.get(name) != variants.get(name)]


def require(folder: Path, *, needed: int, digest: str, variants: Mapping[str, str], month: str) -> None:
    """Refuse unless `needed` people approved exactly this.

    Raises:
        ApprovalError: too few approvals, or they were given for something else.
    """
    if needed == 0:
        return
    command = f"newsletter approve --month {month} --by NAME"
    approvals = read(folder)
    if approvals is None:
        raise ApprovalError(f"{month} is not approved", f"Read it in the preview, then: {command}")
    if approvals.digest != digest:
        changed = ", ".join(changed_variants(approvals, variants)) or "its facts"
        raise ApprovalError(f"{month} changed after it was approved: {changed}", f"Read it again, then: {command}")
    missing = needed - len(approvals.given)
    if missing > 0:
        people = counted(missing, "more person", "more people")
        raise ApprovalError(f"{month} has {len(approvals.given)} of {needed} approvals", f"{people}: {command}")


def describe(folder: Path, *, needed: int, digest: str, variants: Mapping[str, str]) -> str:
    """The state in a few words: "not approved", "approved by ...", "approval void: ... changed"."""
    approvals = read(folder)
    if approvals is None:
        return "not approved" if needed else "needs no approval"
    if approvals.digest != digest:
        changed = ", ".join(changed_variants(approvals, variants)) or "facts"
        return f"approval void: {changed} changed"
    names = ", ".join(one.by for one in approvals.given)
    return f"approved by {names}" + (f" ({len(approvals.given)} of {needed})" if needed > 1 else "")
