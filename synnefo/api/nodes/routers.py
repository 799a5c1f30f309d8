"""Which routers a node carries: all of them by name, and the text of each that is not as it should be.

The protocol is told of in ``contrib/ganeti-hooks/snf_node/routers/following.py``. A node is believed to be of the cluster whose
key it shows, and to be who it says it is there.
"""

import hashlib
from typing import Annotated

import msgspec
from msgspec import Meta

from logic.network.routing import carrying
from logic.network.routing.carrying import Carrier
from logic.placement import nodekeys
from synnefo.api.kernel.calls import Answer, Call
from synnefo.api.nodes import views

MOST = 10_000
Word = Annotated[str, Meta(pattern=r"^[A-Za-z0-9][A-Za-z0-9._-]{0,63}$")]
Node = Annotated[str, Meta(pattern=r"^[A-Za-z0-9][A-Za-z0-9._-]{0,254}$")]


class Question(msgspec.Struct, frozen=True):
    """Who asks, since which start, the bridges it has by their links' names, and what it carries, with digests of texts."""

    node: Node
    boot: Node
    links: Annotated[list[Word], Meta(max_length=MOST)]
    routers: Annotated[dict[Node, views.Digest], Meta(max_length=MOST)]


def routers(call: Call) -> Answer:
    backend = nodekeys.holder(views.shown(call))
    asked = call.decode(Question)
    texts = carrying.carried(Carrier(backend=int(backend), node=asked.node, boot=asked.boot, links=asked.links))
    told = {id: None if _digest(text) == asked.routers.get(id) else text for id, text in texts.items()}
    return Answer(200, {"lease": carrying.TOLD, "routers": told})


def _digest(text: str) -> str:
    return hashlib.sha256(text.encode()).hexdigest()
