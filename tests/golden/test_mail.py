"""Whole mails as files: every change of a template shows in a difference of them."""

from __future__ import annotations

import pytest

from newsletter.render import Renderer
from tests.golden import editions

RENDERER = Renderer()


@pytest.mark.parametrize(
    "edition", [editions.rich(), editions.managers(), editions.quiet(), editions.bad()], ids=lambda one: one.variant
)
def test_the_mail_is_as_it_was_looked_at(edition, golden):
    rendered = RENDERER.render(edition)
    golden(f"mail/{edition.variant}.html", rendered.html.fill({"address": "reader@acme.example"}))
    golden(f"mail/{edition.variant}.txt", rendered.text.fill({"address": "reader@acme.example"}))
    golden(f"mail/{edition.variant}.mjml", rendered.mjml)


def test_the_rich_mails_show_every_kind_of_section():
    from typing import get_args

    from newsletter.model import SectionKind

    shown = (*editions.rich().sections, *editions.managers().sections)
    assert {section.kind for section in shown} == set(get_args(SectionKind))


def test_twelve_services_and_every_section_stay_well_below_the_size_at_which_mails_are_clipped():
    assert len("".join(RENDERER.render(editions.rich()).html.parts).encode()) < 80_000
