"""The pages of docs/ say what is so."""

from __future__ import annotations

import re
from pathlib import Path

import pytest

import newsletter
from newsletter.config import load, loads
from newsletter.notes import load_editorial

ROOT = Path(__file__).parents[2]
TESTS = "\n".join(path.read_text(encoding="utf-8") for path in sorted((ROOT / "tests").rglob("test_*.py")))
PAGES = sorted([*ROOT.glob("*.md"), *(ROOT / "docs").rglob("*.md")])


@pytest.mark.parametrize("name", sorted(set(re.findall(r"`(test_\w+)`", (ROOT / "docs/guarantees.md").read_text()))))
def test_a_guarantee_names_a_test_that_exists(name):
    """A promise without its test is no promise."""
    assert f"def {name}(" in TESTS


def test_every_guarantee_names_tests():
    """All seven."""
    parts = re.split(r"(?m)^\*\*(G\d)\.", (ROOT / "docs/guarantees.md").read_text(encoding="utf-8"))
    assert parts[1::2] == [f"G{number}" for number in range(1, 8)]
    assert all("`test_" in part for part in parts[2::2])


def test_requirements_name_tests_that_exist():
    """The files or functions that the table points at."""
    table = (ROOT / "docs/requirements.md").read_text(encoding="utf-8")
    files = {path.stem for path in (ROOT / "tests").rglob("test_*.py")}
    assert {
        name for name in re.findall(r"`(test_\w+)`", table) if name not in files and f"def {name}(" not in TESTS
    } == set()
    assert re.findall(r"(?m)^\| (R\d+) \|", table) == [f"R{number}" for number in range(1, 25)]


@pytest.mark.parametrize("page", PAGES, ids=lambda page: str(page.relative_to(ROOT)))
def test_links_and_pictures_of_a_page_lead_somewhere(page):
    """Every relative link and image."""
    text = re.sub(r"```.*?```", "", page.read_text(encoding="utf-8"), flags=re.DOTALL)
    targets = re.findall(r"\]\(([^)#]+)[^)]*\)", text) + re.findall(r'src="([^"]+)"', text)
    missing = [one for one in targets if "://" not in one and not (page.parent / one).exists()]
    assert missing == []


def test_the_examples_of_the_availability_page_are_a_config_that_loads():
    """Copied together, with the keys that every config has."""
    page = (ROOT / "docs" / "availability.md").read_text(encoding="utf-8")
    basics = "organisation: Acme\nprometheus: {url: 'http://prometheus:9090'}\nsmtp: {from: 'IT <it@acme.example>'}\n"
    text = basics + "".join(re.findall(r"(?s)```yaml\n(.*?)```", page))
    assert loads(text, ROOT / "config.yaml").services["erp"].hours


def test_the_example_of_the_editors_decisions_can_be_read(tmp_path):
    """The file edition.yaml of the facts page, with every key there is."""
    (example,) = re.findall(r"(?s)```yaml\n(pin.*?)```", (ROOT / "docs" / "facts.md").read_text(encoding="utf-8"))
    (tmp_path / "edition.yaml").write_text(example, encoding="utf-8")
    decided = load_editorial(tmp_path, config=load(ROOT / "config.yaml"))
    assert (decided.pin, decided.mute, decided.subject) == (("logins.count",), ("payslips.count",), 2)
    assert decided.ask


def test_the_changelog_begins_with_the_version():
    """The newest entry is the package's version."""
    found = re.search(r"(?m)^## \[(.+?)\]", (ROOT / "CHANGELOG.md").read_text(encoding="utf-8"))
    assert found
    assert found[1] == newsletter.__version__
