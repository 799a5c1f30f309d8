"""``/v3/services``, ``/v3/endpoints`` and ``/v3/regions``: the catalog as resources. They follow from what is mounted,
so nothing can be created here."""

from collections.abc import Mapping, Sequence
from typing import Any

from logic.errors import NotFound
from synnefo.api.identity import catalog, render
from synnefo.api.kernel.calls import Answer, Call

Bodies = Sequence[Mapping[str, Any]]


def list_services(call: Call) -> Answer:
    return _list(call, "services", catalog.services(), ("type", "name"))


def show_service(call: Call, id: str) -> Answer:
    return _show(call, "service", catalog.services(), id)


def list_endpoints(call: Call) -> Answer:
    return _list(
        call, "endpoints", catalog.endpoints(call.base_url), ("interface", "service_id", "region_id", "region")
    )


def show_endpoint(call: Call, id: str) -> Answer:
    return _show(call, "endpoint", catalog.endpoints(call.base_url), id)


def list_regions(call: Call) -> Answer:
    return _list(call, "regions", catalog.regions(), ("parent_region_id",))


def show_region(call: Call, id: str) -> Answer:
    return _show(call, "region", catalog.regions(), id)


def _list(call: Call, kind: str, bodies: Bodies, filters: Sequence[str]) -> Answer:
    wanted = {name: call.query.one(name) for name in filters if call.query.one(name)}
    found = [dict(body) for body in bodies if all(body[name] == value for name, value in wanted.items())]
    return render.many(call, kind, found)


def _show(call: Call, kind: str, bodies: Bodies, id: str) -> Answer:
    for body in bodies:
        if body["id"] == id:
            return render.one(call, kind, f"{kind}s", dict(body))
    raise NotFound(kind=kind, id=id)
