"""What `init` makes of what it found: labels, names, and a config that says exactly that."""

from __future__ import annotations

from datetime import UTC, datetime
from pathlib import Path

import pytest
from click.testing import CliRunner
from hypothesis import given
from hypothesis import strategies as st
from msgspec.structs import replace

from newsletter import cli, config, notes, period, presets
from newsletter.cli import init
from newsletter.collect import discover
from newsletter.collect.discover import Discovery, FoundSource, prober_label, service_label
from newsletter.collect.discover_ratios import FoundRatio, double_of
from newsletter.collect.looking import MANY_SERVICES
from newsletter.config.placeholders import is_placeholder
from newsletter.errors import ConfigError, UsageError
from newsletter.starter import Answers, create, machine_timezone
from newsletter.starter.config_text import config_text
from newsletter.starter.words import readable

NOW = datetime(2026, 11, 23, 12, tzinfo=UTC)
BLACKBOX = presets.load_as(presets.AvailabilityPreset, "blackbox")
SOURCE = FoundSource(
    preset="blackbox",
    match={"job": "blackbox"},
    service_label="service",
    services=("mail",),
    prober_label=None,
    probers=(),
    interval_s=30.0,
    maintenance=None,
    remarks=(),
)
FOUND = Discovery(
    source="http://prometheus:9090",
    version="2.42.0",
    retention_s=None,
    since=None,
    sources=(SOURCE,),
    ratios=(),
    others=(),
    tickets=(),
    figures=(),
)


def series(**labels: list[str]) -> list[dict[str, str]]:
    """Label sets from columns."""
    return [dict(zip(labels, row, strict=True)) for row in zip(*labels.values(), strict=True)]


def test_services_are_named_by_their_own_label_before_the_instance():
    found = series(service=["mail", "mail", "erp"], instance=["a", "b", "c"], prober=["n", "s", "n"])
    assert service_label(found, BLACKBOX) == "service"
    assert prober_label(found, "service", BLACKBOX) == "prober"


def test_a_service_label_that_an_operator_writes_on_every_target_names_no_services():
    found = series(service=["blackbox-exporter"] * 3, instance=["https://a", "https://b", "https://c"])
    assert service_label(found, BLACKBOX) == "instance"


def test_a_label_that_some_series_lack_is_not_chosen():
    assert service_label([{"service": "mail", "instance": "a"}, {"instance": "b"}], BLACKBOX) == "instance"


def test_of_labels_with_hundreds_of_values_the_one_with_few_is_chosen():
    many = [str(n) for n in range(MANY_SERVICES + 1)]
    found = series(service=many, app=[f"app-{int(n) % 5}" for n in many])
    assert service_label(found, BLACKBOX) == "app"


def test_probers_are_told_apart_by_whatever_label_does_it():
    found = series(service=["mail", "mail", "erp"], region=["eu", "us", "eu"])
    assert prober_label(found, "service", BLACKBOX) == "region"
    assert prober_label(series(service=["mail", "erp"]), "service", BLACKBOX) is None
    assert prober_label(series(service=["mail", "mail"], code=["1", "1"]), "service", BLACKBOX) is None


def test_the_first_note_says_nothing_that_check_objects_to_and_could_be_sent_as_it_is(tmp_path):
    create(tmp_path, Answers(), None, now=NOW)
    written, folder = config.load(tmp_path / "config.yaml"), tmp_path / "editions/2026-10/notes"
    month = period.month("2026-10", written.timezone)
    (draft,) = notes.manuscripts(folder, config=written, now=NOW)
    (found,) = notes.examine([draft], facts=(), config=written, month=month, now=NOW).values()
    assert [one.check for one in found] == ["left-out"]
    path = folder / "welcome.en.md"
    path.write_text(path.read_text(encoding="utf-8").replace("status: draft\n", ""), encoding="utf-8")
    (sent,) = notes.load(folder, config=written, now=NOW)
    assert "status" not in sent.body
    assert "draft" not in sent.body


@pytest.mark.parametrize(
    ("identifier", "name"),
    [
        ("mail", "Mail"),
        ("erp-orders", "ERP orders"),
        ("customer_portal", "Customer portal"),
        ("https://shop.acme.example/", "shop.acme.example"),
        ("https://shop.acme.example/login", "shop.acme.example/login"),
        ("db1:5432", "db1"),
        ("www.acme.example", "www.acme.example"),
        ("Jira", "Jira"),
        ("-", "-"),
    ],
)
def test_ids_become_names_that_a_reader_knows(identifier, name):
    assert readable(identifier) == name


def read(tmp: Path, text: str) -> config.Config:
    return config.loads(text, tmp / "config.yaml")


HOSTILE = [
    "mail", "null", "yes", "1e3", "2026-10-01", "#", "a: b", "- x", "it's", 'say "hi"', "{a}", "[b]", "*c", "&d", "!e",
    "%f", "@g", "`h`", "a\\b", "ünïcode", "📬", "x" * 200, "~", "true", "0x10", "12:30:00", "a #b", "key:", "?", "|",
]  # fmt: skip


def test_a_config_of_hostile_labels_says_exactly_these(tmp_path):
    """Nothing of a label's value becomes YAML."""
    found = replace(FOUND, sources=(replace(SOURCE, services=tuple(HOSTILE), match={"job": 'a"}, x: {b'}),))
    written = read(tmp_path, config_text(Answers(organisation='Acme: "the" #1'), found, now=NOW))
    assert set(written.services) == set(HOSTILE)
    assert written.organisation == 'Acme: "the" #1'
    assert written.availability[0].match == {"job": 'a"}, x: {b'}


@given(st.lists(st.text(max_size=30), max_size=5), st.text(max_size=30))
def test_whatever_the_world_holds_the_config_can_be_read(services, remark):
    source = replace(SOURCE, services=tuple(services), remarks=(remark,), match={"job": remark or "x"})
    text = config_text(Answers(), replace(FOUND, sources=(source,)), now=NOW)
    try:
        written = config.loads(text, Path("config.yaml"))
    except ConfigError:
        assert not remark.strip() or not remark.isprintable() or remark != remark.strip()
    else:
        assert set(written.services) <= set(services)


@pytest.mark.parametrize(
    ("service", "double"),
    [
        ("mail", "mail"),
        ("shop-ingress", "https://shop.acme.example/"),
        ("shop_web@docker", "https://shop.acme.example/"),
        ("Customer-Portal", "customer_portal"),
        ("mail-requests-availability", "mail"),
        ("mail-latency", None),
        ("mailman", None),
        ("10.0.0.2", None),
        ("web", None),
        ("-", None),
    ],
)
def test_an_id_of_the_same_words_is_the_same_service(service, double):
    assert double_of(service, ["mail", "https://shop.acme.example/", "customer_portal", "10.0.0.1"]) == double


def test_a_ratio_of_hostile_services_leaves_out_exactly_these(tmp_path):
    ratio = FoundRatio(
        preset="ingress_nginx",
        service_label="ingress",
        services=tuple(HOSTILE),
        measured=dict.fromkeys(HOSTILE, "mail\nnot: yaml"),
        by=("blackbox",),
    )
    for one in (ratio, replace(ratio, services=())):
        written = read(tmp_path, config_text(Answers(), replace(FOUND, ratios=(one,)), now=NOW))
        assert [entry.leave_out for entry in written.availability[1:]] == ([HOSTILE] if one.services else [])
        assert set(written.services) == {*one.services, "mail"}


def test_more_services_than_a_letter_holds_are_offered_but_not_taken(tmp_path):
    names = tuple(f"s{n:03d}" for n in range(120))
    text = config_text(Answers(), replace(FOUND, sources=(replace(SOURCE, services=names),)), now=NOW)
    written = read(tmp_path, text)
    assert len(written.services) == 40
    assert written.unlisted_services == "ignore"
    assert "# s119: {name: S119}" in text


def test_nothing_can_be_sent_from_a_new_workspace(tmp_path):
    """The relay's name never resolves (RFC 6761), and the readers' domain takes no mail."""
    create(tmp_path, Answers(), None, now=NOW)
    written = config.load(tmp_path / "config.yaml")
    assert written.smtp.host.endswith(".invalid")
    assert is_placeholder(written.smtp.sender)
    rows = (tmp_path / "audience.csv").read_text(encoding="utf-8").splitlines()[1:]
    assert rows
    assert all(is_placeholder(row.split(",")[0]) for row in rows)
    assert "status: draft" in (tmp_path / "editions/2026-10/notes/welcome.en.md").read_text(encoding="utf-8")


def test_one_file_that_is_there_keeps_all_others_from_being_written(tmp_path):
    (tmp_path / "audience.csv").write_text("mine", encoding="utf-8")
    with pytest.raises(UsageError, match=r"audience\.csv"):
        create(tmp_path, Answers(), None, now=NOW)
    assert [path.name for path in tmp_path.iterdir()] == ["audience.csv"]


def test_a_gitignore_that_is_there_stays_as_it_is(tmp_path):
    (tmp_path / ".gitignore").write_text("mine", encoding="utf-8")
    create(tmp_path, Answers(), None, now=NOW)
    assert (tmp_path / ".gitignore").read_text(encoding="utf-8") == "mine"


@pytest.mark.parametrize(
    ("answers", "named"),
    [
        (Answers(timezone="Rome"), r'^timezone: "Rome" is not a time zone; did you mean "Europe/Rome"'),
        (Answers(locales=("en", "xx")), "xx"),
        (Answers(organisation="two\nlines"), "^organisation: must be one line"),
        (Answers(prometheus={"url": "http://host/api/v1"}), "^prometheus.url: leave out /api/v1"),
    ],
)
def test_an_answer_that_cannot_stand_in_the_config_writes_nothing(tmp_path, answers, named):
    with pytest.raises((ConfigError, UsageError), match=named):
        create(tmp_path, answers, None, now=NOW)
    assert list(tmp_path.iterdir()) == []


def test_jobs_that_probe_the_same_services_become_one_source():
    """Two sources of one service would be refused; as probers of it they vote."""
    shared = series(job=["eu", "us"], service=["mail", "mail"])
    assert [match for match, _ in discover._by_job(shared, BLACKBOX)] == [{}]
    assert prober_label(shared, "service", BLACKBOX) == "job"
    apart = series(job=["web", "web", "db"], service=["shop", "blog", "erp"])
    assert [match for match, _ in discover._by_job(apart, BLACKBOX)] == [{"job": "db"}, {"job": "web"}]


def test_the_time_zone_is_the_machines(monkeypatch):
    monkeypatch.setenv("TZ", ":Europe/Zurich")
    assert machine_timezone() == "Europe/Zurich"


def test_at_a_terminal_it_asks_for_what_was_not_given(tmp_path, monkeypatch):
    monkeypatch.setattr(init, "_at_terminal", lambda: True)
    result = CliRunner().invoke(
        cli.main, ["init", str(tmp_path / "acme"), "--timezone", "Europe/Rome"], input="\nAcme\nit xx\nit en\n"
    )
    assert result.exit_code == 0, result.stderr
    assert "Time zone" not in result.stderr
    assert "no wordings for 'xx'" in result.output
    written = config.load(tmp_path / "acme/config.yaml")
    assert (written.organisation, written.locales) == ("Acme", ["it", "en"])
