"""`python -m tests.fuzz`: hostile values in every place, from a seed of today."""

from __future__ import annotations

import argparse
import os
import random
import sys

from tests.fuzz.run import fuzz, prepared, replay


def say(line: str) -> None:
    """To stdout at once."""
    print(line, flush=True)


def main() -> None:
    parser = argparse.ArgumentParser(prog="python -m tests.fuzz", description=__doc__)
    parser.add_argument(
        "--cases", type=int, default=int(os.environ.get("FUZZ_CASES", "200000")), help="how many values"
    )
    parser.add_argument(
        "--seed", type=int, default=os.environ.get("FUZZ_SEED"), help="another one every time by default"
    )
    parser.add_argument("--case", help="one case alone, as a failure prints it")
    given = parser.parse_args()
    if given.case:
        sys.exit(not replay(given.case, say))
    seed = given.seed if given.seed is not None else random.randrange(10**9)
    sys.exit(not fuzz(prepared(), given.cases, seed, say))


if __name__ == "__main__":
    main()
