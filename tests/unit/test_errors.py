"""Exit codes are a contract: scripts and timers rely on these literals."""

from __future__ import annotations

import pytest

from newsletter import errors

CODES = {
    "NewsletterError": 1,
    "UsageError": 2,
    "CoverageError": 3,
    "PartialDelivery": 4,
    "ContentError": 65,
    "SourceError": 69,
    "HistoryError": 69,
    "LedgerError": 74,
    "FileError": 74,
    "DeliveryError": 75,
    "ApprovalError": 77,
    "ConfigError": 78,
}


@pytest.mark.parametrize(("name", "code"), CODES.items())
def test_each_error_has_its_exit_code(name, code):
    """Frozen as numbers, not as names."""
    assert getattr(errors, name).exit_code == code


def test_every_error_class_is_listed():
    """A new class needs a number here, and in the docs."""
    defined = {
        name for name, one in vars(errors).items() if isinstance(one, type) and issubclass(one, errors.NewsletterError)
    }
    assert defined == set(CODES)


def test_an_error_is_its_message_and_a_hint():
    """The hint never hides in the message."""
    error = errors.ConfigError("what is wrong", "what to do")
    assert str(error) == "what is wrong"
    assert error.hint == "what to do"
