"""What an organisation may choose about the look of its letters, checked so that every letter stays readable."""

import re
from collections.abc import Iterable
from typing import Annotated, Any, Literal

from msgspec.structs import replace
from pydantic import AfterValidator, BeforeValidator, Field, ValidationInfo

from newsletter import contrast
from newsletter.config.faults import Model, block
from newsletter.config.logo import LogoConfig
from newsletter.config.refusals import fault
from newsletter.config.rules import together
from newsletter.config.strict_yaml import shown
from newsletter.config.texts import Line
from newsletter.model.theme import DARK, LIGHT, Palette, Theme

_STANDARD = Theme()


# --- colours --------------------------------------------------------------------------------


def _quoted(value: Any) -> Any:
    if value is None:
        raise fault('is empty: put the colour in quotes, "#0B5A57", or YAML takes it for a comment')
    return value


def _colour(text: str) -> str:
    if not re.fullmatch(r"#[0-9A-Fa-f]{6}", text):
        raise fault(f'{shown(text)} is not a colour: write # and six digits, such as "#0B5A57"')
    return text


Colour = Annotated[Line, AfterValidator(_colour), BeforeValidator(_quoted)]


def _ratio(one: str, other: str) -> float:
    return contrast.ratio(contrast.colour(one), contrast.colour(other))


def _nearest(colour: str, needs: Iterable[tuple[str, float]]) -> str:
    """The nearest colour that has the contrast needed; empty if none has."""
    near = contrast.nearest(contrast.colour(colour), [(contrast.colour(other), least) for other, least in needs])
    return contrast.written(near) if near else ""


def _lack(colour: str, needs: dict[str, tuple[str, float]]) -> str:
    """What is wrong with the contrast of a colour, and the next that is right; empty if nothing is.

    Args:
        colour: the one to judge.
        needs: (another colour, ratio wanted with it) by name.
    """
    shares = {name: _ratio(colour, other) / least for name, (other, least) in needs.items()}
    worst = min(shares, key=lambda name: shares[name])
    if shares[worst] >= 1:
        return ""
    other, least = needs[worst]
    near = _nearest(colour, needs.values())
    propose = f'; the nearest that passes is "{near}"' if near else ""
    measured = int(_ratio(colour, other) * 100) / 100  # cut: 4.496 is not 4.50
    return f"{shown(colour)} has a contrast of {measured:.2f} with the {worst} {other}, needed are {least:g}{propose}"


def _tint(palette: Palette) -> AfterValidator:
    """What an organisation cannot replace can be read on its tint."""
    needs = {"text": (palette.ink, contrast.TEXT), "small text": (palette.muted, contrast.TEXT)}
    needs["signal colour"] = (palette.signal, contrast.TEXT)

    def check(tint: str) -> str:
        if lack := _lack(tint, needs):
            raise fault(lack)
        return tint

    return AfterValidator(check)


def _on_surfaces(name: str, palette: Palette, least: float) -> AfterValidator:
    """For a field after `tint`: it can be seen wherever it may stand; silent while `tint` is at fault."""
    standard = getattr(palette, name)

    def check(colour: str, info: ValidationInfo) -> str:
        tint = info.data.get("tint", palette.tint)
        surfaces = {"sheet": palette.sheet, "blush": palette.blush, "tint": tint}
        lack = _lack(colour, {where: (surface, least) for where, surface in surfaces.items()})
        if lack and colour == standard:  # then the new tint is to blame
            raise together(f"tint: {_lack(tint, {name: (colour, least)})}")
        if lack:
            raise fault(lack)
        return colour

    return AfterValidator(check)


_TINT = "Box of the managers' brief."
_ACCENT = "Links, button, large numbers, this month's bar."
_CELL = "The accent's mid tone: days of a strip, bars."


class LightConfig(Model):
    """The three colours that may be replaced, on light paper."""

    tint: Annotated[Colour, _tint(LIGHT)] = Field(default=LIGHT.tint, description=_TINT, examples=['"#EAEFF6"'])
    accent: Annotated[Colour, _on_surfaces("accent", LIGHT, contrast.TEXT)] = Field(
        default=LIGHT.accent, validate_default=True, description=_ACCENT, examples=['"#1F4E8C"']
    )
    cell: Annotated[Colour, _on_surfaces("cell", LIGHT, contrast.GRAPHIC)] = Field(
        default=LIGHT.cell, validate_default=True, description=_CELL, examples=['"#5C86BD"']
    )


class DarkConfig(Model):
    """The same for readers whose mail program is dark."""

    tint: Annotated[Colour, _tint(DARK)] = Field(default=DARK.tint, description=_TINT, examples=['"#1F2A3A"'])
    accent: Annotated[Colour, _on_surfaces("accent", DARK, contrast.TEXT)] = Field(
        default=DARK.accent, validate_default=True, description=_ACCENT, examples=['"#9CC3F2"']
    )
    cell: Annotated[Colour, _on_surfaces("cell", DARK, contrast.GRAPHIC)] = Field(
        default=DARK.cell, validate_default=True, description=_CELL, examples=['"#6A93C8"']
    )


def _both_schemes(dark: DarkConfig, info: ValidationInfo) -> DarkConfig:
    """What is replaced in one scheme is replaced in the other, so that no reader gets a mixture."""
    if "light" in info.data:
        light = info.data["light"]
        for here, there, palette in ((light, "dark", DARK), (dark, "light", LIGHT)):
            other = dark if there == "dark" else light
            for name in sorted(here.model_fields_set - other.model_fields_set):
                raise together(_missing(name, getattr(here, name), there, palette))
    return dark


def _missing(name: str, given: str, scheme: str, palette: Palette) -> str:
    text = f"{scheme}.{name} is missing: a colour is replaced for light and dark, or for neither"
    if name == "tint":
        return text
    least = contrast.TEXT if name == "accent" else contrast.GRAPHIC
    near = _nearest(given, [(getattr(palette, surface), least) for surface in ("sheet", "blush", "tint")])
    return f'{text}; "{near}" would go with the other' if near else text


# --- faces ----------------------------------------------------------------------------------

_GENERIC = ("serif", "sans-serif", "monospace", "system-ui")


def _face(name: str) -> str:
    if not re.fullmatch(r"-?[A-Za-z][A-Za-z0-9]*([ -][A-Za-z0-9]+)*", name):
        raise fault(f"{shown(name)} is not the name of a face: letters, digits, single blanks and hyphens only")
    return name


def _ends_in_generic(names: list[str]) -> list[str]:
    if names[-1] not in _GENERIC:
        raise fault(f"must end with a face that every machine has: {', '.join(_GENERIC)}")
    return names


Faces = Annotated[
    list[Annotated[Line, AfterValidator(_face)]], Field(min_length=1, max_length=8), AfterValidator(_ends_in_generic)
]


class FontsConfig(Model):
    """Names of faces, the wanted one first. Nothing is downloaded: a reader sees the first that their machine has."""

    serif: Faces = Field(
        default=list(_STANDARD.serif), description="Headings and large numbers.", examples=["[Cambria, Georgia, serif]"]
    )
    sans: Faces = Field(
        default=list(_STANDARD.sans), description="Everything else.", examples=["[Calibri, Arial, sans-serif]"]
    )
    right_to_left: Faces = Field(
        default=list(_STANDARD.right_to_left),
        description="All text of letters that run from right to left; few faces have these scripts.",
        examples=["[Segoe UI, Tahoma, sans-serif]"],
    )


# --- together -------------------------------------------------------------------------------


def _even(width: int) -> int:
    if width % 2:
        raise fault(f"must be even, so that two columns share it: {width - 1} or {width + 1}")
    return width


class ThemeConfig(Model):
    """The look of the letters. Every colour is checked for contrast (WCAG 2.2), in light and dark, on all it may stand on."""

    light: LightConfig = block("Colours on light paper.")
    dark: Annotated[DarkConfig, AfterValidator(_both_schemes)] = block("Colours in dark mail programs.")
    fonts: FontsConfig = block("Faces; no web fonts.")
    width: Annotated[int, Field(ge=600, le=720), AfterValidator(_even)] = Field(
        default=_STANDARD.width, description="Width of the sheet in px; narrower windows shrink it.", examples=["600"]
    )
    chart: Literal["bars", "line"] = Field(
        default="bars",
        description="How the months of solved tickets are drawn: `bars` are cells of a table, which every program shows; `line` is an "
        "image that travels in the mail and is read as a sentence where images are blocked. It needs the extra `charts` "
        "(`pip install 'newsletter[charts]'`), of the same version wherever the edition is built.",
        examples=["line"],
    )
    logo: LogoConfig | None = Field(default=None, description="The logo at the head of the mail; none by default.")

    def settled(self) -> Theme:
        """The look, with what cannot be chosen."""
        return Theme(
            light=replace(LIGHT, **self.light.model_dump()),
            dark=replace(DARK, **self.dark.model_dump()),
            serif=tuple(self.fonts.serif),
            sans=tuple(self.fonts.sans),
            right_to_left=tuple(self.fonts.right_to_left),
            width=self.width,
            line=self.chart == "line",
        )
