"""How availability is accounted for, as the configuration says it when a month is collected."""

from __future__ import annotations

from newsletter.config import Config
from newsletter.model import Policy, Rule, Times


def policy_of(config: Config) -> Policy:
    """What a reader has to know to judge the availability figures, to be frozen beside them."""
    zone = config.timezone.key
    planned = {"": Times(texts=tuple(config.maintenance), timezone=zone)}
    hours = {}
    for name, service in config.services.items():
        own = service.timezone.key if service.timezone else zone
        hours[name] = Times(texts=tuple(service.hours), timezone=own)
        planned[name] = Times(texts=tuple(service.maintenance), timezone=own)
    return Policy(
        timezone=zone,
        rules=tuple(
            Rule(
                interval_s=source.interval_s,
                vote=source.vote,
                merge_within_s=60 * source.merge_within_min,
                maintenance=source.maintenance is not None,
            )
            for source in config.availability
            if not source.counts_requests
        ),
        hours={name: times for name, times in hours.items() if times.texts},
        holidays=tuple(config.holidays),
        maintenance={name: times for name, times in planned.items() if times.texts},
        coverage_fail=config.coverage.fail,
    )
