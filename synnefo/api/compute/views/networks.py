"""Networks, read only, for clients that look for them here; below 2.36."""

from typing import Any, TypedDict

from logic.network import queries
from logic.network.queries import NetworkInfo
from synnefo.api.kernel.calls import Answer, Call
from synnefo.api.kernel.describing import describes


class ProxiedNetwork(TypedDict):
    id: str
    label: str
    cidr: None


@describes(gives={"networks": list[ProxiedNetwork]})
def list_networks(call: Call) -> Answer:
    return Answer(200, {"networks": [_shown(one) for one in queries.networks(call.caller)]})


@describes(gives={"network": ProxiedNetwork})
def show_network(call: Call, network_id: str) -> Answer:
    return Answer(200, {"network": _shown(queries.network(call.caller, network_id))})


def _shown(one: NetworkInfo) -> dict[str, Any]:
    """Its ranges are told by the service of networks."""
    return {"id": one.id, "label": one.name, "cidr": None}
