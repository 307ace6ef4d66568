"""Whether the numbers of a month are settled, because people rely on them."""

from __future__ import annotations

from newsletter import approval
from newsletter.config import Config
from newsletter.model import Period
from newsletter.pipeline.months import SNAPSHOT_NAME, edition_folder


def settled(config: Config, month: Period) -> str:
    """Why the snapshot of a month is not replaced without being asked to; empty if nothing speaks against it.

    A send that was killed goes on with the letters it began with, and an approval holds for what was read: both
    need the same numbers again, whatever the sources say by now.

    Raises:
        ContentError: the approvals cannot be read.
        LedgerError: the ledger cannot be read.
    """
    folder = edition_folder(config, month)
    if not (folder / SNAPSHOT_NAME).exists():
        return ""
    if _is_mailed(config, month):
        return f"{month.label} was mailed"
    approvals = approval.read(folder)
    return f"{month.label} was approved by {approvals.given[-1].by}" if approvals and approvals.given else ""


def _is_mailed(config: Config, month: Period) -> bool:
    """Whether mailing it has begun."""
    from newsletter.deliver.ledger import ledger_exists, open_ledger

    if not ledger_exists(config.ledger):
        return False
    with open_ledger(config.ledger, readonly=True) as ledger:
        return ledger.edition(month.label) is not None
