"""What the bodies are made of."""

from typing import Annotated, Any

import msgspec
from msgspec import Meta, Struct

from synnefo.api.kernel.calls import Call

Id = Annotated[str, Meta(max_length=64)]
Name = Annotated[str, Meta(min_length=1, max_length=255, pattern=r"\S")]
ShortName = Annotated[str, Meta(min_length=1, max_length=64, pattern=r"\S")]
Text = Annotated[str, Meta(max_length=65_535)]
Mail = Annotated[str, Meta(max_length=255)]


class NoOptions(Struct, forbid_unknown_fields=True):
    """Resource options: none of Keystone's is offered here."""


def extra(call: Call, kind: str, body: type[Struct]) -> dict[str, Any]:
    """The fields inside of ``kind`` that ``body`` does not know."""
    known = {field.encode_name for field in msgspec.structs.fields(body)}
    given = call.decode(dict[str, dict[str, Any]])[kind]
    return {name: value for name, value in given.items() if name not in known}
