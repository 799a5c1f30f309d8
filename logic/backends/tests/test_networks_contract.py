"""Networks of ours on each kind of cluster: see ``sites``. Made once, found again, waited for, seen to vanish, removed."""

import asyncio

import msgspec
import pytest

from ganeti.vocabulary import FINAL, is_network, network_name, part_of
from logic import clock
from logic.backends import ganeti_networking
from logic.backends.base import NetworkTarget
from logic.backends.tests.sites import PREFIX, SIMULATED, real
from logic.backends.tests.test_backend_contract import Desk
from logic.errors import Rejected, Transient
from logic.messages.commands import (
    ConnectNetwork,
    DeleteServer,
    DisconnectNetwork,
    NetworkSpec,
    NicSpec,
    PlugPort,
    Sending,
)


@pytest.fixture(params=[*SIMULATED, pytest.param("real", marks=pytest.mark.ganeti)])
async def site(request, tmp_path):
    kind = request.param
    async with real(request.getfixturevalue("ganeti")) if kind == "real" else SIMULATED[kind](tmp_path) as made:
        yield made


class Wire(Desk):
    """A network of ours, and a server that may be on it."""

    def __init__(self, site, number):
        super().__init__(site, number)
        self.row, self.name = str(clock.new_uuid()), network_name(PREFIX, str(clock.new_uuid()))

    def connect(self, **changes):
        spec = {
            "name": self.name,
            "cidr": "10.77.0.0/24",
            "gateway": "10.77.0.1",
            "link": "br0",
            "mac_prefix": "aa:00:09",
        }
        spec |= {"cidr6": "fd77::/64", "gateway6": "fd77::1", "tags": ("nfdhcpd", "private-filtered")}
        return ConnectNetwork(**self.about(self.row) | {"instance": ""}, network=NetworkSpec(**spec | changes))

    def disconnect(self):
        return DisconnectNetwork(**self.about(self.row) | {"instance": ""}, name=self.name)

    def on_it(self, **sending):
        nic = NicSpec(port=self.port, mac=self.mac, ip="10.77.0.9", network=self.name)
        return self.create(nics=(nic,), **({"sending": Sending(**sending)} if sending else {}))

    async def looked(self, **jobs):
        return await self.backend.networks([NetworkTarget(network=self.row, name=self.name, version=4, **jobs)])

    async def is_connected(self):
        (seen,) = await self.looked()
        assert (seen.network, seen.version, seen.cluster) == (self.row, 4, "alpha")
        assert seen.incarnation
        return seen.connected

    async def over(self, command, job):
        async with asyncio.timeout(60):
            while True:
                told, _ = await self.looked(jobs={job: command.id})
                if told.status in FINAL:
                    return told
                await self.site.tick()

    async def carry(self, command):
        return await self.over(command, (await self.backend.submit(command)).job)

    async def asked(self, function, *args):
        return await self.site.offload.call(function, *args)

    async def added(self):
        """The jobs that would make it."""
        jobs = await self.asked(self.backend._client.jobs)
        return [job for job in jobs if any(op.network == self.name and op.opcode == "OP_NETWORK_ADD" for op in job.ops)]


@pytest.fixture
async def wire(site):
    made = Wire(site, (await site.backend().facts()).highest_number + 1)
    yield made
    if site.is_real:
        if (await made.seen()).exists:
            await made.do(DeleteServer(**made.about(), force=True))
        await made.carry(made.disconnect())


async def test_a_network_is_made_and_every_group_reaches_it(wire):
    assert not await wire.is_connected()
    command = wire.connect()
    told = await wire.carry(command)
    assert (told.status, told.command, told.opcode, told.instance) == ("success", command.id, "OP_NETWORK_CONNECT", "")
    assert await wire.is_connected()
    network = await wire.asked(wire.backend._client.network, wire.name)
    assert sorted(network.tags) == ["nfdhcpd", "private-filtered"]
    assert network.group_list == (("default", "bridged", "br0", ""),)


async def test_made_again_it_is_the_same(wire):
    await wire.carry(wire.connect())
    before = await wire.asked(wire.backend._client.network, wire.name)
    assert (await wire.carry(wire.connect())).status == "success"
    assert await wire.asked(wire.backend._client.network, wire.name) == before
    assert len(await wire.added()) == 1


async def test_asked_for_twice_at_once_it_is_made_once(wire):
    first, second = wire.connect(), wire.connect()
    jobs = [(await wire.backend.submit(one)).job for one in (first, second)]
    assert [(await wire.over(one, job)).status for one, job in zip((first, second), jobs, strict=True)] == [
        "success"
    ] * 2
    names = [one.name for one in await wire.asked(wire.backend._client.networks)]
    assert names.count(wire.name) == 1


@pytest.mark.parametrize("lost", ["POST /2/networks", "/connect"])
async def test_an_answer_that_was_lost_makes_no_second_one(wire, lost):
    command = wire.connect()
    since = (await wire.backend.facts()).last_job
    await wire.site.lose_reply(lost)
    with pytest.raises(Transient) as caught:
        await wire.backend.submit(command)
    assert caught.value.unclear
    again = msgspec.structs.replace(command, sending=Sending(again=True, since=since))
    assert (await wire.carry(again)).status == "success"
    assert len(await wire.added()) == 1
    assert len(await wire.jobs_of(command)) == 1


async def test_the_jobs_that_only_prepare_are_not_taken_for_the_commands(wire):
    command = wire.connect()
    told = await wire.carry(command)
    (made,) = await wire.added()
    assert made.id < told.job
    assert not made.commands
    assert part_of(command.id) != command.id


async def test_a_server_waits_for_its_network_and_then_is_on_it(wire):
    with pytest.raises(Transient, match="not on the cluster yet") as caught:
        await wire.backend.submit(wire.on_it())
    assert not caught.value.unclear
    await wire.carry(wire.connect())
    assert (await wire.do(wire.on_it())).status == "success"
    (nic,) = (await wire.seen()).nics
    assert (nic.network, nic.ip, nic.mac, nic.mode, nic.link) == (wire.name, "10.77.0.9", wire.mac, "bridged", "br0")


async def test_a_port_waits_for_its_network_too(wire):
    nic = NicSpec(port=wire.port, mac=wire.mac, network=wire.name)
    with pytest.raises(Transient, match="not on the cluster yet"):
        await wire.backend.submit(PlugPort(**wire.about(wire.port), nic=nic))


async def test_a_server_whose_network_cannot_be_made_is_told_why(wire):
    # Given a network whose gateway is outside of it
    since = (await wire.backend.facts()).last_job
    assert (await wire.carry(wire.connect(gateway="10.78.0.1"))).status == "error"
    # Then who asks for the first time waits for the next attempt, and is refused with the reason when that was it
    create = wire.on_it(since=since)
    with pytest.raises(Transient):
        await wire.backend.submit(create)
    with pytest.raises(Rejected, match=r"10\.78\.0\.1"):
        await wire.backend.submit(create)
    # And a failure from before it was asked for is none of its own
    later = wire.on_it(since=(await wire.backend.facts()).last_job)
    for _ in range(2):
        with pytest.raises(Transient):
            await wire.backend.submit(later)


async def test_a_server_does_not_wait_for_ever(wire, monkeypatch):
    monkeypatch.setattr(ganeti_networking, "PATIENCE", 2)
    create, other = wire.on_it(), wire.on_it()
    for command in (create, create, other):
        with pytest.raises(Transient):
            await wire.backend.submit(command)
    with pytest.raises(Rejected, match="does not come"):
        await wire.backend.submit(create)


async def test_a_network_that_names_no_link_has_the_clusters_own(wire):
    assert (await wire.carry(wire.connect(link=""))).status == "success"
    network = await wire.asked(wire.backend._client.network, wire.name)
    assert network.group_list == (("default", "bridged", "br0", ""),)


async def test_a_network_that_is_routed_nowhere_is_refused_before_anything_is_made(wire):
    with pytest.raises(Rejected, match="names no link"):
        await wire.backend.submit(wire.connect(mode="routed", link=""))
    assert await wire.added() == []


async def test_one_that_somebody_has_removed_by_hand_is_seen_to_be_gone(wire):
    await wire.carry(wire.connect())
    client = wire.backend._client
    cut = await wire.asked(lambda: client.disconnect_network(wire.name, "default", reason="by hand"))
    await wire.asked(lambda: client.remove_network(wire.name, reason="by hand", depends=[cut]))
    async with asyncio.timeout(60):
        while await wire.is_connected() or wire.name in await wire.asked(
            lambda: [one.name for one in client.networks()]
        ):
            await wire.site.tick()


async def test_a_network_is_removed_when_nobody_is_on_it(wire):
    await wire.carry(wire.connect())
    assert (await wire.do(wire.on_it())).status == "success"
    assert (await wire.carry(wire.disconnect())).status == "error"
    assert await wire.is_connected()
    await wire.do(DeleteServer(**wire.about(), force=True))
    assert (await wire.carry(wire.disconnect())).status == "success"
    assert wire.name not in [one.name for one in await wire.asked(wire.backend._client.networks)]
    gone = await wire.carry(wire.disconnect())
    assert (gone.status, gone.error_code) == ("error", "unknown_entity")


async def test_a_job_of_it_that_the_cluster_does_not_know_is_lost(wire):
    told, seen = await wire.looked(jobs={999_999_999: "some-command"})
    assert (told.status, told.command) == ("lost", "some-command")
    assert not seen.connected


def test_only_networks_of_ours_are_waited_for():
    assert is_network(PREFIX, network_name(PREFIX, "x"))
    assert not is_network(PREFIX, "office")
