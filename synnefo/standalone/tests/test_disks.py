"""Which disk of a simulated instance is told."""

import pytest

from ganeti.simulator.exporting import ExportCall
from logic.image.capturing import NO_PLACE, Wanted
from synnefo.standalone.disks import place

CALL = ExportCall(job=1, instance="snf-1", uuid="u", image="", disks=(1, 2), names=("", "snf-volume-1"))


@pytest.mark.parametrize(
    ("wanted", "found"),
    [
        (Wanted(ours=True, disk=0), 0),
        (Wanted(ours=True, disk=NO_PLACE), None),
        (Wanted(ours=True), None),
        (Wanted(ours=True, name="snf-volume-1"), 1),
        (Wanted(ours=True, name="snf-volume-2"), None),
    ],
)
def test_it_is_the_one_that_is_wanted_by_its_place_or_by_its_name(wanted, found):
    assert place(CALL, wanted) == found
