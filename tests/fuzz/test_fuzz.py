"""Ten thousand hostile values in every place of a mail (guarantee G4), and proof that the fuzz can fail."""

from __future__ import annotations

import json
import os
import re
import shlex
import subprocess
import sys
from pathlib import Path

import pytest

from tests.fuzz.run import targets

ROOT = Path(__file__).parents[2]
SEED = os.environ.get("FUZZ_SEED", "20261001")


def python(*arguments: str) -> subprocess.CompletedProcess[str]:
    """A fresh process: it may crash, and what it breaks stays its own."""
    return subprocess.run([sys.executable, *arguments], cwd=ROOT, capture_output=True, text=True, check=False)


def fuzz_with(fault: str, target: str) -> str:
    """What the fuzz says once there is this fault in the program."""
    code = (
        f"import sys\nfrom tests.fuzz import run\nfound = run.prepared([{target!r}])\n{fault}\n"
        "sys.exit(not run.fuzz(found, 1_000, 1, print))"
    )
    ran = python("-c", code)
    assert ran.returncode == 1, ran.stdout + ran.stderr
    return ran.stdout


def test_hostile_text_arrives_as_it_was_written():
    ran = python("-m", "tests.fuzz", "--cases", "10000", "--seed", SEED)
    assert ran.returncode == 0, ran.stdout + ran.stderr
    assert re.match(r"10,\d{3} hostile values", ran.stdout)


def test_values_stand_in_every_place_of_both_letters_in_headers_configs_labels_and_notes():
    found = targets()
    kinds = {kind for target in found.values() for kind in target.places.values()}
    assert kinds == {"text", "markdown", "link", "line", "hidden", "address"}
    assert {"staff.en", "managers.en", "staff.ar", "message", "composed managers.it", "file of a note"} <= found.keys()
    assert sum(len(target.places) for target in found.values()) > 1_000


@pytest.mark.parametrize(
    ("fault", "target"),
    [
        ("import newsletter.render.mjml as one; one.protect = str", "staff.en"),
        (
            "from newsletter import render; render.sandbox._escapes = lambda name: False; render._compiled.cache_clear()",
            "staff.en",
        ),
        ("import newsletter.render.bidi as one; one._closed = lambda pieces, begun: '</bdi>'", "staff.en"),
        ("import newsletter.deliver.headers as one; one._is_plain = str.isascii", "message"),
    ],
    ids=["protect", "autoescape", "isolates", "encoded words"],
)
def test_the_fuzz_fails_without(fault, target):
    said = fuzz_with(fault, target)
    assert said.startswith(target)
    case = re.search(r"^again: python -m tests\.fuzz --case (.*)$", said, re.MULTILINE)
    assert case
    (shown,) = shlex.split(case[1])
    assert shown.count('": "') == 2, "the target and one value"
    assert len(shown) < 150
    assert python("-m", "tests.fuzz", "--case", shown).returncode == 0, "with the guard in place it goes well"


def test_a_renderer_that_dies_is_a_failing_case_like_any_other():
    case = json.dumps({"target": "staff.en", "values": {"lead": "\u2068" * 9_000 + "x" + "\u2069" * 9_000}})
    assert python("-m", "tests.fuzz", "--case", case).stdout == "it went well\n"
    fault = "import newsletter.render.bidi as one; one.DEEPEST = 10**9"
    ran = python("-c", f"{fault}\nfrom tests.fuzz.run import replay\nreplay({case!r}, print)")
    assert ran.stdout == "the process was killed by SIGSEGV\n"


def test_a_check_that_hangs_is_a_failing_case_like_any_other():
    fault = (
        "import time, newsletter.render as one; one.lint = lambda text, *_: time.sleep(60) if 'slow' in text else []"
    )
    case = json.dumps({"target": "staff.quiet", "values": {"headline": "slow"}})
    ran = python("-c", f"{fault}\nfrom tests.fuzz import run\nrun.SECONDS = 1\nrun.replay({case!r}, print)")
    assert ran.stdout == "the process was killed by SIGALRM\n"
