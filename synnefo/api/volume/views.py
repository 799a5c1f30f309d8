"""Cinder's views of volumes: decode, one function of ``logic.volume``, render."""

from typing import Any

from logic.errors import NotSupported
from logic.volume import commands, queries
from synnefo.api.kernel import paging
from synnefo.api.kernel.calls import Answer, Call
from synnefo.api.volume import render, requests


def list_volumes(call: Call) -> Answer:
    return _listed(call, render.brief)


def list_volumes_in_detail(call: Call) -> Answer:
    return _listed(call, render.shown)


def _listed(call: Call, write: Any) -> Answer:
    page, sort = paging.page(call), paging.sorting(call, requests.SORT)
    everybodys = bool(call.query.flag("all_tenants"))
    found = queries.volumes(
        call.caller,
        all_projects=everybodys,
        sort=sort,
        limit=page.limit,
        marker=page.marker,
        **requests.filters(call),
    )
    links = paging.next_link(call, [one.id for one in found], page)
    body: dict[str, Any] = {"volumes": [write(one, call) for one in found]}
    return Answer(200, body | ({"volumes_links": links} if links else {}))


def create_volume(call: Call) -> Answer:
    id = commands.create_volume(call.caller, requests.volume(call))
    return Answer(202, {"volume": render.created(queries.volume(call.caller, id), call)})


def show_volume(call: Call, id: str) -> Answer:
    return Answer(200, {"volume": render.shown(queries.volume(call.caller, id), call)})


def change_volume(call: Call, id: str) -> Answer:
    commands.change_volume(call.caller, id, requests.change(call))
    return Answer(200, {"volume": render.created(queries.volume(call.caller, id), call)})


def delete_volume(call: Call, id: str) -> Answer:
    """There are no snapshots for ``cascade`` to take along."""
    commands.delete_volume(call.caller, id)
    return Answer(202)


def act_on_volume(call: Call, id: str) -> Answer:
    queries.volume(call.caller, id)
    action = requests.action(call)
    if action == "os-extend":
        raise NotSupported(
            reason="A volume of this cloud keeps its size. Make a larger one and copy the data in a server."
        )
    raise NotSupported(reason=f"Volumes of this cloud know no {action}.")


def list_metadata(call: Call, id: str) -> Answer:
    return Answer(200, {"metadata": queries.volume(call.caller, id).metadata})


def merge_metadata(call: Call, id: str) -> Answer:
    items = requests.metadata(call)
    return Answer(200, {"metadata": commands.set_metadata(call.caller, id, items, replace=False)})


def replace_metadata(call: Call, id: str) -> Answer:
    items = requests.metadata(call)
    return Answer(200, {"metadata": commands.set_metadata(call.caller, id, items, replace=True)})


def delete_metadata_item(call: Call, id: str, key: str) -> Answer:
    commands.delete_metadata(call.caller, id, key)
    return Answer(200)
