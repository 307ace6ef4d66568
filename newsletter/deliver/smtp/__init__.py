"""The relay: connecting, logging in, and one message to one recipient."""

from newsletter.deliver.smtp.connection import Welcome, connect, is_crowded, probe
from newsletter.deliver.smtp.transaction import Envelope, Relay, TlsRelay, require_path

__all__ = ["Envelope", "Relay", "TlsRelay", "Welcome", "connect", "is_crowded", "probe", "require_path"]
