"""Volumes and their snapshots for clients that look for them here, below 2.36; what they are, Cinder's facade tells."""

from logic.volume import commands, queries
from logic.volume.commands import snapshots
from logic.volume.queries import copies
from synnefo.api.compute.render import proxies as render
from synnefo.api.compute.render.proxies import ProxiedSnapshot, ProxiedVolume
from synnefo.api.compute.requests import proxies as requests
from synnefo.api.kernel.calls import Answer, Call
from synnefo.api.kernel.describing import describes


@describes(gives={"volumes": list[ProxiedVolume]}, query=["limit", "offset"])
def list_volumes(call: Call) -> Answer:
    """In all details, with or without that word."""
    found = queries.volumes(call.caller, requests.page(call)).items
    return Answer(200, {"volumes": [render.volume(one) for one in found]})


@describes(takes=requests.VolumeBody, gives={"volume": ProxiedVolume})
def create_volume(call: Call) -> Answer:
    id = commands.create_volume(call.caller, requests.volume(call))
    return show_volume(call, id)


@describes(gives={"volume": ProxiedVolume})
def show_volume(call: Call, volume_id: str = "") -> Answer:
    return Answer(200, {"volume": render.volume(queries.volume(call.caller, volume_id))})


@describes(status=202)
def delete_volume(call: Call, volume_id: str = "") -> Answer:
    commands.delete_volume(call.caller, volume_id)
    return Answer(202)


@describes(gives={"snapshots": list[ProxiedSnapshot]}, query=["limit", "offset"])
def list_snapshots(call: Call) -> Answer:
    found = copies.snapshots(call.caller, requests.page(call)).items
    return Answer(200, {"snapshots": [render.snapshot(one) for one in found]})


@describes(takes=requests.SnapshotBody, gives={"snapshot": ProxiedSnapshot})
def create_snapshot(call: Call) -> Answer:
    id = snapshots.create_snapshot(call.caller, requests.snapshot(call))
    return show_snapshot(call, id)


@describes(gives={"snapshot": ProxiedSnapshot})
def show_snapshot(call: Call, snapshot_id: str) -> Answer:
    return Answer(200, {"snapshot": render.snapshot(copies.snapshot(call.caller, snapshot_id))})


@describes(status=202)
def delete_snapshot(call: Call, snapshot_id: str) -> Answer:
    snapshots.delete_snapshot(call.caller, snapshot_id)
    return Answer(202)
