"""Figures entered by hand: `figures.yaml` of an edition, beside its notes.

A figure that is not in the file has no number that month: it is not 0, and it is not printed.
"""

import datetime as dt
from collections.abc import Mapping, Sequence
from pathlib import Path
from typing import Annotated, Any
from zoneinfo import ZoneInfo

from pydantic import AfterValidator, Field, PlainValidator, ValidationInfo, create_model

from newsletter.config import Config, FigureConfig
from newsletter.config.faults import Model, validate
from newsletter.config.refusals import fault
from newsletter.config.rules import together
from newsletter.config.strict_yaml import parse
from newsletter.config.surroundings import Surroundings
from newsletter.config.texts import Line
from newsletter.errors import ContentError
from newsletter.model import Evidence, Figure, FigureKind

FILE_NAME = "figures.yaml"
_MAX_BYTES = 200_000
_HINT = (
    "A key is a figure with `by_hand: true` in config.yaml; it has value (or part and total), by, entered and source."
)
_KINDS: Mapping[str, FigureKind] = {"seconds": "duration", "ratio": "ratio", "bytes": "gauge"}


def _day(value: Any) -> dt.date:
    if isinstance(value, dt.date) and not isinstance(value, dt.datetime):
        return value
    raise fault("must be a date such as 2026-11-02")


def _either(total: float | None, info: ValidationInfo) -> float | None:
    """For `total`: it goes with `part`, and both stand instead of `value`."""
    if not {"value", "part"} <= info.data.keys():
        return total
    value, part = info.data["value"], info.data["part"]
    if (part is None) != (total is None) or (value is None) == (part is None):
        raise together("needs either value, or part and total")
    if part is not None and total is not None and part > total:
        raise together(f"part ({part:g}) is more than total ({total:g})")
    return total


class Entry(Model):
    """One number, and who entered it when and from what."""

    value: float | None = None
    part: Annotated[float, Field(ge=0)] | None = None
    total: Annotated[Annotated[float, Field(gt=0)] | None, AfterValidator(_either)] = Field(
        default=None, validate_default=True
    )
    by: Line
    entered: Annotated[dt.date, PlainValidator(_day)]
    source: Line

    @property
    def number(self) -> float:
        """The value, or the ratio that part and total make."""
        if self.part is not None and self.total is not None:
            return self.part / self.total
        return self.value or 0.0


def load(path: Path, *, config: Config) -> tuple[dict[str, Figure], dict[str, Evidence]]:
    """The figures that stand in `path`, with their evidence; none if there is no such file.

    Raises:
        ContentError: with one line a fault, `figures.yaml:3: training.by: is required, but missing`.
    """
    wanted = {name: figure for name, figure in config.figures.items() if figure.by_hand}
    text = _text(path)
    if text is None:
        return {}, {}
    entries = _entries(path, text, config, list(wanted))
    figures = {name: _figure(path, name, entry, wanted[name]) for name, entry in entries.items()}
    evidence = [_evidence(name, entry, config.timezone) for name, entry in entries.items()]
    return figures, {one.id: one for one in evidence}


def _text(path: Path) -> str | None:
    try:
        content = path.read_bytes()
        if len(content) > _MAX_BYTES:
            raise ContentError(f"{path}: is larger than 200 kB, so it holds no figures", "Keep only the figures in it.")
        return content.decode("utf-8-sig")
    except FileNotFoundError:
        return None
    except OSError as error:
        raise ContentError(f"{path}: cannot be read ({error.strerror})", "Check the rights of the file.") from None
    except UnicodeDecodeError:
        raise ContentError(f"{path}: is not UTF-8 text", "Save the file with the encoding UTF-8.") from None


def _entries(path: Path, text: str, config: Config, names: Sequence[str]) -> dict[str, Entry]:
    """Every entry, checked against a model that has one key for each figure entered by hand."""
    fields: dict[str, Any] = {
        f"figure_{at}": (Entry | None, Field(default=None, alias=name)) for at, name in enumerate(names)
    }
    model = create_model("Figures", __base__=Model, **fields)
    parsed = parse(text)
    if parsed.data is None and not parsed.faults:
        return {}  # nothing but comments
    checked, faults = validate(model, parsed, Surroundings(file=path, locales=tuple(config.locales)))
    if checked is None:
        located = [one.located(str(path)) for one in faults]
        raise ContentError("\n".join(one.tell(str(path)) for one in faults), _HINT, located=located)
    found = {name: getattr(checked, f"figure_{at}") for at, name in enumerate(names)}
    return {name: entry for name, entry in found.items() if entry}


def _figure(path: Path, name: str, entry: Entry, wanted: FigureConfig) -> Figure:
    unit = wanted.unit or ("count" if entry.part is None else "ratio")
    hint = f"Mend it, or figures.{name}.unit in config.yaml."
    if unit != "ratio" and entry.part is not None:
        raise ContentError(f"{path}: {name}: part and total make a ratio, but its unit is {unit}", hint)
    if unit == "ratio" and not 0 <= entry.number <= 1:
        raise ContentError(f"{path}: {name}: {entry.number:g} is no ratio: it goes from 0 to 1", hint)
    return Figure(
        id=name,
        value=entry.number,
        unit=unit,
        kind=_KINDS.get(unit, "count"),
        evidence=(f"figures/{name}",),
        numerator=entry.part,
        denominator=entry.total,
    )


def _evidence(name: str, entry: Entry, zone: ZoneInfo) -> Evidence:
    return Evidence(
        id=f"figures/{name}",
        query=f"{entry.by}: {entry.source}",
        evaluated_at=dt.datetime.combine(entry.entered, dt.time(), zone),
        samples=1,
        coverage=1.0,
        origin="hand",
    )
