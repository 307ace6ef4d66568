"""Everything that a send would meet before its first mail, found without a mail, a connection or a change."""

from __future__ import annotations

from collections.abc import Callable, Iterator, Mapping
from datetime import datetime
from functools import partial
from typing import TYPE_CHECKING

from newsletter.config import Config
from newsletter.errors import NewsletterError
from newsletter.pipeline.drafting import Draft
from newsletter.pipeline.permission import require_approval, require_explained
from newsletter.pipeline.readers import Audience, require_steady_lists
from newsletter.pipeline.sending import require_credentials

if TYPE_CHECKING:
    from newsletter.deliver import CompiledMessage


def obstacles(
    config: Config,
    draft: Draft,
    messages: Mapping[str, CompiledMessage],
    people: Audience,
    *,
    now: datetime,
    accept_shrunk_list: bool = False,
) -> Iterator[NewsletterError]:
    """Each reason why a send at `now` (aware) would be refused, in the order in which it is met.

    They are looked for one by one, so whoever wants the first only does not pay for the others.
    What only a relay or directory can tell is not among them.
    """
    gates: tuple[Callable[[], object], ...] = (
        partial(require_explained, draft),
        partial(require_approval, config, draft),
        *(() if accept_shrunk_list else (partial(require_steady_lists, config, draft.month, people),)),
        partial(require_credentials, config),
        partial(_require_timely, config, draft, now),
        partial(_require_open_hours, config, now),
    )
    for gate in gates:
        if error := _error_of(gate):
            yield error
    yield from _obstacles_in_ledger(config, draft, messages)


def _error_of(gate: Callable[[], object]) -> NewsletterError | None:
    try:
        gate()
    except NewsletterError as error:
        return error
    return None


def _require_timely(config: Config, draft: Draft, now: datetime) -> None:
    from newsletter.deliver import require_timely

    require_timely(config.sending, draft.month, now)


def _require_open_hours(config: Config, now: datetime) -> None:
    from newsletter.deliver import SendingHours

    SendingHours.read(config.sending.hours, config.timezone).require(now)


def _obstacles_in_ledger(
    config: Config, draft: Draft, messages: Mapping[str, CompiledMessage]
) -> Iterator[NewsletterError]:
    """On hold, frozen with other content, or being sent; a ledger that is not there yet holds nothing up."""
    from newsletter import deliver as stage

    label = draft.month.label
    try:
        if not stage.ledger_exists(config.ledger):
            return
        with stage.open_ledger(config.ledger, readonly=True) as ledger:
            found = [_error_of(partial(stage.require_unheld, ledger, label))]
            if ledger.edition(label) is not None:
                found.append(_error_of(partial(stage.require_unchanged, ledger, label, messages)))
            found.append(_error_of(partial(stage.require_idle, ledger)))
    except NewsletterError as error:
        found = [error]
    yield from filter(None, found)
