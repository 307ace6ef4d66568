"""`python -m bench.run`: all measurements as one table."""

from __future__ import annotations

import argparse
from importlib import import_module

MODULES = ("start", "collect")


def main() -> None:
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("only", nargs="*", choices=[*MODULES, []], help="run only these")
    chosen = parser.parse_args().only or MODULES
    print(f"{'compared':<58} {'bar':<8} median (min-max)")
    for name in chosen:
        for row in import_module(f"bench.{name}").rows():
            print(f"{row.name:<58} {row.bar:<8} {row.text()}", flush=True)


if __name__ == "__main__":
    main()
