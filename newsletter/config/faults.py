"""Checks a parsed YAML text against a model and says what is wrong, in plain words, with lines."""

from __future__ import annotations

from collections.abc import Iterator
from datetime import date
from typing import Any, TypeVar, get_args, get_origin

from pydantic import BaseModel, ConfigDict, Field, ValidationError
from pydantic_core import ErrorDetails

from newsletter.config.refusals import did_you_mean, nearest
from newsletter.config.strict_yaml import Fault, KeyPath, ParsedYaml, shown
from newsletter.config.surroundings import Surroundings


class Model(BaseModel):
    """Unknown keys are errors, types are never guessed, values never change after loading."""

    model_config = ConfigDict(
        extra="forbid",
        defer_build=True,  # a model within another is built with it, and one that no command reads is not built
        strict=True,
        frozen=True,
        arbitrary_types_allowed=True,
        hide_input_in_errors=True,
        allow_inf_nan=False,
        validate_default=False,
    )


AnyModel = TypeVar("AnyModel", bound=Model)


def block(description: str) -> Any:
    """A field that holds a model whose keys can all be left out, and so can the whole: that means the same as `{}`.

    A model as default would be built on its own when its module is imported, and once more with the model around it.
    """
    return Field(default={}, validate_default=True, description=description)


def validate(model: type[AnyModel], parsed: ParsedYaml, around: Surroundings) -> tuple[AnyModel | None, list[Fault]]:
    """The model, or every fault of the text in the order of its lines."""
    faults = list(parsed.faults)
    checked = None
    if isinstance(parsed.data, dict):
        try:
            checked = model.model_validate(parsed.data, context=around)
        except ValidationError as error:
            faults += _faults(model, parsed, error.errors(include_url=False))
    elif not faults:
        empty = "is empty" if parsed.data is None else "must be keys and values (key: value)"
        faults.append(Fault(parsed.line(()), (), empty))
    return (None if faults else checked), sorted(faults, key=lambda fault: fault.line)


def _faults(model: type[Model], parsed: ParsedYaml, errors: list[ErrorDetails]) -> Iterator[Fault]:
    """Pydantic's errors as faults, but for those that only follow from a fault that is told anyway."""
    told = [fault.path for fault in parsed.faults]
    misspelt = {_meant(model, _path(one["loc"], parsed.data)) for one in errors if one["type"] == "extra_forbidden"}
    for one in errors:
        path = _path(one["loc"], parsed.data)
        below = any(path[: len(known)] == known for known in told)
        around = one["type"] != "together" and any(known[: len(path)] == path for known in told)
        if not below and not around and not (one["type"] in ("missing", "needed") and path in misspelt):
            yield _fault(model, parsed, one)


def _meant(model: type[Model], path: KeyPath) -> KeyPath:
    """The path of the key that an unknown key is likely to mean."""
    return (*path[:-1], nearest(str(path[-1]), keys(model_at(model, path[:-1]))))


def _fault(model: type[Model], parsed: ParsedYaml, error: ErrorDetails) -> Fault:
    path = _path(error["loc"], parsed.data)
    if error["type"] == "together":
        path = path[:-1]
    return Fault(parsed.line(path), path, _wording(model, parsed, path, error))


def _path(location: tuple[int | str, ...], data: Any) -> KeyPath:
    """Pydantic's location without its own marks: tags of unions, and `[key]` for a key at fault.

    A key of the file may look like a mark, so what stands in the file is kept. The number of an
    item goes too where one text was written instead of a list of one.
    """
    path: list[int | str] = []
    for part in location:
        there = isinstance(data, dict) and part in data
        alone = isinstance(part, int) and isinstance(data, str)
        if there or not (alone or part in ("<text>", "<texts>", "[key]")):
            path.append(part)
            inside = there or (isinstance(data, list) and isinstance(part, int) and part < len(data))
            data = data[part] if inside else None
    return tuple(path)


_EXPECTED = {
    "string_type": "text",
    "int_type": "a whole number",
    "int_from_float": "a whole number",
    "float_type": "a number",
    "bool_type": "true or false",
    "list_type": "a list",
    "dict_type": "keys and values",
    "model_type": "keys and values",
}
_COMPARED = {"greater_than": "gt", "greater_than_equal": "ge", "less_than": "lt", "less_than_equal": "le"}
_COMPARISON = {"gt": "greater than", "ge": "at least", "lt": "less than", "le": "at most"}


def _wording(model: type[Model], parsed: ParsedYaml, path: KeyPath, error: ErrorDetails) -> str:
    given, unquoted, context = error["input"], parsed.unquoted.get(path), error.get("ctx", {})
    match error["type"]:
        case "missing":
            text = "is required, but missing"
        case "extra_forbidden":
            text = "unknown key" + did_you_mean(str(path[-1]), keys(model_at(model, path[:-1])))
        case "literal_error":
            text = _choice(str(context["expected"]), given, unquoted)
        case kind if kind in _EXPECTED:
            text = _type(_EXPECTED[kind], given, unquoted)
        case kind if kind in _COMPARED:
            sign = _COMPARED[kind]
            text = f"must be {_COMPARISON[sign]} {context[sign]:g}"
        case "finite_number":
            text = "must be a number, neither infinite nor undefined"
        case "too_short":
            text = "must not be empty"
        case _:
            text = error["msg"]
    return text


def _type(expected: str, given: Any, unquoted: str | None) -> str:
    if expected == "text" and unquoted and given is not None and not isinstance(given, str):
        read = "" if unquoted == str(given) else f", but YAML reads {unquoted} as {_meaning(given)}"
        return f"must be text{read}: put it in quotes, {shown(unquoted)}"
    if isinstance(given, str) and "number" in expected:
        quoted = "write it without quotes" if unquoted is None else f"{shown(given)} is text"
        return f"must be {expected}: {quoted}"
    return f"must be {expected}, not {_meaning(given)}"


def _meaning(value: Any) -> str:
    if value is None:
        return "empty"
    if isinstance(value, bool):
        return str(value).lower()
    if isinstance(value, int | float):
        return f"the number {value}"
    if isinstance(value, date):
        return "a date"
    if isinstance(value, str):
        return "text"
    return "a list" if isinstance(value, list) else "keys and values"


def _choice(expected: str, given: Any, unquoted: str | None) -> str:
    choices = expected.replace("'", "").replace(" or ", ", ").split(", ")
    listed = choices[0] if len(choices) == 1 else f"{', '.join(choices[:-1])} or {choices[-1]}"
    if isinstance(given, bool) and unquoted:
        quotes = f": put it in quotes, {shown(unquoted)}" if unquoted in choices else ""
        return f"must be {listed}, but YAML reads {unquoted} as {_meaning(given)}{quotes}"
    return f"must be {listed}, not {shown(given) if isinstance(given, str) else _meaning(given)}"


# --- what a model knows ---------------------------------------------------------------------


def keys(model: type[Model]) -> list[str]:
    """The keys of a model as they are written in YAML."""
    return [field.alias or name for name, field in model.model_fields.items()]


def nested(annotation: Any) -> type[Model] | None:
    """The model inside a type such as `dict[str, ServiceConfig]` or `BasicAuth | None`."""
    if isinstance(annotation, type) and issubclass(annotation, Model):
        return annotation
    return next((found for part in get_args(annotation) if (found := nested(part))), None)


def model_at(model: type[Model], path: KeyPath) -> type[Model]:
    """The model that describes the mapping at `path`."""
    rest = list(path)
    while rest:
        name = rest.pop(0)
        field = next((field for key, field in model.model_fields.items() if (field.alias or key) == name), None)
        inner = nested(field.annotation) if field else None
        if field is None or inner is None:
            return model
        if get_origin(field.annotation) in (dict, list) and rest:
            rest.pop(0)  # the id of an entry or the number of an item
        model = inner
    return model
