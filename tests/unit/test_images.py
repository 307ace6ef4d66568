"""Images that travel in the mail: the logo's file, the guard around it, and the message that carries it."""

from __future__ import annotations

import email
import email.policy
import re
from datetime import UTC, datetime
from pathlib import Path

import pytest
from hypothesis import given
from hypothesis import strategies as st
from msgspec.structs import replace

from newsletter import pipeline
from newsletter.config import SmtpConfig, load
from newsletter.config.image_file import ImageFacts, read
from newsletter.deliver import compile_message
from newsletter.demo.workspace import copy_workspace
from newsletter.errors import ConfigError, ContentError
from newsletter.model import Image, Picture, Recipient, Rendered
from newsletter.render import Renderer, shown_html
from newsletter.render.logo import stands_out, transparent
from tests import images
from tests.golden import editions

CONFIG = """\
organisation: Acme
timezone: Europe/Rome
prometheus: {url: "http://127.0.0.1:9090"}
smtp: {host: 127.0.0.1, from: it@acme.example}
theme:
  logo:
"""
DARK, LIGHT = (27, 35, 40), (255, 255, 255)
READER = {"address": "reader@acme.example", "name": ""}


def configured(folder: Path, **keys: object):
    lines = "".join(f"    {key}: {value}\n" for key, value in keys.items())
    (folder / "config.yaml").write_text(CONFIG + lines, encoding="utf-8")
    return load(folder / "config.yaml")


def refused(folder: Path, content: bytes | None, **keys: object) -> str:
    if content is not None:
        (folder / "logo.png").write_bytes(content)
    with pytest.raises(ConfigError) as caught:
        configured(folder, file="logo.png", **keys)
    return caught.value.message.removeprefix(f"{folder}/")


def picture(content: bytes = b"", *, role: str = "logo", alt: str = "Acme IT") -> Picture:
    image = Image.for_content(role, "png", content or images.png(240, 48), width=240, height=48)
    return Picture(image=image, alt=alt, width=120, height=24)


def with_logo() -> Rendered:
    return Renderer().render(replace(editions.rich(), pictures={"logo": picture()}))


# --- the file -----------------------------------------------------------------------------


@pytest.mark.parametrize(
    ("content", "facts"),
    [
        (images.png(300, 60), ImageFacts("png", 300, 60, transparent=False)),
        (images.png(300, 60, (1, 2, 3, 0)), ImageFacts("png", 300, 60, transparent=True)),
        (images.png(30, 6, (7, 128)), ImageFacts("png", 30, 6, transparent=True)),
        (images.png(30, 6, (7,), images.chunk(b"tRNS", b"\0\0")), ImageFacts("png", 30, 6, transparent=True)),
        (images.JPEG, ImageFacts("jpg", 8, 4, transparent=False)),
        (images.GIF, ImageFacts("gif", 1, 1, transparent=False)),
    ],
)
def test_size_kind_and_transparency_are_read_from_the_file_itself(content, facts):
    assert read(content) == facts


@given(data=st.data(), content=st.sampled_from([images.png(40, 8), images.JPEG, images.GIF]))
def test_no_cut_or_altered_file_does_more_than_be_refused(data, content):
    """Either the facts of some image, or ValueError; a browser is more lenient, a mail should not depend on that."""
    cut = content[: data.draw(st.integers(0, len(content)))]
    at = data.draw(st.integers(0, max(0, len(cut) - 1)))
    altered = cut[:at] + bytes([data.draw(st.integers(0, 255))]) + cut[at + 1 :]
    for one in (cut, altered):
        try:
            read(one)
        except ValueError:
            continue


@pytest.mark.parametrize(
    ("content", "told"),
    [
        (None, "cannot be read (No such file or directory)"),
        (b"", "is no PNG, JPEG or GIF image"),
        (b"<svg xmlns='http://www.w3.org/2000/svg'/>", "is no PNG, JPEG or GIF image"),
        (images.png(240, 48)[:-20], "ends in the middle of the image"),
        (images.png(240, 48).replace(b"IDAT", b"IDAX"), "is a damaged PNG image (a checksum is wrong)"),
        (
            images.png(240, 48, (1, 2, 3), images.chunk(b"acTL", bytes(8))),
            "moves: mail programs show one picture of it",
        ),
        (images.png(0, 48), "is an image without a pixel"),
        (images.png(240, 48, (1, 2, 3), images.chunk(b"teXt", bytes(50_000))), "is larger than 50,000 bytes"),
        (images.JPEG[:300], "ends in the middle of the image"),
        (images.GIF[:-1] + images.GIF[-16:], "moves: mail programs show one picture of it"),
    ],
)
def test_a_file_that_is_no_usable_image_is_told_with_the_line_of_the_config(tmp_path, content, told):
    message = refused(tmp_path, content)
    assert message.startswith('config.yaml:7: theme.logo.file: "logo.png" ')
    assert told in message


@pytest.mark.parametrize(
    ("size", "width", "told"),
    [
        ((240, 48), 300, "width: must be at most 240"),
        ((100, 48), 120, "width 120 is more than the logo has (100 x 48 pixels): it would be blurred"),
        ((1200, 48), None, "would be shown at 600 x 24; at most 240 x 120 is a logo: give it a smaller width"),
        ((200, 800), None, "would be shown at 100 x 400; at most 240 x 120 is a logo"),
        ((20, 20), None, "would be shown at 10 x 10, too small to be seen"),
        ((2000, 10), 200, "would be shown at 200 x 1, too small to be seen"),
    ],
)
def test_a_size_that_is_no_logo_is_told_with_what_to_do(tmp_path, size, width, told):
    assert told in refused(tmp_path, images.png(*size), **({"width": width} if width else {}))


def test_a_logo_is_shown_at_half_its_size_unless_the_config_says_how_wide(tmp_path):
    (tmp_path / "logo.png").write_bytes(images.png(301, 60))
    logo = configured(tmp_path, file="logo.png").theme.logo
    assert logo.size == (150, 30)
    assert configured(tmp_path, file="logo.png", width=200).theme.logo.size == (200, 40)


# --- dark mode ----------------------------------------------------------------------------


@pytest.mark.parametrize(
    ("content", "on_dark", "on_light"),
    [
        (images.png(60, 20, (*DARK, 255)), False, True),
        (images.png(60, 20, (*LIGHT, 255)), True, False),
        (images.png(60, 20, (*DARK, 255), border=(*LIGHT, 255)), True, True),
        (images.png(60, 20, (40, 255)), False, True),
        (images.png(60, 20, (*LIGHT, 0)), False, False),  # nothing of it is painted
    ],
)
def test_a_transparent_logo_has_to_stand_out_on_both_sheets(content, on_dark, on_light):
    logo = Image.for_content("logo", "png", content, width=60, height=20)
    assert transparent(logo)
    assert (stands_out(logo, "#1A2124"), stands_out(logo, "#FDFCF9")) == (on_dark, on_light)


# --- the guard ----------------------------------------------------------------------------


@pytest.mark.parametrize(
    ("img", "told"),
    [
        ('<img src="https://x.example/a.png" alt="a" width="10">', "does not travel with the mail"),
        ('<img src="data:image/gif;base64,R0lGODlhAQAB" alt="a" width="10">', "does not travel with the mail"),
        ('<img src="cid:other@newsletter" alt="a" width="10">', "does not travel with the mail"),
        ('<img alt="a" width="10">', "does not travel with the mail"),
        ('<img src="cid:LOGO" width="10">', "has no alt text"),
        ('<img src="cid:LOGO" alt=" &#32;" width="10">', "has no alt text"),
        ('<img src="cid:LOGO" alt="a">', "has width=''"),
        ('<img src="cid:LOGO" alt="a" width="50%">', "has width='50%'"),
        ('<img src="cid:LOGO" alt="a" width="0">', "has width='0'"),
        ('<img src="cid:LOGO" alt="a" width="241">', "has width='241'"),
        ('<img src="cid:LOGO" alt="a" width="10" srcset="b 2x">', "has no attribute srcset"),
        ('<b src="cid:LOGO">x</b>', "has no attribute src"),
    ],
)
def test_only_images_of_the_mail_with_alt_and_whole_width_pass_the_guard(tmp_path, img, told):
    text = img.replace("LOGO", picture().image.id)
    (tmp_path / "footer.mjml.j2").write_text(
        f"<mj-section><mj-column>\n<mj-text>{text}{{{{ edition.recipient_line }}}}</mj-text></mj-column></mj-section>"
    )
    with pytest.raises(ContentError) as caught:
        Renderer(tmp_path).render(replace(editions.rich(), pictures={"logo": picture()}))
    assert f"{tmp_path}/footer.mjml.j2, line 2: " in caught.value.message
    assert told in caught.value.message


def test_mj_image_is_refused_with_what_to_write_instead(tmp_path):
    (tmp_path / "footer.mjml.j2").write_text('<mj-section><mj-column><mj-image src="cid:x" /></mj-column></mj-section>')
    with pytest.raises(ContentError) as caught:
        Renderer(tmp_path).render(editions.rich())
    assert "<img src=" in caught.value.hint


# --- the letter ---------------------------------------------------------------------------


def test_the_logo_takes_the_place_of_the_name_and_says_it():
    page = "".join(with_logo().html.parts)
    shown = re.findall(r"<img [^>]*>", page)
    assert len(shown) == 1
    assert f'src="cid:{picture().image.id}"' in shown[0]
    assert 'alt="Acme IT"' in shown[0]
    assert 'width="120" height="24"' in shown[0]
    head = page[page.index("<body") : page.index("<h1")]
    assert ">Acme IT<" not in head


def test_hostile_alt_text_arrives_as_it_was_written():
    alt = '"><script>alert(1)</script> {{ 7*7 }} \\ \u202e'
    page = "".join(Renderer().render(replace(editions.rich(), pictures={"logo": picture(alt=alt)})).html.parts)
    import html

    (found,) = re.findall(r'<img [^>]*alt="([^"]*)"', page)
    assert html.unescape(found) == alt
    assert "<script" not in page


def test_other_bytes_of_an_image_are_another_mail():
    """Also where the HTML would be the same: the digest is what an approval is bound to."""
    letters = [
        Renderer().render(replace(editions.rich(), pictures=pictures))
        for pictures in ({}, {"logo": picture()}, {"logo": picture(images.png(240, 48, (9, 9, 9)))})
    ]
    assert len({one.digest for one in letters}) == 3
    same = replace(picture(), image=replace(picture().image, content=b"other"))
    assert Renderer().render(replace(editions.rich(), pictures={"logo": same})).digest != letters[1].digest


def test_an_image_that_no_template_shows_is_not_carried(tmp_path):
    (tmp_path / "hero.mjml.j2").write_text("")
    letter = Renderer(tmp_path).render(replace(editions.rich(), pictures={"logo": picture()}))
    assert letter.attachments == ()


def test_a_browser_gets_addresses_where_the_mail_has_cid():
    letter = with_logo()
    page = shown_html(letter, READER, lambda image: f"images/{image.name}?a&b")
    assert 'src="images/logo.png?a&amp;b"' in page
    assert "cid:" not in page


def test_build_writes_the_images_beside_the_pages_that_name_them(tmp_path):
    workspace = copy_workspace(tmp_path / "w")
    (workspace.parent / "logo.png").write_bytes(images.png(240, 48))
    workspace.write_text(workspace.read_text() + "\ntheme: {logo: {file: logo.png}}\n")
    config = load(workspace)
    month = pipeline.resolve_month(config, "2026-10", now=datetime(2026, 11, 2, tzinfo=UTC))
    draft = pipeline.build(config, month, now=datetime(2026, 11, 2, tzinfo=UTC))
    pipeline.write_build(config, draft, tmp_path / "out")
    page = (tmp_path / "out/staff.en.html").read_text()
    (shown,) = re.findall(r'<img src="([^"]+)" alt="([^"]+)"', page)
    assert (tmp_path / "out" / shown[0]).read_bytes() == images.png(240, 48)
    assert shown[1] == "Acme IT"
    assert f"cid:{draft.variants['staff.en'].attachments[0].id}" in (tmp_path / "out/staff.en.mjml").read_text()


# --- the message --------------------------------------------------------------------------


def parts_of(letter: Rendered) -> email.message.EmailMessage:
    smtp = SmtpConfig.model_validate({"from": "IT <it@acme.example>"})
    message = compile_message(letter, smtp=smtp, organisation="Acme", edition="2026-10")
    data = message.eml(Recipient(address="ada@acme.example"), "<a@acme.example>", datetime(2026, 11, 2, tzinfo=UTC))
    assert data.isascii()
    assert max(len(line) for line in data.split(b"\r\n")) <= 998
    found = email.message_from_bytes(data, policy=email.policy.default)
    assert isinstance(found, email.message.EmailMessage)
    assert not any(part.defects for part in found.walk())
    return found


@given(content=st.binary(min_size=1, max_size=3000))
def test_the_images_stand_beside_the_html_in_a_related_part_and_come_back_byte_for_byte(content):
    letter = with_logo_content(content)
    message = parts_of(letter)
    assert message.get_content_type() == "multipart/alternative"
    plain, related = message.iter_parts()
    assert plain.get_content_type() == "text/plain"
    assert related.get_content_type() == "multipart/related"
    assert related.get_param("type") == "text/html"  # RFC 2387, 3.1: required
    page, image = related.iter_parts()
    assert page.get_content_type() == "text/html"
    assert image["Content-ID"] == f"<{letter.attachments[0].id}>"
    assert image.get_content_disposition() == "inline"
    assert image.get_filename() == "logo.png"
    assert image.get_content() == content


BASE = with_logo()


def with_logo_content(content: bytes) -> Rendered:
    image = replace(BASE.attachments[0], content=content)
    return replace(BASE, attachments=(image,))


def test_a_letter_without_images_has_no_related_part():
    message = parts_of(Renderer().render(editions.rich()))
    assert [part.get_content_type() for part in message.walk()] == ["multipart/alternative", "text/plain", "text/html"]
