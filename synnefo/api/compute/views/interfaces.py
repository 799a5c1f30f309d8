"""A server's network: addresses, interfaces added and removed, its security groups."""

from logic.compute import queries
from logic.errors import BadRequest, NotFound
from logic.network import commands as network
from logic.network import queries as networks
from logic.network.queries import PortInfo
from logic.network.security import queries as security
from logic.network.security import switch
from synnefo.api.compute.render import interfaces as render
from synnefo.api.compute.render.frame import frame
from synnefo.api.compute.render.interfaces import Interface, SecurityGroup
from synnefo.api.compute.render.server_parts import ServerAddress
from synnefo.api.compute.render.servers import addresses
from synnefo.api.compute.requests import changes
from synnefo.api.kernel.calls import Answer, Call
from synnefo.api.kernel.describing import describes


@describes(gives={"addresses": dict[str, list[ServerAddress]]})
def list_addresses(call: Call, server_id: str) -> Answer:
    return Answer(200, {"addresses": addresses(queries.server(call.caller, server_id).addresses)})


@describes(gives=dict[str, list[ServerAddress]])
def list_addresses_of_network(call: Call, server_id: str, label: str) -> Answer:
    known = addresses(queries.server(call.caller, server_id).addresses)
    if label not in known:
        raise NotFound(kind="network of this server", id=label)
    return Answer(200, {label: known[label]})


@describes(gives={"interfaceAttachments": list[Interface]})
def list_interfaces(call: Call, server_id: str) -> Answer:
    server = queries.server(call.caller, server_id)
    ports = networks.ports(call.caller, device=server.id)
    return Answer(200, {"interfaceAttachments": [render.interface(port, frame(call)) for port in ports]})


@describes(gives={"interfaceAttachment": Interface})
def show_interface(call: Call, server_id: str, port_id: str) -> Answer:
    return Answer(200, {"interfaceAttachment": render.interface(_port(call, server_id, port_id), frame(call))})


def _port(call: Call, server_id: str, port_id: str) -> PortInfo:
    server = queries.server(call.caller, server_id)
    port = networks.port(call.caller, port_id)
    if port.device != server.id:
        raise NotFound(kind="port", id=port_id)
    return port


@describes(takes=changes.AttachmentBody, gives={"interfaceAttachment": Interface})
def add_interface(call: Call, server_id: str) -> Answer:
    wanted = changes.attachment(call) or next(iter(network.default_nics(call.caller)), None)
    if wanted is None:
        raise BadRequest(reason="There is no default network. Name net_id; list them with `openstack network list`.")
    port = network.plug_port(call.caller, server_id, wanted)
    return Answer(200, {"interfaceAttachment": render.interface(networks.port(call.caller, port), frame(call))})


@describes(status=202)
def remove_interface(call: Call, server_id: str, port_id: str) -> Answer:
    network.unplug_port(call.caller, server_id, port_id)
    return Answer(202)


@describes(gives={"security_groups": list[SecurityGroup]})
def list_security_groups_of_server(call: Call, server_id: str) -> Answer:
    server = queries.server(call.caller, server_id)
    if not switch.on():
        return Answer(200, {"security_groups": [render.default_group(server.project)]})
    return Answer(200, {"security_groups": [render.group(one) for one in security.of_server(server.id)]})
