"""What is believed of a cluster that counts its jobs anew, or of one that says more than it can know."""

import pytest

from logic.compute import commands
from logic.compute.models import Server
from logic.ledger.models import Command
from logic.placement.models import Backend
from logic.testing.worlds import (
    ALICE,
    accepted,
    furnish,
    job,
    lease_runs_out,
    outcome,
    running,
    seen,
    state,
    take,
    tell,
)

pytestmark = [pytest.mark.django_db, pytest.mark.every_database]


@pytest.fixture(autouse=True)
def world():
    return furnish()


class TestNumbersGivenOutTwice:
    """A cluster's job ids grow for ever, unless its master was restored from a backup, or somebody tells lies."""

    def test_a_word_about_a_job_that_was_yet_to_come_keeps_no_command_waiting(self):
        # Given word of a job of another server, by a number that the cluster has not given out yet
        one, other = running(), running(first_job=2)
        tell(job(one, "start", 7, "success"))
        # When a command of ours gets that number, and is done
        commands.stop_server(ALICE, other.pk)
        taken = take()
        tell(accepted(taken, 7))
        assert tell(job(other, "stop", 7, "success", taken.command.id)) == {"applied": 1}
        # Then it is settled, once
        assert outcome(taken.command.id) == "success"
        assert state(other).observed == "stopped"
        assert tell(job(other, "stop", 7, "success", taken.command.id)) == {"duplicate": 1}

    def test_the_answer_to_the_attempt_under_way_is_believed_though_the_cluster_counts_from_an_older_number(self):
        # Given a cluster that had come to job 73, and now counts from 70 again
        server = running()
        tell(job(server, "reboot", 72, "success"))
        Backend.objects.update(last_job=73)
        # When a command of ours gets the number 71, and is done
        commands.stop_server(ALICE, server.pk)
        taken = take()
        tell(accepted(taken, 71))
        assert Command.objects.get(pk=taken.command.id).status == "accepted"
        tell(job(server, "stop", 71, "success", taken.command.id))
        # Then it is settled; what an older job has done, the next look says
        assert (outcome(taken.command.id), state(server).command) == ("success", "")
        assert Server.objects.get(pk=server.pk).look_at is not None

    def test_the_answer_of_an_earlier_attempt_is_not_believed_by_that(self):
        server = running()
        Backend.objects.update(last_job=73)
        commands.stop_server(ALICE, server.pk)
        first = take()
        lease_runs_out(first)
        take()
        tell(accepted(first, 71))
        assert Command.objects.get(pk=first.command.id).job == 0


class TestRemovalsByOthers:
    def test_one_that_says_which_instance_it_has_removed_ends_the_server(self):
        server = running()
        tell(job(server, "delete", 9, "success"))
        assert state(server).observed == "gone"

    @pytest.mark.parametrize(
        "vague", [{"instance_uuid": ""}, {"incarnation": ""}, {"instance_uuid": "", "incarnation": ""}]
    )
    def test_one_that_does_not_say_so_is_a_reason_to_look(self, vague):
        server = running()
        tell(job(server, "delete", 9, "success", **vague))
        assert state(server).observed == "running"
        assert Server.objects.get(pk=server.pk).look_at is not None
        # Then the looks decide
        tell(seen(server, exists=False))
        tell(seen(server, exists=False))
        assert (state(server).mode, state(server).fault_code) == ("failed", "missing")

    def test_a_command_of_another_kind_lends_it_no_weight(self):
        server = running()
        commands.stop_server(ALICE, server.pk)
        taken = take()
        tell(accepted(taken, 9), job(server, "delete", 9, "success", taken.command.id, instance_uuid=""))
        assert state(server).observed == "running"
