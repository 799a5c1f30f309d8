"""A cluster on a desk: in memory, in virtual time, spoken to as a client would."""

import json
from typing import Any

from ganeti.simulator.chance import Chance
from ganeti.simulator.cluster import Cluster
from ganeti.simulator.faults import Faults, Rates
from ganeti.simulator.files import Files
from ganeti.simulator.hooks import HookCall, Runner
from ganeti.simulator.memory import MemoryFiles
from ganeti.simulator.settings import NetworkSpec, NodeSpec, Settings
from ganeti.simulator.simulator import Simulator
from ganeti.simulator.store import MemoryStore, Store
from ganeti.simulator.transport import SimulatorTransport
from ganeti.transport import RapiRequest, RapiResponse

T0 = 1_900_000_000.0
NET = NetworkSpec(name="net1", network="10.200.0.0/28", gateway="10.200.0.1", mac_prefix="aa:00:01")
SETTINGS = Settings(nodes=(NodeSpec(name="node1"),), networks=(NET,))


class Versions(MemoryFiles):
    """Remembers every version of every job file, in order."""

    def __init__(self, faults: Faults | None = None) -> None:
        super().__init__(faults)
        self.history: list[tuple[int, bytes, bool]] = []

    def write(self, job: int, body: bytes, *, by_process: bool) -> None:
        self.history.append((job, body, by_process))
        super().write(job, body, by_process=by_process)

    def statuses(self, job: int) -> list[str]:
        """Status of the first opcode in each version of a job's file."""
        return [json.loads(body)["ops"][0]["status"] for id, body, _ in self.history if id == job]


class Lab:
    """``now`` is the time, turned by :meth:`settle` and :meth:`until`; hooks are run by ``hooks``."""

    def __init__(
        self,
        settings: Settings = SETTINGS,
        *,
        seed: int = 1,
        store: Store | None = None,
        files: Files | None = None,
        rates: Rates | None = None,
        hooks: Runner = lambda _: [],
    ) -> None:
        self.now = T0
        self.hooks, self.called = hooks, list[HookCall]()
        self.faults = Faults(Chance(f"faults {seed}"), rates or Rates())
        self.files = files or Versions(self.faults)
        self.cluster = Cluster(
            settings, seed=seed, store=store or MemoryStore(), files=self.files, now=T0, faults=self.faults
        )
        self.simulator = Simulator(self.cluster, now=lambda: self.now)
        self.transport = SimulatorTransport(self.simulator, pause=self.waited)
        self.pauses: list[float] = []

    def waited(self, seconds: float) -> None:
        self.pauses.append(seconds)

    def send(self, method: str, path: str, body: Any = None, **query: str) -> RapiResponse:
        """One request; ``query`` with ``_`` for ``-``."""
        raw = body if isinstance(body, bytes) else json.dumps(body).encode() if body is not None else None
        asked = tuple((key.replace("_", "-"), value) for key, value in query.items())
        return self.transport.send(RapiRequest(method=method, path=path, query=asked, body=raw))

    def ask(self, method: str, path: str, body: Any = None, **query: str) -> Any:
        """The answer to a request that is taken."""
        response = self.send(method, path, body, **query)
        assert response.status == 200, response.body
        return json.loads(response.body)

    def step(self) -> bool:
        """Turn the clock to the next event. False when there is none."""
        due = self.simulator.advance()
        if due is None:
            return False
        self.now = max(self.now, due)
        self.simulator.advance()
        for call in self.simulator.take_hooks():
            self.called.append(call)
            self.simulator.hooks_done(call.job, self.hooks(call))
        return True

    def settle(self) -> None:
        """Until nothing more happens by itself."""
        while self.step():
            pass

    def until(self, job: int, status: str) -> None:
        """Until a job has a status."""
        while self.job(job)["status"] != status:
            assert self.step(), f"job {job} never is {status}"

    def job(self, job: int) -> dict[str, Any]:
        return self.ask("GET", f"/2/jobs/{job}")

    def result(self, job: int) -> tuple[str, Any]:
        """How a job ends: its status and the result of its last opcode."""
        self.settle()
        found = self.job(job)
        return found["status"], found["opresult"][-1]

    def instance(self, name: str = "web1") -> dict[str, Any]:
        return self.ask("GET", f"/2/instances/{name}")

    def status(self, name: str = "web1") -> str:
        return self.instance(name)["status"]

    def order(self, method: str, path: str, body: Any = None, **query: str) -> int:
        """The id of the job that a request became."""
        return self.ask(method, path, body, **query)

    def create(self, name: str = "web1", **parts: Any) -> int:
        return self.order("POST", "/2/instances", creation(name, **parts))

    def created(self, name: str = "web1", **parts: Any) -> None:
        """An instance that is there."""
        assert self.result(self.create(name, **parts)) == ("success", ["node1"])


def creation(name: str = "web1", **parts: Any) -> dict[str, Any]:
    """A body that creates an instance."""
    return {
        "__version__": 1,
        "mode": "create",
        "instance_name": name,
        "disks": [{"size": 1024, "name": "root"}],
        "nics": [{"network": "net1", "ip": "pool", "name": "eth0"}],
        "os_type": "debian",
        "name_check": False,
        "ip_check": False,
        "beparams": {"maxmem": 512, "minmem": 512, "vcpus": 1},
        **parts,
    }
