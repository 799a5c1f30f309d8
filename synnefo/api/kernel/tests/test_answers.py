"""An answer has the keys that are told of it, and no others."""

from typing import Annotated, Any, NotRequired, TypedDict

import msgspec
import pytest

from synnefo.api.kernel.answers import Links, lives, of_keys, paged
from synnefo.api.openapi.shapes import Schemas
from synnefo.api.testing.fields import fit


class Part(TypedDict):
    size: int


Thing = of_keys(
    "Thing",
    {
        "id": str,
        "OS-X:state": str | None,
        "parts": list[Part],
        "by_name": NotRequired[dict[str, list[Part]]],
        "image": NotRequired[Part | str],
        "locked": NotRequired[Annotated[bool, lives(since=(2, 9))]],
        "policies": NotRequired[Annotated[list[str], lives(until=(2, 64))]],
        "host": NotRequired[Annotated[str, lives(since=(2, 62), when="for administrators")]],
    },
)
GOOD: dict[str, Any] = {"id": "a", "OS-X:state": None, "parts": [{"size": 1}], "locked": False}
SHAPE = paged("things", Thing)


@pytest.mark.parametrize(
    ("changes", "version"),
    [
        ({}, (2, 70)),
        ({"host": "a"}, (2, 70)),
        ({"image": ""}, (2, 70)),
        ({"image": {"size": 1}, "by_name": {"a": [{"size": 1}]}}, (2, 70)),
        ({"policies": []}, (2, 63)),
    ],
)
def test_what_is_declared_may_be_answered(changes, version):
    fit({"things": [GOOD | changes], "things_links": [{"rel": "next", "href": "/"}]}, SHAPE, version, "GET")


@pytest.mark.parametrize(
    ("changes", "version"),
    [
        ({"more": 1}, (2, 70)),
        ({"parts": [{"size": 1, "more": 1}]}, (2, 70)),
        ({"by_name": {"a": [{"size": 1, "more": 1}]}}, (2, 70)),
        ({"image": {"size": 1, "more": 1}}, (2, 70)),
        ({"parts": [{}]}, (2, 70)),
        ({"id": None}, (2, 70)),
        ({"policies": []}, (2, 8)),  # locked came with 2.9
        ({"policies": []}, (2, 64)),
        ({}, (2, 63)),  # policies are there until 2.64
        ({"host": "a", "policies": []}, (2, 61)),
    ],
)
def test_what_is_not_declared_is_seen(changes, version):
    with pytest.raises((AssertionError, msgspec.ValidationError)):
        fit({"things": [GOOD | changes]}, SHAPE, version, "GET")


@pytest.mark.parametrize("value", [{}, {"things": [], "more": 1}, []])
def test_an_envelope_is_held_to_its_keys(value):
    with pytest.raises(AssertionError, match="describes"):
        fit(value, SHAPE, None, "GET")


def test_an_envelope_may_have_others_of_a_kind():
    shape = {"size": int, ...: str}
    fit({"size": 1, "a": "b"}, shape, None, "GET")
    with pytest.raises(msgspec.ValidationError):
        fit({"size": 1, "a": 2}, shape, None, "GET")
    assert Schemas([shape]).of(shape)["additionalProperties"] == {"type": "string"}


def test_one_of_several_is_enough():
    several = ({"thing": Part}, {"links": Links})
    fit({"thing": {"size": 1}}, several, None, "GET")
    with pytest.raises(AssertionError, match="size"):
        fit({"thing": {}}, several, None, "GET")


def test_the_document_tells_when_a_key_is_there():
    schemas = Schemas([SHAPE])
    told = schemas.components["Thing"]
    assert schemas.of(SHAPE)["required"] == ["things"]
    assert told["required"] == ["OS-X:state", "id", "parts"]
    assert told["properties"]["locked"] == {"type": "boolean", "description": "From 2.9 on."}
    assert told["properties"]["host"]["description"] == "From 2.62 on, for administrators."
    assert told["properties"]["policies"]["description"] == "Below 2.64."


def test_what_has_no_schema_is_named():
    with pytest.raises(TypeError, match="complex"):
        Schemas([complex])
