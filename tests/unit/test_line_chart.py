"""The months as a line: where its points lie, what it says where it is not seen, and that it is the same everywhere."""

from __future__ import annotations

import re
import subprocess
import sys
from typing import Any

import pytest
from msgspec.structs import replace

from newsletter.config.image_file import read
from newsletter.errors import ConfigError
from newsletter.model import Theme
from newsletter.model.theme import LIGHT
from newsletter.render import Renderer, line_chart
from tests.golden import editions

LINE = Renderer(theme=Theme(line=True))


def dots(image: str) -> list[tuple[float, float]]:
    return [(float(x), float(y)) for x, y in re.findall(r'<circle cx="([\d.]+)" cy="([\d.]+)"', image)]


def test_points_stand_over_their_initials_and_as_high_as_their_numbers_from_zero():
    found = dots(line_chart.svg([100, 50, 0], LIGHT))
    assert [x for x, _ in found] == [11, 33, 55]  # columns of 22
    top, middle, bottom = (y for _, y in found)
    assert middle == pytest.approx((top + bottom) / 2)
    assert bottom == 94  # the axis lies 2 px above the edge, so that no dot is cut


def test_a_month_without_a_number_interrupts_the_line():
    image = line_chart.svg([10, 20, None, 30, 20], LIGHT)
    assert len(dots(image)) == 4
    assert len(re.findall(r'fill="none"', image)) == 2


def test_letters_from_right_to_left_have_the_mirrored_line():
    left, right = (dots(line_chart.svg([1, 2, 4], LIGHT, mirrored=one)) for one in (False, True))
    assert right == [(66 - x, y) for x, y in left]


def test_the_image_is_twice_its_size_on_the_colour_of_the_sheet_and_says_all_numbers():
    letter = LINE.render(editions.rich())
    (image,) = letter.attachments
    facts = read(image.content)
    assert (image.width, image.height) == (facts.width, facts.height) == (572, 192)
    page = "".join(letter.html.parts)
    (shown,) = re.findall(r"<img [^>]*>", page)
    assert 'width="286" height="96"' in shown
    assert f'alt="{editions.CHART.label}"' in shown
    assert page.count(editions.CHART.label) == 1  # the table around it repeats nothing
    assert f'width="286" height="96" fill="{LIGHT.sheet}"' in line_chart.svg(
        [bar.value for bar in editions.CHART.bars], LIGHT
    )


def test_the_line_is_smaller_than_the_bars_and_the_text_part_is_the_same():
    bars, line = Renderer().render(editions.rich()), LINE.render(editions.rich())
    assert len("".join(line.html.parts)) < len("".join(bars.html.parts))
    assert line.text == bars.text


def test_another_process_draws_the_same_bytes_and_languages_share_them():
    """Approval and sending may happen on two machines; nothing of either is in the image."""
    (image,) = LINE.render(editions.rich()).attachments
    (other,) = LINE.render(replace(editions.rich(), locale="it", variant="staff.it")).attachments
    assert other == image
    script = (
        "import sys; from tests.golden import editions; from newsletter.model import Theme; from newsletter.render import Renderer;"
        "sys.stdout.buffer.write(Renderer(theme=Theme(line=True)).render(editions.rich()).attachments[0].content)"
    )
    drawn = subprocess.run([sys.executable, "-c", script], capture_output=True, check=True, env={"PYTHONHASHSEED": "7"})
    assert drawn.stdout == image.content


def test_without_the_extra_one_error_names_the_command(monkeypatch: Any):
    monkeypatch.setitem(sys.modules, "resvg_py", None)
    line_chart._png.cache_clear()
    with pytest.raises(ConfigError) as caught:
        LINE.render(editions.rich())
    assert caught.value.message == "theme.chart: line needs the extra charts"
    assert caught.value.hint == "Run: pip install 'newsletter[charts]'"


def test_a_letter_without_a_chart_carries_no_image():
    assert LINE.render(editions.quiet()).attachments == ()
