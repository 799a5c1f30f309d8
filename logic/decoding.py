"""JSON, and what was JSON, into structs, from any thread.

Everything that decodes asks here. msgspec works out what the fields of a struct hold when its first decoder is made, and what it
has by then is seen by every thread: a second one that decodes the same struct meanwhile reads what is not there yet, and the
process ends with a segmentation fault (msgspec 0.22; ``json_decode_struct_map`` on a type of NULL). So decoders are made one
after the other, each before its first use. Encoding needs none of this.
"""

import threading  # noqa: TID251 - a lock starts no thread
from typing import Any, Final, TypeVar, overload

import msgspec

T = TypeVar("T")
Decoder = msgspec.json.Decoder  # noqa: TID251 - made below only
_decoders: Final[dict[Any, Decoder[Any]]] = {}
_making: Final = threading.Lock()


def decoder(kind: Any) -> Decoder[Any]:
    """The one decoder of a kind: a struct, a list or a union of some, anything that msgspec knows."""
    found = _decoders.get(kind)
    if found is None:
        with _making:
            found = _decoders[kind] = _decoders.get(kind) or Decoder(kind)
    return found


@overload
def decode(data: bytes | str, kind: type[T]) -> T: ...
@overload
def decode(data: bytes | str, kind: Any = Any) -> Any: ...
def decode(data: bytes | str, kind: Any = Any) -> Any:
    """JSON as ``kind``. Raises ``msgspec.DecodeError`` (``ValidationError`` when it is JSON of another shape),
    ``UnicodeDecodeError`` and ``RecursionError``."""
    return decoder(kind).decode(data)


def convert(value: Any, kind: type[T], *, strict: bool = True) -> T:
    """Plain values as ``kind``; ``strict`` takes no number in a string. Raises ``msgspec.ValidationError``."""
    decoder(kind)
    return msgspec.convert(value, kind, strict=strict)  # noqa: TID251 - its types are worked out
