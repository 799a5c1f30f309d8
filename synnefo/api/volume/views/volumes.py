"""Volumes: made, listed, shown, described, deleted."""

from typing import Annotated, Any, NotRequired, TypedDict

from logic.access import Caller
from logic.volume import commands, queries
from synnefo.api.kernel.calls import Answer, Call
from synnefo.api.kernel.describing import describes
from synnefo.api.kernel.faults import UnknownRoute
from synnefo.api.volume.render import volumes as render
from synnefo.api.volume.render.volumes import Volume, VolumeBrief, VolumeCreated
from synnefo.api.volume.requests import lists
from synnefo.api.volume.requests import volumes as requests
from synnefo.api.volume.requests.parts import Described
from synnefo.api.volume.versions import Since, since
from synnefo.api.volume.views.documents import Documents


class Summary(TypedDict):
    """``total_size`` in GiB; ``metadata`` by key all its values."""

    total_count: int
    total_size: int
    metadata: NotRequired[Annotated[dict[str, list[str]], since(Since.SUMMARY_METADATA)]]


@describes(gives=lists.told("volumes", VolumeBrief), query=lists.VOLUMES.query)
def list_volumes(call: Call) -> Answer:
    return _listed(call, render.brief)


@describes(gives=lists.told("volumes", Volume), query=lists.VOLUMES.query)
def list_volumes_in_detail(call: Call) -> Answer:
    return _listed(call, render.shown)


def _listed(call: Call, write: Any) -> Answer:
    found = queries.volumes(call.caller, lists.asked(call, lists.VOLUMES))
    return Answer(200, lists.body(call, "volumes", found, lambda one: write(one, call)))


@describes(gives={"volume-summary": Summary}, query=lists.VOLUMES.query)
def show_summary(call: Call) -> Answer:
    if not call.at_least(Since.SUMMARY):
        raise UnknownRoute(path=call.path)
    found = queries.summary(call.caller, lists.asked(call, lists.VOLUMES))
    body = {"total_count": found.count, "total_size": found.size}
    metadata = {"metadata": found.metadata} if call.at_least(Since.SUMMARY_METADATA) else {}
    return Answer(200, {"volume-summary": body | metadata})


@describes(takes=requests.Body, status=202, gives={"volume": VolumeCreated}, refuses=[501])
def create_volume(call: Call) -> Answer:
    id = commands.create_volume(call.caller, requests.volume(call))
    return Answer(202, {"volume": render.created(queries.volume(call.caller, id), call)})


@describes(gives={"volume": Volume})
def show_volume(call: Call, id: str) -> Answer:
    return Answer(200, {"volume": render.shown(queries.volume(call.caller, id), call)})


@describes(takes={"volume": Described}, gives={"volume": VolumeCreated})
def change_volume(call: Call, id: str) -> Answer:
    queries.volume(call.caller, id)
    commands.change_volume(call.caller, id, requests.change(call))
    return Answer(200, {"volume": render.created(queries.volume(call.caller, id), call)})


@describes(status=202, query=["cascade", "force"])
def delete_volume(call: Call, id: str) -> Answer:
    wanted = requests.deletion(call)
    if wanted.force:
        commands.force_delete_volume(call.caller, id)
    else:
        commands.delete_volume(call.caller, id, cascade=wanted.cascade)
    return Answer(202)


@describes(gives={"encryption_key_id": None})
def show_encryption(call: Call, id: str) -> Answer:
    queries.volume(call.caller, id)
    return Answer(200, {"encryption_key_id": None})


@describes(gives=dict[str, None])
def show_encryption_item(call: Call, id: str, key: str) -> Answer:
    queries.volume(call.caller, id)
    return Answer(200, {key: None})


def _metadata(caller: Caller, id: str) -> dict[str, str]:
    return render.metadata(queries.volume(caller, id))


METADATA = Documents(_metadata, commands.set_metadata, commands.delete_metadata)
