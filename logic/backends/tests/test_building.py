"""From a cluster's row to its adapter."""

import msgspec
import pytest

from logic.backends.building import BUILDERS, Site, builder
from logic.backends.registry import KINDS
from logic.errors import Transient
from logic.messages.commands import CreateServer
from logic.offload import Inline

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
