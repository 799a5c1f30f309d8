"""Floating addresses for clients that look for them here, below 2.36, and given to servers below 2.44."""

from typing import Any, TypedDict

from logic.errors import BadRequest, Conflict, NotFound
from logic.network import queries as networks
from logic.network.floating import commands, queries, servers
from logic.network.floating.commands import NewFloating
from logic.network.floating.queries import FloatingInfo
from logic.network.queries import NetworkInfo
from synnefo.api.compute.render import proxies as render
from synnefo.api.compute.render.proxies import FloatingIp
from synnefo.api.compute.requests import proxies as requests
from synnefo.api.kernel.calls import Answer, Call
from synnefo.api.kernel.describing import describes


class FloatingIpPool(TypedDict):
    name: str


@describes(gives={"floating_ips": list[FloatingIp]})
def list_floating_ips(call: Call) -> Answer:
    found, pools = queries.floating_ips(call.caller, project=[call.caller.project]), _pools(call)
    names = {one.id: one.name for one in pools}
    return Answer(200, {"floating_ips": [render.floating(one, names.get(one.network, "")) for one in found]})


@describes(takes=requests.Pool, gives={"floating_ip": FloatingIp})
def create_floating_ip(call: Call) -> Answer:
    network = _chosen(call, requests.pool(call))
    id = commands.create_floating_ip(call.caller, NewFloating(network=network.id))
    return _answer(call, queries.floating_ip(call.caller, id))


@describes(gives={"floating_ip": FloatingIp})
def show_floating_ip(call: Call, id: str) -> Answer:
    return _answer(call, queries.floating_ip(call.caller, id))


@describes(status=202)
def release_floating_ip(call: Call, id: str) -> Answer:
    commands.release(call.caller, id)
    return Answer(202)


@describes(gives={"floating_ip_pools": list[FloatingIpPool]})
def list_pools(call: Call) -> Answer:
    return Answer(200, {"floating_ip_pools": [{"name": one.name} for one in _pools(call)]})


@describes(takes=requests.Address, status=202)
def add_to_server(call: Call, id: str, value: Any) -> None:
    wanted = requests.address("addFloatingIp", value)
    try:
        servers.add_to_server(call.caller, id, wanted.address, wanted.fixed_address or "")
    except Conflict as refusal:  # Nova has no other word
        raise BadRequest(reason=refusal.sentence) from refusal


@describes(takes=requests.Address, status=202)
def remove_from_server(call: Call, id: str, value: Any) -> None:
    servers.remove_from_server(call.caller, id, requests.address("removeFloatingIp", value).address)


def _answer(call: Call, one: FloatingInfo) -> Answer:
    return Answer(200, {"floating_ip": render.floating(one, networks.network(call.caller, one.network).name)})


def _pools(call: Call) -> list[NetworkInfo]:
    """What leads outside."""
    return networks.networks(call.caller, external=[True])


def _chosen(call: Call, pool: str) -> NetworkInfo:
    found = next((one for one in _pools(call) if pool in ("", one.name, one.id)), None)
    if found is None:
        raise NotFound(kind="floating IP pool", id=pool)
    return found
