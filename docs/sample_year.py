"""Writes docs/sample-year/: a year of the sample company's letters, as text, in both languages.

The twelve editions are built in order, each remembering what it told as a send would, so that
"Did you know?" and the spotlight take their turns. The memory of the editions before the last one
is written into `editions/` too: the sample's newest edition is still to be sent.
"""

from __future__ import annotations

import shutil
import sys
import tempfile
from collections.abc import Iterator, Mapping
from datetime import UTC, datetime
from pathlib import Path

from newsletter import config, period, pipeline
from newsletter.demo.workspace import sample_workspace
from newsletter.facts import memory
from newsletter.render import fill_text

TARGET = Path(__file__).parent / "sample-year"
LAST = "2026-10"
EDITIONS = 12
NOW = datetime(2026, 11, 2, 8, tzinfo=UTC)


def drafts(folder: Path) -> Iterator[pipeline.Draft]:
    """The year's editions, oldest first, built in `folder` with nothing told before the first."""
    sample = config.load(sample_workspace() / "config.yaml")
    editions = folder / "editions"
    shutil.copytree(sample.editions, editions, ignore=shutil.ignore_patterns(memory.NAME, "approval.json"))
    copied = replace_editions(sample, editions)
    last = period.month(LAST, sample.timezone)
    for back in reversed(range(EDITIONS)):
        draft = pipeline.build(copied, period.previous(last, sample.timezone, back), now=NOW)
        pipeline.remember_told(copied, draft)
        yield draft


def replace_editions(sample: config.Config, editions: Path) -> config.Config:
    """The sample's config with its editions elsewhere."""
    return sample.model_copy(update={"editions": editions})


def texts(draft: pipeline.Draft) -> Mapping[str, str]:
    """The text part of each variant by file name."""
    return {
        f"{draft.month.label}.{name}.txt": fill_text(one, {"address": "reader@acme.example", "name": ""})
        for name, one in draft.variants.items()
    }


def main() -> None:
    """Write the texts and the memory."""
    for old in TARGET.glob("*.txt"):
        old.unlink()
    editions = sample_workspace() / "editions"
    with tempfile.TemporaryDirectory() as folder:
        for draft in drafts(Path(folder)):
            for name, text in texts(draft).items():
                (TARGET / name).write_text(text, encoding="utf-8")
            told = Path(folder) / "editions" / draft.month.label / memory.NAME
            if draft.month.label != LAST:
                shutil.copyfile(told, editions / draft.month.label / memory.NAME)
            sys.stdout.write(f"{draft.month.label}: {len(draft.variants)} texts\n")


if __name__ == "__main__":
    main()
