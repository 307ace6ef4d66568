"""The hours in which mails may leave, and how late an edition may still go out."""

from __future__ import annotations

from collections.abc import Sequence
from datetime import datetime, timedelta, tzinfo

from msgspec import Struct

from newsletter.config import SendingConfig
from newsletter.config.schedule import Weekly, weekly
from newsletter.counting import counted
from newsletter.errors import ContentError, DeliveryError
from newsletter.model import Period

_DAY = timedelta(days=1)


class SendingHours(Struct, frozen=True):
    """When mails may leave: any of `times` on the clock of `zone`; always, if there are none."""

    times: tuple[Weekly, ...]
    zone: tzinfo
    texts: tuple[str, ...]

    @classmethod
    def read(cls, texts: Sequence[str], zone: tzinfo) -> SendingHours:
        """Texts of config.yaml, such as "Mo-Fr 07:00-19:00"."""
        return cls(tuple(map(weekly, texts)), zone, tuple(texts))

    def include(self, when: datetime) -> bool:
        """Whether mails may leave at `when` (aware)."""
        local = when.astimezone(self.zone).replace(tzinfo=None)
        midnight = datetime.combine(local.date(), datetime.min.time())
        return not self.times or any(
            (midnight - days).weekday() in one.days and one.start <= local - midnight + days < one.end
            for one in self.times
            for days in (timedelta(0), _DAY)  # hours over midnight belong to the day before
        )

    def next_opening(self, when: datetime) -> datetime:
        """When they begin for the first time after `when` (aware)."""
        midnight = datetime.combine(when.astimezone(self.zone).date(), datetime.min.time())
        starts = (
            (midnight + days * _DAY + one.start).replace(tzinfo=self.zone)
            for days in range(9)
            for one in self.times
            if (midnight + days * _DAY).weekday() in one.days
        )
        return min(start for start in starts if start > when)

    def require(self, when: datetime) -> None:
        """Refuse what would leave outside of them.

        Raises:
            DeliveryError: it is another time of the day or week.
        """
        if not self.include(when):
            opening = self.next_opening(when)
            raise DeliveryError(
                f"mails leave in sending.hours ({', '.join(self.texts)}) only",
                f"Run the same command after {opening:%a %Y-%m-%d %H:%M}; nobody gets it twice.",
            )


def require_timely(sending: SendingConfig, month: Period, now: datetime) -> None:
    """Refuse an edition that nobody expects any more.

    Args:
        sending: for `max_lateness_days`.
        month: what the edition is about.
        now: aware.

    Raises:
        ContentError: the month ended too long ago.
    """
    if sending.max_lateness_days is None:
        return
    late = now - month.end
    if late > timedelta(days=sending.max_lateness_days):
        raise ContentError(
            f"{month.label} ended {counted(late.days, 'day')} ago, and sending.max_lateness_days is"
            f" {sending.max_lateness_days:g}: it is not sent any more",
            "If it shall go out all the same, raise sending.max_lateness_days for this one send.",
        )
