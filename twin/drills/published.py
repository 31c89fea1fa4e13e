"""The JSON Schema of scenario files, English and Chinese keys alike, for editors and other programs."""

from __future__ import annotations

from twin.drills import words
from twin.drills.schema import Expectation, Row, Scenario

_DIALECT = "https://json-schema.org/draft/2020-12/schema"
Json = dict[str, object]


def json_schema() -> Json:
    """The JSON Schema (draft 2020-12) that a valid scenario file satisfies.

    It is made from the models of `twin.drills.schema`. What only the reader can tell (units, quantities,
    keys that exclude each other) is not in it.
    """
    schema = Scenario.model_json_schema(by_alias=True)
    parts = schema["$defs"]
    for part in (schema, *parts.values()):
        _complete(part)
    schema["allOf"] = [_one_of("drill", "scenario"), _any_of("script", "hazards")]
    parts["Row"]["allOf"] = [_one_of(*Row.TRIGGERS)]
    parts["Expectation"]["allOf"] = [_any_of("who"), _one_of(*Expectation.KINDS)]
    return {"$schema": _DIALECT, **schema}


def _complete(part: Json) -> None:
    """Let each key of `part` be written in Chinese too, and take out the nulls that files may not hold."""
    properties = part["properties"]
    assert isinstance(properties, dict)
    for key, value in list(properties.items()):
        properties[key] = properties[words.spelt(key, "key", "zh")] = _without_null(value)
    if required := part.pop("required", None):
        assert isinstance(required, list)
        part["allOf"] = [_any_of(key) for key in required]


def _without_null(value: Json) -> Json:
    kept = {key: each for key, each in value.items() if key not in ("title", "default")}
    choices = kept.pop("anyOf", None)
    if not isinstance(choices, list):
        return kept
    (only,) = (choice for choice in choices if choice.get("type") != "null")
    return {**kept, **only}


def _spelt(*keys: str) -> list[str]:
    return [*keys, *(words.spelt(key, "key", "zh") for key in keys)]


def _any_of(*keys: str) -> Json:
    """At least one of `keys` in either language."""
    return {"anyOf": [{"required": [key]} for key in _spelt(*keys)]}


def _one_of(*keys: str) -> Json:
    """Exactly one of `keys` in either language."""
    return {"oneOf": [{"required": [key]} for key in _spelt(*keys)]}
