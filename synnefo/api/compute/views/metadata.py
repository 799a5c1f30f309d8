"""Metadata of a server: all of it, merged, replaced, item by item."""

from logic.compute import commands, queries
from logic.errors import NotFound
from synnefo.api.compute.requests import changes
from synnefo.api.kernel.calls import Answer, Call
from synnefo.api.kernel.describing import describes


@describes(gives={"metadata": dict[str, str]})
def list_metadata(call: Call, server_id: str) -> Answer:
    return Answer(200, {"metadata": queries.server(call.caller, server_id).metadata})


@describes(gives={"meta": dict[str, str]})
def show_metadata_item(call: Call, server_id: str, key: str) -> Answer:
    metadata = queries.server(call.caller, server_id).metadata
    if key not in metadata:
        raise NotFound(kind="metadata item", id=key)
    return Answer(200, {"meta": {key: metadata[key]}})


@describes(takes=changes.Metadata, gives={"metadata": dict[str, str]})
def merge_metadata(call: Call, server_id: str) -> Answer:
    items = changes.metadata(call)
    return Answer(200, {"metadata": commands.set_metadata(call.caller, server_id, items, replace=False)})


@describes(takes=changes.Metadata, gives={"metadata": dict[str, str]})
def replace_metadata(call: Call, server_id: str) -> Answer:
    items = changes.metadata(call)
    return Answer(200, {"metadata": commands.set_metadata(call.caller, server_id, items, replace=True)})


@describes(takes=changes.MetadataItem, gives={"meta": dict[str, str]})
def set_metadata_item(call: Call, server_id: str, key: str) -> Answer:
    item = changes.metadata_item(call, key)
    commands.set_metadata(call.caller, server_id, item, replace=False)
    return Answer(200, {"meta": item})


@describes(status=204)
def delete_metadata_item(call: Call, server_id: str, key: str) -> Answer:
    commands.delete_metadata(call.caller, server_id, key)
    return Answer(204)
