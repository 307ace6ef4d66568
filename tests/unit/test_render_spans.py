"""What must stay on one line."""

from __future__ import annotations

from newsletter.render.spans import unbroken


def test_a_span_of_time_stays_on_one_line():
    """An en dash would let the line break behind it."""
    assert unbroken("Sunday, 06:00–08:00.") == 'Sunday, <span style="white-space:nowrap">06:00–08:00</span>.'


def test_days_stay_beside_their_month():
    """The source line of a fact is narrow enough to break anywhere."""
    kept = 'Gateway, <span style="white-space:nowrap">1–31 October</span> 2026'
    assert unbroken("Gateway, 1–31 October 2026") == kept
    assert unbroken("rooms 1–31, 2026") == "rooms 1–31, 2026"


def test_text_around_and_without_a_span_is_escaped():
    """The filter's result counts as markup, so it escapes what it is given."""
    assert unbroken("<b>06:00–08:00</b> & ") == (
        '&lt;b&gt;<span style="white-space:nowrap">06:00–08:00</span>&lt;/b&gt; &amp; '
    )
