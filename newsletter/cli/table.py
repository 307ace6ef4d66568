"""Tables on stdout: aligned, without frames, the same on a terminal and in a pipe."""

from __future__ import annotations

from collections.abc import Sequence

import click


def table(heads: Sequence[str], rows: Sequence[Sequence[str]], *, err: bool = False) -> None:
    """Print rows under their heads; columns of numbers align right."""
    columns = list(zip(heads, *rows, strict=True))
    widths = [max(map(len, column)) for column in columns]
    right = [bool(rows) and all(_is_number(cell) for cell in column[1:]) for column in columns]
    bold = click.style(_line(heads, widths, right), bold=True)
    for line in (bold, *(_line(row, widths, right) for row in rows)):
        click.echo(line, err=err)


def _is_number(cell: str) -> bool:
    return not cell or cell[0].isdigit() or cell == "-"


def _line(cells: Sequence[str], widths: Sequence[int], right: Sequence[bool]) -> str:
    fitted = (cell.rjust(w) if r else cell.ljust(w) for cell, w, r in zip(cells, widths, right, strict=True))
    return "  ".join(fitted).rstrip()
