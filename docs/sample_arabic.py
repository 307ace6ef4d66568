"""The sample company as it would write to readers of Arabic, too: for pictures and for tests of right-to-left mails.

The sample itself is English and Italian. docs/sample-arabic holds what a third language needs: the
company's own words, by the English ones, and one edition's notes. No native reader has seen them yet.
"""

from __future__ import annotations

import json
import shutil
import sys
from collections.abc import Mapping
from datetime import UTC, datetime
from pathlib import Path
from typing import Any

import yaml

from newsletter.demo.workspace import copy_workspace

WORDS = Path(__file__).parent / "sample-arabic"
LOCALE = "ar"
MONTH = "2026-10"
NOW = datetime(2026, 11, 2, 8, tzinfo=UTC)


def arabic_workspace(target: Path) -> Path:
    """A copy of the sample in `target`, an empty or new folder, with Arabic beside its own languages.

    Returns:
        Its config.yaml.

    Raises:
        KeyError: the sample has a text that docs/sample-arabic/texts.yaml lacks.
        UsageError: `target` holds something already.
    """
    texts = yaml.safe_load((WORDS / "texts.yaml").read_text(encoding="utf-8"))
    config = copy_workspace(target)
    edition = target / "editions" / MONTH
    for file, added in ((config, {"locales": ["en", "it", LOCALE]}), (edition / "edition.yaml", {})):
        told = translated(yaml.safe_load(file.read_text(encoding="utf-8")), texts) | added
        file.write_text(yaml.safe_dump(told, allow_unicode=True, sort_keys=False), encoding="utf-8")
    for file in (target / "editions").glob("*/ratings.json"):  # a letter tells the question that it asked before
        file.write_text(json.dumps(translated(json.loads(file.read_text(encoding="utf-8")), texts)), encoding="utf-8")
    shutil.copytree(WORDS / "notes", edition / "notes", dirs_exist_ok=True)
    return config


def translated(value: Any, texts: Mapping[str, str]) -> Any:
    """`value` with every text that is there in English also in Arabic."""
    if isinstance(value, list):
        return [translated(one, texts) for one in value]
    if not isinstance(value, dict):
        return value
    if isinstance(value.get("en"), str):
        return value | {LOCALE: texts[value["en"]]}
    return {key: translated(one, texts) for key, one in value.items()}


if __name__ == "__main__":
    print(arabic_workspace(Path(sys.argv[1])))
