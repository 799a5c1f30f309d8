"""A job that failed for want of another's success tells why that one failed; nothing else about it changes."""

import pytest

from ganeti import jobfile
from ganeti.explaining import explained
from ganeti.tests import samples
from ganeti.tests.desk import until
from ganeti.vocabulary import UNMET
from logic.errors import Malformed

NO_ROOM = ["OpPrereqError", ["73 MB of memory missing on its primary node", "insufficient_resources"]]


def failed_for(number):
    """As Ganeti 3.0.2 says it."""
    said = f"Dependency job {number} finished with status 'error', not one of 'success' as required"
    return ["OpExecError", [said]]


def failed(result, **given):
    return samples.op("OP_INSTANCE_REBOOT", "error", result=result, **given)


def part(result):
    """An operation of a job that prepares the command's own."""
    return failed(result, command="", reason=[["gnt:user", f"synnefo-part:{samples.COMMAND}", 1]])


def read(number, *ops):
    return jobfile.parse(samples.job_bytes(number, *ops))


def why(job, *others):
    """What a job's operations say, among others."""
    return [op.error for op in explained(job, {one.id: one for one in others}.get).ops]


def test_the_first_failure_of_a_chain_is_told_by_its_last():
    chain = [read(5, part(NO_ROOM)), read(6, part(failed_for(5)))]
    assert why(read(7, failed(failed_for(6))), *chain) == [NO_ROOM[1][0]]


def test_it_has_a_code_of_its_own_for_that_of_another_means_another_thing():
    gone = ["OpPrereqError", ["Cannot find disk with identifier x", "unknown_entity"]]
    job = explained(read(7, failed(failed_for(6))), {6: read(6, part(gone))}.get)
    assert (job.ops[0].error, job.ops[0].error_code) == (gone[1][0], UNMET)


@pytest.mark.parametrize(
    "others",
    [(), (read(6, samples.op()),), (read(6, part(failed_for(7))),), (read(6, part(failed_for(6))),)],
    ids=["unknown", "no failure", "one that blames it", "one that blames itself"],
)
def test_what_cannot_be_explained_stays_as_it_is(others):
    own = read(7, failed(failed_for(6)))
    (told,) = why(own, own, *others)
    assert told.startswith("Dependency job")


def test_who_failed_by_itself_asks_nobody():
    def nobody(_):
        raise Malformed("asked")

    assert explained(read(7, failed(NO_ROOM)), nobody) == read(7, failed(NO_ROOM))


async def test_the_event_daemon_tells_the_reason_and_of_the_command_alone(world):
    world.write(5, part(NO_ROOM))
    world.archive(5)
    world.write(6, part(failed_for(5)))
    async with world.listening(), world.daemon():
        world.write(7, failed(failed_for(6)))
        world.write(8, failed(failed_for(4)))
        await until(lambda: {one.job for one in world.told()} >= {7, 8})
    told = {one.job: one for one in world.told()}
    assert told.keys() == {7, 8}
    assert (told[7].command, told[7].error) == (samples.COMMAND, NO_ROOM[1][0])
    assert told[8].error.startswith("Dependency job 4"), "it is not there any more"


async def test_the_event_daemon_goes_on_when_the_other_makes_no_sense(world):
    (world.queue / "job-6").write_text("rubbish")
    async with world.listening(), world.daemon():
        world.write(7, failed(failed_for(6)))
        await until(lambda: [one.job for one in world.told()] == [7])
    assert world.told()[0].error.startswith("Dependency job 6")
