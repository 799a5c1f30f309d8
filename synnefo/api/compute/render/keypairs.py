"""Key pairs as Nova shows them."""

from typing import Annotated, Any, NotRequired, TypedDict

from logic.compute.infos import KeyPairInfo
from synnefo.api.compute.render.frame import Frame
from synnefo.api.compute.versions import Since, since
from synnefo.api.kernel import times


class KeyPairBrief(TypedDict):
    name: str
    public_key: str
    fingerprint: str
    type: NotRequired[Annotated[str, since(Since.KEYPAIR_TYPE)]]


class KeyPairLine(TypedDict):
    """One of a list, in an envelope of its own."""

    keypair: KeyPairBrief


class KeyPair(KeyPairBrief):
    id: int
    user_id: str
    created_at: str
    updated_at: None
    deleted: bool
    deleted_at: None


class KeyPairCreated(KeyPairBrief):
    user_id: str
    private_key: NotRequired[Annotated[str, since(0, until=Since.NO_GENERATED_KEYS, when="of one that is made here")]]


def listed(pair: KeyPairInfo, frame: Frame) -> dict[str, Any]:
    """A line of ``GET /os-keypairs``, in its own envelope as every one there."""
    return {"keypair": _common(pair, frame)}


def shown(pair: KeyPairInfo, frame: Frame) -> dict[str, Any]:
    return _common(pair, frame) | {
        "id": pair.id,
        "user_id": pair.user,
        "created_at": times.bare(pair.created_at),
        "updated_at": None,
        "deleted": False,
        "deleted_at": None,
    }


def created(pair: KeyPairInfo, frame: Frame, private_key: str = "") -> dict[str, Any]:
    """``private_key`` of a pair made here: this answer is the only place it is ever in."""
    view = _common(pair, frame) | {"user_id": pair.user}
    return view | {"private_key": private_key} if private_key else view


def _common(pair: KeyPairInfo, frame: Frame) -> dict[str, Any]:
    view = {"name": pair.name, "public_key": pair.public_key, "fingerprint": pair.fingerprint}
    return view | {"type": pair.type} if frame.at_least(Since.KEYPAIR_TYPE) else view
