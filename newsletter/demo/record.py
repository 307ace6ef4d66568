"""`python -m newsletter.demo.record [MONTH ...]`: measure the sample company's months again.

Rewrites `editions/<month>/snapshot.json` of the repository, all 25 months by default; about a
quarter of a minute each. Then `ratings.json` of all months but the last, from the mails that readers send in the sample
company; with the argument `answers` nothing but these, in a second. A month measured twice gives the same bytes, so what changes in a
file is what changed in the sample company or in the collector.
"""

from __future__ import annotations

import sys
import time
from collections.abc import Callable, Sequence

from newsletter.collect import snapshot
from newsletter.config import load
from newsletter.demo import plan
from newsletter.demo.answers import record_answers
from newsletter.demo.measure import measure
from newsletter.demo.workspace import sample_workspace
from newsletter.errors import NewsletterError, UsageError


def record(labels: Sequence[str], say: Callable[[str], None]) -> None:
    """Measure and write the named months, or all of them.

    Raises:
        UsageError: a label is not a recorded month.
        SourceError: Prometheus is not installed, or cannot be asked.
    """
    months = {month.label: month for month in plan.months()}
    answers_only = list(labels) == ["answers"]
    labels = () if answers_only else labels
    unknown = sorted(set(labels) - months.keys())
    if unknown:
        raise UsageError(
            f"{unknown[0]} is not a month of the sample", f"Name months from {min(months)} to {max(months)}."
        )
    config = load(sample_workspace() / "config.yaml")
    for label in () if answers_only else labels or months:
        began = time.monotonic()
        path = config.editions / label / "snapshot.json"
        snapshot.write(measure(config, months[label]), path)
        say(f"{path}: {path.stat().st_size} bytes, {time.monotonic() - began:.0f} s")
    for label in [one for one in labels or months if one != plan.LAST_MONTH]:
        counted = record_answers(config, months[label])
        say(f"{label}: {sum(one.n for one in counted.tallies if one.audience)} answers told")


def main() -> int:
    """Run it; the exit code."""
    try:
        record(sys.argv[1:], print)
    except NewsletterError as error:
        print(f"{error.message}\n{error.hint}", file=sys.stderr)  # noqa: T201 - a script's own output
        return error.exit_code
    return 0


if __name__ == "__main__":
    sys.exit(main())
