"""Mails that came back: which copy each is about, and what follows from it."""

from newsletter.deliver.bounces.accounting import Account, Accounted, account

__all__ = ["Account", "Accounted", "account"]
