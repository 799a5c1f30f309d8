"""What guests have said on their consoles, on each kind of cluster (see ``sites``): told to their own server alone."""

import asyncio
from typing import Any

import pytest

from ganeti.consolelog.files import KEPT
from ganeti.nodes import Nodes, straight
from logic import clock
from logic.backends.base import Recalling, Whose
from logic.backends.tests.sites import PREFIX, SIMULATED, real
from logic.backends.tests.test_backend_contract import Desk
from logic.errors import Gone, Rejected, Transient
from logic.messages.commands import DeleteServer, StopServer

pytestmark = pytest.mark.timeout(300)


@pytest.fixture(params=[*SIMULATED, pytest.param("real", marks=pytest.mark.ganeti)])
async def site(request, tmp_path):
    kind = request.param
    async with real(request.getfixturevalue("ganeti")) if kind == "real" else SIMULATED[kind](tmp_path) as made:
        yield made


class Guest(Desk):
    """A server that says something."""

    uuid = ""

    def whose(self, **changes: Any) -> Whose:
        about = {"server": self.server, "instance": self.instance, "instance_uuid": self.uuid}
        return Whose(**about | changes)

    async def said(self, lines: int = -1, **changes: Any) -> str | None:
        return await self.backend.console_log(self.whose(**changes), lines)

    async def begun(self) -> str:
        """All of it, once there is something."""
        async with asyncio.timeout(240):
            while len(told := await self.said() or "") < 40:
                await self.site.tick()
        return told


@pytest.fixture
async def guest(site):
    assert isinstance(site.backend(), Recalling)
    made = Guest(site, (await site.backend().facts()).highest_number + 1)
    assert (await made.do(made.create(**site.speaks))).status == "success"
    made.uuid = (await made.seen()).instance_uuid
    yield made
    if site.is_real and (await made.seen()).exists:
        await made.do(DeleteServer(**made.about(), force=True))


async def test_what_a_guest_has_said_is_told_to_its_server_alone(guest):
    # Given a guest that boots; then what it says is told, and so are its last lines
    told = await guest.begun()
    assert "SYSLINUX" in told or "Linux version" in told
    assert "\r" not in told
    assert await guest.said(0) == ""
    last = await guest.said(1)
    assert last.count("\n") <= 1
    assert len(await guest.said(10**9)) <= KEPT
    # And not for another server, nor for another machine of its name, nor for one that there is not
    for wrong in (
        {"server": str(clock.new_uuid())},
        {"instance_uuid": str(clock.new_uuid())},
        {"instance": f"{PREFIX}none"},
    ):
        with pytest.raises(Gone):
            await guest.said(**wrong)
    # And what it said is told when it has ended, until it is removed
    await guest.do(StopServer(**guest.about(), timeout=1))
    ended = await guest.said()
    assert ended[:40] == told[:40]
    await guest.do(DeleteServer(**guest.about(), force=True))
    with pytest.raises(Gone):
        await guest.said()
    nodes = Nodes(guest.site.nodes)
    (node, *_) = await guest.site.offload.call(guest.backend._client.node_names)
    assert await guest.site.offload.call(nodes.console_log, node, guest.uuid, -1) is None


async def test_a_node_that_is_away_is_a_trouble_that_passes(guest):
    def away(_):
        return straight("https://localhost", "synnefo", "x", port=1)("127.0.0.1")

    guest.backend._nodes = Nodes(away)
    with pytest.raises(Transient):
        await guest.said()


@pytest.mark.parametrize("kind", ["https", pytest.param("real", marks=pytest.mark.ganeti)])
async def test_who_does_not_know_the_password_is_told_nothing(request, tmp_path, kind):
    async with real(request.getfixturevalue("ganeti")) if kind == "real" else SIMULATED[kind](tmp_path) as site:
        (node, *_) = await site.offload.call(site.backend()._client.node_names)
        asked = site.nodes(node)
        asked._session.auth = ("synnefo", "another")
        nodes = Nodes(lambda _: asked)
        with pytest.raises(Rejected, match="Check the backend's user and password"):
            await site.offload.call(nodes.console_log, node, str(clock.new_uuid()), -1)
