"""Writes the reference of config.yaml from the models: `python -m newsletter.config.document > docs/config.md`."""

from __future__ import annotations

import sys
from collections.abc import Iterator
from pathlib import Path
from types import NoneType, UnionType
from typing import Annotated, Any, Literal, Union, get_args, get_origin
from zoneinfo import ZoneInfo

from pydantic.fields import FieldInfo
from pydantic_core import PydanticUndefined

from newsletter.config.faults import Model, nested
from newsletter.config.models import Config
from newsletter.config.secret import Secret
from newsletter.model import Image

_INTRODUCTION = """\
# config.yaml

Every key, generated from the code (`make docs`). Unknown keys are errors, and all faults are told at once.

- Relative paths start from the folder of config.yaml.
- Secrets are written as `env:NAME` (an environment variable) or `file:PATH`, and are read when they are used.
- A *text* is one line. A *localised text* is one line for all locales, or one per locale: `{en: ..., it: ...}`;
  the first of `locales` must be there, and stands in for those that are not.
- Where YAML could misread a text (`no`, `12`, `16:00`), put it in quotes.

A whole file need be no longer than this; `newsletter init` writes one with comments, made of what your Prometheus holds:

```yaml
"""
EXAMPLE = """\
organisation: Acme
timezone: Europe/Rome
locales: [en, it]
prometheus: {url: "http://prometheus:9090"}
availability:
  - {preset: blackbox, match: {job: blackbox}, service_label: service, interval_s: 60}
services:
  mail: {name: {en: E-mail, it: Posta elettronica}, target: 99.9}
tickets: {preset: ticket_contract}
audiences:
  staff: {recipients: audience.csv}
smtp: {host: relay.acme.example, from: "IT <it@acme.example>"}
"""


def render() -> str:
    """The reference as Markdown, one table a mapping, in the order of the models."""
    return f"{_INTRODUCTION}{EXAMPLE}```\n" + "".join(_section(path, model) for path, model in _models("", Config))


def _models(path: str, model: type[Model]) -> Iterator[tuple[str, type[Model]]]:
    yield path, model
    for name, field in model.model_fields.items():
        if inner := nested(field.annotation):
            key = field.alias or name
            origin = get_origin(field.annotation)
            mark = "[]" if origin is list else ".NAME" if origin is dict else ""
            yield from _models(f"{path}{key}{mark}.", inner)


def _section(path: str, model: type[Model]) -> str:
    rows = "".join(_row(path, field.alias or name, field) for name, field in model.model_fields.items())
    heading = f"`{path.rstrip('.')}`" if path else "Top level"
    about = " ".join((model.__doc__ or "").split())
    return f"\n## {heading}\n\n{about}\n\n| key | type | default | meaning | example |\n|---|---|---|---|---|\n{rows}"


def _row(path: str, key: str, field: FieldInfo) -> str:
    examples = ", ".join(f"`{example}`" for example in field.examples or ()) or "see below"
    cells = (
        f"`{path}{key}`",
        _type(field.annotation) + _limits(field),
        _default(field),
        field.description or "",
        examples,
    )
    return "| " + " | ".join(cell.replace("|", "\\|") for cell in cells) + " |\n"


def _default(field: FieldInfo) -> str:
    if field.is_required():
        return "**required**"
    if isinstance(field.annotation, type) and issubclass(field.annotation, Model):
        return "see below"
    value = field.get_default(call_default_factory=True, validated_data={})
    if value is None or value is PydanticUndefined:
        return "none"
    if value in ({}, []):
        return "empty"
    if isinstance(value, list):
        return f"`[{', '.join(map(str, value))}]`"
    return f"`{str(value).lower() if isinstance(value, bool) else value}`"


_NAMES = {
    str: "text",
    int: "whole number",
    float: "number",
    bool: "true or false",
    Path: "path",
    Image: "path of an image",
    ZoneInfo: "time zone",
}


def _type(annotation: Any) -> str:
    """A type in words: `dict[str, ServiceConfig]` is "mapping"."""
    origin = get_origin(annotation)
    if origin is Annotated:
        return _type(get_args(annotation)[0])
    if origin is Literal:
        return " | ".join(f"`{str(choice).lower() if choice is True else choice}`" for choice in get_args(annotation))
    if origin in (Union, UnionType):
        parts = [_type(part) for part in get_args(annotation) if part is not NoneType]
        return "localised text" if parts == ["text", "mapping"] and not nested(annotation) else " or ".join(parts)
    if origin is list:
        return f"list of {_plural(_type(get_args(annotation)[0]))}"
    if origin is dict or nested(annotation):
        return "mapping"
    return "secret" if annotation is Secret else _NAMES[annotation]


def _plural(word: str) -> str:
    return word + "s"


_SIGNS = {"gt": ">", "ge": "≥", "lt": "<", "le": "≤"}


def _limits(field: FieldInfo) -> str:
    """Bounds in the field's own metadata or in that of its non-empty part, " > 0, ≤ 100"."""
    metadata = list(field.metadata)
    for part in _inside(field.annotation):
        metadata += part.metadata if isinstance(part, FieldInfo) else [part]
    limits = [
        f"{sign} {getattr(one, name):g}" for one in metadata for name, sign in _SIGNS.items() if hasattr(one, name)
    ]
    return f", {', '.join(limits)}" if limits else ""


def _inside(annotation: Any) -> Iterator[Any]:
    if get_origin(annotation) is Annotated:
        yield from annotation.__metadata__
    if get_origin(annotation) in (Annotated, Union, UnionType):
        for part in get_args(annotation):
            yield from _inside(part)


if __name__ == "__main__":
    sys.stdout.write(render())
