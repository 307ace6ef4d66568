"""`newsletter templates`: what is packaged, copies of it, and what became of them."""

from __future__ import annotations

import re
from pathlib import Path

import pytest
from click.testing import CliRunner

from newsletter.cli import main
from newsletter.model import Fillable
from newsletter.render import Renderer, packaged
from newsletter.render.block_text import blocks_of
from newsletter.render.environment import packaged_folder
from tests.golden import editions

CONFIG = """\
organisation: Acme
timezone: Europe/Rome
prometheus: {url: "http://127.0.0.1:9090"}
smtp: {from: it@acme.example}
templates: templates
"""


@pytest.fixture
def workspace(tmp_path, monkeypatch):
    (tmp_path / "config.yaml").write_text(CONFIG, encoding="utf-8")
    (tmp_path / "templates").mkdir()
    monkeypatch.chdir(tmp_path)
    return tmp_path


def run(*words: str, ends: int = 0):
    result = CliRunner().invoke(main, ["templates", *words])
    assert result.exit_code == ends, result.output
    return result


def letters(folder: Path | None = None) -> list[tuple[Fillable, Fillable]]:
    return [(one.html, one.text) for one in map(Renderer(folder).render, (editions.rich(), editions.managers()))]


# --- export -------------------------------------------------------------------------------


def test_copies_of_all_templates_make_the_same_letters(workspace):
    exported = run("export").stdout.splitlines()
    assert len(exported) == len(list(packaged_folder().rglob("*.j2")))
    assert letters(workspace / "templates") == letters()


def test_all_outer_blocks_exported_one_by_one_make_the_same_letters(workspace):
    for path in packaged_folder().rglob("*.j2"):
        name = path.relative_to(packaged_folder()).as_posix()
        for block in (one for one in blocks_of(path.read_text(encoding="utf-8")) if one.outer):
            run("export", name, "--block", block.name)
    shown = [[re.sub(r"\s+", " ", "".join(part.parts)) for part in pair] for pair in letters(workspace / "templates")]
    assert shown == [[re.sub(r"\s+", " ", "".join(part.parts)) for part in pair] for pair in letters()]


def test_a_name_may_be_shortened_and_means_both_parts_of_a_section(workspace):
    assert run("export", "services").stdout.splitlines() == [
        str(workspace / "templates/sections/services.mjml.j2"),
        str(workspace / "templates/sections/services.txt.j2"),
    ]
    assert run("export", "sections/tip.txt.j2").stdout == f"{workspace / 'templates/sections/tip.txt.j2'}\n"


def test_a_block_is_exported_as_a_file_that_changes_it_alone(workspace):
    run("export", "hero", "--block", "lead")
    text = (workspace / "templates/hero.mjml.j2").read_text(encoding="utf-8")
    assert text.startswith('{% extends "packaged/hero.mjml.j2" %}\n')
    assert "{% block lead %}" in text
    assert "{% block minute %}" not in text


def test_a_further_block_is_added_to_a_file_that_has_other_ones(workspace):
    run("export", "hero", "--block", "lead")
    run("export", "hero", "--block", "minute")
    text = (workspace / "templates/hero.mjml.j2").read_text(encoding="utf-8")
    assert text.count("{% extends") == 1
    assert [block.name for block in blocks_of(text)] == ["lead", "minute"]
    assert "there already" in run("export", "hero", "--block", "lead", ends=74).stderr
    assert (workspace / "templates/hero.mjml.j2").read_text(encoding="utf-8") == text


def test_nothing_is_overwritten_and_nothing_half_written(workspace):
    own = workspace / "templates/sections/services.txt.j2"
    own.parent.mkdir()
    own.write_text("mine", encoding="utf-8")
    assert "services.txt.j2 is there already" in run("export", "services", ends=74).stderr
    assert [path.name for path in own.parent.iterdir()] == ["services.txt.j2"]
    assert own.read_text(encoding="utf-8") == "mine"
    run("export", "services", "--force")
    assert own.read_text(encoding="utf-8") != "mine"


def test_the_packaged_folder_itself_is_never_written_to(workspace):
    before = {path: path.read_bytes() for path in packaged_folder().rglob("*.j2")}
    result = run("export", "hero", "--force", "--to", str(packaged_folder()), ends=2)
    assert "is where the packaged templates are" in result.stderr
    assert {path: path.read_bytes() for path in packaged_folder().rglob("*.j2")} == before


@pytest.mark.parametrize(
    ("words", "message"),
    [
        (["heroo"], "there is no packaged template heroo; did you mean hero?"),
        (["hero", "--block", "leed"], "hero.mjml.j2 has no block leed; did you mean lead?"),
        (["--block", "lead"], "--block lead of which template?"),
        (["services", "--block", "content"], "have a block content: name one of them"),
        (["../config"], "there is no packaged template ../config"),
    ],
)
def test_a_name_that_is_none_is_told_with_the_nearest(workspace, words, message):
    result = run("export", *words, ends=2)
    assert message in result.stderr
    assert list((workspace / "templates").iterdir()) == []


def test_without_the_key_in_the_config_the_folder_beside_it_is_taken_and_the_key_named(workspace):
    (workspace / "config.yaml").write_text(CONFIG.replace("templates: templates\n", ""), encoding="utf-8")
    result = run("export", "tip")
    assert (workspace / "templates/sections/tip.mjml.j2").is_file()
    assert "They are used once `templates: templates` stands in config.yaml." in result.stderr


# --- list and diff --------------------------------------------------------------------------


def test_the_list_tells_what_is_packaged_replaced_and_changed(workspace):
    run("export", "hero", "--block", "lead")
    run("export", "footer")
    lines = {line.split()[0]: line for line in run("list").stdout.splitlines()}
    assert set(lines) == {"template"} | {
        path.relative_to(packaged_folder()).as_posix() for path in packaged_folder().rglob("*.j2")
    }
    assert re.search(r"hero\.mjml\.j2 +your lead +masthead, sender, headline, lead, minute", lines["hero.mjml.j2"])
    assert re.search(r"footer\.mjml\.j2 +your file +recipient, links", lines["footer.mjml.j2"])
    assert re.search(r"head\.mjml\.j2 +packaged ", lines["head.mjml.j2"])


def test_an_untouched_copy_has_no_difference_and_a_changed_one_shows_it(workspace):
    run("export", "hero")
    run("export", "sections/tip.txt.j2", "--block", "content")
    assert not run("diff").stdout
    own = workspace / "templates/hero.mjml.j2"
    own.write_text(own.read_text(encoding="utf-8").replace("36px", "30px", 1), encoding="utf-8")
    tip = workspace / "templates/sections/tip.txt.j2"
    tip.write_text(
        tip.read_text(encoding="utf-8").replace("{% endblock %}", "Ask us.\n{% endblock %}"), encoding="utf-8"
    )
    shown = run("diff").stdout
    assert "--- packaged/hero.mjml.j2\n" in shown
    assert [line for line in shown.splitlines() if re.match(r"[+-][^+-]", line)] == [
        '-    <mj-text mj-class="rows" padding="36px 0 0">{{ table_start() }}',
        '+    <mj-text mj-class="rows" padding="30px 0 0">{{ table_start() }}',
        "+Ask us.",
    ]
    assert "packaged/sections/tip.txt.j2 (block content)" in run("diff", "tip").stdout
    assert "hero" not in run("diff", "tip").stdout


def test_a_packaged_template_that_changed_since_is_told(workspace, monkeypatch):
    """The next version of the package, with another lead and another footer."""
    run("export", "hero", "--block", "lead", "--block", "minute")
    run("export", "footer")
    source = packaged._source

    def next_version(name: str) -> str:
        text = source(name)
        changed = {"hero.mjml.j2": ('padding="18px 0 0"', 'padding="20px 0 0"'), "footer.mjml.j2": ("24px", "28px")}
        return text.replace(*changed[name]) if name in changed else text

    monkeypatch.setattr(packaged, "_source", next_version)
    told = run("diff").stderr
    assert "block lead of hero.mjml.j2 has changed since it was copied into" in told
    assert "footer.mjml.j2 has changed since it was copied into" in told
    assert "block minute" not in told
    assert "your lead, minute, packaged one changed since" in run("list").stdout


def test_a_folder_that_has_nothing_of_its_own_says_so(workspace):
    assert "None of these templates is yours." in run("diff").stderr


# --- blocks as text -------------------------------------------------------------------------


def test_blocks_inside_blocks_and_in_comments_are_told_apart():
    source = "{# {% block none %} #}{% block a %}\n  {%- block b scoped -%}\n  x\n  {% endblock b %}\n{% endblock %}{% block c %}"
    outer, inner = blocks_of(source)
    assert (outer.name, outer.line, outer.outer) == ("a", 1, True)
    assert (inner.name, inner.line, inner.outer) == ("b", 2, False)
    assert inner.text == "{%- block b scoped -%}\nx\n{% endblock b %}"
