"""A service with one of each: what the kernel's tests ask."""

import msgspec
from django.db import OperationalError
from django.urls import include

from logic.access import require
from logic.errors import Conflict, NotFound, QuotaExceeded, Unavailable
from synnefo.api.kernel.calls import Answer, Call, Stream
from synnefo.api.kernel.dialects import GLANCE, KEYSTONE, NEUTRON, NOVA
from synnefo.api.kernel.routing import mounted, route, unknown
from synnefo.api.kernel.versions import Versions

TOY = msgspec.structs.replace(
    NOVA, versions=Versions("compute", (2, 1), (2, 10), legacy="X-OpenStack-Nova-API-Version")
)
made: list[str] = []


class Thing(msgspec.Struct, forbid_unknown_fields=True):
    name: str
    metadata: dict[str, object] = {}


class Body(msgspec.Struct, forbid_unknown_fields=True):
    thing: Thing


def show(call: Call, id: str = "") -> Answer:
    asked = {"id": id, "version": list(call.version), "base": call.base_url, "address": call.address}
    return Answer(200, asked | {"user": call.caller.user, "roles": sorted(call.caller.roles), "query": call.query})


def make(call: Call) -> Answer:
    require(call.caller, "member", "make a thing")
    made.append(call.decode(Body).thing.name)
    return Answer(202, {"thing": made[-1]})


def store(call: Call, id: str) -> Answer:
    """Takes what comes piece by piece; refuses what says no."""

    async def taking(pieces, offload) -> Answer:
        try:
            async for piece in pieces:
                made.append(await offload.call(bytes.decode, piece))
                _heed(made[-1])
        except BaseException as error:
            made.append(type(error).__name__)
            raise
        return Answer(201, {"pieces": len(made)})

    return Answer(taking=taking)


def _heed(word: str) -> None:
    if "no" in word:
        raise Conflict(reason="It says no.")


def long(call: Call) -> Answer:
    return Answer(200, Stream(6, lambda: iter([b"abc", b"def"])), {"Content-Type": "application/octet-stream"})


def remove(call: Call, id: str) -> Answer:
    return Answer(204)


def missing(call: Call) -> Answer:
    raise NotFound(kind="security group", id="<b>x</b>")


def broken(call: Call) -> Answer:
    raise RuntimeError("the secret is swordfish")


def full(call: Call) -> Answer:
    raise QuotaExceeded(resource="cores", requested=1, used=2, limit=2)


def late(call: Call) -> Answer:
    raise Unavailable(reason="The cluster is away.", retry_after=7)


def lost(call: Call) -> Answer:
    raise OperationalError("connection to 10.0.0.1 refused, password=x")


def taken(call: Call) -> Answer:
    raise Conflict(reason="It is in use.")


def _routes(dialect):
    return [
        route("open/<str:id>", dialect, GET=show, auth=False),
        route("things", dialect, GET=show, POST=make),
        route("things/<str:id>", dialect, GET=show, PUT=store, DELETE=remove, streaming=["PUT"]),
        route("long", dialect, GET=long, auth=False),
        *[route(view.__name__, dialect, GET=view, auth=False) for view in (missing, broken, full, late, lost, taken)],
    ]


DIALECTS = {"toy": TOY, "keystone": KEYSTONE, "neutron": NEUTRON, "glance": GLANCE}
urlpatterns = [
    *[mounted(name, include(_routes(dialect)), dialect) for name, dialect in DIALECTS.items()],
    unknown(KEYSTONE),
]
