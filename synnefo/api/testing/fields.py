"""Whether an answer has the very keys that its view tells of: typed dictionaries (``kernel.answers``) leave nothing unsaid.

Called by ``agreeing``. Types are msgspec's to look at; it would pass over a key that nobody has declared.
"""

import functools
from collections.abc import Collection, Iterator, Mapping
from types import UnionType
from typing import Annotated, Any, NotRequired, Union, get_args, get_origin, is_typeddict

from msgspec import Meta

from logic import decoding
from synnefo.api.kernel.answers import LIFE, Life, keys_of
from synnefo.api.kernel.describing import Shape, bare, keys, may_lack
from synnefo.api.kernel.versions import Version

_AROUND = (Annotated, NotRequired)


def fit(value: Any, shape: Shape, version: Version | None, where: str) -> None:
    """Raises ``AssertionError`` when a value is not of a shape, ``msgspec.ValidationError`` when it is of another type."""
    if isinstance(shape, tuple):
        _fit_one(value, shape, version, where)
    elif isinstance(shape, Mapping):
        _fit_keys(value, shape, version, where)
    elif shape is None:
        assert value is None, f"{where} with a value"
    else:
        decoding.convert(value, shape)
        _closed(value, shape, version, where)


def _fit_keys(value: Any, shape: Mapping[Any, Shape], version: Version | None, where: str) -> None:
    assert isinstance(value, dict), f"{where} with no object: say so by @describes(gives=…)"
    known = keys(shape)
    missing = sorted({name for name, one in known.items() if not may_lack(one)} - value.keys())
    assert not missing, f"{where} without {missing}: say so by @describes(gives=…)"
    unknown = sorted(value.keys() - known.keys())
    assert ... in shape or not unknown, f"{where} with {unknown}: say so by @describes(gives=…)"
    for name, part in value.items():
        fit(part, bare(known[name] if name in known else shape[...]), version, f"{where}, {name}")
    _living(value, known, version, where)


def _fit_one(value: Any, shapes: tuple[Shape, ...], version: Version | None, where: str) -> None:
    problems = list[str]()
    for shape in shapes:
        try:
            return fit(value, shape, version, where)
        except (AssertionError, ValueError) as problem:  # msgspec's is a ValueError
            problems.append(f"{problem}")
    raise AssertionError(f"{where} with something else: say so by @describes(gives=…): {problems}")


def _closed(value: Any, kind: Any, version: Version | None, where: str) -> None:
    """Of what msgspec has found to be of a type."""
    for one in _alternatives(kind):
        if isinstance(value, dict) and is_typeddict(one):
            known = _known(one)
            unknown = sorted(value.keys() - known.keys())
            assert not unknown, f"{where} with {unknown}, which {one.__name__} does not have: declare it there"
            _living(value, known, version, f"{where}, {one.__name__}")
            for name, part in value.items():
                _closed(part, known[name], version, f"{where}, {name}")
        elif isinstance(value, list | dict) and get_origin(one) is type(value) and get_args(one):
            for part in value.values() if isinstance(value, dict) else value:
                _closed(part, get_args(one)[-1], version, where)


def _living(value: Collection[str], keys: Mapping[str, Any], version: Version | None, where: str) -> None:
    """What came with a version is not there before it, and is there from then on where nothing else is said of it."""
    for name, kind in keys.items():
        life = _life(kind)
        if life is None or version is None:
            continue
        there = name in value
        assert life.has(version) or not there, f"{where} has {name} at {version}, not as it says: {life.told}"
        assert there or life.when or not life.has(version), (
            f"{where} has no {name} at {version}, as it says: {life.told}"
        )


@functools.cache
def _known(kind: Any) -> dict[str, Any]:
    return keys_of(kind)


def _life(kind: Any) -> Life | None:
    while get_origin(kind) in _AROUND:
        for one in getattr(kind, "__metadata__", ()):
            if isinstance(one, Meta) and one.extra and LIFE in one.extra:
                return one.extra[LIFE]  # type: ignore[no-any-return]
        kind = get_args(kind)[0]
    return None


def _alternatives(kind: Any) -> Iterator[Any]:
    """The members of unions, without what is written around them."""
    if get_origin(kind) in _AROUND:
        yield from _alternatives(get_args(kind)[0])
    elif args := _members(kind):
        for one in args:
            yield from _alternatives(one)
    else:
        yield kind


def _members(kind: Any) -> tuple[Any, ...]:
    return get_args(kind) if get_origin(kind) in (UnionType, Union) else ()
