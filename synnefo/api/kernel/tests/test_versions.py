"""Microversions, as rules."""

import pytest

from logic.errors import BadRequest
from synnefo.api.kernel.versions import VersionOutOfRange, Versions

NOVA = Versions("compute", (2, 1), (2, 96), legacy="X-OpenStack-Nova-API-Version")
NEW, OLD = "HTTP_OPENSTACK_API_VERSION", "HTTP_X_OPENSTACK_NOVA_API_VERSION"


@pytest.mark.parametrize(
    ("headers", "version"),
    [
        ({}, (2, 1)),
        ({NEW: "compute 2.61"}, (2, 61)),
        ({NEW: "Compute  2.61 "}, (2, 61)),
        ({OLD: "2.10"}, (2, 10)),
        ({NEW: "compute latest"}, (2, 96)),
        ({OLD: "latest"}, (2, 96)),
        ({NEW: "volume 3.50"}, (2, 1)),
        ({NEW: "volume 3.50, compute 2.3"}, (2, 3)),
        ({NEW: "volume 3.50", OLD: "2.7"}, (2, 7)),
        ({NEW: "compute 2.61", OLD: "2.10"}, (2, 61)),
    ],
)
def test_a_request_gets_the_version_it_names_or_the_first(headers, version):
    assert NOVA.asked(headers) == version


@pytest.mark.parametrize("text", ["2", "2.", "two", "2.1.3", "02.1", "2.01", "-2.1", "2.1x", "2.99999999999", "٢.1"])
def test_a_malformed_version_is_a_bad_request(text):
    with pytest.raises(BadRequest):
        NOVA.asked({OLD: text})


@pytest.mark.parametrize("text", ["2.0", "2.97", "3.1", "1.1"])
def test_a_version_out_of_range_is_not_acceptable(text):
    with pytest.raises(VersionOutOfRange) as caught:
        NOVA.asked({NEW: f"compute {text}"})
    assert "Minimum is 2.1 and maximum is 2.96" in caught.value.sentence


def test_both_headers_come_back_with_the_version_used():
    assert NOVA.headers((2, 61)) == {
        "OpenStack-API-Version": "compute 2.61",
        "X-OpenStack-Nova-API-Version": "2.61",
        "Vary": "OpenStack-API-Version, X-OpenStack-Nova-API-Version",
    }
