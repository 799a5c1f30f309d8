"""What Neutron's part serves, one line a collection: how it is read, narrowed, sorted and written. Views go by it.

Agents, security groups and their rules are collections that are truly empty: nothing of the kind exists here, and
clients look into them on the way to other things.
"""

from collections.abc import Callable, Mapping, Sequence
from typing import Any

import msgspec

from logic.access import Caller
from logic.errors import NotFound
from logic.network import queries
from synnefo.api.network import render, requests
from synnefo.api.network.requests import Filters

# Collections of Neutron's that are not here, by their paths: what they are, and what there is instead.
ABSENT: dict[str, tuple[str, str]] = {
    "floatingips": ("floating IP addresses", "A server has the addresses of its networks."),
    "routers": ("routers", "A network leads where its operators connect it."),
    "subnetpools": ("subnet pools", "Subnets are made by its operators."),
    "trunks": ("trunks", "Give a server an interface on each network."),
}
OPERATORS_MAKE = "Networks and subnets of this cloud are made by its operators, not over this API."


class Resource(msgspec.Struct, frozen=True, kw_only=True):
    """A collection. ``name`` and ``plural`` are the keys of bodies, ``path`` is in addresses; ``sortable`` maps Neutron's
    keys to columns; ``why`` tells what stands against changes."""

    name: str
    plural: str
    rows: Callable[..., Sequence[Any]]
    row: Callable[[Caller, str], Any]
    write: Callable[[Any, Caller], dict[str, Any]]
    filters: Filters
    sortable: Mapping[str, str]
    why: str

    @property
    def path(self) -> str:
        return self.plural.replace("_", "-")


def _empty(name: str, why: str) -> Resource:
    def missing(_: Caller, id: str) -> Any:
        raise NotFound(kind=name.replace("_", " "), id=id)

    return Resource(
        name=name,
        plural=f"{name}s",
        rows=lambda *_, **__: [],
        row=missing,
        write=lambda *_: {},
        filters={},
        sortable={"id": "id", "name": "name"},
        why=why,
    )


RESOURCES = (
    Resource(
        name="network",
        plural="networks",
        rows=queries.networks,
        row=queries.network,
        write=render.network,
        filters=requests.NETWORK,
        sortable=requests.NETWORK_SORT,
        why=OPERATORS_MAKE,
    ),
    Resource(
        name="subnet",
        plural="subnets",
        rows=queries.subnets,
        row=queries.subnet,
        write=render.subnet,
        filters=requests.SUBNET,
        sortable=requests.SUBNET_SORT,
        why=OPERATORS_MAKE,
    ),
    Resource(
        name="port",
        plural="ports",
        rows=queries.ports,
        row=queries.port,
        write=render.port,
        filters=requests.PORT,
        sortable=requests.PORT_SORT,
        why="Ports of this cloud come and go with servers: create a server on the network.",
    ),
    _empty("security_group", "There are no security groups in this cloud: nothing would enforce them."),
    _empty("security_group_rule", "There are no security groups in this cloud: nothing would enforce them."),
    _empty("agent", "There are no network agents in this cloud."),
)
