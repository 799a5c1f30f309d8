"""Bodies: what is refused, and how the sentence reads."""

import contextlib

import msgspec
import pytest
from hypothesis import given
from hypothesis import strategies as st

from logic.errors import BadRequest
from synnefo.api.kernel.reading import DEPTH_LIMIT, decode, sentence
from synnefo.api.kernel.tests.toys import Body


def refusal(body: bytes) -> str:
    with pytest.raises(BadRequest) as caught:
        decode(body, Body)
    return caught.value.sentence


@pytest.mark.parametrize(
    ("body", "told"),
    [
        (b"", "A JSON body is needed here, and the request has none."),
        (b'{"thing":{"name":7}}', "Invalid input for the field thing.name: expected `str`, got `int`. Correct"),
        (b'{"thing":{}}', "The field thing.name is required. Add it"),
        (b'{"thing":{"name":"a","colour":1}}', "The field thing.colour is not known here. Remove it"),
        (b"[]", "Invalid input for the request body: expected `object`, got `array`."),
        (b'{"thing":', "The request body is not valid JSON: "),
        (b'{"thing":{"name":"\xff"}}', "The request body is not valid JSON: "),
        (b'{"thing":{"name":"a\\u0000"}}', "The request body contains a NUL character"),
        (b'{"thing":{"name":"\\ud800"}}', "The request body is not valid JSON: "),
    ],
)
def test_a_wrong_body_is_told_where_why_and_what_to_do(body, told):
    assert refusal(body).startswith(told)


def nested(depth: int) -> bytes:
    """A body that is ``depth`` levels deep; metadata begins the third."""
    return b'{"thing":{"name":"a","metadata":{"x":' + b"[" * (depth - 3) + b"]" * (depth - 3) + b"}}}"


def test_nesting_ends_at_the_limit():
    assert decode(nested(DEPTH_LIMIT), Body).thing.name == "a"
    assert "nested deeper than 32" in refusal(nested(DEPTH_LIMIT + 1))
    assert "nested deeper than 32" in refusal(nested(100_000))


def test_brackets_in_strings_do_not_nest():
    name = "[{" * 500 + '\\"'
    assert decode(msgspec.json.encode({"thing": {"name": name}}), Body).thing.name == name


def test_a_megabyte_of_field_name_is_not_repeated():
    assert len(refusal(b'{"thing":{"name":"a","' + b"x" * 1_000_000 + b'":1}}')) < 300


@given(st.binary(max_size=200))
def test_any_bytes_are_decoded_or_refused(body):
    with contextlib.suppress(BadRequest):
        assert isinstance(decode(body, Body), Body)


def test_a_wrong_key_is_said_to_be_a_key():
    said = sentence("Expected `str` of length <= 1 - at `key` in `$.server.metadata`")
    assert said.startswith("Invalid input for a key of the field server.metadata: expected `str` of length <= 1.")
