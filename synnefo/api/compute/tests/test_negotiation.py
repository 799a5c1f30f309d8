"""Which microversion a request gets, and how it is told."""

import pytest


@pytest.mark.parametrize(("asked", "status"), [("2.101", 406), ("3.0", 406), ("2.0", 406), ("2", 400), ("two", 400)])
def test_versions_out_of_range_and_no_versions_are_refused(alice, asked, status):
    reply = alice.get("/servers", headers={"X-OpenStack-Nova-API-Version": asked})
    assert reply.status == status


def test_latest_is_the_maximum_and_both_headers_say_so(alice):
    reply = alice.get("/servers", headers={"X-OpenStack-Nova-API-Version": "latest"})
    assert reply.headers["x-openstack-nova-api-version"] == "2.100"
    assert reply.headers["openstack-api-version"] == "compute 2.100"
    assert "OpenStack-API-Version" in reply.headers["vary"]


def test_without_a_header_it_is_2_1(alice):
    reply = alice.api.get("/compute/v2.1/servers")
    assert reply.headers["x-openstack-nova-api-version"] == "2.1"
