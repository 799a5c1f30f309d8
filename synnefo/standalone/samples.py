"""The first start's sample servers: two that run and one that is still being built when the cloud is ready. A first start
that was killed in between is made good by the next."""

import asyncio
from collections.abc import Sequence

import msgspec

from logic import clock
from logic.access import Caller
from logic.compute import commands, queries
from logic.compute.commands import NewServer
from logic.compute.models import Server
from logic.offload import Offload

NAMES = ("web-1", "db-1", "worker-1")
PATIENCE = 20.0  # seconds at most for the first two; a slow machine shows them building
LOOK = 0.25


def missing(caller: Caller) -> list[str]:
    """Names of those that the tenant never had, be it that they are deleted by now."""
    had = set(Server.objects.filter(project=caller.project, name__in=NAMES).values_list("name", flat=True))
    return [name for name in NAMES if name not in had]


async def make_samples(offload: Offload, caller: Caller, names: Sequence[str], *, flavor: str, image: str) -> None:
    """Servers of the tenant's, with these of the names."""
    first = [await _create(offload, caller, name, flavor, image) for name in names if name in NAMES[:2]]
    try:
        async with asyncio.timeout(PATIENCE):
            while any([await _building(offload, caller, id) for id in first]):  # noqa: ASYNC110 - a row rings no bell
                await asyncio.sleep(LOOK)
    except TimeoutError:
        pass
    if NAMES[2] in names:
        await _create(offload, caller, NAMES[2], flavor, image)


async def _create(offload: Offload, caller: Caller, name: str, flavor: str, image: str) -> str:
    wanted = NewServer(name=name, flavor=flavor, image=image)
    asking = msgspec.structs.replace(caller, request=f"req-{clock.new_uuid()}")  # as a request over the API has
    (id,) = await offload.write(commands.create_servers, asking, wanted)
    return id


async def _building(offload: Offload, caller: Caller, id: str) -> bool:
    return (await offload.read(queries.server, caller, id)).status == "BUILD"
