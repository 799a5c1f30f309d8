"""A guest's hostname is one that a host may have."""

import re

import pytest
from hypothesis import given
from hypothesis import strategies as st

from ganeti.osprovider.orders import _HOSTNAME
from logic.compute.guests import hostname

ID = "2f6f5d3e-36a7-4d5e-9a0e-3f7f2f0e8a11"


@pytest.mark.parametrize(
    ("name", "host"),
    [
        ("demo", "demo"),
        ("My Server_1", "my-server-1"),
        ("web.example.org", "web.example.org"),
        ("-.a b.-", "a-b"),
        ("sœur", "sur"),
        ("διακομιστής", f"Server-{ID}"),
        ("x" * 80, "x" * 63),
    ],
)
def test_a_servers_name_becomes_one_that_a_host_may_have(name, host):
    assert hostname(name, ID) == host


@given(st.text(max_size=100))
def test_whatever_the_name_the_nodes_take_the_host_it_becomes(name):
    assert re.fullmatch(_HOSTNAME, hostname(name, ID))
