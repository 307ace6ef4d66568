"""The plain-language lint: planted bad texts are found where they stand, good ones are left alone."""

from __future__ import annotations

import time
from collections import Counter
from datetime import datetime
from pathlib import Path
from zoneinfo import ZoneInfo

import pytest

from newsletter import notes, period
from newsletter.config import Config
from newsletter.model import Fact, Finding

ROME = ZoneInfo("Europe/Rome")
NOW = datetime(2026, 11, 3, 9, 0, tzinfo=ROME)
OCTOBER = period.month("2026-10", ROME)
CONFIG = Config.model_validate(
    {
        "organisation": "Acme",
        "timezone": "Europe/Rome",
        "locales": ["en", "it"],
        "prometheus": {"url": "http://127.0.0.1:9090"},
        "services": {
            "files": {"name": {"en": "Shared files", "it": "File condivisi"}, "target": 99.9, "users": 860},
            "erp": {"name": "ERP", "target": 99.9},
        },
        "audiences": {"staff": {"recipients": "a.csv"}},
        "smtp": {"from": "it@acme.example"},
    }
)
FACTS = (
    Fact(
        id="files.availability",
        type="target_missed",
        subject="files",
        value=0.9978494623655914,
        unit="ratio",
        target=0.999,
        detail={"down_s": 5760.0, "allowed_s": 2678.4},
    ),
    Fact(id="files.interruption_1", type="interruption", subject="files", value=5760.0, unit="seconds"),
    Fact(id="erp.availability", type="target_met", subject="erp", value=1.0, unit="ratio", target=0.999),
    Fact(id="tickets.opened", type="value", subject="tickets", value=1283, unit="count", previous=1352),
)

BAD_EN = """\
Please be advised that, due to the fact that Kevin Brown forgot to renew a certificate, the storage cluster srv-fs-02.acme.local \
was stopped, the sessions of 431 end users were terminated and all authentication requests were rejected for 83 minutes until the \
failover was initiated by the operations team in accordance with the BCP!!!

It was human error and Mr Whitfield is to blame. This will NEVER HAPPEN again: our world-class, state-of-the-art solution is \
100% guaranteed. The root cause was found. The service was restored. The endpoint was patched. {{ author }} will leverage synergies \
in order to facilitate remediation going forward. [Click here](https://intranet.acme.example) for 12 details.
"""
BAD_IT = """\
Si comunica che, a causa di un errore umano di Marco Bianchi, che ha dimenticato di effettuare il rinnovo del certificato relativo \
ai sistemi di storage, il server srv-fs-02.acme.local è stato arrestato, le sessioni di 431 utenti sono state interrotte e tutte le \
richieste di autenticazione sono state rifiutate per 83 minuti, fino a che non è stato effettuato il failover secondo il BCP!!!

La colpa del disservizio è del Sig. Rossi. Non succederà MAI PIÙ SICURAMENTE: la nostra soluzione innovativa e all'avanguardia è \
garantita al 100%. La criticità è stata risolta. Il servizio è stato ripristinato mediante rollback. Le credenziali sono state \
reimpostate al fine di mitigare eventuali disagi. {{ autore }} provvederà quanto prima. [Clicca qui](https://intranet.acme.example) per 12 dettagli.
"""
GOOD_EN = """\
The folders did not open on 14 October, from 09:12 to 10:49. You could read what you had open; you could not save.

A disk was full. We gave it twice the room on the same morning, and the alarm now rings a day earlier. The copy of the night \
was complete, so nobody had to type anything again. The next test of the alarm is on Monday 2 November 2026.

Many of you could not work that morning. We are sorry. If a file looks wrong to you, call 4400 or write to us, and we bring \
back the version of the night before.
"""
GOOD_IT = """\
Il 14 ottobre le cartelle non si aprivano, dalle 09:12 alle 10:49. Si potevano leggere i file già aperti, ma non salvarli.

Un disco era pieno. Quella mattina gli abbiamo dato il doppio dello spazio, e ora l'allarme suona un giorno prima. La copia \
della notte c'era tutta: nessuno ha dovuto riscrivere nulla. Proviamo di nuovo l'allarme lunedì 2 novembre 2026.

Molti di voi quella mattina non hanno potuto lavorare. Ci scusiamo. Se un file vi sembra sbagliato, chiamate l'interno 4400 \
o scriveteci: riportiamo la versione della notte prima.
"""


def examined(folder: Path, config: Config = CONFIG) -> dict[str, list[Finding]]:
    read = notes.manuscripts(folder, config=config, now=NOW)
    return notes.examine(read, facts=FACTS, config=config, month=OCTOBER, now=NOW)


def findings(folder: Path, body: str, *, front: str = "", kind: str = "incident", locale: str = "en") -> list[Finding]:
    """Of one note, whose body begins in line 6 or, with more front matter, below."""
    service = "service: files\n" if kind == "incident" else ""
    file = folder / f"note.{locale}.md"
    file.write_text(f"---\ntitle: Title\nkind: {kind}\nowner: IT\n{service}{front}---\n{body}", encoding="utf-8")
    found = examined(folder)
    return [one for one in found[str(file)] if one.check != "language-missing"]


def checks(folder: Path, body: str, **given: str) -> list[str]:
    """The rules that found something, in the order of the text."""
    return [one.check for one in findings(folder, body, **given)]


@pytest.mark.parametrize(("locale", "body"), [("en", BAD_EN), ("it", BAD_IT)])
def test_a_bad_text_gives_at_least_25_findings(tmp_path, locale, body):
    """Of many kinds, each with what to do."""
    found = findings(tmp_path, body, locale=locale)
    assert len(found) >= 25, Counter(one.check for one in found)
    assert all(one.what and one.do and one.place for one in found)
    assert {
        "number-unsourced", "absolute", "self-praise", "cause-unproved", "blame", "staff-name", "officialese", "jargon",
        "acronym", "long-sentence", "passive", "shouting", "capitals", "link-text", "leftover", "host-name",
    } <= {one.check for one in found}  # fmt: skip


@pytest.mark.parametrize(("locale", "body"), [("en", GOOD_EN), ("it", GOOD_IT)])
def test_a_good_text_gives_none(tmp_path, locale, body):
    """Dates, times and the number of a telephone need no source."""
    assert findings(tmp_path, body, locale=locale) == []


PLAIN = {
    "en": [
        (
            "You can now book a meeting room from your phone. Open the calendar, choose a time, and tap the room. "
            "The room's screen shows your name until the meeting ends."
        ),
        (
            "We moved the customer portal to new machines on Saturday 7 November, between 22:00 and 23:30. Nobody "
            "was signed in at that time. Pages open faster now; tell us if yours do not."
        ),
        (
            "From Monday 16 November, signing in asks for a second step: a number on your phone. You set it up "
            "once, in two minutes. The service desk helps you on the first floor, or at extension 4400."
        ),
        (
            "Windows 11 comes to every laptop by the end of March 2027. We install it overnight and keep your "
            "files. If your laptop is older than 2019, you get a new one. No one has to come to the office."
        ),
        (
            "The Wi-Fi in Building B was weak on the 2nd floor. We hung two more antennas. It is strong at every "
            "desk now, as far as we measured."
        ),
        (
            "Mail was slow for some of you on 6 October, from 08:10 to 08:40. One of two machines had to carry "
            "everything. We are sorry. From now on a third one stands by."
        ),
    ],
    "it": [
        (
            "Ora potete prenotare una sala dal telefono. Aprite il calendario, scegliete l'ora e toccate la sala. "
            "Lo schermo della sala mostra il vostro nome fino alla fine della riunione."
        ),
        (
            "Sabato 7 novembre, tra le 22:00 e le 23:30, abbiamo spostato il portale clienti su macchine nuove. A "
            "quell'ora non c'era nessuno collegato. Ora le pagine si aprono prima; se le vostre no, ditecelo."
        ),
        (
            "Da lunedì 16 novembre per entrare serve un secondo passo: un numero sul telefono. Si imposta una "
            "volta sola, in due minuti. Vi aiutiamo al primo piano o all'interno 4400."
        ),
        (
            "Windows 11 arriva su tutti i portatili entro la fine di marzo 2027. Lo installiamo di notte e i "
            "vostri file restano dove sono. Se il portatile è più vecchio del 2019, ne avrete uno nuovo."
        ),
        (
            "Il Wi-Fi dell'edificio B era debole al 2º piano. Abbiamo messo altre due antenne. Ora è forte a ogni "
            "scrivania, per quanto abbiamo misurato."
        ),
        (
            "Il 6 ottobre la posta è stata lenta per alcuni di voi, dalle 08:10 alle 08:40. Una delle due "
            "macchine doveva fare tutto il lavoro. Ci scusiamo. D'ora in poi ce n'è una terza di riserva."
        ),
    ],
}


@pytest.mark.parametrize(("locale", "body"), [(locale, body) for locale, some in PLAIN.items() for body in some])
def test_plain_notes_are_left_alone(tmp_path, locale, body):
    """News as a department would write it, in notes of an incident, where the rules are strictest."""
    assert findings(tmp_path, body, locale=locale) == []


# --- numbers --------------------------------------------------------------------------------------


@pytest.mark.parametrize(
    ("locale", "body"),
    [
        ("en", "You asked us 1,283 times; in September it was 1,352."),
        ("it", "Ci avete scritto 1.283 volte; a settembre erano 1.352."),
        ("en", "The folders did not open for 96 minutes, for up to 860 people; the target allows 45 minutes."),
        ("en", "That is 1 hour and 36 minutes, or 1.6 hours."),
        ("it", "In tutto 1 ora e 36 minuti: il 99,78% del mese, con un obiettivo del 99,9 %."),
        ("en", 'It took {{ fact("files.interruption_1") }}; you wrote {{ n("tickets.opened") }} times.'),
        ("en", "On 14 October 2026, 2026-10-14, Oct 3, at 09:12 and 3 pm, from 14–16 October and since 2025."),
        ("it", "Il 14 ottobre 2026, il 27, alle ore 8.30, dal 3 novembre e nel 2025."),
        (
            "en",
            "The 3rd time, change 4471, ticket #99881, room 12, Windows 11, extension 4400, `tail -n 50` and Wi-Fi 6.",
        ),
        ("en", "We are there 24/7 on +39 02 555 0199 or 02 555 0199."),
        ("en", "See [the page](https://acme.example/2026/77) or https://acme.example/88 or CHG-0042."),
    ],
)
def test_a_number_of_the_month_and_one_that_counts_nothing_need_no_other_source(tmp_path, locale, body):
    """In the writing of each language."""
    found = [one for one in checks(tmp_path, body, locale=locale) if one.startswith(("number", "reference"))]
    assert found == []


@pytest.mark.parametrize(
    ("locale", "body", "column", "said"),
    [
        ("en", "We wrote to 4,217 people.", 13, '"4,217"'),
        ("it", "Abbiamo scritto a 4.217 persone.", 19, '"4.217"'),
        ("en", "It takes 12% less time.", 10, '"12%"'),
        ("en", "Ready in 90s now.", 10, '"90s"'),
    ],
)
def test_a_number_without_a_source_is_an_error_where_it_stands(tmp_path, locale, body, column, said):
    """Line and column as an editor counts them."""
    (found,) = findings(tmp_path, body, locale=locale, kind="tip")
    assert (found.check, found.status, found.exit_code) == ("number-unsourced", "fault", 65)
    assert found.place is not None
    assert (found.place.line, found.place.column) == (6, column)
    assert found.what == f"{said} has no source"


def test_a_number_close_to_a_fact_is_told_with_the_fact(tmp_path):
    """1,285 was meant to be 1,283."""
    (found,) = findings(tmp_path, "You asked us 1,285 times.", kind="tip")
    assert found.do.endswith("Near it is tickets.opened: 1,283.")


@pytest.mark.parametrize(
    ("locale", "body", "right"),
    [
        ("en", "The folders did not open for 97 minutes.", "96 minutes"),
        ("it", "Le cartelle non si aprivano per 97 minuti.", "96 minutes"),
        ("en", "It took 1 hour and 39 minutes.", "96 minutes"),
        ("en", "They worked 99.79% of the month.", "99.78%"),
    ],
)
def test_a_number_that_disagrees_with_the_service_of_the_note_is_an_error(tmp_path, locale, body, right):
    """The finding says which number is right, and how to have it filled in."""
    (found,) = findings(tmp_path, body, front="because: {text: Full disk., ref: change 1}\n", locale=locale)
    assert (found.check, found.status) == ("number-disagrees", "fault")
    assert found.do.startswith(f'Write {right}, or better {{{{ fact("files.')


def test_other_durations_of_the_same_service_are_no_mistake(tmp_path):
    """Ninety minutes are not a wrong 96."""
    assert checks(tmp_path, "We answered within 90 minutes.", front="because: {text: Full., ref: change 1}\n") == []


def test_a_correction_may_quote_the_number_that_was_wrong(tmp_path):
    """It names its evidence."""
    body = "September said 97 minutes; 96 is right."
    assert checks(tmp_path, body, kind="correction", front="service: files\nevidence: change 12\n") == []


def test_evidence_backs_a_number_that_is_no_fact(tmp_path):
    """The note says where it comes from."""
    assert checks(tmp_path, "It now rings at 80% full.", kind="win", front="evidence: change 4471\n") == []


def test_a_reference_to_no_fact_is_an_error_with_the_nearest_one(tmp_path):
    """Where it stands."""
    (found,) = findings(tmp_path, 'It took {{ n("tickets.opend") }} times.', kind="tip")
    assert (found.check, found.do, str(found.place).rpartition("note")[2]) == (
        "reference-unknown", "Did you mean tickets.opened?", ".en.md:6:9",
    )  # fmt: skip


# --- words and claims -----------------------------------------------------------------------------


def test_facts_of_the_month_back_an_absolute_word(tmp_path):
    """Named in the front matter."""
    assert checks(tmp_path, "It never stopped.", kind="tip", front="facts: [erp.availability]\n") == []
    assert checks(tmp_path, "It never stopped.", kind="tip", front="facts: [erp.nothing]\n") == ["absolute"]
    assert checks(tmp_path, "It was up 100% of October.", kind="tip", front="service: erp\n") == []


def test_advice_may_be_absolute_with_a_warning_and_a_question_without(tmp_path):
    """ "Never share your password" promises nothing."""
    advice = "Never share your password."
    assert [one.status for one in findings(tmp_path, advice, kind="tip")] == ["warning"]
    assert [one.status for one in findings(tmp_path, advice, kind="people")] == ["fault"]
    assert checks(tmp_path, "Did it never stop?", kind="people") == []


def test_a_cause_in_an_incident_note_needs_its_reference(tmp_path):
    """An error there, a warning elsewhere, nothing in a question or with the reference."""
    cause = "It stopped because a disk was full."
    assert [one.status for one in findings(tmp_path, cause)] == ["fault"]
    assert [one.status for one in findings(tmp_path, cause, kind="tip")] == ["warning"]
    assert checks(tmp_path, cause, front="because: {text: A full disk., ref: change 4471}\n") == []
    assert checks(tmp_path, "Thanks to all who wrote to us.", kind="people") == []
    assert checks(tmp_path, "Perché una seconda password?", kind="tip", locale="it") == []


@pytest.mark.parametrize(
    ("kind", "body", "found"),
    [
        ("incident", "Susan restarted it.", ["staff-name"]),
        ("incident", "Dr. Smith restarted it.", ["staff-name"]),
        ("people", "Susan joins the mail team.", []),
        ("incident", "Shared Files, Human Resources and the Mail Team were off in March and May.", []),
    ],
)
def test_names_of_people_do_not_stand_in_incident_notes(tmp_path, kind, body, found):
    """Elsewhere they may, with consent; names of departments are no names of people."""
    assert checks(tmp_path, body, kind=kind) == found


def test_an_abbreviation_is_explained_once_or_known(tmp_path):
    """Names of services and common ones are known."""
    assert checks(tmp_path, "The BCP says so. The BCP is new.", kind="tip") == ["acronym"]
    assert checks(tmp_path, "The plan for bad days (BCP) is new. The BCP says so.", kind="tip") == []
    assert checks(tmp_path, "ERP, IT, PDF and USB work.", kind="tip") == []


def test_a_sentence_may_have_25_words(tmp_path):
    """Not 26; a full stop of "e.g." ends none."""
    assert checks(tmp_path, "You " + "can " * 23 + "go.", kind="tip") == []
    assert checks(tmp_path, "You " + "can " * 24 + "go.", kind="tip") == ["long-sentence"]
    assert checks(tmp_path, "You " + "can " * 12 + "go, e.g. here, " + "can " * 12 + "go.", kind="tip") == [
        "long-sentence"
    ]


def test_verbs_of_going_and_becoming_are_no_passive_in_italian(tmp_path):
    """A past tense with "essere" is active."""
    active = "Siamo arrivati. La posta è tornata. Il disco è rimasto pieno. L'allarme è scattato."
    assert checks(tmp_path, active, kind="tip", locale="it") == []
    passive = "La posta è stata riavviata. Il disco è stato sostituito. Il file viene copiato. Funziona."
    assert checks(tmp_path, passive, kind="tip", locale="it") == ["passive"]


def test_what_somebody_else_said_is_theirs(tmp_path):
    """The title of a `heard` note is a quotation; the answer is ours."""
    front = "department: Sales\nanswer: done\n"
    file = tmp_path / "note.en.md"
    file.write_text(f'---\ntitle: "It NEVER WORKS!!!"\nkind: heard\nowner: IT\n{front}---\nIt does now.\n')
    found = examined(tmp_path)
    assert [one.check for one in found[str(file)]] == ["language-missing"]


def test_places_count_in_the_front_matter_too(tmp_path):
    """Title, steps and cause are linted where they stand."""
    file = tmp_path / "note.en.md"
    file.write_text(
        "---\ntitle: Never again\nkind: incident\nowner: IT\nservice: files\nsteps:\n  - 09:12 The endpoint fails\n"
        "because:\n  text: It is the best ever disk.\n  ref: change 1\n---\nFine.\n"
    )
    found = examined(tmp_path)[str(file)]
    places = [(one.check, one.place.line, one.place.column) for one in found if one.place]
    assert places[:3] == [("absolute", 2, 8), ("jargon", 7, 15), ("self-praise", 9, 19)]


@pytest.mark.parametrize("locale", ["de", "fr", "ar"])
def test_languages_with_fewer_words_keep_the_rules_that_need_none(tmp_path, locale):
    """Numbers, leftovers, machines, marks."""
    config = CONFIG.model_copy(update={"locales": [locale]})
    file = tmp_path / f"note.{locale}.md"
    file.write_text("---\ntitle: T\nkind: tip\nowner: IT\n---\n{{ x }} 4711 web-01 !!!\n")
    found = examined(tmp_path, config)[str(file)]
    assert {one.check for one in found} == {"leftover", "number-unsourced", "host-name", "shouting"}


@pytest.mark.parametrize(
    ("locale", "body"),
    [
        (
            "de",
            "Die Datenbank wurde nie geprüft, aufgrund der Latenz. Hans hat vergessen, sie zu sichern. [hier](https://a.example)",
        ),
        (
            "fr",
            "Le serveur n'a jamais été vérifié, en raison de la latence. Une erreur humaine. [cliquez ici](https://a.example)",
        ),
    ],
)
def test_german_and_french_are_read_too(tmp_path, locale, body):
    """Absolutes, causes, jargon, blame and links."""
    config = CONFIG.model_copy(update={"locales": [locale]})
    file = tmp_path / f"note.{locale}.md"
    file.write_text(f"---\ntitle: T\nkind: incident\nowner: IT\nservice: files\n---\n{body}\n", encoding="utf-8")
    found = examined(tmp_path, config)[str(file)]
    assert {"absolute", "cause-unproved", "jargon", "blame", "link-text"} <= {one.check for one in found}


# --- all notes together ---------------------------------------------------------------------------


def note(folder: Path, name: str, front: str) -> None:
    (folder / f"{name}.md").write_text(f"---\ntitle: T\nowner: IT\n{front}---\nText.\n")


def test_what_is_left_out_is_listed(tmp_path):
    """Drafts, notes not shown yet and any more; what is wrong with them stops nothing."""
    (tmp_path / "a.md").write_text("---\ntitle: T\nowner: IT\nkind: tip\nstatus: draft\n---\nIt never stops.\n")
    note(tmp_path, "b", "kind: tip\npublish_from: 2026-12-01\n")
    note(tmp_path, "c", "kind: tip\nexpires: 2026-10-31\n")
    (tmp_path / "d.md").write_text("---\ntitle: T\nowner: IT\nstatus: draft\n---\n")
    found = examined(tmp_path)
    assert {Path(file).name: [(one.check, one.status) for one in some] for file, some in found.items()} == {
        "a.md": [("left-out", "warning"), ("absolute", "warning")],
        "b.md": [("left-out", "warning")],
        "c.md": [("left-out", "warning")],
        "d.md": [("left-out", "warning"), ("note", "warning")],
    }
    (fault,) = [one for some in found.values() for one in some if one.check == "note"]
    assert fault.do == "Mend it before it is to be told."


def test_a_second_tip_and_a_missing_language_are_told(tmp_path):
    """One tip is printed; who reads Italian must not know less."""
    note(tmp_path, "a.en", "kind: tip\n")
    note(tmp_path, "a.it", "kind: tip\n")
    note(tmp_path, "b.en", "kind: tip\n")
    found = examined(tmp_path)
    assert {Path(file).name: [one.check for one in some] for file, some in found.items()} == {
        "a.en.md": [], "a.it.md": [], "b.en.md": ["language-missing", "second-tip"],
    }  # fmt: skip
    told = [one for some in found.values() for one in some]
    assert [(one.what, one.status) for one in told] == [
        ("this note does not exist in Italian", "warning"),
        ("a second tip, beside a.en.md", "fault"),
    ]


@pytest.mark.parametrize(
    ("date", "late", "found"),
    [
        ("2026-10-31", None, ["date-passed"]),
        ("2026-11-02", 30, ["date-passed"]),
        ("2026-11-02", None, []),
        ("2026-11-03", 30, []),
    ],
)
def test_nothing_is_coming_that_has_passed(tmp_path, date, late, found):
    """By the month always, by today unless the edition may be sent at any time."""
    sending = CONFIG.sending.model_copy(update={"max_lateness_days": late})
    config = CONFIG.model_copy(update={"locales": ["en"], "sending": sending})
    note(tmp_path, "a", f"kind: coming\ndate: {date}\n")
    (some,) = examined(tmp_path, config).values()
    assert [one.check for one in some] == found
    assert {one.place.line for one in some if one.place} <= {5}


def test_a_note_at_fault_is_told_with_its_line(tmp_path):
    """As a build would refuse it."""
    (tmp_path / "a.md").write_text("---\ntitle: T\nowner: IT\nkind: hint\n---\nText.\n")
    (some,) = examined(tmp_path).values()
    assert [(one.check, one.place.line, one.status) for one in some if one.place] == [("note", 4, "fault")]


def test_a_note_of_600_words_is_linted_in_milliseconds(tmp_path):
    """The bar is 10 ms of an idle machine, see docs/benchmarks.md; here five times that, of CPU."""
    body = (GOOD_EN + "\n") * 6
    findings(tmp_path, body)
    began = time.process_time()
    findings(tmp_path, body)
    assert time.process_time() - began < 0.05
