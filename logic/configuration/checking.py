"""One value against the schema, in words an operator can act on. Pure."""

import difflib
from typing import Any, Final, get_type_hints

import msgspec
from msgspec import inspect

from logic.configuration.schema import Values

TYPES: Final[dict[str, Any]] = get_type_hints(Values, include_extras=True)
_SHAPES: Final = {
    field.name: field.type
    for field in inspect.type_info(Values).fields  # type: ignore[attr-defined]
}
FILE: Final = "_FILE"


class Wrong(Exception):  # noqa: N818 - a value is
    """A value that the schema does not allow; the text says why, without the value."""


def is_secret(name: str) -> bool:
    return bool(_extra(name)["secret"])


def takes_file(name: str) -> bool:
    """Is it the ``…_FILE`` of a secret?"""
    secret = name.removesuffix(FILE)
    return name != secret and name not in TYPES and secret in TYPES and is_secret(secret)


def unit(name: str) -> str:
    return str(_extra(name)["unit"])


def reason(name: str) -> str:
    """What the setting is for."""
    return str(_SHAPES[name].extra_json_schema["description"])


def check(name: str, value: Any) -> Any:
    """The value as the schema has it. Raises :class:`Wrong`."""
    try:
        return msgspec.convert(value, TYPES[name])  # noqa: TID251 - settings are read before there are threads
    except msgspec.ValidationError as error:
        raise Wrong(_in_words(name, error)) from error


def parse(name: str, text: str) -> Any:
    """A value from a variable of the environment: plain for words and numbers, JSON for lists and dicts. Raises
    :class:`Wrong`."""
    try:
        if isinstance(_SHAPES[name].type, inspect.ListType | inspect.DictType | inspect.StructType):
            return msgspec.json.decode(text, type=TYPES[name])  # noqa: TID251 - as above
        return msgspec.convert(text, TYPES[name], strict=False)  # noqa: TID251 - as above
    except (msgspec.DecodeError, UnicodeError) as error:
        raise Wrong(_in_words(name, error)) from error


def alike(name: str, *, least: float = 0.6) -> str:
    """The setting that was probably meant, or nothing."""
    return next(iter(difflib.get_close_matches(name, TYPES, n=1, cutoff=least)), "")


def _in_words(name: str, error: Exception) -> str:
    words = str(error).replace("`$", f"`{name}").replace("`array`", "`list`").replace("`object`", "`dict`")
    form = _extra(name)["form"] or _choices(name)
    return f"{words}; it is {form}" if form else words


def _choices(name: str) -> str:
    shape = _SHAPES[name].type
    return "one of " + ", ".join(map(repr, shape.values)) if isinstance(shape, inspect.LiteralType) else ""


def _extra(name: str) -> dict[str, Any]:
    extra: dict[str, Any] = _SHAPES[name].extra
    return extra
