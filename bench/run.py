"""`python -m bench.run`: all measurements as one table (Markdown, as in docs/benchmarks.md)."""

from __future__ import annotations

import argparse
from importlib import import_module

MODULES = ("start", "send", "collect", "facts", "gate", "lint", "render")


def main() -> None:
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("only", nargs="*", choices=[*MODULES, []], help="run only these")
    chosen = parser.parse_args().only or MODULES
    print("| compared | bar | median (min-max) |\n|---|---|---|")
    for name in chosen:
        for row in import_module(f"bench.{name}").rows():
            print(f"| {row.name} | {row.bar} | {row.text()} |", flush=True)


if __name__ == "__main__":
    main()
