"""From a cluster's row to its adapter."""

import asyncio
import threading

import msgspec
import pytest

from ganeti.tests import samples
from ganeti.transport import RapiResponse
from logic.backends import building
from logic.backends.building import BUILDERS, Site, builder
from logic.backends.registry import KINDS
from logic.errors import Transient
from logic.messages.commands import CreateServer
from logic.offload import Inline, Threads

PASSWORD = "of-the-remote-api"


class Row(msgspec.Struct, frozen=True):
    name: str = "c1"
    kind: str = "ganeti"
    endpoint: str = "https://127.0.0.1:5080"
    username: str = "synnefo"
    password: str = PASSWORD
    ca_file: str = ""


build = builder(Site(offload=Inline(), prefix="snf-", timeout=7.0))


def test_a_ganeti_row_becomes_its_adapter_with_the_installations_bounds():
    backend = build(Row())
    assert backend.kind == "ganeti"
    assert backend.limits.call_timeout == 7.0
    assert CreateServer in backend.capabilities


def test_every_kind_that_is_registered_can_be_built():
    assert BUILDERS.keys() == KINDS.keys()


@pytest.mark.parametrize(
    "row",
    [
        Row(endpoint="http://127.0.0.1:5080"),
        Row(endpoint="simulator:c1"),
        Row(endpoint="https://user:secret@127.0.0.1:5080"),
        Row(ca_file="/nowhere/ca.pem"),
        Row(kind="unheard-of"),
    ],
)
def test_a_row_that_cannot_be_used_is_a_passing_failure_that_names_the_backend(row):
    with pytest.raises(Transient, match="backend c1") as failure:
        build(row)
    assert PASSWORD not in str(failure.value)
    assert "secret" not in str(failure.value)


async def test_a_cluster_that_keeps_its_callers_waiting_delays_no_other(monkeypatch):
    """F19: sixteen questions to a cluster that does not answer, and then one to another."""
    over = threading.Event()

    def connected(endpoint, *_, **__):
        def send(_):
            assert "slow" not in endpoint or over.wait(30)
            return RapiResponse(status=200, body=msgspec.json.encode(samples.rapi_instance("snf-7")))

        return type("Transport", (), {"send": staticmethod(send)})

    monkeypatch.setattr(building, "RequestsTransport", connected)
    offload = Threads(callers=4)
    build_here = builder(Site(offload=offload, prefix="snf-", lane=2))
    slow, quick = build_here(Row(name="slow", endpoint="https://slow:1")), build_here(Row(name="quick"))
    waiting = [asyncio.create_task(slow.describe("snf-7")) for _ in range(16)]
    await asyncio.sleep(0)
    try:
        assert (await quick.describe("snf-7")).instance == "snf-7"
        assert not any(task.done() for task in waiting)
        # When the adapter is made anew, whoever waits still has an answer
        await slow.aclose()
    finally:
        over.set()
    assert {found.instance for found in await asyncio.gather(*waiting)} == {"snf-7"}
    await quick.aclose()
    offload.close()
