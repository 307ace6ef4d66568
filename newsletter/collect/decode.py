"""A snapshot from the JSON of snapshot.json, refusing whatever is not one."""

from __future__ import annotations

from zoneinfo import ZoneInfo

from newsletter import model
from newsletter.collect.encode import SCHEMA
from newsletter.collect.node import Misplaced, Node


def snapshot_of(root: Node) -> model.Snapshot:
    """The snapshot under `root`.

    Raises:
        Misplaced: something in it is missing, of the wrong type or out of range.
    """
    if root["schema"].integer() != SCHEMA:
        raise Misplaced("$.schema", f"is {root['schema'].value}, this version reads {SCHEMA}")
    edition = root["edition"].text()
    return model.Snapshot(
        edition=edition,
        period=_period(root["period"], edition),
        source=root.get("source", "").text(),
        services={name: _service(name, node) for name, node in root["services"].members()},
        tickets=_tickets(root["tickets"]),
        figures={name: _figure(name, node) for name, node in root["figures"].members()},
        evidence={name: _evidence(name, node) for name, node in root["evidence"].members()},
        policy=root.get("policy", None).optional(_policy),
    )


def _policy(node: Node) -> model.Policy:
    return model.Policy(
        timezone=node["timezone"].text(),
        rules=tuple(_rule(rule) for rule in node["rules"].elements()),
        hours=_times(node["hours"]),
        holidays=_texts(node["holidays"]),
        maintenance=_times(node["maintenance"]),
        coverage_fail=_share(node["coverage_fail"]),
    )


def _rule(node: Node) -> model.Rule:
    return model.Rule(
        interval_s=node["interval_s"].number(0),
        vote=node["vote"].one_of("majority", "any", "all"),
        merge_within_s=node["merge_within_s"].number(0),
        maintenance=node["maintenance"].flag(),
    )


def _times(node: Node) -> dict[str, model.Times]:
    return {
        name: model.Times(texts=_texts(times["times"]), timezone=times["timezone"].text())
        for name, times in node.members()
    }


def _period(node: Node, label: str) -> model.Period:
    try:
        zone = ZoneInfo(node["timezone"].text())
        start, end = (node[edge].time().astimezone(zone) for edge in ("start", "end"))
        period = model.Period(start=start, end=end, timezone=zone.key, label=label)
    except (ValueError, LookupError, OSError, OverflowError) as error:
        raise Misplaced(node.where, f"is no period ({error})") from None
    if period.seconds != node["seconds"].number():
        raise Misplaced(f"{node.where}.seconds", f"is not the {period.seconds:g} seconds from start to end")
    return period


def _service(name: str, node: Node) -> model.ServiceMonth:
    return model.ServiceMonth(
        id=name,
        availability=node["availability"].optional(_share),
        up_s=node["up_s"].number(0),
        down_s=node["down_s"].number(0),
        excluded_s=node["excluded_s"].number(0),
        unknown_s=node["unknown_s"].number(0),
        coverage=_share(node["coverage"]),
        outages=tuple(_outage(outage) for outage in node["outages"].elements()),
        excluded=tuple(_exclusion(interval) for interval in node["excluded"].elements()),
        unknown=tuple(_interval(interval) for interval in node["unknown"].elements()),
        evidence=_texts(node["evidence"]),
        lifetime=node.get("lifetime", None).optional(_interval),
        basis=node.get("basis", "time").one_of("time", "requests", "indicator"),
        requests=node.get("requests", None).optional(_requests),
        target=node.get("target", None).optional(_share),
        latency=node.get("latency", None).optional(_latency),
    )


def _latency(node: Node) -> model.Latency:
    return model.Latency(
        quantile=_share(node["quantile"]),
        seconds=node["seconds"].number(0),
        evidence=node["evidence"].text(),
        show=node["show"].flag(),
    )


def _requests(node: Node) -> model.Requests:
    total, failed = node["total"].integer(), node["failed"].integer()
    if failed > total:
        raise Misplaced(f"{node.where}.failed", "is more than there are requests")
    return model.Requests(total=total, failed=failed)


def _exclusion(node: Node) -> model.Exclusion:
    span = _interval(node)
    return model.Exclusion(
        start=span.start, end=span.end, reason=node.get("reason", "maintenance").one_of("hours", "maintenance")
    )


def _outage(node: Node) -> model.Outage:
    span = _interval(node)
    return model.Outage(
        start=span.start,
        end=span.end,
        down_s=node["down_s"].number(0),
        continues_before=node["continues_before"].flag(),
        continues_after=node["continues_after"].flag(),
        stretches=tuple(_interval(stretch) for stretch in node.get("stretches", []).elements()),
    )


def _interval(node: Node) -> model.Interval:
    start, end = node["start"].time().timestamp(), node["end"].time().timestamp()
    if end < start:
        raise Misplaced(node.where, "ends before it starts")
    return model.Interval(start=start, end=end)


def _tickets(node: Node) -> model.TicketMonth:
    return model.TicketMonth(
        opened=node["opened"].optional(_count),
        resolved=node["resolved"].optional(_count),
        open_at_end=node["open_at_end"].optional(_count),
        resolution={key: _resolution(entry) for key, entry in node["resolution"].members()},
        satisfaction=node.get("satisfaction", None).optional(_satisfaction),
        requesters=node.get("requesters", None).optional(_count),
        evidence={part: key.text() for part, key in node.get("evidence", {}).members()},
    )


def _satisfaction(node: Node) -> model.Satisfaction:
    satisfied, answers = node["satisfied"].integer(), node["answers"].integer()
    if satisfied > answers:
        raise Misplaced(f"{node.where}.satisfied", "is more than there are answers")
    return model.Satisfaction(satisfied=satisfied, answers=answers)


def _count(node: Node) -> model.Count:
    return model.Count(
        total=node["total"].integer(),
        by={key: part.integer() for key, part in node["by"].members()},
        weeks=tuple(week.optional(Node.integer) for week in node.get("weeks", []).elements()),
    )


def _resolution(node: Node) -> model.Resolution:
    return model.Resolution(
        count=node["count"].integer(),
        share_within_s={_edge(edge, share): _share(share) for edge, share in node["share_within_s"].members()},
        median_between_s=node["median_between_s"].optional(_edges),
        median_s=node.get("median_s", None).optional(lambda median: median.number(0)),
    )


def _edge(text: str, node: Node) -> float:
    try:
        return Node(float(text), node.where).number(0)
    except ValueError:
        raise Misplaced(node.where, "does not stand under a number of seconds") from None


def _edges(node: Node) -> tuple[float, float | None]:
    edges = list(node.elements())
    if len(edges) != 2:
        raise Misplaced(node.where, "is not a pair")
    return edges[0].number(0), edges[1].optional(Node.number)


def _figure(name: str, node: Node) -> model.Figure:
    return model.Figure(
        id=name,
        value=node["value"].optional(Node.number),
        unit=node["unit"].text(),
        kind=node["kind"].one_of("count", "ratio", "duration", "gauge"),
        evidence=_texts(node["evidence"]),
        numerator=node.get("numerator", None).optional(Node.number),
        denominator=node.get("denominator", None).optional(Node.number),
    )


def _evidence(name: str, node: Node) -> model.Evidence:
    return model.Evidence(
        id=name,
        query=node["query"].text(),
        evaluated_at=node["evaluated_at"].time(),
        samples=node["samples"].integer(),
        coverage=_share(node["coverage"]),
        warnings=_texts(node["warnings"]),
        origin=node.get("origin", "query").one_of("query", "export", "hand", "answers"),
    )


def _share(node: Node) -> float:
    return node.number(0, 1)


def _texts(node: Node) -> tuple[str, ...]:
    return tuple(text.text() for text in node.elements())
