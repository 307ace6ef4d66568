"""Sending: the compiled message, the relay, and the ledger of who was mailed."""

from typing import TYPE_CHECKING

from newsletter.lazily import lazily

if TYPE_CHECKING:
    from newsletter.deliver.bounces import Account, Accounted, account
    from newsletter.deliver.dkim import DkimRecord, Signer, load_signer
    from newsletter.deliver.examine import examine_ledger, examine_metrics, examine_relay, require_relay
    from newsletter.deliver.freezing import Freeze, freeze, require_unchanged
    from newsletter.deliver.hours import SendingHours, require_timely
    from newsletter.deliver.ledger import (
        Delivery,
        Difference,
        Hold,
        Ledger,
        Summary,
        Suppression,
        ledger_exists,
        open_ledger,
    )
    from newsletter.deliver.limits import describe, estimate_s
    from newsletter.deliver.message import CompiledMessage, compile_message
    from newsletter.deliver.metrics import publish_metrics
    from newsletter.deliver.pace import Pace
    from newsletter.deliver.resolving import Resolved, resolve, resolve_by_log
    from newsletter.deliver.sending import (
        DeliveryReport,
        InDoubt,
        Status,
        held_error,
        require_idle,
        require_unheld,
        send,
        status,
    )
    from newsletter.deliver.shrinking import Shrinkage, shrunk
    from newsletter.deliver.trial import TestCopy, send_test
else:  # `build` and the preview compile messages, and need neither SMTP nor the ledger for it
    __getattr__ = lazily(
        __name__,
        {
            "bounces": "Account Accounted account",
            "dkim": "DkimRecord Signer load_signer",
            "examine": "examine_ledger examine_metrics examine_relay require_relay",
            "freezing": "Freeze freeze require_unchanged",
            "hours": "SendingHours require_timely",
            "ledger": "Delivery Difference Hold Ledger Summary Suppression ledger_exists open_ledger",
            "limits": "describe estimate_s",
            "message": "CompiledMessage compile_message",
            "metrics": "publish_metrics",
            "pace": "Pace",
            "resolving": "Resolved resolve resolve_by_log",
            "sending": "DeliveryReport InDoubt Status held_error require_idle require_unheld send status",
            "shrinking": "Shrinkage shrunk",
            "trial": "TestCopy send_test",
        },
    )

__all__ = [
    "Account",
    "Accounted",
    "CompiledMessage",
    "Delivery",
    "DeliveryReport",
    "Difference",
    "DkimRecord",
    "Freeze",
    "Hold",
    "InDoubt",
    "Ledger",
    "Pace",
    "Resolved",
    "SendingHours",
    "Shrinkage",
    "Signer",
    "Status",
    "Summary",
    "Suppression",
    "TestCopy",
    "account",
    "compile_message",
    "describe",
    "estimate_s",
    "examine_ledger",
    "examine_metrics",
    "examine_relay",
    "freeze",
    "held_error",
    "ledger_exists",
    "load_signer",
    "open_ledger",
    "publish_metrics",
    "require_idle",
    "require_relay",
    "require_timely",
    "require_unchanged",
    "require_unheld",
    "resolve",
    "resolve_by_log",
    "send",
    "send_test",
    "shrunk",
    "status",
]
