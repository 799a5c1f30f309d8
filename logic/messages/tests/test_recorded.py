"""What other versions wrote is read: messages under way in the broker or in a spool, commands kept as rows.

``recorded/`` has what each version wrote, a message a line: once with every field, once with those alone that have no
default. A version adds a file; no line is ever changed. To record what is new, see :func:`recorded_now`.
"""

from pathlib import Path
from typing import Annotated, get_args, get_origin

import msgspec
import pytest

from logic.errors import Malformed
from logic.messages import codec
from logic.messages.commands import AnyCommand
from logic.messages.observations import AnyObservation

FOLDER = Path(__file__).with_name("recorded")
LINES = [line for path in sorted(FOLDER.glob("*.jsonl")) for line in path.read_bytes().splitlines()]
TYPES = dict.fromkeys(get_args(AnyObservation), codec.decode) | dict.fromkeys(
    get_args(AnyCommand), codec.decode_command
)
SAMPLES = {str: "text", int: 7, float: 1.5, bool: True}


def read(line):
    """By the codec that a message of its kind comes through."""
    return (codec.decode if b'"type":' in line else codec.decode_command)(line)


def sample(annotation):
    """A value of a field's type, none of it a default."""
    if annotation in SAMPLES:
        return SAMPLES[annotation]
    if isinstance(annotation, type) and issubclass(annotation, msgspec.Struct):
        return full(annotation)
    inner = get_args(annotation)
    if get_origin(annotation) is Annotated:
        return sample(inner[0])
    return {"a": "b"} if annotation == dict[str, str] else (sample(inner[0]),)


def full(kind):
    return kind(**{one.name: sample(one.type) for one in msgspec.structs.fields(kind)})


def least(kind):
    """With the fields that have no default, and the tag."""
    written = msgspec.json.decode(codec.encode(full(kind)))
    kept = {"type", "kind"} | {one.name for one in msgspec.structs.fields(kind) if one.required}
    return msgspec.json.encode({name: value for name, value in written.items() if name in kept})


def recorded_now():
    """The lines for a new file of ``recorded/``."""
    return [line for kind in TYPES for line in (codec.encode(full(kind)), least(kind))]


@pytest.mark.parametrize("line", LINES, ids=range(len(LINES)))
def test_what_was_recorded_is_read_and_means_what_it_meant(line):
    written = msgspec.json.decode(line)
    again = msgspec.json.decode(codec.encode(read(line)))
    assert holds(again, written)


def holds(again, written):
    """Is all that was written there, whatever has been added to it since?"""
    if isinstance(written, dict):
        return all(name in again and holds(again[name], value) for name, value in written.items())
    if isinstance(written, list):
        return len(again) == len(written) and all(map(holds, again, written))
    return again == written


@pytest.mark.parametrize("line", LINES, ids=range(len(LINES)))
def test_what_a_newer_version_adds_is_passed_over(line):
    newer = msgspec.json.encode(msgspec.json.decode(line) | {"of_a_newer_version": {"x": [1]}})
    assert read(newer) == read(line)


def test_every_type_there_is_has_been_recorded():
    assert {type(read(line)) for line in LINES} == set(TYPES)


def test_every_field_there_is_has_been_recorded():
    seen = {type(read(line)): set() for line in LINES}
    for line in LINES:
        seen[type(read(line))] |= set(msgspec.json.decode(line))
    tag = {"type", "kind"}
    for kind, names in seen.items():
        assert {one.name for one in msgspec.structs.fields(kind)} == names - tag, kind


def test_a_field_without_a_default_would_be_noticed():
    class Narrower(msgspec.Struct, tag="accepted", tag_field="type"):
        command: str
        of_today: int

    line = next(line for line in LINES if b'"accepted"' in line)
    with pytest.raises(msgspec.ValidationError):
        msgspec.json.decode(line, type=Narrower)


def test_a_kind_that_is_not_known_is_no_crash():
    with pytest.raises(Malformed):
        codec.decode(b'{"type":"of-a-newer-version","cluster":"c1"}')
    with pytest.raises(Malformed):
        codec.decode_command(b'{"kind":"server.levitate","id":"1","resource":"2","instance":"3"}')
