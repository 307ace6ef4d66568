"""Service by service: what missed first, then what used most of its allowance; the quiet ones share a line."""

from __future__ import annotations

from collections.abc import Sequence
from datetime import date
from functools import reduce

from newsletter.compose import share, strip
from newsletter.compose.context import Context
from newsletter.compose.standing import FULL_COVERAGE, Standing
from newsletter.language.formats import NO_BREAK_SPACE, Rounding, budget, capitalised
from newsletter.model import Interval, Section, ServiceRow

ROWS = 9
"""A row costs about 2.3 KB of mail; beyond these, services fold into a line. Missed targets never do."""

TOLD_OUTCOMES = 3
"""For up to so many uninterrupted services the line also says what that let people do."""


def services_section(context: Context) -> Section | None:
    """Every service exactly once: as a row, or by name in a closing line."""
    if not context.standings:
        return None
    clean = tuple(one for one in context.standings if one.clean)
    rows, folded = _split(tuple(one for one in context.standings if not one.clean), context.own_services)
    return Section(
        kind="services",
        title=context.text("section.services"),
        intro=_intro(context, rows),
        legend={state: context.text(f"services.legend.{state}") for state in ("up", "down", "planned", "unknown")}
        if any(one.by_time for one in rows)
        else {},
        services=tuple(_row(context, one) for one in rows),
        closing=_closing(context, clean, tuple(one for one in folded if one.met)),
        paragraphs=(
            *_planned_paragraph(context, (*clean, *folded)),
            *_folded_paragraphs(context, tuple(one for one in folded if not one.met)),
        ),
    )


def _intro(context: Context, rows: tuple[Standing, ...]) -> str:
    """What the blocks mean, and the bar where there is one."""
    if not any(one.by_time for one in rows):
        return ""
    return context.text("services.intro" if any(one.allowed_s is not None for one in rows) else "services.intro_days")


def _split(standings: tuple[Standing, ...], own: Sequence[str]) -> tuple[tuple[Standing, ...], tuple[Standing, ...]]:
    """Services that get a row, in order, and the rest: missed, the readers' own, then by share of the allowance used."""
    ranked = tuple(sorted(standings, key=lambda one: (not one.missed, one.id not in own, *_rank(one))))
    missed = sum(one.missed for one in standings)
    rows = max(ROWS, missed)
    return ranked[:rows], ranked[rows:]


def _rank(standing: Standing) -> tuple[int, float, float, bool]:
    used = 0.0 if standing.used is None else standing.used
    group = 0 if standing.missed else 1 if standing.undecided else 2
    return (group, -used, -standing.down_s, not standing.critical)


# --- a row --------------------------------------------------------------------------------


def _row(context: Context, standing: Standing) -> ServiceRow:
    cells = strip.days(standing.month, context.snapshot.period, context.formats.timezone) if standing.by_time else ()
    outcome = _outcome(context, standing)
    return ServiceRow(
        id=standing.id,
        name=standing.name,
        outcome=outcome,
        result=_result(context, standing),
        days=cells,
        strip_label=strip.sentence(context, standing, cells) if cells else "",
        used=standing.used,
        budget=_budget(context, standing),
        mark="met" if standing.met else "missed" if standing.missed else "none",
        mark_text=_verdict(context, standing),
        remark=_remark(context, standing),
        title=_tooltip(context, standing),
        previous=_previous(context, standing),
        fact=standing.fact.id,
    )


def _verdict(context: Context, standing: Standing) -> str:
    if standing.met or standing.missed:
        return context.text("services.met" if standing.met else "services.missed")
    return context.text("services.unjudged") if standing.measured and standing.unjudged else ""


def _outcome(context: Context, standing: Standing) -> str:
    service = context.config.services.get(standing.id)
    return context.localised(service.outcome) if service and service.outcome else ""


def _result(context: Context, standing: Standing) -> str:
    """A percentage only where there was downtime or the whole month was watched."""
    if standing.exempt:
        return context.text("services.planned" if standing.month.excluded_for("maintenance") else "services.not_needed")
    if not standing.measured:
        return context.text("services.not_measured_enough")
    if standing.by_time and standing.down_s == 0 and not standing.clean:
        return context.text("services.none_seen")
    return context.formats.percent(standing.ratio)


def _budget(context: Context, standing: Standing) -> str:
    if not standing.measured:
        return ""
    if not standing.by_time:
        return share.unit(context, standing)
    if standing.allowed_s is None:
        return context.text("services.budget_no_target", down=context.formats.short_downtime(standing.down_s))
    down, allowed, unit = budget(standing.down_s, standing.allowed_s)
    number = context.formats.number
    return context.text(f"services.budget_{unit}", down=number(down), allowed=number(allowed))


def _remark(context: Context, standing: Standing) -> str:
    """Planned work, what was not measured, and how fast it answered, each where there is something to say."""
    told = (_planned(context, standing), _unwatched(context, standing), _latency(context, standing))
    remarks = [part for part in told if part]
    if not remarks:
        return ""
    return reduce(lambda one, next_: context.text("services.remark_joined", first=one, second=next_), remarks)


def _planned(context: Context, standing: Standing) -> str:
    if not standing.month.excluded_for("maintenance") or standing.exempt:
        return ""
    planned, days = _planned_work(context, standing)
    if len(days) == 1:
        return context.text("services.remark_planned_on_day", planned=planned, day=context.formats.day(days[0]))
    return context.text("services.remark_planned", planned=planned)


def _planned_work(context: Context, standing: Standing) -> tuple[str, list[date]]:
    """How long it took, and on which days."""
    spans = (Interval(start=one.start, end=one.end) for one in standing.month.excluded if one.reason == "maintenance")
    planned_s = standing.month.excluded_for("maintenance")
    return _short(context, planned_s, "nearest"), context.days_of(spans)


def _short(context: Context, seconds: float, rounding: Rounding = "ceiling") -> str:
    """A short duration that no line breaks in two."""
    return context.formats.short_duration(seconds, rounding).replace(" ", NO_BREAK_SPACE)


def _latency(context: Context, standing: Standing) -> str:
    """A share of its answers and the time these took at most, if the configuration wants it told."""
    latency = standing.month.latency
    if latency is None or not latency.show:
        return ""
    share_of_answers = context.formats.ratio(latency.quantile, "floor", like=latency.quantile)
    seconds = _short(context, latency.seconds)
    return context.text("services.remark_latency", share=share_of_answers, seconds=seconds)


def _unwatched(context: Context, standing: Standing) -> str:
    """The time nobody watched, once it is more than the odd lost sample or decides the verdict."""
    month = standing.month
    if standing.exempt or (month.coverage >= FULL_COVERAGE and not standing.unjudged) or month.unknown_s <= 0:
        return ""
    if month.coverage < context.config.coverage.warn:
        coverage = context.text("services.remark_coverage", coverage=context.formats.percent(month.coverage, 1))
        return context.text("services.remark_joined", first=_gaps(context, standing), second=coverage)
    return _gaps(context, standing)


def _gaps(context: Context, standing: Standing) -> str:
    month = standing.month
    unknown = _short(context, month.unknown_s)
    days = context.days_of(month.unknown)
    if len(days) == 1:
        return context.text("services.remark_on_day", unknown=unknown, day=context.formats.day(days[0]))
    if not days:
        return context.text("services.remark", unknown=unknown)
    return context.text("services.remark_on_days", n=len(days), unknown=unknown)


def _tooltip(context: Context, standing: Standing) -> str:
    coverage = context.formats.percent(standing.month.coverage)
    return context.text("services.tooltip", window=context.window, coverage=coverage)


def _previous(context: Context, standing: Standing) -> str:
    """Last month's number, plain: whether it is a change is for the reader to judge."""
    if standing.fact.previous is None:
        return ""
    value = context.formats.percent(standing.fact.previous)
    before = context.before.services.get(standing.id) if context.before else None
    if before and standing.by_time and before.down_s == 0 and before.coverage < FULL_COVERAGE:
        value = context.text("services.none_seen")
    return context.text("services.previous", month=capitalised(context.month_before), value=value)


# --- closing lines ------------------------------------------------------------------------


def _closing(
    context: Context, clean: tuple[Standing, ...], met: tuple[Standing, ...]
) -> tuple[tuple[str, str, str], ...]:
    """The good lines: uninterrupted services, and met targets that found no row."""
    lines = []
    if clean:
        names = context.catalogue.separated(one.name for one in clean) + "."
        lines.append((context.text("services.no_interruption"), names, _outcomes(context, clean)))
    if met:
        names = context.catalogue.separated(_folded(context, one) for one in met) + "."
        lines.append((context.text("services.also_met"), names, ""))
    return tuple(lines)


def _outcomes(context: Context, clean: tuple[Standing, ...]) -> str:
    outcomes = list(dict.fromkeys(outcome for one in clean if (outcome := _outcome(context, one))))
    if not outcomes or len(clean) > TOLD_OUTCOMES:
        return ""
    return f"{capitalised(context.catalogue.separated(outcomes))}."


def _folded(context: Context, standing: Standing) -> str:
    if not standing.by_time:
        return context.text("services.folded", name=standing.name, down=share.result(context, standing))
    if standing.down_s == 0:
        return context.text("services.folded", name=standing.name, down=context.text("services.none_seen"))
    return context.text("services.folded", name=standing.name, down=context.formats.short_downtime(standing.down_s))


def _planned_paragraph(context: Context, quiet: tuple[Standing, ...]) -> tuple[str, ...]:
    """Planned work on services without a row: left out of the numbers, so it is told."""
    names = tuple(
        context.text("services.folded", name=one.name, down=_planned_when(context, one))
        for one in quiet
        if one.month.excluded_for("maintenance") and not one.exempt
    )
    return (context.text("services.planned_elsewhere", names=context.catalogue.separated(names)),) if names else ()


def _planned_when(context: Context, standing: Standing) -> str:
    planned, days = _planned_work(context, standing)
    if len(days) == 1:
        return context.text("services.planned_on_day", planned=planned, day=context.formats.day(days[0]))
    return planned


def _folded_paragraphs(context: Context, folded: tuple[Standing, ...]) -> tuple[str, ...]:
    """What found no row and is no good news: no verdict, or too little measured."""
    without_target = tuple(_folded(context, one) for one in folded if one.measured and not one.undecided)
    unjudged = tuple(_folded(context, one) for one in folded if one.measured and one.unjudged)
    unmeasured = tuple(one.name for one in folded if one.undecided and not one.measured)
    exempt = tuple(one.name for one in folded if one.exempt)
    lines = (
        ("services.also_measured", without_target),
        ("services.also_unjudged", unjudged),
        ("services.also_unmeasured", unmeasured),
        ("services.also_planned", exempt),
    )
    return tuple(context.text(key, names=context.catalogue.separated(names)) for key, names in lines if names)
