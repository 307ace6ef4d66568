"""Sending: the compiled message, the relay, and the ledger of who was mailed."""

from newsletter.deliver.drain import Pace
from newsletter.deliver.examine import examine_ledger, examine_relay
from newsletter.deliver.freezing import Freeze, freeze
from newsletter.deliver.ledger import Delivery, Ledger, open_ledger
from newsletter.deliver.message import CompiledMessage, compile_message
from newsletter.deliver.sending import DeliveryReport, InDoubt, TestCopy, send, send_test, status

__all__ = [
    "CompiledMessage",
    "Delivery",
    "DeliveryReport",
    "Freeze",
    "InDoubt",
    "Ledger",
    "Pace",
    "TestCopy",
    "compile_message",
    "examine_ledger",
    "examine_relay",
    "freeze",
    "open_ledger",
    "send",
    "send_test",
    "status",
]
