"""The adapter asks the table of versions and the cluster, and assumes nothing."""

import pytest

from ganeti.simulator.settings import FEATURES
from ganeti.tests import samples
from ganeti.tests.recorded import InTurn, fault
from logic.backends.tests import desk
from logic.backends.tests.desk import INFO, MODIFY, NIC, VERSION, about, adapter
from logic.errors import Rejected, Transient
from logic.messages.commands import PlugPort, UnplugPort

EMPTY = {("GET", "/2/nodes?bulk=1"): [], ("GET", "/2/jobs"): [], ("GET", "/2/instances"): []}


def upgraded(*versions):
    return [InTurn(samples.rapi_info(software_version=one)) for one in versions]


async def test_what_the_api_can_is_told_with_the_facts():
    backend, _ = adapter(EMPTY)
    facts = await backend.facts()
    assert (facts.features, facts.unfit) == (tuple(sorted(FEATURES)), "")


async def test_it_is_asked_again_when_the_version_has_changed_and_only_then():
    backend, transport = adapter({**EMPTY, INFO: upgraded("3.0.2", "3.0.2", "3.1.0")})
    for probes in (1, 1, 2, 2):
        await backend.facts()
        assert [one.path for one in transport.asked].count("/2/features") == probes


@pytest.mark.parametrize(
    ("answers", "said"),
    [
        ({INFO: samples.rapi_info(software_version="2.15.2")}, "It runs Ganeti 2.15.2; Synnefo needs 2.16 or newer."),
        ({desk.FEATURES: ["node-evac-res1"]}, "lacks instance-create-reqv1"),
        ({desk.FEATURES: fault(404, "Not Found")}, "lacks instance-create-reqv1"),
        ({VERSION: 3}, "of version 3"),
    ],
)
async def test_a_cluster_that_is_of_no_use_says_why(answers, said):
    backend, _ = adapter(EMPTY | answers)
    assert said in (await backend.facts()).unfit


async def test_that_the_question_failed_is_no_answer():
    backend, _ = adapter({**EMPTY, desk.FEATURES: fault(502, "away")})
    with pytest.raises(Transient):
        await backend.facts()


async def test_a_cluster_that_was_upgraded_since_is_told_in_its_new_words():
    # Given an adapter that has spoken to 3.0
    refusal = fault(400, "Object OpInstanceSetParams doesn't support the parameter 'hotplug_if_possible'")
    backend, transport = adapter({INFO: upgraded("3.0.2", "3.1.0"), MODIFY: [InTurn(9), InTurn(refusal), InTurn(10)]})
    await backend.submit(PlugPort(**about(samples.PORT), nic=NIC))
    # When the cluster is 3.1 and refuses the old word
    job = await backend.submit(UnplugPort(**about(samples.PORT)))
    # Then it is told in the new one
    assert (job.job, transport.body().get("hotplug"), "hotplug_if_possible" in transport.body()) == (10, True, False)


async def test_what_a_cluster_refuses_in_the_right_words_stays_refused():
    backend, transport = adapter({MODIFY: fault(400, "no such network")})
    with pytest.raises(Rejected, match="no such network"):
        await backend.submit(PlugPort(**about(samples.PORT), nic=NIC))
    assert len(transport.orders()) == 1
