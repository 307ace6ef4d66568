"""What must hold before anything is sent: incidents explained, the edition approved by others."""

from __future__ import annotations

import shlex
from datetime import datetime
from pathlib import Path

from newsletter import approval
from newsletter.config import Config
from newsletter.errors import ApprovalError, ContentError
from newsletter.model import Period, Rendered
from newsletter.pipeline.drafting import Draft
from newsletter.pipeline.months import edition_folder


def require_explained(draft: Draft) -> None:
    """Refuse to send an edition in which something went wrong and no person has written about it.

    Raises:
        ContentError: names the service and the language of each note that is missing.
    """
    if not draft.unexplained:
        return
    missing = ", ".join(f"{service} ({locale})" for service, locale in draft.unexplained)
    raise ContentError(
        f"{draft.month.label}: no note explains what went wrong: {missing}",
        f"Write one (it may say that the cause is still under investigation): "
        f"{incident_command(draft.month, draft.unexplained[0][0])}",
    )


def incident_command(month: Period, service: str) -> str:
    """What to type into a shell to begin the note that is missing; TITLE is for the writer to replace."""
    return f'newsletter note new incident "TITLE" --month {month.label} --service {shlex.quote(service)}'


def require_other_eyes(config: Config, month: Period, *, by: str, now: datetime) -> None:
    """Refuse the approval of somebody whose own incident note is in the edition.

    Raises:
        ApprovalError: names the note.
    """
    from newsletter import notes

    for note in notes.load(edition_folder(config, month) / "notes", config=config, now=now):
        if note.kind == "incident" and note.owner.casefold() == " ".join(by.split()).casefold():
            raise ApprovalError(
                f"{by} owns {note.source}, so somebody else has to approve this edition",
                "four_eyes is on in config.yaml.",
            )


def approved_words(config: Config, draft: Draft) -> approval.Approved:
    """The words of an edition, for the record of what was approved."""
    texts = {name: words_of(one) for name, one in draft.variants.items()}
    folder = edition_folder(config, draft.month)
    return approval.Approved(digest=draft.digest, texts=texts, files=written_files(folder))


def words_of(rendered: Rendered) -> str:
    """The text part of a variant, with the names of a recipient's fields in braces."""
    return "".join(f"{{{part}}}" if at % 2 else part for at, part in enumerate(rendered.text.parts))


def written_files(folder: Path) -> dict[str, str]:
    """What people wrote for an edition: its notes and decisions, by their names below `folder`."""
    found = (*sorted(folder.glob("notes/*.md")), *sorted(folder.glob("*.yaml")))
    return {path.relative_to(folder).as_posix(): path.read_text(encoding="utf-8", errors="replace") for path in found}


def require_approval(config: Config, draft: Draft) -> None:
    """Refuse to send what nobody approved as it is now.

    Raises:
        ApprovalError: too few approvals, or they were given for something else.
    """
    approval.require(
        edition_folder(config, draft.month),
        needed=config.approvals,
        digest=draft.digest,
        variants=draft.digests,
        month=draft.month.label,
    )
