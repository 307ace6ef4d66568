"""A help desk's CSV export, for those whose help desk has no exporter for Prometheus."""

from datetime import UTC, datetime
from pathlib import Path
from typing import Annotated, Literal

from pydantic import AfterValidator, Field, ValidationInfo

from newsletter.config.faults import Model
from newsletter.config.places import WorkspacePath, Zone
from newsletter.config.refusals import fault
from newsletter.config.rules import both_or_none
from newsletter.config.strict_yaml import shown
from newsletter.config.texts import Line

MONTH_MARK = "{month}"


def _export_path(path: Path) -> Path:
    rest = str(path).replace(MONTH_MARK, "")
    if "{" in rest or "}" in rest:
        raise fault(f"the only placeholder is {MONTH_MARK}, which becomes for example 2026-10")
    return path


def _date_format(text: str) -> str:
    """Refuse a format that loses the day or the minute: what it writes, it must read again."""
    if text == "iso":
        return text
    if "%Z" in text:
        raise fault("%Z (the name of a zone) is not read: use %z, or declare timezone")
    probe = datetime(2026, 10, 31, 23, 45, tzinfo=UTC)
    try:
        again = datetime.strptime(probe.strftime(text), text).replace(tzinfo=UTC)
    except ValueError:
        again = None
    if again != probe:
        raise fault(
            f'{shown(text)} does not tell day, month, year, hour and minute: write for example "%d/%m/%Y %H:%M"'
        )
    return text


def _rising(edges: list[float]) -> list[float]:
    if any(edge <= 0 for edge in edges) or edges != sorted(set(edges)):
        raise fault("must be rising numbers of seconds above 0")
    return edges


def _other_than_satisfied(values: list[str], info: ValidationInfo) -> list[str]:
    both = sorted(set(values) & set(info.data.get("satisfied", ())))
    if both:
        raise fault(f"{shown(both[0])} stands under satisfied, too")
    return values


class ResolutionTarget(Model):
    """The promise about how fast tickets are solved."""

    target_s: Annotated[float, Field(gt=0)] | None = Field(
        default=None,
        description="The promised time to a solution, in seconds; of a histogram an edge of a bucket, as between two "
        "of them a share could only be guessed.",
        examples=["14400"],
    )
    target_share: Annotated[Annotated[float, Field(gt=0, le=1)] | None, both_or_none("target_s", "target_share")] = (
        Field(
            default=None,
            validate_default=True,
            description="The share (0 to 1) of tickets promised to be solved within `target_s`.",
            examples=["0.8"],
        )
    )


class EnoughAnswers(Model):
    """How many answers make a number."""

    min_answers: int = Field(
        default=10,
        ge=1,
        description="Below this number of answers in the month no satisfaction is told. Below 20 it is told as "
        '"14 of 17", never in percent.',
        examples=["20"],
    )


class CsvColumns(Model):
    """The names of the columns, as the first line of the export writes them."""

    created: Line = Field(description="When the ticket was opened.", examples=["Created"])
    resolved: Line = Field(
        description="When the ticket was resolved (the last time, if it was reopened); empty while it is open.",
        examples=["Resolved"],
    )
    id: Line | None = Field(
        default=None,
        description="The number of the ticket. Rows with the same one are one ticket, and a row that stands there "
        "twice is counted once. Without it every row is a ticket of its own.",
        examples=["Ticket#"],
    )
    queue: Line | None = Field(default=None, description="The team or group that has it.", examples=["Queue"])
    kind: Line | None = Field(default=None, description="Incident, request and so on.", examples=["Type"])
    requester: Line | None = Field(
        default=None,
        description="Who asked: an address, number or name that is the same in all tickets of a person. People are "
        "counted and forgotten: nothing of it is written anywhere.",
        examples=["Customer"],
    )
    department: Line | None = Field(
        default=None,
        description="The department of the requester. Those with fewer than ten people are told together.",
        examples=["Department"],
    )


class CsvSatisfaction(EnoughAnswers):
    """What the people who had asked for help said about it. An empty cell is no answer."""

    column: Line = Field(description="The column of the answer.", examples=["Rating"])
    satisfied: Annotated[list[Line], Field(min_length=1)] = Field(
        description="The answers of satisfied people.", examples=['["4", "5"]']
    )
    unsatisfied: Annotated[list[Line], AfterValidator(_other_than_satisfied)] = Field(
        description="All other answers. What stands in neither list is a bad row.", examples=['["1", "2", "3"]']
    )


class CsvSource(ResolutionTarget):
    """A help desk's export, read instead of metrics; see docs/tickets.md."""

    path: Annotated[WorkspacePath, AfterValidator(_export_path)] = Field(
        description="The file. `{month}` in it becomes the month of the edition; without it one export serves all.",
        examples=["exports/{month}.csv"],
    )
    columns: CsvColumns = Field(description="The names of its columns.")
    delimiter: Literal["comma", "semicolon", "tab"] | None = Field(
        default=None,
        description="What separates the cells; by default whichever separates the named columns.",
        examples=["semicolon"],
    )
    encoding: Literal["utf-8", "utf-16", "windows-1252"] = Field(
        default="utf-8", description="The encoding; a byte order mark is fine.", examples=["windows-1252"]
    )
    dates: Annotated[Line, AfterValidator(_date_format)] = Field(
        default="iso",
        description="How times are written: `iso` (2026-10-31 23:45, with or without seconds, T and offset), or "
        "the codes of strptime.",
        examples=['"%d/%m/%Y %H:%M"'],
    )
    timezone: Zone | None = Field(
        default=None,
        description="The time zone of times without an offset; by default that of the edition.",
        examples=["UTC"],
    )
    edges_s: Annotated[list[float], Field(min_length=1), AfterValidator(_rising)] = Field(
        default=[3600, 14400, 28800, 86400, 259200, 604800],
        description='The times, in seconds, for which the share "solved within" is counted.',
        examples=["[3600, 14400, 86400]"],
    )
    satisfaction: CsvSatisfaction | None = Field(default=None, description="The answers of those who asked for help.")
    max_bad_rows: int = Field(
        default=0,
        ge=0,
        description="How many rows that make no sense may be left out; one more, and nothing is collected.",
        examples=["5"],
    )

    def edges(self) -> list[float]:
        """The times for which shares are counted, the promised one included; rising."""
        return sorted({*self.edges_s, *([self.target_s] if self.target_s else [])})
