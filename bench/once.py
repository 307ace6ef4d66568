"""`newsletter collect` of the month of `bench.month`, as a process that loads nothing but the product.

Arguments: URL, and the id of a service if only that one is to be read. Prints the seconds of downtime by service.
"""

from __future__ import annotations

import json
import sys
from datetime import timedelta
from zoneinfo import ZoneInfo

from newsletter.collect import collect
from newsletter.config import Config
from newsletter.period import month


def main(url: str, only: str | None = None) -> None:
    config = Config.model_validate(
        {
            "organisation": "Acme",
            "timezone": "Europe/Rome",
            "prometheus": {"url": url},
            "availability": [{"preset": "blackbox", "service_label": "service"}],
            "services": {only: {"name": "Service"}} if only else {},
            "unlisted_services": "ignore" if only else "include",
            "smtp": {"from": "IT <it@acme.example>"},
        }
    )
    october = month("2026-10", ZoneInfo("Europe/Rome"))
    snapshot = collect(config, october, now=october.end + timedelta(days=2))
    print(json.dumps({name: service.down_s for name, service in snapshot.services.items()}))


if __name__ == "__main__":
    main(*sys.argv[1:])
