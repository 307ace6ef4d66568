"""Answers of readers: each sender counts once, by the last answer, and nobody can be found in what is kept."""

from __future__ import annotations

import io
import itertools
import json
import os
import sqlite3
import sys
from datetime import UTC, datetime, timedelta
from pathlib import Path

import pytest
from click.testing import CliRunner, Result
from hypothesis import given
from hypothesis import strategies as st

from newsletter import cli, config, feedback, pipeline
from newsletter.errors import ConfigError, ContentError, FileError, UsageError
from newsletter.feedback import Ballot, tellable
from newsletter.feedback.votes import judge
from tests.mailboxes import SENT, Inbox, mail, rating

NOW = datetime(2026, 11, 20, tzinfo=UTC)
BALLOT = Ballot(questions={"useful": frozenset({"staff", "managers"})})


def ballot_of(label: str) -> Ballot | None:
    return BALLOT if label == "2026-10" else None


@pytest.fixture
def store(tmp_path: Path):
    with feedback.open_store(tmp_path / "ratings.db") as opened:
        yield opened


def counts(store, *mails) -> dict[str, int]:
    done = feedback.count(store, [bytes(one) for one in mails], ballot_of)
    return {name: number for name, number in done.counts.items() if number}


def answers(store, audience: str, edition: str = "2026-10") -> tuple[int, ...]:
    found = {one.answer: one.votes for one in store.groups(edition) if one.audience == audience}
    return tuple(found.get(number, 0) for number in range(1, 6))


# --- one mail -----------------------------------------------------------------------------


@pytest.mark.parametrize(
    "change",
    [
        {"subject": "[EXTERNAL] [NL 2026-10 staff] useful 4"},
        {"subject": "[NL 2026-10\r\n staff] useful 4"},
        {"subject": "=?utf-8?b?W05MIDIwMjYtMTAgc3RhZmZdIHVzZWZ1bCA0?="},
        {"sender": '"A" <ADA@Acme.example>'},
    ],
    ids=["a gateway's mark", "folded", "encoded", "other letters"],
)
def test_an_answer_is_read_as_the_links_of_the_letter_write_it(change):
    raw = "From: {sender}\r\nDate: Tue, 3 Nov 2026 08:00:00 +0000\r\nSubject: {subject}\r\n\r\n"
    given = {"sender": "ada@acme.example", "subject": "[NL 2026-10 staff] useful 4"} | change
    vote = judge(raw.format(**given).encode()).vote
    assert vote is not None
    assert (vote.edition, vote.audience, vote.question, vote.answer) == ("2026-10", "staff", "useful", 4)
    assert (vote.sender, vote.at) == ("ada@acme.example", int(SENT.timestamp()))


@pytest.mark.parametrize(
    ("body", "words"),
    [
        ("", False),
        ("\r\n-- \r\nAda, Sales\r\n", False),
        ("> Was this useful?\r\n", False),
        ("Very.\r\n", True),
    ],
)
def test_words_are_what_a_person_wrote_and_no_signature(body, words):
    raw = f"From: a@b.example\r\nSubject: [NL 2026-10 staff] useful 4\r\n\r\n{body}"
    assert judge(raw.encode()).words is words


def test_words_in_html_are_words_and_its_style_is_none():
    html = "<html><head><style>p {{color: red}}</style></head><body><p>{}&nbsp;</p></body></html>"
    for text, words in (("", False), ("Thanks", True)):
        one = mail("a@b.example", "Hello")
        one.set_content(html.format(text), subtype="html")
        assert judge(bytes(one)).words is words


@given(st.binary(max_size=400))
def test_no_bytes_make_the_reader_fail(data):
    assert judge(data).kind in {"vote", "malformed", "automatic", "other", "unreadable"}
    assert judge(b"Subject: [NL 2026-10 staff] useful 4\r\nFrom: " + data).kind


# --- many mails ---------------------------------------------------------------------------


@pytest.mark.parametrize("seed", range(5))
@pytest.mark.parametrize("form", ["as_mbox", "as_maildir"])
def test_each_sender_counts_once_by_the_last_answer_and_everything_else_is_told_apart(store, tmp_path, seed, form):
    from newsletter.mailbox import mails

    inbox = Inbox(seed)
    done = feedback.count(store, mails(getattr(inbox, form)(tmp_path / "box")), ballot_of)
    assert answers(store, "staff") == inbox.answers("staff")
    assert answers(store, "managers") == inbox.answers("managers")
    assert done.counts["counted"] == len(inbox.last)
    assert sum(done.counts[one] for one in ("counted", "changed", "known")) == inbox.kinds["answers"]
    for kind in ("automatic", "malformed", "not_asked", "unknown_edition", "other"):
        assert done.counts[kind] == inbox.kinds[kind], kind
    assert sum(done.counts.values()) == len(inbox.mails)
    assert done.with_words == inbox.words


@pytest.mark.parametrize("seed", range(3))
def test_the_same_mails_again_and_in_any_order_change_nothing(store, seed):
    inbox = Inbox(seed)
    counts(store, *inbox.mails)
    before = store.groups("2026-10")
    inbox.dice.shuffle(inbox.mails)
    again = counts(store, *inbox.mails)
    assert again["known"] == inbox.kinds["answers"]
    assert not {"counted", "changed"} & again.keys()
    assert store.groups("2026-10") == before


def test_an_earlier_answer_that_is_read_later_does_not_take_the_place_of_the_last(store):
    assert counts(store, rating("a@b.example", 5, at=SENT)) == {"counted": 1}
    assert counts(store, rating("A@B.example", 1, at=SENT - timedelta(days=1))) == {"known": 1}
    assert counts(store, rating("a@b.example", 2, at=SENT + timedelta(days=1))) == {"changed": 1}
    assert answers(store, "staff") == (0, 1, 0, 0, 0)


def test_a_mail_without_a_date_or_with_an_impossible_one_counts(store):
    undated = rating("a@b.example", 5)
    del undated["Date"]
    strange = rating("c@b.example", 4)
    strange.replace_header("Date", "Tue, 99 Foo 99999 99:99:99 +9999")
    assert counts(store, undated, strange) == {"counted": 2}
    assert store.days("2026-10") is None


def test_answers_from_the_web_page_stay_apart_from_those_by_mail(store):
    counts(store, rating("a@b.example", 5))
    for _ in range(3):
        store.take_from_web("2026-10", "useful", "staff", 4, most=3)
    assert not store.take_from_web("2026-10", "useful", "staff", 4, most=3)
    assert [(one.channel, one.answer, one.votes) for one in store.groups("2026-10")] == [("mail", 5, 1), ("web", 4, 3)]


# --- privacy ------------------------------------------------------------------------------


def _everything(folder: Path) -> bytes:
    return b"\0".join(path.read_bytes() for path in sorted(folder.rglob("*")) if path.is_file())


def test_no_file_holds_a_sender_or_a_word_of_theirs_before_or_after_closing(tmp_path):
    people = [f"person{n}.lastname@acme.example" for n in range(30)]
    with feedback.open_store(tmp_path / "ratings.db") as store:
        counts(store, *(rating(one, 4, text=f"secretword from {one}") for one in people))
        assert answers(store, "staff") == (0, 0, 0, 30, 0)
        while_open = _everything(tmp_path)
        feedback.close(store, "2026-10", tmp_path, min_group=10, texts={}, now=NOW)
    for content in (while_open, _everything(tmp_path)):
        for one in ("lastname", "person1", "secretword", "acme.example"):
            assert one.encode() not in content.lower()


def test_closing_overwrites_the_key_and_every_hash_in_the_file(tmp_path):
    path = tmp_path / "ratings.db"
    with feedback.open_store(path) as store:
        counts(store, *Inbox(1).mails)
    with sqlite3.connect(path) as db:
        secrets = [row[0] for row in db.execute("SELECT salt FROM poll UNION ALL SELECT voter FROM vote")]
    assert len(secrets) == 75
    assert all(one in path.read_bytes() for one in secrets)
    with feedback.open_store(path) as store:
        feedback.close(store, "2026-10", tmp_path, min_group=10, texts={}, now=NOW)
        assert store.editions() == ()
    assert not [one for one in secrets if one in _everything(tmp_path)]


def test_the_same_sender_has_another_hash_in_each_edition(tmp_path):
    path = tmp_path / "ratings.db"
    both = Ballot(questions={"useful": frozenset({"staff"})})
    with feedback.open_store(path) as store:
        mails = [bytes(rating("a@b.example", 4, edition=one)) for one in ("2026-09", "2026-10")]
        feedback.count(store, mails, lambda _: both)
    with sqlite3.connect(path) as db:
        voters = [row[0] for row in db.execute("SELECT voter FROM vote")]
    assert len(set(voters)) == 2


def test_only_the_owner_can_read_the_store(store, tmp_path):
    assert (tmp_path / "ratings.db").stat().st_mode & 0o777 == 0o600


GROUPS = st.dictionaries(
    st.sampled_from(["staff", "managers", "board", "depot", "shops"]),
    st.tuples(*[st.integers(0, 9)] * 5),
    max_size=5,
)


@given(GROUPS, st.integers(5, 15))
def test_no_sum_or_difference_of_what_is_told_is_a_group_under_the_threshold(groups, least):
    """Each told number is a sum over audiences; every mix of them that singles out some audiences is looked at."""
    told = tellable(groups, least)
    names = sorted(groups)
    sums = {name: [1 if one == name or not name else 0 for one in names] for name in told}
    for signs in itertools.product((-1, 0, 1), repeat=len(told)):
        mixed = [sum(sign * sums[name][at] for sign, name in zip(signs, told, strict=True)) for at in range(len(names))]
        if set(mixed) <= {0, 1} and any(mixed):
            size = sum(sign * sum(told[name]) for sign, name in zip(signs, told, strict=True))
            assert size == sum(sum(groups[one]) for one, inside in zip(names, mixed, strict=True) if inside)
            assert size == 0 or size >= least


@given(GROUPS, st.integers(5, 15))
def test_what_may_be_told_is_told_exactly(groups, least):
    told = tellable(groups, least)
    assert {name: told[name] for name in told if name} == {n: a for n, a in groups.items() if sum(a) >= least}
    if "" in told:
        assert told[""] == tuple(map(sum, zip(*groups.values(), strict=True)))


def test_a_sum_that_would_tell_a_small_group_is_withheld():
    staff, managers = (0, 0, 10, 20, 10), (0, 1, 1, 1, 1)
    assert tellable({"staff": staff, "managers": managers}, 10) == {"staff": staff}
    assert set(tellable({"staff": staff, "managers": (2, 2, 2, 2, 2)}, 10)) == {"staff", "managers", ""}
    assert set(tellable({"staff": staff, "managers": managers, "board": (0, 0, 3, 3, 0)}, 10)) == {"staff", ""}


# --- the command --------------------------------------------------------------------------


CONFIG = """
organisation: Acme
timezone: Europe/Rome
prometheus: {url: "http://127.0.0.1:9090"}
smtp: {from: it@acme.example}
audiences: {managers: {recipients: managers.csv}, staff: {recipients: audience.csv}}
"""


@pytest.fixture
def workspace(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Path:
    """Two editions that were sent, looked at from the twentieth of November."""
    (tmp_path / "config.yaml").write_text(CONFIG)
    for month in ("2026-09", "2026-10"):
        (tmp_path / "editions" / month).mkdir(parents=True)
        (tmp_path / "editions" / month / "snapshot.json").write_text("{}")
    monkeypatch.chdir(tmp_path)

    class Clock(datetime):
        @classmethod
        def now(cls, tz=None):
            return NOW.astimezone(tz)

    monkeypatch.setattr("newsletter.cli.feedback.datetime", Clock)
    return tmp_path


def run(*arguments: str, stdin: bytes = b"") -> Result:
    return CliRunner().invoke(cli.main, ["feedback", *arguments], input=stdin, catch_exceptions=False)


def test_a_month_of_answers_is_imported_closed_and_shown(workspace):
    inbox = Inbox(7)
    box = inbox.as_mbox(workspace / "box")
    told = run("import", str(box)).stdout
    assert f"{len(inbox.last)}  answers: counted" in told
    assert f"{inbox.words} messages with words: read them in the mailbox." in told
    assert f"2026-10 is open: {len(inbox.last)} answers by now" in run().stdout
    assert (
        "2026-10 is closed: 3 groups told; votes and hashes are deleted." in run("close", "--month", "2026-10").stdout
    )
    shown = json.loads(run("show", "--json").stdout)["closed"][0]["tallies"]
    by_audience = {one["audience"]: one for one in shown}
    for name in ("staff", "managers"):
        assert tuple(by_audience[name]["answers"]) == inbox.answers(name)
        assert by_audience[name]["yes"] == sum(inbox.answers(name)[3:])
    assert by_audience[""]["n"] == len(inbox.last)
    assert str(len(inbox.last)) in run("show").stdout
    again = run("import", str(box)).stdout
    assert f"{inbox.kinds['answers']}  for an edition that is closed: not counted" in again
    assert json.loads(run("show", "--json").stdout)["closed"][0]["tallies"] == shown


def test_a_pipe_is_read_too(workspace, monkeypatch):
    monkeypatch.setattr(sys, "stdin", io.TextIOWrapper(io.BytesIO(bytes(rating("a@b.example", 4)))))
    assert "1  answers: counted" in run("import", "-", stdin=bytes(rating("a@b.example", 4))).stdout


def test_of_an_open_edition_no_share_is_told_and_no_small_number(workspace):
    (workspace / "one.eml").write_bytes(bytes(rating("a@b.example", 4)))
    run("import", "one.eml")
    assert "2026-10 is open: fewer than 10 answers by now." in run().stdout
    assert json.loads(run("show", "--json").stdout) == {"closed": [], "open": {"2026-10": None}}


def test_a_closed_edition_with_few_answers_tells_nothing_but_that(workspace):
    for n in range(9):
        (workspace / f"{n}.eml").write_bytes(bytes(rating(f"p{n}@acme.example", 1)))
    run("import", *(f"{n}.eml" for n in range(9)))
    assert "no group told, 1 too small to tell" in run("close", "--month", "2026-10").stdout
    shown = run("show")
    assert shown.stdout == ""
    assert "2026-10: 1 group with fewer than 10 answers not told" in shown.stderr
    assert "answers" not in json.loads((workspace / "editions/2026-10/ratings.json").read_text())


def test_without_a_month_close_leaves_the_newest_edition_open(workspace):
    mails = [rating(f"p{n}@acme.example", 4, edition=one) for n in range(12) for one in ("2026-09", "2026-10")]
    (workspace / "in").mkdir()
    for n, one in enumerate(mails):
        (workspace / "in" / str(n)).write_bytes(bytes(one))
    run("import", "in")
    assert run("close").stdout.startswith("2026-09 is closed: 1 group told")
    assert not (workspace / "editions/2026-10/ratings.json").exists()
    assert run("close").stdout == "no edition to close\n"


def test_an_edition_that_is_old_is_closed_by_the_next_import(workspace):
    loaded = config.load(workspace / "config.yaml")
    mails = [bytes(rating(f"p{n}@acme.example", 4, edition="2026-09")) for n in range(12)]
    done, closed = pipeline.import_ratings(loaded, mails, now=NOW)
    assert (done.counts["counted"], closed) == (12, ())
    done, closed = pipeline.import_ratings(loaded, [], now=NOW + timedelta(days=12))
    assert [one.edition for one in closed] == ["2026-09"]
    late, _ = pipeline.import_ratings(loaded, mails, now=NOW + timedelta(days=12))
    assert late.counts["closed"] == 12


def test_links_to_pages_need_the_pages(workspace):
    (workspace / "config.yaml").write_text(CONFIG + "ratings: {links: web}\n")
    with pytest.raises(ConfigError, match="links: web needs pages for readers"):
        config.load(workspace / "config.yaml")


def test_closing_what_nobody_answered_says_so(workspace):
    with pytest.raises(UsageError, match="no answers to 2026-10 are open"):
        pipeline.close_ratings(config.load(workspace / "config.yaml"), month="2026-10", now=NOW)


def test_killed_between_the_file_and_the_database_closing_again_tells_the_same(tmp_path, monkeypatch):
    with feedback.open_store(tmp_path / "ratings.db") as store:
        counts(store, *Inbox(3).mails)
        with monkeypatch.context() as patch:
            patch.setattr(type(store), "forget", lambda *_: (_ for _ in ()).throw(KeyboardInterrupt))
            with pytest.raises(KeyboardInterrupt):
                feedback.close(store, "2026-10", tmp_path, min_group=10, texts={}, now=NOW)
        first = (tmp_path / "ratings.json").read_bytes()
        feedback.close(store, "2026-10", tmp_path, min_group=10, texts={}, now=NOW)
    assert (tmp_path / "ratings.json").read_bytes() == first


TOO_FEW = """{"edition": "2026-10", "closed_at": "2026-11-20T00:00:00Z", "min_group": 10, "tallies":
 [{"question": "useful", "audience": "staff", "channel": "mail", "answers": [0, 0, 0, 0, 9]}]}"""


@pytest.mark.parametrize(
    ("content", "what"),
    [
        ("{", "does not hold the answers"),
        ("[]", "does not hold the answers"),
        (
            '{"edition": "2026-09", "closed_at": "2026-11-20T00:00:00Z", "min_group": 10, "tallies": []}',
            "not of 2026-10",
        ),
        (TOO_FEW, "fewer than 10"),
    ],
)
def test_a_file_of_answers_that_is_at_fault_is_told(workspace, content, what):
    (workspace / "editions/2026-10/ratings.json").write_text(content)
    with pytest.raises(ContentError, match=what):
        feedback.read_ratings(workspace / "editions/2026-10")


def test_a_store_that_is_no_store_is_told_with_its_key(tmp_path):
    path = tmp_path / "ratings.db"
    path.write_bytes(b"no database at all, but long enough to be looked at" * 20)
    with pytest.raises(FileError, match=r"ratings\.db"), feedback.open_store(path):
        pass
    with sqlite3.connect(tmp_path / "other.db") as db:
        db.execute("CREATE TABLE other (one)")
    with pytest.raises(FileError, match="another program"), feedback.open_store(tmp_path / "other.db"):
        pass
    with pytest.raises(FileError), feedback.open_store(tmp_path / "nowhere" / "ratings.db"):
        pass


def test_two_processes_may_count_at_once(tmp_path):
    path = tmp_path / "ratings.db"
    with feedback.open_store(path):
        pass
    children = []
    for _ in range(3):
        child = os.fork()
        if child == 0:
            with feedback.open_store(path) as store:
                for _ in range(20):
                    store.take_from_web("2026-10", "useful", "staff", 4, most=100)
            os._exit(0)
        children.append(child)
    assert [os.waitpid(child, 0)[1] for child in children] == [0, 0, 0]
    with feedback.open_store(path) as store:
        assert [one.votes for one in store.groups("2026-10")] == [60]
