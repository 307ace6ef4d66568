"""The examination of finished letters: for every rule a letter that breaks it, and letters that break none."""

from __future__ import annotations

import re
import time
from collections.abc import Callable
from functools import cache
from html.parser import HTMLParser
from pathlib import Path
from typing import Any

import pytest
from msgspec.structs import replace
from rich.pretty import pretty_repr

from newsletter.model import Edition, Fillable, Image, NoteRow, Rendered
from newsletter.render import Renderer, template_folders
from newsletter.render.checks import RULES, Grounds, Letter, examine, finding
from newsletter.render.checks.document import read
from tests.golden import editions

ROOT = Path(__file__).parents[2]
PIXELS = Image(id="logo.1@newsletter", name="logo.png", media_type="image/png", content=b"png", width=200, height=80)


def rich() -> Edition:
    """The letter with everything in it, announced in few words."""
    return announced(editions.rich())


def announced(edition: Edition) -> Edition:
    return replace(edition, preheader="What failed, and what is coming.")


def letter(edition: Edition | None = None) -> Letter:
    """A letter as the packaged templates make it."""
    return Letter(edition, Renderer().render(edition)) if edition else _rich_letter()


@cache
def _rich_letter() -> Letter:
    return Letter(rich(), Renderer().render(rich()))


def laid_out(folder: Path, name: str, old: str, new: str) -> Letter:
    """A letter made with one template changed."""
    path = folder / name
    path.parent.mkdir(exist_ok=True, parents=True)
    packaged = template_folders()[0] / name
    text = packaged.read_text(encoding="utf-8")
    assert old in text, f"{name} has changed: it does not hold {old!r}"
    path.write_text(text.replace(old, new, 1), encoding="utf-8")
    return Letter(rich(), Renderer(folder).render(rich()))


def with_html(change: Callable[[str], str]) -> Letter:
    """A letter whose HTML was changed after rendering: what the guard would not let a template do."""
    good = letter()
    html = change(good.html)
    assert html != good.html
    return Letter(good.edition, replace(good.rendered, html=Fillable(parts=(html,)), attachments=(PIXELS,)))


def with_text(text: str) -> Letter:
    good = letter()
    return Letter(good.edition, replace(good.rendered, text=Fillable(parts=(text,))))


def with_note(body: str, **more: object) -> Letter:
    """A letter with one more note, as an editor would write it in Markdown."""
    good = rich()
    coming = next(one for one in good.sections if one.kind == "coming")
    note = NoteRow(key="Today", body_markdown=body, source="", **more)  # type: ignore[arg-type]  # by name
    changed = replace(coming, notes=(*coming.notes, note))
    return letter(replace(good, sections=tuple(changed if one is coming else one for one in good.sections)))


def rules(one: Letter) -> list[str]:
    """The rules that a letter breaks, each once; that the richest is also long is looked at on its own."""
    return sorted({rule for rule, _ in examine(one)} - {"html-size"})


def image(attributes: str) -> Callable[[str], str]:
    return lambda html: html.replace("<h1", f"<img {attributes}><h1", 1)


SHOWN = 'src="cid:logo.1@newsletter" width="100" height="40"'


# --- letters that break nothing -------------------------------------------------------------


@pytest.mark.parametrize("make", [editions.rich, editions.quiet, editions.one_fact])
def test_letters_of_the_packaged_templates_break_no_rule(make):
    """Rich and quiet ones; only their size is not looked at."""
    assert rules(letter(announced(make()))) == []


def test_the_letter_of_bad_news_breaks_only_what_it_is_meant_to():
    """It holds a draft, and braces that somebody wrote."""
    assert rules(letter(announced(editions.bad()))) == ["draft", "leftover"]


@pytest.mark.parametrize(
    "words",
    [
        "None of the 12 services failed, and none of you waited.",
        "Finance and banking: 99.98% of payments arrived; version 10.2.0 of the app is out.",
        "Read *more than 40 pages* in [the travel handbook](https://acme.example/travel?id=7&page=2).",
        "Information on the intranet: the password manager is new. Your token: the badge you already have.",
        "Mail [the service desk](mailto:desk@acme.example?subject=Password%20reset) or call 4400.",
        "The set {red, green} and 50 % of it; 3 < 5 & 7 > 4; a{0}b.",
        "At 10.15.2026 we moved; room 192.168, building 10.0.",
        "The file [minutes of the meeting](https://acme.sharepoint.example/:w:/s/IT/EfXa0b1c2d3e4f5061728394a5b6c7d8?e=4Qk).",
        "Local internal meetings; the corporate plan, the LAN party of 2024.",
        "Write to local@acme.example, or to it.internal@acme.example.",
    ],
)
def test_words_that_only_look_like_a_fault_are_left_alone(words):
    """Names, numbers and addresses that ordinary notes hold."""
    assert [(rule, one.what) for rule, one in examine(with_note(words)) if rule != "html-size"] == []


# --- a letter for each rule -----------------------------------------------------------------

_TITLE = "<mj-title>{{ edition.department }}, {{ edition.subject }}</mj-title>"
_H1 = '<h1 style="'

BY_TEMPLATE = {
    "title": ("head.mjml.j2", _TITLE, "<mj-title> </mj-title>"),
    "language": ("mail.mjml.j2", 'lang="{{ edition.locale }}"', 'lang="xx"'),
    "text-size": ("hero.mjml.j2", "{{ edition.headline }}</h1>", '<span style="font-size:12px">{{ edition.headline }}</span></h1>'),
    "colour": ("hero.mjml.j2", "{{ edition.headline }}</h1>", '<span style="color:tomato">{{ edition.headline }}</span></h1>'),
    "contrast": ("hero.mjml.j2", "{{ edition.headline }}</h1>", '<span style="color:#999999">{{ edition.headline }}</span></h1>'),
    "headings": ("hero.mjml.j2", "{{ edition.headline }}</h1>", '{{ edition.headline }}</h1><h1 style="margin:0">Again</h1>'),
    "tables": ("hero.mjml.j2", "{{ edition.headline }}</h1>", "{{ edition.headline }}</h1><table><tr><td>A</td></tr></table>"),
    "link-counting": ("footer.mjml.j2", 'href="{{ address }}"', 'href="{{ address }}?utm_source=mail"'),
    "leftover": ("hero.mjml.j2", "{{ edition.headline }}</h1>", "{{ edition.headline }} Dear {name}</h1>"),
}  # fmt: skip


@pytest.mark.parametrize("rule", BY_TEMPLATE)
def test_a_template_that_breaks_a_rule_breaks_just_this_one(rule, tmp_path):
    """Each is an override of one packaged template."""
    name, old, new = BY_TEMPLATE[rule]
    linked = replace(rich(), footer_links=(("The travel form", "https://acme.example/travel"),))
    laid = laid_out(tmp_path, name, old, new)
    broken = Letter(linked, Renderer(tmp_path).render(linked)) if rule == "link-counting" else laid
    assert rules(broken) == [rule]


BY_HTML = {
    "html-size": lambda html: html.replace("<h1", f"<!--{'x' * 90_000}--><h1", 1),
    "image-alt": image(SHOWN),
    "image-width": image('src="cid:logo.1@newsletter" width="50%" height="40" alt="Acme"'),
    "image-source": image('src="https://acme.example/a.png" width="100" height="40" alt="Acme"'),
    "image-hidden": image('src="cid:logo.1@newsletter" width="1" height="1" alt="Acme"'),
    "link-target": lambda html: html.replace("<h1", '<a href="http://acme.example/" style="color:#0B5A57">Acme at home</a><h1', 1),
    "link-personal": lambda html: html.replace("<h1", '<a href="https://acme.example/?r=\ufdd2address\ufdd3" style="color:#0B5A57">Your page</a><h1', 1),
}  # fmt: skip


@pytest.mark.parametrize("rule", BY_HTML)
def test_html_that_breaks_a_rule_breaks_just_this_one(rule):
    """What the guard around templates refuses already, in case it is not there one day."""
    broken = with_html(BY_HTML[rule])
    assert {one for one, _ in examine(broken)} - {"html-size"} | {rule} == {rule, *rules(broken)}
    assert rule in {one for one, _ in examine(broken)}
    assert rules(broken) in ([rule], [])


BY_NOTE = {
    "link-text": "[Click here](https://acme.example/form) for the form.",
    "link-twice": "[The form](https://acme.example/a) and [the form](https://acme.example/b).",
    "link-inside": "See [the wiki](https://wiki/page).",
    "host-name": "The machine fileserver.acme.internal was full.",
    "secret": "The key is AKIAIOSFODNN7EXAMPLE.",
    "leftover": "Your share is None % of it.",
}


@pytest.mark.parametrize("rule", BY_NOTE)
def test_a_note_that_breaks_a_rule_breaks_just_this_one(rule):
    """As an editor would write it."""
    assert rules(with_note(BY_NOTE[rule])) == [rule]


BY_EDITION = {
    "subject": {"subject": "October 2026: " + "much to tell " * 6},
    "preheader": {"preheader": "More of it. " * 10},
    "shouting": {"subject": "October 2026: we did it!!"},
    "capitals": {"preheader": "PLEASE NOTE WELL what is new."},
    "leftover": {"preheader": "Dear {{ name }}, all is well."},
}


@pytest.mark.parametrize("rule", BY_EDITION)
def test_an_announcement_that_breaks_a_rule_breaks_just_this_one(rule):
    """Subject and preheader, as config and notes make them."""
    changed: dict[str, Any] = BY_EDITION[rule]
    broken = letter(replace(rich(), **changed))
    assert rules(broken) == [rule]


BY_TEXT = {
    "text-part": lambda text: "Please use another program.\n",
    "text-width": lambda text: text + "word " * 20 + "\n",
    "text-form": lambda text: text + "A\ttab.\n",
}


@pytest.mark.parametrize("rule", BY_TEXT)
def test_a_plain_text_part_that_breaks_a_rule_breaks_just_this_one(rule):
    """As its templates could write it."""
    broken = with_text(BY_TEXT[rule](letter().text))
    assert rules(broken) == [rule]


def test_a_finding_names_a_recipients_field_as_people_know_it():
    broken = with_text(letter().text.replace("\ufdd2", "\t\ufdd2"))
    (said,) = [finding(rule, problem, broken) for rule, problem in examine(broken)]
    assert said.check == "text-form"
    assert "{address}" in said.what + said.excerpt
    assert "\ufdd2" not in said.what + said.excerpt


def test_a_mail_of_a_megabyte_and_a_note_that_is_not_ready_are_found():
    """The two rules that look at pictures and at notes."""
    good = letter()
    photo = replace(PIXELS, content=b"x" * 1_000_000)
    heavy = Letter(good.edition, replace(good.rendered, attachments=(photo,)))
    assert rules(heavy) == ["mail-size"]
    unready = with_note("Not yet.", draft=True)
    assert rules(unready) == ["draft"]
    assert rules(Letter(unready.edition, unready.rendered, Grounds(drafts=True))) == rules(good)


def test_each_rule_has_a_letter_that_breaks_it():
    """None of them is only believed to work."""
    seen = {*BY_TEMPLATE, *BY_HTML, *BY_NOTE, *BY_EDITION, *BY_TEXT, "mail-size", "draft"}
    assert seen == set(RULES)


# --- what is told ----------------------------------------------------------------------------


def test_a_finding_names_the_letter_its_words_and_which_of_them():
    """The second of two places that say the same."""
    good = with_note("Open the form. [Here](https://acme.example/form) is the form.")
    ((rule, found),) = [one for one in examine(good) if one[0] != "html-size"]
    told = finding(rule, found, good)
    assert (told.check, told.status, told.variant, told.excerpt) == ("link-text", "warning", "staff.en", "Here")
    assert good.words[: good.words.rindex("Here is the form")].count("Here") == told.nth


@pytest.mark.parametrize(
    ("size", "severity"), [(81_920, None), (81_921, "warning"), (102_400, "warning"), (102_401, "fault")]
)
def test_the_html_warns_above_80_kib_and_fails_above_102400_bytes(size, severity):
    """The bounds themselves still pass."""
    html = letter(editions.quiet()).html
    filled = html.replace("<h1", f"<!--{'x' * (size - len(html.encode()) - 7)}--><h1", 1)
    assert len(filled.encode()) == size
    told = {rule: one.severity for rule, one in examine(with_html(lambda _: filled)) if rule == "html-size"}
    assert told.get("html-size") == severity


@pytest.mark.parametrize(
    ("href", "wrong"),
    [
        ("javascript:alert(1)", "neither https nor mailto"),
        ("ftp://acme.example/", "neither https nor mailto"),
        ("https://", "is no address"),
        ("https://[::1", "is no address"),
        ("", "neither https nor mailto"),
        ("https://it:secret@acme.example/", "a user name or password"),
    ],
)
def test_links_that_lead_nowhere_safe_are_faults(href, wrong):
    """Whatever is not https or a mail."""
    broken = with_html(lambda html: html.replace("<h1", f'<a href="{href}" style="color:#0B5A57">Our page</a><h1', 1))
    told = [one.what for rule, one in examine(broken) if rule == "link-target"]
    assert len(told) == 1
    assert wrong in told[0]


@pytest.mark.parametrize("host", ["10.1.2.3", "192.168.0.5", "172.16.9.9", "127.0.0.1", "169.254.1.1", "[fd00::1]", "wiki", "a.local", "b.corp", "localhost", "x.home.arpa"])  # fmt: skip
def test_links_to_the_own_network_are_faults_unless_the_host_is_known(host):
    """RFC 1918 addresses, reserved names, names of one label."""
    body = f'<a href="https://{host}/page" style="color:#0B5A57">Our page</a><h1'
    broken = with_html(lambda html: html.replace("<h1", body, 1))
    assert "link-inside" in rules(broken)
    known = Letter(broken.edition, broken.rendered, Grounds(known_hosts=frozenset({host.strip("[]")})))
    assert "link-inside" not in rules(known)


def test_hosts_that_the_config_names_are_found_in_links_and_text():
    """Prometheus, the relay, the directory; but a relay called "relay" is also a word."""
    grounds = {"machines": frozenset({"prometheus.acme.example", "relay"})}
    for words in (
        "Look at prometheus.acme.example for it.",
        "See [the graphs](https://prometheus.acme.example/graph).",
    ):
        one = with_note(words)
        broken = Letter(one.edition, one.rendered, Grounds(**grounds))  # type: ignore[arg-type]
        assert {"host-name", "link-inside"} & set(rules(broken)), words
    fine = with_note("The relay race is on Sunday.")
    assert rules(Letter(fine.edition, fine.rendered, Grounds(**grounds))) == rules(letter())  # type: ignore[arg-type]


def test_a_secret_of_the_config_is_found_wherever_it_stands_and_never_told():
    """In words, in a link, in the plain text."""
    grounds = Grounds(secrets=(("smtp.password", "hunter2-hunter2"), ("short", "it")))
    for words in ("We say hunter2-hunter2 now.", "[The page](https://acme.example/hunter2-hunter2)"):
        one = with_note(words)
        told = [found for rule, found in examine(Letter(one.edition, one.rendered, grounds)) if rule == "secret"]
        assert [found.what for found in told] == ["the mail holds the value of smtp.password"]
        assert not any("hunter2" in f"{found.do}{found.excerpt}{found.written}" for found in told)
    assert "hunter2" not in repr(grounds)


@pytest.mark.parametrize(
    "key",
    [
        "ghp_" + "a1B2" * 9,
        "glpat-" + "x" * 20,
        "xoxb-123456789012-abc",
        "eyJhbGciOiJIUzI1NiJ9.eyJzdWIiOiIxMjM0In0.c2ln",
        "-----BEGIN RSA PRIVATE KEY-----",
        "password=correcthorse",
        "api_key: 12ab34cd",
    ],
)
def test_what_looks_like_a_key_is_a_fault_and_is_not_repeated_whole(key):
    """The kinds that leak most."""
    ((_, found),) = [one for one in examine(with_note(f"It is {key} now.")) if one[0] == "secret"]
    assert found.severity == "fault"
    assert key not in found.what + found.do + found.excerpt


@pytest.mark.parametrize("locale", ["en", "it", "de", "fr", "ar"])
def test_links_that_say_nothing_are_known_in_five_languages(locale):
    """And the names of pages are not among them."""
    words = {"en": "Read more", "it": "clicca qui", "de": "Hier klicken", "fr": "en savoir plus", "ar": "اضغط هنا"}
    good = replace(rich(), locale=locale)
    rendered = Renderer().render(good)
    link = f'<a href="https://acme.example/" style="color:#0B5A57">{words[locale]}</a><h1'
    html = Letter(good, rendered).html.replace("<h1", link, 1)
    told = rules(Letter(good, replace(rendered, html=Fillable(parts=(html,)))))
    assert told == ["link-text"]


def test_headings_may_not_leave_a_level_out():
    """An h4 below an h2."""
    broken = with_html(lambda html: re.sub(r"<h3(.*?)</h3>", r"<h4\1</h4>", html, count=1, flags=re.DOTALL))
    told = [one.what for rule, one in examine(broken) if rule == "headings"]
    assert told == ["<h4> comes after <h2>: a level is left out"]


def test_a_colour_of_the_dark_scheme_alone_is_found():
    """What stands out in light and is lost in dark: an inline ground that no dark rule changes."""
    broken = with_html(lambda html: html.replace('<h1 style="', '<h1 style="background-color:#FFFFFF;', 1))
    (told,) = [one for rule, one in examine(broken) if rule == "contrast"]
    assert "in the dark scheme" in told.what


def test_hidden_words_have_no_contrast_and_text_in_pictures_of_cells_no_size():
    """The preheader is hidden, in white on nothing."""
    good = letter()
    (hidden,) = [one for one in good.document.texts if one.value == good.rendered.preheader]
    assert all(look.hidden for look in good.looks[hidden.parent])
    assert hidden not in good.shown


class Whole(HTMLParser):
    """Tags, attributes and texts as the standard library reads them."""

    def __init__(self) -> None:
        super().__init__()
        self.found: list[object] = []

    def handle_starttag(self, tag, attrs):
        self.found.append((tag, dict(attrs)))

    def handle_data(self, data):
        if data.strip() and self.lasttag != "style":
            self.found.append("".join(data.split()))


def test_the_document_is_that_of_a_whole_parser():
    """Tags, attributes and texts agree with html.parser, on the richest letter."""

    source = letter().html
    whole = Whole()
    whole.feed(source)
    ours = read(source)
    parts = [(one.offset, (one.tag, dict(one.attributes))) for one in ours.elements if one.tag != "style"]
    parts += [(one.offset, "".join(one.value.split())) for one in ours.texts if one.value.strip()]  # type: ignore[misc]
    expected = [one for one in whole.found if not (isinstance(one, tuple) and one[0] == "style")]
    assert [part for _, part in sorted(parts, key=lambda pair: pair[0])] == expected


def test_a_letter_is_examined_in_less_than_twice_the_time_that_html_parser_takes_to_read_it():
    """All rules together; a few milliseconds on a quiet machine, and told by CPU time in pairs on a busy one."""
    good = letter()
    list(examine(good))

    def seconds(action: Callable[[], object]) -> float:
        begun = time.process_time()
        action()
        return time.process_time() - begun

    pairs = [
        (
            seconds(lambda: list(examine(Letter(good.edition, good.rendered)))),
            seconds(lambda: Whole().feed(good.html)),
        )
        for _ in range(7)
    ]
    assert sorted(ours / theirs for ours, theirs in pairs)[3] < 2


def test_a_rendered_letter_is_not_changed_by_looking_at_it():
    """Rendered values are the ones that are mailed."""
    good = letter()
    before: Rendered = good.rendered
    list(examine(good))
    assert good.rendered == before


def test_the_grounds_show_their_secrets_to_nobody_who_prints_them():
    grounds = Grounds(machines=frozenset({"relay"}), secrets=(("smtp.password", "pass-77ab"),))
    for printed in (repr(grounds), pretty_repr(grounds)):
        assert "relay" in printed
        assert "pass-77ab" not in printed
