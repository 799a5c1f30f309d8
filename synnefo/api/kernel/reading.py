"""Bodies: how much is read, and JSON into structs with sentences that say which field, why, and what to do."""

import re
from collections.abc import Mapping
from typing import IO, Any, TypeVar

import msgspec
from django.conf import settings

from logic import decoding
from logic.errors import BadRequest, TooLarge
from logic.errors import clipped as clipped  # noqa: PLC0414 - facades take it from here

T = TypeVar("T")
DEPTH_LIMIT = 32
MAX_DIGITS = 9
_TOKENS = re.compile(rb'"(?:[^"\\]|\\.)*"|[\[\]{}]')
_ERROR = re.compile(r"^(?P<why>.*?)(?: - at (?P<key>`key` in )?`\$?(?P<path>.*)`)?$", re.DOTALL)
_MISSING = re.compile(r"^Object missing required field `(?P<field>.*)`$", re.DOTALL)
_UNKNOWN = re.compile(r"^Object contains unknown field `(?P<field>.*)`$", re.DOTALL)


def read(meta: Mapping[str, Any], stream: IO[bytes]) -> bytes:
    """The whole body. Raises :class:`TooLarge` beyond MAX_BODY_BYTES, and what kept it from coming."""
    limit = settings.MAX_BODY_BYTES
    declared = meta.get("CONTENT_LENGTH") or "0"
    if not declared.isdigit() or int(declared[:12]) > limit:
        raise TooLarge(limit=limit)
    body = stream.read(limit + 1)
    if len(body) > limit:
        raise TooLarge(limit=limit)
    return body


def decode(body: bytes, kind: type[T]) -> T:
    """JSON as ``kind``. Raises :class:`BadRequest`."""
    if not body.strip():
        raise BadRequest(reason="A JSON body is needed here, and the request has none.")
    _check(body)
    try:
        return decoding.decode(body, kind)
    except msgspec.ValidationError as error:
        raise BadRequest(reason=sentence(str(error))) from None
    except (msgspec.DecodeError, UnicodeDecodeError, RecursionError) as error:
        raise BadRequest(reason=f"The request body is not valid JSON: {clipped(str(error))}.") from None


def _check(body: bytes) -> None:
    """What no database of ours could keep, and nesting that no request needs."""
    if b"\\u0000" in body:
        raise BadRequest(reason="The request body contains a NUL character (\\u0000). Remove it.")
    if body.count(b"{") + body.count(b"[") <= DEPTH_LIMIT:
        return
    depth = 0
    for token in _TOKENS.finditer(body):
        mark = body[token.start()]
        depth += (mark in b"[{") - (mark in b"]}")
        if depth > DEPTH_LIMIT:
            raise BadRequest(reason=f"The request body is nested deeper than {DEPTH_LIMIT} levels.")


def sentence(error: str) -> str:
    """msgspec's "Expected `str`, got `int` - at `$.server.name`" for the reader."""
    match = _ERROR.match(error)
    why, path = (match["why"], (match["path"] or "").lstrip(".")) if match else (error, "")
    if missing := _MISSING.match(why):
        return f"The field {_at(path, missing['field'])} is required. Add it and send the request again."
    if unknown := _UNKNOWN.match(why):
        return f"The field {_at(path, unknown['field'])} is not known here. Remove it and send the request again."
    where = f"the field {clipped(path)}" if path else "the request body"
    where = f"a key of {where}" if match and match["key"] else where
    why = clipped(why, 300)
    return f"Invalid input for {where}: {why[:1].lower()}{why[1:]}. Correct it and send the request again."


def _at(path: str, field: str) -> str:
    return clipped(f"{path}.{field}" if path else field)
