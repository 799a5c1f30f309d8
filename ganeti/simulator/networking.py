"""Networks: add, remove, connect to the node group, disconnect."""

from ganeti.simulator import addresses
from ganeti.simulator.errors import EXISTS, INVALID, STATE, UNKNOWN, OpError
from ganeti.simulator.model import Network
from ganeti.simulator.operation import Effect, Given, Line, Operation, Outcome
from ganeti.simulator.world import GROUP, World


def new_network(world: World, given: Given, now: float) -> Network:
    """A network as a caller describes it. Raises ``OpError``."""
    subnet, gateway, prefix = given["network"], given.get("gateway"), given.get("mac_prefix")
    addresses.subnet(subnet)
    network = Network(
        name=given["network_name"],
        uuid=world.chance.uuid(),
        network=subnet,
        gateway=addresses.member(subnet, gateway) if gateway else None,
        network6=given.get("network6"),
        gateway6=given.get("gateway6"),
        mac_prefix=addresses.mac_prefix(prefix) if prefix else None,
        tags=sorted(given.get("tags") or []),
        reserved=[addresses.member(subnet, one) for one in given.get("add_reserved_ips") or []],
        ctime=now,
    )
    world.keep_network(network)
    return network


def _lock(given: Given) -> str:
    return f"network/{given['network_name']}"


def _check_new(world: World, given: Given) -> None:
    if given["network_name"] in world.networks:
        raise OpError(f"Network with name '{given['network_name']}' already exists", EXISTS)


def _known(world: World, given: Given) -> None:
    world.network(given["network_name"])


def _known_group(world: World, given: Given) -> None:
    _known(world, given)
    if given["group_name"] not in {GROUP, world.uuid_of(GROUP)}:
        raise OpError(f"Node group '{given['group_name']}' not found", UNKNOWN)


def _unused(world: World, given: Given) -> None:
    network = world.network(given["network_name"])
    users = [one.name for one in world.instances.values() if any(nic.network == network.uuid for nic in one.nics)]
    if users:
        raise OpError(f"Network '{network.name}' is in use by instances: {', '.join(sorted(users))}", STATE)


def _removable(world: World, given: Given) -> None:
    _unused(world, given)
    if world.network(given["network_name"]).connected:
        raise OpError(f"Network '{given['network_name']}' is connected to the following node groups: {GROUP}", STATE)


def _disconnectable(world: World, given: Given) -> None:
    _known_group(world, given)
    _unused(world, given)


def _connectable(world: World, given: Given) -> None:
    _known_group(world, given)
    if not given["network_mode"] or not given["network_link"]:
        raise OpError("A network needs a mode and a link to be connected", INVALID)


def _add(world: World, given: Given, now: float) -> Outcome:
    new_network(world, given, now)
    return Outcome()


def _remove(world: World, given: Given, _: float) -> Outcome:
    world.drop_network(world.network(given["network_name"]))
    return Outcome()


def _connect(world: World, given: Given, _: float) -> Outcome:
    network = world.network(given["network_name"])
    if network.connected:
        return Outcome()  # one that is connected stays as it is (source: 3.0.2)
    network.connected = [[GROUP, given["network_mode"], given["network_link"], given["network_vlan"] or ""]]
    world.keep_network(network)
    return Outcome()


def _disconnect(world: World, given: Given, _: float) -> Outcome:
    network = world.network(given["network_name"])
    network.connected = []
    world.keep_network(network)
    return Outcome()


def _at_once(world: World, given: Given) -> list[Line]:  # noqa: ARG001 - an operation's script
    return [Line(effect="do")]


def _effect(do: Effect) -> dict[str, Effect]:
    return {"do": do}


ADD = Operation(lock=_lock, check=_check_new, script=_at_once, effects=_effect(_add))
REMOVE = Operation(lock=_lock, check=_removable, script=_at_once, effects=_effect(_remove))
CONNECT = Operation(lock=_lock, check=_connectable, script=_at_once, effects=_effect(_connect))
DISCONNECT = Operation(lock=_lock, check=_disconnectable, script=_at_once, effects=_effect(_disconnect))
