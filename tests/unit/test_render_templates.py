"""Faults of templates: each is one error that names file and line, and says what to do."""

from __future__ import annotations

import os
import re
import subprocess
import sys
from pathlib import Path

import pytest
from msgspec.structs import replace

from newsletter.errors import ContentError, NewsletterError
from newsletter.model import Fillable, Theme
from newsletter.render import Renderer, environment, fill_html, fill_text, template_folders
from newsletter.render.lint import lint
from newsletter.render.look import look
from newsletter.render.mjml import _require_binding, to_html
from newsletter.render.personalise import digest
from tests.golden import editions

ROOT = Path(__file__).parents[2]


@pytest.fixture
def folder(tmp_path):
    """An organisation's own templates; empty ones change nothing."""
    (tmp_path / "sections").mkdir()
    return tmp_path


def fault(folder: Path, name: str, text: str) -> ContentError:
    (folder / name).write_text(text, encoding="utf-8")
    with pytest.raises(ContentError) as caught:
        Renderer(folder).render(editions.rich())
    assert caught.value.hint
    return caught.value


def column(content: str) -> str:
    return f"\n<mj-section>\n<mj-column>\n{content}\n</mj-column>\n</mj-section>"


# --- what Jinja finds ---------------------------------------------------------------------


def test_a_syntax_error_names_file_and_line(folder):
    error = fault(folder, "hero.mjml.j2", "\n{% if edition.lead %}\n{{ oops")
    assert error.message.startswith(f"{folder}/hero.mjml.j2, line 3: ")


def test_an_undefined_name_names_itself_file_and_line(folder):
    error = fault(folder, "hero.mjml.j2", "\n\n{{ editon.lead }}")
    assert error.message == f"{folder}/hero.mjml.j2, line 3: 'editon' is undefined"
    assert "'editon'" in error.hint


def test_an_unknown_attribute_is_found_inside_a_macro(folder):
    error = fault(folder, "hero.mjml.j2", "{% macro m(x) %}\n{{ x.titel }}\n{% endmacro %}\n{{ m(edition) }}")
    assert f"{folder}/hero.mjml.j2, line 2: " in error.message
    assert "titel" in error.message


def test_a_wrong_expression_names_file_and_line(folder):
    assert f"{folder}/hero.mjml.j2, line 2: " in fault(folder, "hero.mjml.j2", '\n{{ 1 + "x" }}').message
    assert f"{folder}/hero.mjml.j2, line 2: " in fault(folder, "hero.mjml.j2", "\n{{ 1 / 0 }}").message
    assert f"{folder}/hero.mjml.j2, line 1: " in fault(folder, "hero.mjml.j2", "{{ edition.headline|round }}").message


def test_an_unknown_filter_names_file_and_line(folder):
    assert f"{folder}/hero.mjml.j2, line 2: " in fault(folder, "hero.mjml.j2", "\n{{ edition.lead|shout }}").message


def test_a_missing_template_is_named_with_the_folders_looked_in(folder):
    error = fault(folder, "hero.mjml.j2", '\n{% include "nothing.mjml.j2" %}')
    assert "line 2: there is no template nothing.mjml.j2" in error.message
    assert str(folder) in error.hint


def test_a_kind_of_section_without_a_template_is_an_error(folder):
    odd = replace(editions.SECTIONS["tip"], kind="weather")
    with pytest.raises(ContentError, match=r"there is no template sections/weather\.mjml\.j2"):
        Renderer(folder).render(replace(editions.rich(), sections=(odd,)))


def test_no_template_outside_the_folders_can_be_read(folder):
    (folder.parent / "secret.j2").write_text("secret", encoding="utf-8")
    assert "there is no template ../secret.j2" in fault(folder, "hero.mjml.j2", '{% include "../secret.j2" %}').message
    assert "there is no template" in fault(folder, "hero.mjml.j2", '{% include "/etc/hostname" %}').message


def test_a_template_cannot_leave_the_sandbox(folder):
    error = fault(folder, "hero.mjml.j2", "{{ edition.__class__.__mro__ }}")
    assert "unsafe" in error.message


def test_a_template_that_includes_itself_ends_with_an_error(folder):
    assert "without end" in fault(folder, "hero.mjml.j2", '{% include "hero.mjml.j2" %}').message


def test_a_template_that_is_not_utf8_is_an_error(folder):
    (folder / "hero.mjml.j2").write_bytes(b"<mj-section>\n\xff</mj-section>")
    said = f"{folder}/hero.mjml.j2, line 2: is not UTF-8 text (invalid start byte)"
    with pytest.raises(ContentError) as caught:
        Renderer(folder).render(editions.rich())
    assert caught.value.message == said
    assert [one.message for one in Renderer(folder).faults()] == [said]


def test_a_missing_folder_is_an_error(tmp_path):
    with pytest.raises(ContentError, match="there is no folder"):
        Renderer(tmp_path / "nowhere")


# --- what the structure check finds -------------------------------------------------------


@pytest.mark.parametrize(
    ("content", "message"),
    [
        ('<mj-include path="/etc/hostname" />', "<mj-include> is not read"),
        ("<mj-foo>x</mj-foo>", "<mj-foo> is not a tag of our MJML"),
        ("<mj-image />", "<mj-image> is not used here"),
        ('<mj-text colour="#ffffff">x</mj-text>', "<mj-text> has no attribute colour"),
        ('<mj-text color="#ffffff" color="#000000">x</mj-text>', "<mj-text> has color twice"),
        ('<mj-text color="red;background:url(https://x.example)">x</mj-text>', "color="),
        ("<mj-text><a href='{{ edition.lead }}'>x</a></mj-text>", "this is no tag"),
        ("<mj-text><a href={{ edition.lead }}>x</a></mj-text>", "this is no tag"),
        ('<mj-text><a href="javascript:x">x</a></mj-text>', "neither https nor mailto"),
        ('<mj-text><a href="&#106;avascript:x">x</a></mj-text>', "neither https nor mailto"),
        ('<mj-text><td style="background:url(https://x.example)">x</td></mj-text>', "fetches"),
        ('<mj-text><td background="https://x.example/p.png">x</td></mj-text>', "<td> has no attribute background"),
        ('<mj-text><b onclick="x">x</b></mj-text>', "<b> has no attribute onclick"),
        ("<mj-text><script>x</script></mj-text>", "<script> may not be in a mail"),
        ('<mj-text><img src="https://x.example/p.png"></mj-text>', "does not travel with the mail"),
        ("<mj-text><b>x</mj-text>", "</mj-text> where </b> should stand"),
        ("<mj-column></mj-column>", "<mj-column> inside <mj-column>"),
        ("loose", "text directly in <mj-column>"),
        ("<p>x</p>", "<p> directly in <mj-column>"),
        ("<mj-style>a { color: red }</mj-style>", "<mj-style> inside <mj-column>"),
        ("<mj-text>a < b</mj-text>", "this is no tag"),
        ("<mj-text><!-- a -- b --></mj-text>", "a comment does not end"),
        ("<mj-text><!-- a</mj-text>", "a comment does not end"),
        ("<mj-text>" + "<b>" * 101 + "</b>" * 101 + "</mj-text>", "more than 100 tags"),
    ],
)
def test_a_fault_of_structure_names_file_and_line(folder, content, message):
    error = fault(folder, "hero.mjml.j2", column(content))
    assert error.message.startswith(f"{folder}/hero.mjml.j2, line 4: ")
    assert message in error.message


@pytest.mark.parametrize(
    ("content", "hint"),
    [
        ("<mj-txt>x</mj-txt>", "Did you mean mj-text?"),
        ("<MJ-TEXT>x</MJ-TEXT>", "Did you mean mj-text?"),
        ('<mj-text colour="#ffffff">x</mj-text>', "Did you mean color?"),
        ("<mj-text><strnog>x</strnog></mj-text>", "Did you mean strong?"),
        ("<mj-section></mj-section>", "Or a <mj-column> before it is never closed: write </mj-column>."),
        ("<mj-text><![CDATA[x]]></mj-text>", "text needs no CDATA"),
        ("<!doctype html>", "the mail gets its own head"),
        ("<mj-text>{{ edition.lead|uper }}</mj-text>", "Check the spelling"),
        ("<mj-text color=“#ffffff”>x</mj-text>", "in double quotes"),
        ("<mj-text>x</br></mj-text>", "Close tags in the reverse order"),
    ],
)
def test_the_fix_is_said_in_plain_words(folder, content, hint):
    error = fault(folder, "hero.mjml.j2", column(content))
    assert error.message.startswith(f"{folder}/hero.mjml.j2, line 4: ")
    assert hint in (error.hint or "")


@pytest.mark.parametrize(
    ("head", "line", "inside"),
    [
        ('<mj-attributes>\n<mj-all padding="0" />\n<!-- ours -->\n</mj-attributes>', 4, "<mj-attributes>"),
        ("<mj-title>Acme\n<!-- ours --></mj-title>", 3, "<mj-title>"),
    ],
)
def test_a_comment_where_mrml_takes_none_is_told_with_its_place_and_what_to_write(folder, head, line, inside):
    error = fault(folder, "head.mjml.j2", f"<mj-head>\n{head}\n</mj-head>")
    assert error.message.startswith(f"{folder}/head.mjml.j2, line {line}: a comment inside {inside}")
    assert "{# … #}" in (error.hint or "")


_COMMENTED = (
    '@<mjml>@<mj-head>@<mj-title>@T</mj-title>@<mj-preview>@p</mj-preview>@<mj-attributes>@<mj-all padding="0" />@'
    '<mj-class name="a" padding="0" />@</mj-attributes>@<mj-style>a {}</mj-style>@</mj-head>@<mj-body>@<mj-wrapper>@'
    "<mj-section>@<mj-group>@<mj-column>@<mj-text>@x</mj-text>@</mj-column>@</mj-group>@</mj-section>@</mj-wrapper>@"
    "<mj-raw>@<p>r</p>@</mj-raw>@</mj-body>@</mjml>@"
)


@pytest.mark.parametrize("at", range(1, _COMMENTED.count("@") + 1))
def test_comments_are_refused_exactly_where_mrml_cannot_read_them(at):
    parts = _COMMENTED.split("@")
    mjml = "".join([*parts[:at], "<!-- ours -->", *parts[at:]])
    try:
        to_html(mjml)
    except ContentError:
        assert [one.message for one in lint(mjml) if "comment" in one.message]
    else:
        assert lint(mjml) == []


def test_a_fault_behind_loops_and_macros_names_the_line_that_wrote_it(folder):
    text = (
        "{% macro cell(x) %}\n<mj-text>\n<blink>{{ x }}</blink></mj-text>\n{% endmacro %}\n"
        "<mj-section><mj-column>{% for row in edition.minute %}{{ cell(row.label) }}{% endfor %}</mj-column></mj-section>"
    )
    error = fault(folder, "hero.mjml.j2", text)
    assert error.message.startswith(f"{folder}/hero.mjml.j2, line 3: <blink> may not be in a mail (and 2 more faults)")


@pytest.mark.parametrize("padding", ["0 40px", "48px 40px 0", "8px 0 8px"])
def test_a_padding_that_would_be_too_wide_in_outlook_is_refused(folder, padding):
    text = f'<mj-section padding="{padding}"><mj-column><mj-text>x</mj-text></mj-column></mj-section>'
    assert "has a 0 without px" in fault(folder, "hero.mjml.j2", text).message


def test_columns_of_every_letter_are_as_wide_for_outlook_as_for_all_others():
    """Word takes widths from conditional comments alone; a letter of 640 px has 560 between its paddings."""
    for letter in (editions.rich(), editions.managers(), editions.bad()):
        html = "".join(Renderer().render(letter).html.parts)
        conditional = "".join(re.findall(r"<!--\[if mso \| IE\]>.*?<!\[endif\]-->", html, re.DOTALL))
        widths = re.findall(r'<td[^>]*style="vertical-align:top;width:(\d+)px', conditional)
        assert set(widths) <= {"560", "280", "256", "304"}
        assert "560" in widths


def test_a_style_that_fetches_is_refused(folder):
    head = (ROOT / "templates/head.mjml.j2").read_text(encoding="utf-8")
    error = fault(folder, "head.mjml.j2", head.replace(":root {", "@import 'https://x.example/a.css';\n:root {"))
    assert "head.mjml.j2, line " in error.message
    assert "fetches" in error.message


def test_an_unclosed_tag_is_named_where_it_opens(folder):
    error = fault(folder, "footer.mjml.j2", "\n<mj-section>")
    assert "</mj-body> where </mj-section> should stand" in error.message


def test_markup_in_the_preview_line_is_refused(folder):
    head = (ROOT / "templates/head.mjml.j2").read_text(encoding="utf-8")
    error = fault(folder, "head.mjml.j2", head.replace("<mj-preview>", "<mj-preview><b>x</b>"))
    assert "<b> in <mj-preview>" in error.message


# --- the recipient ------------------------------------------------------------------------


def test_templates_without_the_recipient_line_are_refused(folder):
    assert "the recipient's address 0 times, not 1" in fault(folder, "footer.mjml.j2", "").message


def test_templates_that_print_the_recipient_line_twice_are_refused(folder):
    error = fault(folder, "mail.txt.j2", "{{ edition.recipient_line }} {{ edition.recipient_line }}")
    assert "the plain text of the mail holds the recipient's address 2 times" in error.message


def test_a_mail_is_filled_for_one_reader_and_escaped():
    rendered = Renderer().render(editions.rich())
    assert rendered.html.fields == rendered.text.fields == {"address"}
    values = {"address": "o'<b>&\"@acme.example"}
    assert "sent to o&#x27;&lt;b&gt;&amp;&quot;@acme.example by Acme IT" in fill_html(rendered, values)
    assert "sent to o'<b>&\"@acme.example by Acme IT" in " ".join(fill_text(rendered, values).split())


# --- the organisation's templates ---------------------------------------------------------


def test_one_file_of_the_organisation_replaces_one_packaged_file(folder):
    (folder / "sections/tip.mjml.j2").write_text(column("<mj-text>Our own tip</mj-text>"), encoding="utf-8")
    html = "".join(Renderer(folder).render(editions.rich()).html.parts)
    assert "Our own tip" in html
    assert "Windows + L" not in html
    assert "Service by service" in html


def test_a_new_and_a_changed_file_are_used_by_the_next_renderer(folder):
    own = folder / "sections/tip.mjml.j2"
    seen = []
    for text in ("first", "second"):
        seen.append("".join(Renderer(folder).render(editions.rich()).html.parts))
        own.write_text(column(f"<mj-text>the {text} tip</mj-text>"), encoding="utf-8")
        os.utime(own, (len(seen), len(seen)))
    seen.append("".join(Renderer(folder).render(editions.rich()).html.parts))
    assert [("the first tip" in html, "the second tip" in html) for html in seen] == [
        (False, False),
        (True, False),
        (False, True),
    ]


def test_templates_are_looked_up_in_the_organisations_folder_first(folder):
    assert template_folders(folder) == (folder, ROOT / "templates")
    assert template_folders(None) == template_folders(ROOT / "templates") == (ROOT / "templates",)


def test_an_installed_package_brings_its_own_copy(tmp_path, monkeypatch):
    (tmp_path / "newsletter/workspace/templates").mkdir(parents=True)
    monkeypatch.setattr(environment, "__file__", str(tmp_path / "newsletter/render/environment.py"))
    assert template_folders() == (tmp_path / "newsletter/workspace/templates",)


# --- blocks ---------------------------------------------------------------------------------


def whole(folder: Path | None = None) -> tuple[str, str]:
    """The two parts of the rich letter."""
    rendered = Renderer(folder).render(editions.rich())
    return "".join(rendered.html.parts), "".join(rendered.text.parts)


def changed(folder: Path, name: str, block: str, content: str) -> tuple[str, str]:
    """The two parts with one block of one packaged template changed."""
    text = f'{{% extends "packaged/{name}" %}}\n{{% block {block} %}}\n{content}\n{{% endblock %}}\n'
    (folder / name).write_text(text, encoding="utf-8")
    return whole(folder)


def test_every_block_can_be_changed_and_what_it_printed_is_printed_still(folder):
    """Each block of each packaged template, found without Jinja, prints a mark of its own and its parent's content."""
    marks = []
    for path in sorted((ROOT / "templates").rglob("*.j2")):
        name = str(path.relative_to(ROOT / "templates"))
        names = re.findall(r"{% block (\w+)", path.read_text(encoding="utf-8"))
        text = f'{{% extends "packaged/{name}" %}}\n'
        for block in names:
            words = f"{name.replace('.', '-')} {block}"
            mark = f"<!-- {words} -->"
            text += f"{{% block {block} %}}{mark}{{{{ super() }}}}{{% endblock %}}\n"
            marks.append(mark)
        if names:
            (folder / name).write_text(text, encoding="utf-8")
    before, after = (composed(Renderer(one)) for one in (None, folder))
    assert len(marks) > 40
    assert [mark for mark in marks if mark not in after] == []
    marked = re.compile(r"<!-- [\w/-]+ \w+ -->")
    assert re.sub(r"\s+", " ", marked.sub("", after)) == re.sub(r"\s+", " ", before)


def composed(renderer: Renderer) -> str:
    """What the templates make of the two rich letters: MJML and text, before anything is done to them."""
    return "".join(
        renderer._templates.compose(name, edition=letter, theme=look(Theme(), letter.direction))
        for letter in (editions.rich(), editions.managers())
        for name in ("mail.mjml.j2", "mail.txt.j2")
    )


def test_one_block_of_the_hero_is_changed_and_the_rest_stays(folder):
    before, text = whole()
    html, same = changed(folder, "hero.mjml.j2", "lead", '<mj-text mj-class="lead">Our own lead</mj-text>')
    assert "Our own lead" in html
    assert "Our own lead" not in before
    assert editions.rich().headline in html
    assert editions.rich().lead not in html
    assert html[html.index("What went wrong") :] == before[before.index("What went wrong") :]
    assert same == text


def test_a_block_of_a_section_and_of_the_text_part_sees_what_the_parent_imports(folder):
    html, _ = changed(
        folder,
        "sections/services.mjml.j2",
        "service scoped",
        '<tr><td style="color:{{ c.muted }}">{{ service.name }}: {{ verdict(service.mark, service.mark_text) }}</td></tr>',
    )
    assert '<tr><td style="color:#555F66">E-mail: &#10003;&nbsp;met</td></tr>' in html
    _, text = changed(folder, "sections/services.txt.j2", "content", "{{ section.services[0].name|underline }}")
    assert "Shared files\n------------" in text


def test_a_block_that_the_packaged_template_has_not_is_named_with_the_nearest(folder):
    error = fault(folder, "hero.mjml.j2", '{% extends "packaged/hero.mjml.j2" %}\n\n{% block leed %}{% endblock %}')
    assert error.message == f"{folder}/hero.mjml.j2, line 3: packaged/hero.mjml.j2 has no block leed"
    assert error.hint == "Did you mean lead?"


def test_text_outside_of_blocks_is_an_error_because_nobody_would_see_it(folder):
    error = fault(folder, "hero.mjml.j2", '{% extends "packaged/hero.mjml.j2" %}\n\n{# fine #}\n  Hello\n')
    assert error.message.startswith(f"{folder}/hero.mjml.j2, line 4: this stands outside of the blocks")
    error = fault(folder, "hero.mjml.j2", '{% extends "packaged/hero.mjml.j2" %}\n{% if edition.lead %}x{% endif %}')
    assert error.message.startswith(f"{folder}/hero.mjml.j2, line 2: this stands outside of the blocks")


def test_a_template_that_extends_itself_is_told_how_the_packaged_one_is_called(folder):
    error = fault(folder, "hero.mjml.j2", '{% extends "hero.mjml.j2" %}')
    assert error.message == f"{folder}/hero.mjml.j2, line 1: this template extends itself"
    assert '{% extends "packaged/hero.mjml.j2" %}' in error.hint


def test_templates_that_extend_each_other_end_with_an_error(folder):
    (folder / "footer.mjml.j2").write_text('{% extends "hero.mjml.j2" %}', encoding="utf-8")
    assert "without end" in fault(folder, "hero.mjml.j2", '{% extends "footer.mjml.j2" %}').message
    assert any("without end" in error.message for error in Renderer(folder).faults())


def test_a_fault_in_a_changed_block_names_the_organisations_file_and_line(folder):
    start = '{% extends "packaged/hero.mjml.j2" %}\n{% block lead %}\n'
    error = fault(folder, "hero.mjml.j2", start + "\n{{ edition.leed }}{% endblock %}")
    assert error.message.startswith(f"{folder}/hero.mjml.j2, line 4: ")
    error = fault(folder, "hero.mjml.j2", start + "<mj-text>\n<blink>x</blink></mj-text>{% endblock %}")
    assert error.message.startswith(f"{folder}/hero.mjml.j2, line 4: <blink> may not be in a mail")


def test_the_packaged_templates_are_examined_once(folder):
    (folder / "hero.mjml.j2").write_text("{% if %}", encoding="utf-8")
    assert len(Renderer(folder).faults()) == 1


# --- the renderer itself ------------------------------------------------------------------


def test_another_package_in_the_place_of_mjml_python_is_named():
    with pytest.raises(NewsletterError, match="mjml stands in the place of mjml-python"):
        _require_binding(None)
    with pytest.raises(NewsletterError):
        _require_binding(test_another_package_in_the_place_of_mjml_python_is_named)


def test_mjml_without_end_is_refused_before_it_is_rendered():
    with pytest.raises(ContentError, match="2,000,001 characters"):
        to_html("x" * 2_000_001)


def test_what_mrml_refuses_is_an_error_of_content():
    with pytest.raises(ContentError, match="MJML cannot be rendered"):
        to_html("<mjml>")


def test_a_tag_that_mrml_leaves_behind_is_an_error():
    with pytest.raises(ContentError, match="still holds '<mj-'"):
        to_html("<mjml><mj-body><mj-section><mj-column><mj-foo>x</mj-foo></mj-column></mj-section></mj-body></mjml>")


_PRINT = """
from newsletter.render import Renderer
from tests.golden import editions
one = Renderer().render(editions.rich())
print(repr((one.digest, one.html, one.text, one.mjml)))
"""


def test_two_processes_with_different_hash_seeds_render_the_same():
    def printed(seed: str) -> str:
        command = [sys.executable, "-c", _PRINT]
        return subprocess.run(
            command, cwd=ROOT, env={"PYTHONHASHSEED": seed}, check=True, capture_output=True, text=True
        ).stdout

    assert printed("1") == printed("2")
    assert len(printed("3")) > 100_000


def test_any_difference_of_subject_text_or_place_of_a_field_changes_the_digest():
    digests = {
        Renderer().render(edition).digest
        for edition in (
            editions.rich(),
            replace(editions.rich(), subject="October"),
            replace(editions.rich(), recipient_line="By Acme IT for {address}."),
            replace(editions.rich(), recipient_line="This mail was sent to by Acme IT."),
            replace(editions.rich(), lead=editions.rich().lead + " "),
        )
    }
    assert len(digests) == 5


def test_line_breaks_do_not_depend_on_the_random_token():
    line = "This mail was sent to the reader with the address {address} by us"
    texts = {Renderer().render(replace(editions.quiet(), recipient_line=line)).text for _ in range(8)}
    assert len(texts) == 1


def test_the_digest_tells_pieces_apart_that_only_join_to_the_same_text():
    assert digest("ab", Fillable(parts=("c",))) != digest("a", Fillable(parts=("bc",)))
    assert digest("a", Fillable(parts=("b", "address", "c"))) != digest("a", Fillable(parts=("b", "addressc", "")))
    assert digest("a", Fillable(parts=("b",)), Fillable(parts=("c",))) != digest("a", Fillable(parts=("b", "c")))


def test_rendering_names_no_other_host_than_the_links():
    html = "".join(Renderer().render(editions.rich()).html.parts)
    hosts = {part.split("/")[0].split('"')[0] for part in html.split("https://")[1:]}
    assert hosts == {"intranet.acme.example", "news.acme.example"}


def test_a_week_that_is_not_known_has_a_dash_no_bar_and_a_note_in_both_parts():
    rich = editions.rich()
    rows = (replace(editions.WEEKS.rows[0], opened=None, opened_text="–"), *editions.WEEKS.rows[1:])
    weeks = replace(editions.WEEKS, rows=rows, note="–: not all of that week was recorded.")
    sections = tuple(replace(one, weeks=weeks) if one.weeks else one for one in rich.sections)
    known, unknown = (Renderer().render(one) for one in (rich, replace(rich, sections=sections)))
    html = "".join(unknown.html.parts)
    assert "–: not all of that week was recorded." in html
    assert html.count('height="8"') == "".join(known.html.parts).count('height="8"') - 1
    assert re.search(r"^1–4 +– +141$", "".join(unknown.text.parts), re.MULTILINE)
    assert "\n\n–: not all of that week was recorded.\n\n" in "".join(unknown.text.parts)
