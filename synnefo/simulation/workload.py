"""What tenants do in a simulated run: seeded requests against the real commands, refusals included.

A request may die in the middle, as an API node would: then nothing of it may be there. Accepted ones are remembered, so that
the invariants can hold the world to them.
"""

import random
from collections.abc import Callable

from logic.access import Caller
from logic.compute import commands
from logic.compute.commands import NewServer, Rebuilt
from logic.db import asked
from logic.errors import Refusal
from logic.network import commands as network
from logic.network.commands import NewNic
from logic.network.models import Port
from synnefo.simulation import database
from synnefo.simulation.ports import free_port
from synnefo.simulation.processes import Killed, SimulatedOffload

TENANTS = [
    Caller(user=f"user{n}", project=f"{n:032x}", roles=frozenset({"member"}), request=f"req-{n}") for n in range(2)
]


_MINE = "SELECT id FROM compute_server WHERE project = %s AND observed <> 'gone' ORDER BY number"


class Workload:
    """``accepted`` counts requests answered with success, by verb. ``favourite`` is a verb asked for more often."""

    def __init__(self, random_: random.Random, offload: SimulatedOffload, *, favourite: str) -> None:
        self._random, self._offload, self._favourite = random_, offload, favourite
        self.accepted: dict[str, int] = {}
        self.refused = 0

    async def one(self) -> None:
        """One request of one tenant."""
        caller = self._random.choice(TENANTS)
        verb, act = self._choose(caller)
        try:
            await self._offload.write(act)
        except Refusal:
            self.refused += 1
        except Killed:
            return
        else:
            self.accepted[verb] = self.accepted.get(verb, 0) + 1

    def _choose(self, caller: Caller) -> tuple[str, Callable[[], object]]:
        ids = [id for (id,) in asked(_MINE, [caller.project])]
        if not ids or (len(ids) < 6 and self._random.random() < 0.3):  # noqa: PLR2004 - a handful of servers
            wanted = NewServer(name="demo", flavor="1", image=database.IMAGE)
            return "create", lambda: commands.create_servers(caller, wanted)
        target = self._random.choice(ids)
        verbs: dict[str, Callable[[], object]] = {
            "stop": lambda: commands.stop_server(caller, target),
            "start": lambda: commands.start_server(caller, target),
            "reboot": lambda: commands.reboot_server(caller, target, hard=False),
            "reboot-hard": lambda: commands.reboot_server(caller, target, hard=True),
            "rebuild": lambda: commands.rebuild_server(caller, target, Rebuilt(image=database.IMAGE)),
            "resize": lambda: commands.resize_server(caller, target, self._random.choice("123")),
            "confirm": lambda: commands.confirm_resize(caller, target),
            "revert": lambda: commands.revert_resize(caller, target),
            "shelve": lambda: commands.shelve_server(caller, target),
            "unshelve": lambda: commands.unshelve_server(caller, target),
            "rescue": lambda: commands.rescue_server(caller, target),
            "unrescue": lambda: commands.unrescue_server(caller, target),
            "delete": lambda: commands.delete_server(caller, target),
            "delete-force": lambda: commands.delete_server(caller, target, force=True),
            "rename": lambda: commands.change_server(caller, target, commands.Changes(name="renamed")),
            "plug": lambda: network.plug_port(caller, target, NewNic(network=database.NETWORK)),
            "unplug": lambda: self._unplug(caller, target),
            "attach-port": lambda: self._claim(caller, target),
        }
        weights = {"stop": 5, "start": 5, "reboot": 3, "reboot-hard": 2, "delete": 2, "delete-force": 1}
        weights[self._favourite] = 20
        verb = self._random.choices(list(verbs), [weights.get(name, 2) for name in verbs])[0]
        return verb, verbs[verb]

    def _claim(self, caller: Caller, server: str) -> None:
        """A port that is on no server; there is one more if there was none."""
        port = Port.objects.filter(project=caller.project, device="", observed="none").order_by("mac").first()
        id = port.pk if port else free_port(caller, database.NETWORK).pk
        network.plug_port(caller, server, NewNic(port=id))

    def _unplug(self, caller: Caller, server: str) -> None:
        port = Port.objects.filter(device=server).exclude(observed="gone").order_by("mac").first()
        if port:
            network.unplug_port(caller, server, port.pk)
