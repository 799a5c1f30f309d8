"""What tenants do in a modelled run: seeded requests through the ledger's own door (``beginning``), refusals included.

The functions of ``logic.compute.commands`` ask the database about flavors, quota and places before they come to that door; here
is only what they do at it, in a transaction that may end in the middle.
"""

import random
from collections.abc import Callable

from logic import clock
from logic.access import Caller
from logic.compute import states
from logic.compute.models import Server
from logic.compute.sharing import SHARED
from logic.errors import NotFound, Refusal, WrongState
from logic.ledger import beginning
from logic.ledger.resources import state_of
from logic.messages.commands import (
    AnyCommand,
    CreateServer,
    DeleteServer,
    NicSpec,
    PlugPort,
    RebootServer,
    StartServer,
    StopServer,
    UnplugPort,
)
from logic.network.models import Address, Port
from logic.placement.models import Backend
from logic.quota.models import Delta
from synnefo.simulation.folded.mortal import Mortal

TENANTS = [Caller(user=f"user{n}", project=f"{n:032x}", roles=frozenset({"member"}), request=f"r{n}") for n in range(2)]
WEIGHTS = {"stop": 5, "start": 5, "reboot": 3, "reboot-hard": 2, "delete": 2, "delete-force": 1, "plug": 2, "unplug": 2}
FAVOURED, MOST, AGAIN = 20, 6, 0.3  # a favourite verb's weight; servers of a tenant; how often one more is made
CORES, RAM = 1, 512


class Tenants:
    """``accepted`` counts the requests that were answered with success."""

    def __init__(self, store: Mortal, home: Backend, chance: random.Random, favourite: str) -> None:
        self._store, self._home, self._chance = store, home, chance
        self._weights = {**WEIGHTS, **({favourite: FAVOURED} if favourite else {})}
        self.accepted = 0

    def one(self) -> None:
        """One request. Raises :class:`synnefo.simulation.processes.Killed` when the node that has it dies."""
        caller = self._chance.choice(TENANTS)
        act = self._chosen(caller)
        try:
            with self._store.atomic():
                act()
        except Refusal:
            return
        self.accepted += 1

    def _chosen(self, caller: Caller) -> Callable[[], None]:
        rows = self._store.resources["server"].values()
        mine = [row.pk for row in rows if row.project == caller.project and row.observed != "gone"]
        if not mine or (len(mine) < MOST and self._chance.random() < AGAIN):
            return lambda: self._create(caller)
        target = self._chance.choice(mine)
        verb = self._chance.choices(list(self._weights), list(self._weights.values()))[0]
        if verb in {"plug", "unplug"}:
            change = self._plug if verb == "plug" else self._unplug
            return lambda: change(caller, target)
        return lambda: self._ask(caller, target, verb)

    def _ask(self, caller: Caller, id: str, verb: str) -> None:
        row = _living(id)
        if row.verb == "delete-force" or (row.verb == verb == "delete"):
            return
        beginning.begin(caller, "server", row, verb, _COMMANDS[verb](str(clock.new_uuid()), row))

    def _create(self, caller: Caller) -> None:
        self._store.number += 1
        number, id = self._store.number, str(clock.new_uuid())
        names = {"flavor_id": "1", "flavor_name": "m1.tiny", "name": "demo", "user": caller.user}
        row = Server(id=id, number=number, project=caller.project, vcpus=CORES, ram=RAM, disk=1, **names)
        nic = self._port(caller, id)
        self._count(caller, id, servers=1, cores=CORES, ram=RAM)
        new = str(clock.new_uuid())
        spec = {"memory": RAM, "vcpus": CORES, "disks": (1024,), "os": "os", "disk_template": "file"}
        command = CreateServer(id=new, resource=id, instance=row.instance, nics=(nic,), **spec)  # type: ignore[arg-type]
        beginning.bear(caller, "server", [(row, "create", command)], self._home)

    def _plug(self, caller: Caller, id: str) -> None:
        server = self._idle(id)
        nic = self._port(caller, id)
        command = PlugPort(id=str(clock.new_uuid()), resource=nic.port, instance=server.instance, nic=nic)
        beginning.begin(caller, "port", beginning.hold("port", nic.port), "plug", command)

    def _unplug(self, caller: Caller, id: str) -> None:
        server = self._idle(id)
        ports = [one for one in self._store.resources["port"].values() if one.device == id and one.observed != "gone"]
        if not ports:
            raise NotFound(kind="port", id="")
        row = beginning.hold("port", min(ports, key=lambda one: str(one.mac)).pk)
        command = UnplugPort(id=str(clock.new_uuid()), resource=row.pk, instance=server.instance)
        beginning.begin(caller, "port", row, "unplug", command)

    def _idle(self, id: str) -> Server:
        row = _living(id)
        if (phase := states.phase(state_of(row))) not in SHARED:
            raise WrongState(action="change the interfaces of", kind="server", id=id, state=str(phase), advice="")
        return row

    def _port(self, caller: Caller, server: str) -> NicSpec:
        id, mac = str(clock.new_uuid()), f"fa:16:3e:{self._chance.getrandbits(24):06x}"
        row = Port(id=id, project=caller.project, device=server, owned=True, mac=mac)
        beginning.enrol(caller, "port", [row], self._home)
        self._store.append("addresses_used", [Address(port_id=id, ip="10.0.0.2")])
        self._count(caller, id, ports=1)
        return NicSpec(port=id, mac=mac, ip="10.0.0.2")

    def _count(self, caller: Caller, holder: str, **amounts: int) -> None:
        project = caller.project
        rows = [Delta(project=project, resource=name, amount=one, holder=holder) for name, one in amounts.items()]
        self._store.append("deltas", rows)


def _living(id: str) -> Server:
    row: Server = beginning.hold("server", id)
    if row.observed == "gone":
        raise NotFound(kind="server", id=id)
    return row


Make = Callable[[str, Server], AnyCommand]
_COMMANDS: dict[str, Make] = {
    "start": lambda id, row: StartServer(id=id, resource=row.pk, instance=row.instance),
    "stop": lambda id, row: StopServer(id=id, resource=row.pk, instance=row.instance),
    "reboot": lambda id, row: RebootServer(id=id, resource=row.pk, instance=row.instance),
    "reboot-hard": lambda id, row: RebootServer(id=id, resource=row.pk, instance=row.instance, hard=True),
    "delete": lambda id, row: DeleteServer(id=id, resource=row.pk, instance=row.instance),
    "delete-force": lambda id, row: DeleteServer(id=id, resource=row.pk, instance=row.instance, force=True),
}
