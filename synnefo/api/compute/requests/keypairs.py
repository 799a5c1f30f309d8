"""Bodies of key pairs: a public key to keep, or a name for a pair to make."""

import re

import msgspec
from msgspec import UNSET, UnsetType

from logic.errors import BadRequest
from synnefo.api.compute.requests.fields import Name, name, of_version
from synnefo.api.compute.versions import Since
from synnefo.api.kernel.calls import Call

MAX_KEY = 16384  # characters
_OLD_NAME, _NAME = re.compile(r"[\w \-]+", re.ASCII), re.compile(r"[\w \-@.]+", re.ASCII)
SINCE = {"type": Since.KEYPAIR_TYPE, "user_id": Since.KEYPAIR_USER}


class Wanted(msgspec.Struct, forbid_unknown_fields=True, frozen=True):
    """The new pair. Without ``public_key`` one is made, below 2.92."""

    name: Name
    public_key: str | None = None
    type: str | UnsetType = UNSET
    user_id: str | UnsetType | None = UNSET


class Body(msgspec.Struct, forbid_unknown_fields=True, frozen=True):
    """The envelope."""

    keypair: Wanted


def creation(call: Call) -> Wanted:
    """Raises :class:`BadRequest`."""
    wanted = call.decode(Body).keypair
    of_version(call, wanted, SINCE, "keypair")
    named, signs = (_NAME, "@ . - _") if call.at_least(Since.NO_GENERATED_KEYS) else (_OLD_NAME, "- _")
    if not named.fullmatch(name(wanted.name, "keypair.name")):
        raise BadRequest(reason=f"The field keypair.name may hold letters, digits, spaces and {signs} only.")
    if wanted.type not in {UNSET, "ssh", "x509"}:
        raise BadRequest(reason="The field keypair.type must be ssh or x509.")
    if wanted.public_key is None and call.at_least(Since.NO_GENERATED_KEYS):
        raise BadRequest(reason="The field keypair.public_key is required. Make a pair with ssh-keygen and send it.")
    if wanted.public_key is not None and len(wanted.public_key) > MAX_KEY:
        raise BadRequest(reason=f"The field keypair.public_key must have at most {MAX_KEY} characters.")
    return wanted
