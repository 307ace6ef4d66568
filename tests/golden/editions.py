# ruff: noqa: PLR0917
"""Editions built by hand, for tests of the layout: a rich one, a quiet one, a bad one."""

from __future__ import annotations

from msgspec.structs import replace

from newsletter.model import (
    Bar,
    BarChart,
    BriefPoint,
    Day,
    DayState,
    Divided,
    Edition,
    FactCard,
    Heard,
    History,
    IncidentCard,
    MinuteRow,
    NoteRow,
    Part,
    Rating,
    Section,
    SectionKind,
    ServiceRow,
    TargetRow,
    Tile,
    WeekRow,
    Weeks,
)

LEGEND = {"up": "up all day", "down": "interrupted", "planned": "planned work", "unknown": "not measured"}


def days(count: int = 31, **states: tuple[int, ...]) -> tuple[Day, ...]:
    """A month of days that are up, but for the numbers named by state."""
    named: dict[int, DayState] = {}
    for state, numbers in states.items():
        named.update(dict.fromkeys(numbers, state))  # type: ignore[arg-type]
    return tuple(Day(number=i, state=named.get(i, "up")) for i in range(1, count + 1))


def service(
    name: str,
    outcome: str,
    result: str,
    used: float | None,
    budget: str,
    label: str,
    month: tuple[Day, ...],
    **more: str,
) -> ServiceRow:
    """A service that met its target unless `used` exceeds 1."""
    mark = "none" if used is None else "missed" if used > 1 else "met"
    return ServiceRow(
        id=name.lower().replace(" ", "-"),
        name=name,
        outcome=outcome,
        result=result,
        days=month,
        strip_label=f"October 2026, {name}: {label}.",
        used=used,
        budget=budget,
        mark=mark,  # type: ignore[arg-type]
        mark_text="" if mark == "none" else mark,
        title="1–31 October 2026. Coverage 99.98%.",
        **more,
    )


SERVICES = (
    service("Shared files", "drawings and contracts open", "99.78%", 97 / 44, "97 of 44 min",
            "down 97 minutes on 14 October", days(down=(14,)), previous="September: 99.99%"),
    service("E-mail", "orders and offers go out", "99.93%", 30 / 44, "30 of 44 min",
            "down 30 minutes on 6 October, planned work on 18 October", days(down=(6,), planned=(18,)), previous="September: 99.95%"),
    service("Office Wi-Fi", "laptops work anywhere", "99.85%", 66 / 223, "66 of 223 min",
            "down 66 minutes on 2 and 19 October", days(down=(2, 19))),
    service("Orders and stock", "goods leave the warehouse", "99.97%", 12 / 44, "12 of 44 min",
            "down 12 minutes on 21 October", days(down=(21,))),
    service("Sign-in", "one password opens the rest", "99.98%", 6 / 22, "6 of 22 min",
            "down 6 minutes on 12 October", days(down=(12,))),
    service("Customer portal", "customers follow their orders", "99.97%", 9 / 44, "9 of 44 min",
            "down 9 minutes on 17 October", days(down=(17,))),
    service("Video meetings", "distant teams meet", "99.90%", 41 / 223, "41 of 223 min",
            "down 41 minutes on 8 and 27 October", days(down=(8, 27))),
    service("Remote access", "work goes on from home", "99.95%", 18 / 223, "18 of 223 min",
            "down 18 minutes on 22 October", days(down=(22,))),
    service("Time recording", "hours are booked", "no downtime seen", 0.0, "0 of 222 min",
            "no interruption seen, 3 hours not measured on 25 October", days(unknown=(25,)), remark="3 h on 25 October not measured"),
)  # fmt: skip

INCIDENT = IncidentCard(
    heading="Shared files, Wednesday 14\xa0October",
    verdict="97\xa0minutes down, 44 allowed",
    verdict_label="Target missed:",
    missed=True,
    steps=(
        ("09:12", "Folders stop opening, for up to 860 people"),
        ("10:05", "We find a full disk"),
        ("10:49", "All folders open again"),
    ),
    body_markdown="Our alarm rang too late to act. It now rings at 80% full, not 97%, and the disk has twice the room.\n\n"
    "Many of you could not work that morning. We are sorry.",
    source="The storage team. Reference: change 4471",
    service="files",
)

CARDS = (
    FactCard(
        number="1 in 3",
        sentence="messages sent to us was spam: 214,300 of 642,900. About 8 per person per working day that you did not "
        "have to sort. We retrained the filter on 9\xa0October.",
        source="Counted at the mail gateway, 1–31\xa0October",
    ),
    FactCard(
        number="38\xa0minutes",
        sentence="is what the pay run took: 1,240 payslips left on 27\xa0October, on time. We had rehearsed it a week earlier.",
        source="Payroll job log; change 4460",
    ),
)

HISTORY = History(
    values=(0.81, None, 0.84, 0.83, 0.85, 0.0, 0.84, 0.86, 0.85, 0.88, 0.84, 0.85, 0.86),
    caption="Last 13 months: lowest 0%, highest 88%",
    label="Last 13 months, up to October 2026: 81%; no number; 84%; 83%; 85%; 0%; 84%; 86%; 85%; 88%; 84%; 85%; 86%.",
)

TILES = (
    Tile(number="62%", label="solved within 4 hours", context="Target 60%.", mark="met", mark_text="met", previous="September: 61%"),
    Tile(number="2.1\xa0s", label="typical sign-in", context="Target: at most 3\xa0s.", mark="met", mark_text="met", previous="September: 2.2\xa0s"),
    Tile(number="1.4\xa0days", label="typical wait for access", context="Target: at most 1\xa0day.", mark="missed", mark_text="missed"),
    Tile(number="86%", label="passwords reset without a call", context="612 of 708.", previous="September: 85%", history=HISTORY),
)  # fmt: skip

WEEKS = Weeks(
    heads=("Week", "Opened", "Solved"),
    rows=tuple(
        WeekRow(days=days, opened=opened, solved=solved, opened_text=f"{opened:,}", solved_text=f"{solved:,}")
        for days, opened, solved in (
            ("1–4", 118, 141), ("5–11", 252, 281), ("12–18", 324, 310), ("19–25", 304, 289), ("26–31", 288, 280)
        )
    ),
)  # fmt: skip

SOLVED = (1262, 1140, 905, 1311, 1188, 1226, 1175, 1204, 1098, 1019, 842, 1198, 1301)

CHART = BarChart(
    title="Solved each month",
    label=f"Requests solved each month, October 2025 to October 2026: {', '.join(f'{n:,}' for n in SOLVED)}.",
    bars=tuple(
        Bar(
            initial="ONDJFMAMJJASO"[i],
            value=value,
            text=f"{value:,}",
            year={0: "2025", 3: "2026"}.get(i, ""),
            current=i == 12,
        )
        for i, value in enumerate(SOLVED)
    ),
)

SECTIONS: dict[SectionKind, Section] = {
    "incidents": Section(kind="incidents", title="What went wrong, and what we did", incidents=(INCIDENT,)),
    "did_you_know": Section(kind="did_you_know", title="Did you know?", cards=CARDS),
    "numbers": Section(kind="numbers", title="By the numbers", tiles=TILES),
    "services": Section(
        kind="services",
        title="Service by service",
        intro="One block is one day. The bar is the downtime the target allows, filled as far as used.",
        legend=LEGEND,
        services=SERVICES,
        closing=(("No interruption:", "Intranet, Payroll, Telephones.", "Salaries went out, calls came in."),),
    ),
    "requests": Section(
        kind="requests",
        title="At the service desk",
        table=(("Opened", "1,286"), ("Solved", "1,301"), ("Open on 31\xa0October", "143"), ("People helped, of 1,240", "811")),
        table_note="Without 388 automatic alerts.",
        chart=CHART,
        weeks=WEEKS,
    ),
    "wins": Section(
        kind="wins",
        title="New for you",
        notes=(
            NoteRow(key="Loading bay", body_markdown="Wi-Fi now covers all four gates.", source="Network team, change 4458"),
            NoteRow(
                key="Travel claims",
                body_markdown="You can approve them **on your phone**; [how it works](https://intranet.acme.example/claims).",
                source="Finance systems team, change 4463",
            ),
        ),
    ),
    "heard": Section(
        kind="heard",
        title="What we heard, what we did",
        heard=(
            Heard(quote="“Screens take ages to connect.”", department="Sales", mark="done", mark_text="Done.",
                  body_markdown="Eight rooms have new adapters."),
            Heard(quote="“Why a second password to book hours?”", department="Human resources", mark="planned", mark_text="Planned.",
                  body_markdown="One sign-in from 30 November."),
            Heard(quote="“More mailbox space, please.”", department="Design", mark="no", mark_text="No.",
                  body_markdown="It would double the cost. The archive has room."),
        ),
        paragraphs=("We joined five meetings in four departments.",),
        button_text="Invite us to your meeting",
        button_href="mailto:it@acme.example?subject=Please%20join%20our%20team%20meeting",
    ),
    "coming": Section(
        kind="coming",
        title="Coming up",
        notes=(
            NoteRow(key="Sun 15 Nov", key_small="06:00–08:00", source="Mail team",
                    body_markdown="E-mail is off for new certificates. What is sent to you meanwhile arrives afterwards."),
            NoteRow(key="Sat 28 Nov", key_small="20:00–23:00", source="Business systems team",
                    body_markdown="Orders and stock is off for its update.\n\n- Print late pick lists before eight.\n- Scanners can stay in their docks."),
            NoteRow(key="Mon 30 Nov", source="Identity team", body_markdown="Time recording joins the common sign-in."),
        ),
    ),
    "tip": Section(
        kind="tip",
        title="One tip",
        notes=(NoteRow(key="", source="", body_markdown="Leaving your desk? Windows + L locks the screen; on a Mac, Control + Command + Q."),),
    ),
    "people": Section(
        kind="people",
        title="People",
        notes=(NoteRow(key="Night desk", source="Service desk", body_markdown="The desk answers until 22:00 from 1 December."),),
    ),
    "spotlight": Section(
        kind="spotlight",
        title="Your department runs on this",
        cards=(FactCard(number="Orders and stock", sentence="Goods leave the warehouse. Updates are tried on a copy of the warehouse first.", source="99.97% available, 1\u201331 October 2026"),),
    ),
    "rate": Section(
        kind="rate",
        title="Was this useful?",
        ratings=tuple(
            Rating(number=str(number), word=word, label=f"Answer {number} of 5: {word}", href=f"mailto:it-feedback@acme.example?subject=%5BNL%202026-10%20staff%5D%20useful%20{number}")
            for number, word in enumerate(("no", "a little", "partly", "yes", "very"), 1)
        ),
        paragraphs=("This opens a mail. Or reply: a person reads it.",),
    ),
    "measure": Section(
        kind="measure",
        title="How we measure",
        notes=(NoteRow(key="Correction", source="", body_markdown="September said 41 minutes for video meetings; 47 is right."),),
        paragraphs=(
            "Each service is tested every minute from two places. Planned work is left out, and shown.",
            "No tracking pixel, no personal link except unsubscribe. We learn only from what you choose to tell us.",
        ),
    ),
}  # fmt: skip


def rich() -> Edition:
    """Every kind of section, as a month with one missed target fills them."""
    return Edition(
        id="2026-10",
        variant="staff.en",
        locale="en",
        direction="ltr",
        department="Acme IT",
        month="October 2026",
        subject="October 2026: 1 of 12 services missed its target",
        preheader="Shared files: 97 minutes down, on Wednesday 14 October. E-mail is off on Sunday 15 November.",
        headline="Eleven of twelve services met their target. Shared\xa0files did\xa0not.",
        lead="They were down for 97\xa0minutes on a working morning. What we learned from it comes first.",
        minute_title="The month in one minute",
        minute=(
            MinuteRow(label="Worked", sentence="Eleven services met their target; 1,301 tickets were solved."),
            MinuteRow(label="Did not", sentence="Shared files were down on Wednesday 14\xa0October.", tone="signal"),
            MinuteRow(label="Coming", sentence="E-mail is off on Sunday 15\xa0November, 06:00–08:00."),
        ),
        sections=tuple(SECTIONS.values()),
        recipient_line="This mail was sent to {address} by Acme IT.",
        footer_links=(
            ("Read on the web", "https://news.acme.example/2026-10"),
            ("Unsubscribe", "https://news.acme.example/unsubscribe"),
        ),
        contents={"draft": "Draft"},
    )


MANAGERS = (
    Section(
        kind="brief",
        title="Your 60-second brief",
        points=(
            BriefPoint(number="1", first="Shared files: 97\xa0minutes down on 14\xa0October.", rest_markdown="A disk was full, and our alarm rang **too late**."),
            BriefPoint(number="2", first="The other eleven services met their target."),
            BriefPoint(number="3", first="E-mail is off: Sunday 15\xa0November, 06:00\u201308:00.", rest_markdown="What is sent to you meanwhile arrives afterwards."),
        ),
        button_text="Open as a mail to my team",
        button_href="mailto:?subject=IT%20in%20October%202026&body=1.%20Shared%20files%0D%0A2.%20The%20rest",
    ),
    Section(
        kind="ask",
        title="One ask",
        paragraphs=("Please name one person in your team who tries the common sign-in first.",),
        button_text="Name a tester",
        button_href="mailto:it-feedback@acme.example?subject=Name%20a%20tester",
    ),
    Section(
        kind="work",
        title="Planned work and surprises",
        divided=Divided(
            number="44%",
            sentence="of the tickets with a label were planned work. The others were requests and faults.",
            label="Of 1,912 tickets solved: 41% planned work, 52% requests and faults, 7% without a label.",
            parts=(
                Part(share=0.41, number="41%", label="planned work"),
                Part(share=0.52, number="52%", label="requests, faults"),
                Part(share=0.07, number="7%", label="no label"),
            ),
            note="1,912 tickets solved. The 44% leaves out tickets without a label.",
        ),
    ),
    Section(
        kind="targets",
        title="Targets and results",
        heads=("Service", "Target", "Result", "Minutes", "Status"),
        targets=(
            TargetRow(service="Shared files", target="99.90", result="99.78", down="97", mark="missed", mark_text="missed"),
            TargetRow(service="Telephones", target="99.90", result="", down="", mark="none", mark_text="not judged"),
            TargetRow(service="Intranet", target="99.50", result="100.00", down="0", mark="met", mark_text="met"),
        ),
        table_note="In percent of the month, rounded down.",
    ),
    Section(
        kind="meet",
        title="We would like to meet",
        paragraphs=("We joined five meetings in four departments. We have not been to Purchasing for six months. May we listen for 20 minutes?",),
        button_text="Invite us to your meeting",
        button_href="mailto:it-feedback@acme.example?subject=Please%20join%20our%20team%20meeting",
    ),
    Section(
        kind="pulse",
        title="Does IT help your team meet its goals?",
        ratings=tuple(
            Rating(number=str(number), word=word, label=f"Does IT help your team meet its goals? Answer {number} of 5: {word}", href=f"mailto:it-feedback@acme.example?subject=%5BNL%202026-10%20managers%5D%20pulse-7c1e%20{number}")
            for number, word in enumerate(("not at all", "a little", "partly", "mostly", "fully"), 1)
        ),
        paragraphs=(
            "We tell the result next month, if 10 or more of you answer.",
            "The September edition asked: “Does IT help your team?” Of 17 who answered, 11 said “mostly” or “fully”.",
        ),
    ),
    SECTIONS["rate"],
    SECTIONS["measure"],
)  # fmt: skip


def managers() -> Edition:
    """The managers' letter with all of its sections."""
    return replace(
        rich(),
        variant="managers.en",
        department="Acme IT for managers",
        lead="Everything your team needs to hear is in the box.",
        minute=(),
        sections=MANAGERS,
        footer_links=(),
    )


def quiet() -> Edition:
    """A month without news: no incident, no tile, no chart, one service with a target and one without."""
    plain = service("Intranet", "", "99.99%", None, "4 min down", "down 4 minutes on 3 February", days(28, down=(3,)))
    return replace(
        rich(),
        variant="staff.quiet",
        headline="All nine services met their\xa0target.",
        lead="",
        minute=rich().minute[:1],
        sections=(
            Section(
                kind="services",
                title="Service by service",
                services=(plain,),
                closing=(("No interruption:", "Payroll.", ""),),
            ),
            Section(kind="requests", title="At the service desk", table=(("Opened", "12"),)),
            Section(kind="heard", title="What we heard, what we did", paragraphs=("We joined one of your meetings.",)),
            Section(kind="measure", title="How we measure", paragraphs=("Percentages are rounded down.",)),
        ),
        footer_links=(),
    )


LONG_NAME = "Warehouse management and transport planning for the northern distribution centres"


def bad() -> Edition:
    """A month with three incidents, long names, three facts, six tiles, a short chart and drafts."""
    long_row = service(LONG_NAME, "lorries leave with what was ordered, in the order it was ordered", "97.02%", 30.0,
                       "1,331 of 44 min", "down 1,331 minutes on 9 days", days(30, down=(3, 4, 5, 8, 13, 20, 21, 22, 30), planned=(1,), unknown=(2,)),
                       remark="3 h on 2 November not measured")  # fmt: skip
    unmeasured = service(
        "Telephones",
        "calls come in",
        "not measured enough",
        None,
        "",
        "not measured",
        days(30, unknown=tuple(range(1, 31))),
    )
    new = service("Badge doors", "doors open", "100.00%", 0.0, "0 of 9 min", "up", tuple(
        Day(number=i, state="absent" if i < 25 else "up") for i in range(1, 31)
    ))  # fmt: skip
    interrupted = replace(
        INCIDENT, heading=f"{LONG_NAME}, on 9 days", verdict_label="Interrupted:", missed=False, steps=(), draft=True
    )
    bare = replace(
        INCIDENT,
        heading="E-mail, Monday 2\xa0November",
        steps=INCIDENT.steps[:1],
        body_markdown="",
        source="From our measurements, 1–30 November 2026",
    )
    draft = replace(
        SECTIONS["wins"].notes[0],
        draft=True,
        key="Betriebsvereinbarungsdatenbank",
        body_markdown="See https://intranet.acme.example/a/very/long/address/that/does/not/end/before/the/edge/of/a/phone and *more*.",
    )
    return replace(
        rich(),
        variant="staff.bad",
        headline="Nine of twelve services met their target. Three did\xa0not.",
        sections=(
            replace(SECTIONS["incidents"], incidents=(INCIDENT, interrupted, bare)),
            replace(SECTIONS["did_you_know"], cards=(*CARDS, replace(CARDS[1], number="1,240 of 1,302"))),
            replace(SECTIONS["numbers"], tiles=(*TILES, *TILES[:2])),
            replace(SECTIONS["services"], services=(long_row, unmeasured, new, *SERVICES[:2])),
            replace(SECTIONS["requests"], chart=replace(CHART, bars=(*CHART.bars[:2], replace(CHART.bars[3], value=None, text=""), *CHART.bars[-2:]))),
            replace(SECTIONS["wins"], notes=(draft, *SECTIONS["wins"].notes)),
            replace(SECTIONS["heard"], heard=(replace(SECTIONS["heard"].heard[0], draft=True),)),
            SECTIONS["measure"],
        ),
    )  # fmt: skip


def one_fact() -> Edition:
    """One fact card alone, and a chart without a table."""
    return replace(
        rich(),
        variant="staff.one",
        sections=(
            replace(SECTIONS["did_you_know"], cards=CARDS[:1]),
            replace(SECTIONS["requests"], table=(), table_note=""),
            SECTIONS["measure"],
        ),
    )
