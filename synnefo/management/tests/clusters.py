"""A cluster that tests make up: what it says of itself, and which instances it has. It takes no orders."""

import io
import json
from collections.abc import Sequence, Set
from typing import Any

import pytest
from django.core.management import call_command

from logic.backends import building
from logic.backends.base import Facts, Limits, Target
from logic.errors import BackendFailure
from logic.messages.commands import Command
from logic.messages.observations import InstanceSeen, JobChanged, Observation
from logic.testing.worlds import INCARNATION


class FakeCluster:
    """``instances``: name → what :class:`InstanceSeen` says of it; ``jobs``: number → status; ``failure`` is raised
    instead of any answer. ``accesses`` is how it was reached, each time."""

    kind = "ganeti"
    limits = Limits()
    capabilities: Set[type[Command]] = frozenset()

    def __init__(self, incarnation: str = INCARNATION) -> None:
        self.said = Facts(incarnation=incarnation, version="3.0.2", memory_total=4096, memory_free=2048, cores=4)
        self.instances: dict[str, dict[str, Any]] = {}
        self.jobs: dict[int, str] = {}
        self.failure: BackendFailure | None = None
        self.accesses: list[building.Access] = []

    def runs(self, instance: str, owner: str, status: str = "running") -> None:
        self.instances[instance] = {"owner": owner, "status": status, "instance_uuid": f"uuid-of-{instance}"}

    async def facts(self) -> Facts:
        self._answer()
        return self.said

    async def observe(self, targets: Sequence[Target], *, whole: bool = False) -> Sequence[Observation]:
        self._answer()
        jobs = [self._job(target, number) for target in targets for number in target.jobs]
        asked = {target.instance for target in targets}
        strays = [self._seen(name, "", 0) for name in self.instances if name not in asked] if whole else []
        return [*jobs, *(self._seen(target.instance, target.server, target.version) for target in targets), *strays]

    async def aclose(self) -> None:
        """Nothing is held."""

    def _answer(self) -> None:
        if self.failure:
            raise self.failure

    def _seen(self, instance: str, server: str, version: int) -> InstanceSeen:
        about = self.instances.get(instance)
        told: dict[str, Any] = {"exists": about is not None, **(about or {})}
        return InstanceSeen(
            cluster="c1", incarnation=self.said.incarnation, instance=instance, server=server, version=version, **told
        )

    def _job(self, target: Target, number: int) -> JobChanged:
        return JobChanged(
            cluster="c1",
            incarnation=self.said.incarnation,
            job=number,
            op=0,
            opcode="OP_INSTANCE_CREATE",
            status=self.jobs.get(number, "lost"),
            instance=target.instance,
            command=target.jobs[number],
        )


def answering(monkeypatch: pytest.MonkeyPatch, cluster: FakeCluster) -> FakeCluster:
    """Every adapter of a Ganeti cluster is this one from now on."""

    def build(access: building.Access, _: building.Site) -> FakeCluster:
        cluster.accesses.append(access)
        return cluster

    monkeypatch.setattr(building, "BUILDERS", {"ganeti": build})
    return cluster


def printed(*words: str) -> str:
    """What an operator command says on standard output."""
    out = io.StringIO()
    call_command(*words, stdout=out, stderr=io.StringIO())
    return out.getvalue()


def data(*words: str) -> Any:
    """The same with ``--json``, as data."""
    return json.loads(printed(*words, "--json"))
