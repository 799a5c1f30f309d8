"""Ports that are on no server yet. Called by tests and by the simulation's tenants."""

from logic.access import Caller
from logic.ledger import beginning
from logic.network import addresses
from logic.network import commands as network
from logic.network.commands import NewNic
from logic.network.models import Port
from logic.quota import commands as quota
from logic.transactions import atomically


@atomically
def free_port(caller: Caller, on: str) -> Port:
    """A new one of the caller's project on the network ``on``, with an address."""
    (place,) = network.places(caller, [NewNic(network=on)])
    number = Port.objects.count()
    row = Port(network=place.network, project=caller.project, mac=f"fa:16:3f:00:{number // 256:02x}:{number % 256:02x}")
    beginning.enrol(caller, "port", [row], None)
    addresses.assign(caller, [(row, place)])
    quota.record(caller.project, {row.pk: {"ports": 1}})
    return row
