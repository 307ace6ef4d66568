"""One send as a process: `python -m tests.chaos.sender LEDGER PORT PEOPLE CONNECTIONS`; freezes, sends, exits."""

from __future__ import annotations

import sys
from pathlib import Path

from newsletter.deliver import freeze, open_ledger, send
from newsletter.model import Recipient
from tests.servers.deliver_support import EDITION, QUICK, VARIANT, messages, relay


def main() -> int:
    path, port, people, connections = Path(sys.argv[1]), *map(int, sys.argv[2:])
    planned = [(Recipient(address=f"p{i}@acme.example", name=f"P {i}"), VARIANT) for i in range(people)]
    content = messages("Hello " * 2000)
    with open_ledger(path) as ledger:
        freeze(ledger, EDITION, content, planned)
        report = send(ledger, EDITION, content, relay(port, connections=connections, timeout_s=30), pace=QUICK)
    return 75 if report.unsettled or report.fault else 0


if __name__ == "__main__":
    sys.exit(main())
