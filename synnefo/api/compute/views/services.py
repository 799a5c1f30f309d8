"""Clusters as services and as hosts, for administrators: drained is disabled, offline is forced down. What else Nova has as
services, the machines of dispatchers are; both lists tell of the same.
"""

from typing import Annotated, Any, NotRequired, TypedDict

from logic.compute import queries
from logic.errors import BadRequest, NotFound, NotSupported
from logic.placement import commands
from logic.placement import queries as placement
from logic.placement.queries import BackendInfo
from synnefo.api.compute.render import hosts as render
from synnefo.api.compute.render.frame import frame
from synnefo.api.compute.render.hosts import ComputeService, HostBrief, HostLine
from synnefo.api.compute.requests import services as requests
from synnefo.api.compute.versions import Since, since
from synnefo.api.kernel.calls import Answer, Call
from synnefo.api.kernel.describing import describes
from synnefo.api.kernel.faults import UnknownRoute
from synnefo.api.kernel.reading import clipped


class ServiceChanged(TypedDict):
    """What is answered to an action, below 2.53."""

    host: str
    binary: str
    status: NotRequired[Annotated[str, since(0, when="of one that is enabled or disabled")]]
    disabled_reason: NotRequired[Annotated[str, since(0, when="where one is given")]]
    forced_down: NotRequired[Annotated[bool, since(Since.FORCED_DOWN, when="of one that is forced down or no more")]]


@describes(gives={"services": list[ComputeService]}, query=["binary", "host"])
def list_services(call: Call) -> Answer:
    host, binary = call.query.one("host"), call.query.one("binary")
    known = [render.service(one, frame(call)) for one in placement.backends()]
    known += [render.conductor(one, frame(call)) for one in placement.dispatchers()]
    found = [one for one in known if host in {"", one["host"]} and binary in {"", one["binary"]}]
    return Answer(200, {"services": found})


@describes(takes=(requests.Action, requests.Changes), gives=({"service": ComputeService}, {"service": ServiceChanged}))
def change_service(call: Call, action: str) -> Answer:
    """From 2.53 by its id; below it is the action that stands in the address, and the host in the body."""
    if call.at_least(Since.UUIDS):
        name = _by_id(call, action).name
        commands.modify_backend(name, **requests.changes(call))
        return Answer(200, {"service": render.service(_host(name), frame(call))})
    if action not in requests.ACTIONS or not call.at_least(requests.ACTIONS[action]):
        raise UnknownRoute(path=clipped(call.path))
    host, changes = requests.action(call, action)
    commands.modify_backend(_host(host).name, **changes)
    return Answer(200, {"service": _told(_host(host), action)})


def _told(one: BackendInfo, action: str) -> dict[str, Any]:
    view: dict[str, Any] = {"host": one.name, "binary": render.BINARY}
    if action == "force-down":
        return view | {"forced_down": one.offline}
    view["status"] = "disabled" if one.drained else "enabled"
    return view | ({"disabled_reason": one.drained_reason} if action == "disable-log-reason" else {})


def _by_id(call: Call, id: str) -> BackendInfo:
    for one in placement.backends():
        if render.identity("service", one, frame(call)) == id:
            return one
    if id in {render.conductors_identity(one, frame(call)) for one in placement.dispatchers()}:
        raise BadRequest(reason=f"A {render.CONDUCTOR} is not changed over this API. Only {render.BINARY} is.")
    raise NotFound(kind="service", id=id)


def _host(name: str) -> BackendInfo:
    for one in placement.backends():
        if one.name == name:
            return one
    raise NotFound(kind="host", id=name)


@describes(gives={"hosts": list[HostBrief]}, query=["zone"])
def list_hosts(call: Call) -> Answer:
    zone = call.query.one("zone")
    found = render.hosts(placement.backends(), placement.dispatchers())
    return Answer(200, {"hosts": [one for one in found if zone in {"", one["zone"]}]})


@describes(gives={"host": list[HostLine]})
def show_host(_: Call, host: str) -> Answer:
    return Answer(200, {"host": render.host(_host(host), queries.usage())})


@describes(takes=requests.Host, gives={"host": str, "status": str}, refuses=[501])
def change_host(call: Call, host: str) -> Answer:
    wanted = requests.host(call)
    _host(host)
    if wanted.maintenance_mode is not None:
        raise NotSupported(reason="Servers do not leave a cluster for its maintenance. Disable it instead.")
    commands.modify_backend(host, drained=wanted.status == "disable")
    return Answer(200, {"host": host, "status": f"{wanted.status}d"})


@describes(answers={}, refuses=[501])
def power_host(_: Call, host: str, action: str) -> Answer:
    _host(host)
    raise NotSupported(reason=f"To {clipped(action)} a cluster is not possible over this API. Ask its operators.")
