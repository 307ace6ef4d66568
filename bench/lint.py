"""How long the plain-language lint of one note of 600 words takes, in process, in each language with full word lists."""

from __future__ import annotations

import time
from collections.abc import Iterator
from datetime import UTC, datetime
from pathlib import Path
from statistics import median
from tempfile import TemporaryDirectory

from bench.paired import Row
from newsletter.config import Config
from newsletter.model import Fact
from newsletter.notes.lint import lint
from newsletter.notes.lint.sourced import sourced
from newsletter.notes.loader import manuscripts

WORDS = 600
RUNS = 51
PARAGRAPHS = {
    "en": "The folders did not open on 14 October, from 09:12 to 10:49. A disk was full, due to a backup that nobody "
    'stopped. We gave it twice the room, and the alarm now rings a day earlier. {{ n("tickets.opened") }} of you '
    "wrote to us; 4,217 read the answer in order to know when the service was restored.",
    "it": "Il 14 ottobre le cartelle non si aprivano, dalle 09:12 alle 10:49. Un disco era pieno, a causa di una copia "
    "che nessuno ha fermato. Gli abbiamo dato il doppio dello spazio, e ora l'allarme suona un giorno prima. "
    '{{ n("tickets.opened") }} di voi ci hanno scritto; 4.217 hanno letto la risposta al fine di sapere quando il '
    "servizio è stato ripristinato.",
}  # fmt: skip


def rows() -> Iterator[Row]:
    """Median and spread in milliseconds of CPU; 48 series of facts to compare numbers with."""
    config = _config()
    facts = [Fact(id=f"f{n}.count", type="value", subject=f"f{n}", value=n * 7, unit="count") for n in range(48)]
    numbers = sourced(
        [*facts, Fact(id="tickets.opened", type="value", subject="tickets", value=1283, unit="count")], config
    )
    for locale, paragraph in PARAGRAPHS.items():
        body = "\n\n".join([paragraph] * -(-WORDS // len(paragraph.split())))
        with TemporaryDirectory() as folder:
            path = Path(folder, f"note.{locale}.md")
            path.write_text(f"---\ntitle: Folders\nkind: people\nowner: IT\n---\n{body}\n", encoding="utf-8")
            (manuscript,) = manuscripts(Path(folder), config=config, now=datetime(2026, 11, 2, tzinfo=UTC))
        taken, found = [], 0
        for _ in range(RUNS + 1):
            began = time.process_time()
            found = len(lint(manuscript, numbers))
            taken.append(1000 * (time.process_time() - began))
        shown = sorted(taken[1:])
        text = f"{median(shown):.1f} ms of CPU ({shown[0]:.1f}-{shown[-1]:.1f}, n={RUNS}); {found} findings"
        yield Row(f"lint of a note of {len(body.split())} words ({locale})", "≤ 10 ms", (), text)


def _config() -> Config:
    document = {
        "organisation": "Acme",
        "timezone": "Europe/Rome",
        "locales": ["en", "it"],
        "prometheus": {"url": "http://127.0.0.1:9090"},
        "smtp": {"from": "it@acme.example"},
    }
    return Config.model_validate(document)
