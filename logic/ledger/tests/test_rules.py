"""The rules of the ledger, each as a test: what overtakes what, what is believed in which order, what is sent again."""

import re

import pytest

from logic import clock
from logic.compute import commands, queries
from logic.compute.models import Server
from logic.errors import Conflict, Malformed
from logic.ledger.claiming import claim
from logic.ledger.models import Command, Journal
from logic.messages import codec
from logic.messages.observations import BuildProgress, Postponed, Refused
from logic.network import commands as network
from logic.network.commands import NewNic
from logic.network.models import Port
from logic.quota import queries as quota
from logic.testing.worlds import (
    ALICE,
    NETWORK,
    accepted,
    create,
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


class TestOvertaking:
    def test_deleting_before_the_build_is_claimed_means_it_is_never_sent(self):
        server = create()
        commands.delete_server(ALICE, server.pk)
        taken = take()
        assert type(taken.command).__name__ == "DeleteServer"
        assert Command.objects.get(verb="create").outcome == "superseded"

    def test_deleting_while_building_cancels_the_build_and_waits_for_its_job(self):
        server = create()
        building = take()
        tell(accepted(building, 7))
        commands.delete_server(ALICE, server.pk)
        removal = take()
        assert removal.command.sending.after == (7,)
        # When the build was canceled and there is nothing to remove
        tell(job(server, "create", 7, "canceled", building.command.id))
        tell(job(server, "delete", 8, "error", removal.command.id, error_code="unknown_entity"))
        assert state(server).observed == "gone"
        assert state(server).mode == "normal"

    def test_a_removal_that_is_done_does_not_hold_up_the_forced_one_that_overtook_it(self):
        # Given a build whose end nobody has told, and a removal after it that has worked
        server = create()
        building = take()
        tell(accepted(building, 7))
        commands.delete_server(ALICE, server.pk)
        removal = take()
        tell(accepted(removal, 8))
        tell(job(server, "delete", 8, "success", removal.command.id))
        assert state(server).observed == "removed"
        # When a forced one overtakes it, finds nothing, and the build's end is told at last
        commands.delete_server(ALICE, server.pk, force=True)
        forced = take()
        tell(accepted(forced, 9))
        tell(job(server, "delete", 9, "error", forced.command.id, error_code="unknown_entity"))
        tell(job(server, "create", 7, "success", building.command.id))
        # Then it is closed, and no command is left open
        assert state(server).observed == "gone"
        assert not Command.objects.exclude(status="settled").exists()

    def test_a_removal_waits_until_it_is_known_what_became_of_the_build(self):
        # Given a build that a worker took and then was never heard of
        server = create()
        building = take()
        commands.delete_server(ALICE, server.pk)
        assert claim("other", limit=10, lease=60) == []
        # When the worker's lease runs out, the build is only looked for
        lease_runs_out(building)
        looking = take()
        assert (looking.command.id, looking.command.sending.only_look) == (building.command.id, True)
        told = {"cluster": "c1", "command": looking.command.id, "epoch": looking.command.sending.epoch}
        tell(Refused(**told, code="superseded", reason="no job"))
        # Then the removal goes
        assert type(take().command).__name__ == "DeleteServer"

    def test_an_overtaken_command_that_was_put_back_is_not_looked_for_before_its_time(self):
        # Given a build that nobody has heard of, and its removal, which is due
        server = create()
        building = take()
        commands.delete_server(ALICE, server.pk)
        lease_runs_out(building)
        looking = take()
        # When the cluster that should know is away for a while
        told = {"cluster": "c1", "command": looking.command.id, "epoch": looking.command.sending.epoch}
        tell(Postponed(**told, delay=30.0, reason="away", unclear=True))
        # Then it is not asked again and again, and the removal waits as well
        assert claim("other", limit=10, lease=60) == []
        Command.objects.filter(pk=building.command.id).update(due_at=clock.now())
        (again,) = claim("other", limit=10, lease=60)
        assert (again.command.id, again.command.sending.only_look) == (building.command.id, True)

    def test_what_became_of_a_command_that_was_put_back_is_looked_for_as_soon_as_it_is_overtaken(self):
        # Given a build that may have arrived, at a cluster that went away
        server = create()
        building = take()
        told = {"cluster": "c1", "command": building.command.id, "epoch": building.command.sending.epoch}
        tell(Postponed(**told, delay=30.0, reason="away", unclear=True))
        assert claim("other", limit=10, lease=60) == []
        # Then its removal does not wait for that time
        commands.delete_server(ALICE, server.pk)
        (looking,) = claim("other", limit=10, lease=60)
        assert (looking.command.id, looking.command.sending.only_look) == (building.command.id, True)

    def test_gone_is_final_only_when_no_earlier_command_is_unsettled(self):
        server = create()
        building = take()
        tell(accepted(building, 7))
        commands.delete_server(ALICE, server.pk)
        removal = take()
        tell(accepted(removal, 8), job(server, "delete", 8, "success", removal.command.id))
        assert state(server).observed == "removed"
        tell(job(server, "create", 7, "canceled", building.command.id))
        assert state(server).observed == "gone"

    def test_a_server_that_comes_to_life_after_its_removal_is_removed_again(self):
        server = create()
        building = take()
        tell(accepted(building, 9))
        commands.delete_server(ALICE, server.pk)
        removal = take()
        tell(job(server, "delete", 8, "success", removal.command.id))
        tell(job(server, "create", 9, "success", building.command.id))
        assert state(server).verb == "delete"
        assert type(take().command).__name__ == "DeleteServer"

    def test_a_hard_reboot_overtakes_a_soft_one_and_not_the_other_way_round(self):
        server = running()
        commands.reboot_server(ALICE, server.pk, hard=False)
        commands.reboot_server(ALICE, server.pk, hard=True)
        with pytest.raises(Conflict):
            commands.reboot_server(ALICE, server.pk, hard=False)
        assert state(server).verb == "reboot-hard"

    def test_lifecycle_commands_are_exclusive(self):
        server = running()
        commands.stop_server(ALICE, server.pk)
        with pytest.raises(Conflict) as refusal:
            commands.reboot_server(ALICE, server.pk, hard=False)
        assert "while it is stopping" in str(refusal.value)

    def test_deleting_twice_is_deleting_once(self):
        server = running()
        commands.delete_server(ALICE, server.pk)
        commands.delete_server(ALICE, server.pk)
        assert Command.objects.filter(verb="delete").count() == 1

    def test_force_delete_overtakes_a_delete(self):
        server = running()
        commands.delete_server(ALICE, server.pk)
        commands.delete_server(ALICE, server.pk, force=True)
        taken = take()
        assert taken.command.force
        tell(job(server, "delete", 9, "success", taken.command.id))
        assert state(server).observed == "gone"

    def test_a_failed_server_can_be_deleted(self):
        server = create()
        taken = take()
        tell(job(server, "create", 3, "error", taken.command.id, error="no"))
        commands.delete_server(ALICE, server.pk)
        taken = take()
        tell(job(server, "delete", 4, "error", taken.command.id, error_code="unknown_entity"))
        assert state(server).observed == "gone"


class TestFencing:
    def test_an_older_final_status_does_not_undo_a_newer_one(self):
        server = running()
        tell(job(server, "stop", 9, "success"))
        tell(job(server, "start", 8, "success"))
        assert state(server).observed == "stopped"

    def test_a_late_final_status_still_settles_its_own_command_and_asks_for_a_look(self):
        server = running()
        commands.stop_server(ALICE, server.pk)
        taken = take()
        tell(accepted(taken, 8), job(server, "start", 9, "success"))
        tell(job(server, "stop", 8, "success", taken.command.id))
        assert outcome(taken.command.id) == "success"
        row = Server.objects.get(pk=server.pk)
        assert row.observed == "running"
        assert row.look_at is not None

    def test_a_job_is_known_before_its_acceptance_is_told(self):
        server = create()
        taken = take()
        tell(job(server, "create", 7, "success", taken.command.id))
        tell(accepted(taken, 7))
        assert state(server).observed == "running"
        assert outcome(taken.command.id) == "success"

    def test_the_same_fact_twice_changes_nothing_the_second_time(self):
        server = running()
        assert tell(job(server, "stop", 9, "success")) == {"applied": 1}
        version = state(server).version
        assert tell(job(server, "stop", 9, "success")) == {"duplicate": 1}
        assert state(server).version == version

    def test_a_replay_older_than_the_inbox_is_caught_by_the_fence(self):
        from logic.ledger.models import Inbox

        server = running()
        tell(job(server, "stop", 8, "success"), job(server, "start", 9, "success"))
        Inbox.objects.all().delete()
        tell(job(server, "stop", 8, "success"))
        assert state(server).observed == "running"

    def test_another_incarnation_of_the_cluster_is_not_believed(self):
        server = running()
        tell(job(server, "delete", 900, "success", incarnation="another"))
        assert state(server).observed == "running"
        assert Journal.objects.filter(resource=server.pk, what="stale").exists()

    def test_a_dry_run_changes_nothing(self):
        server = running()
        tell(job(server, "stop", 9, "success", dry_run=True))
        assert state(server).observed == "running"

    def test_a_running_status_after_the_error_does_not_bring_the_command_back(self):
        """The ancestor's hazard 2: a late "running" kept servers rebooting for ever."""
        server = running()
        commands.reboot_server(ALICE, server.pk, hard=False)
        taken = take()
        tell(job(server, "reboot", 9, "error", taken.command.id), job(server, "reboot", 9, "running", taken.command.id))
        assert queries.server(ALICE, server.pk).status == "ACTIVE"


class TestLooks:
    def test_a_look_that_was_asked_before_a_change_is_dropped_and_asked_again(self):
        server = running()
        answer = seen(server, "stopped")
        commands.stop_server(ALICE, server.pk)
        tell(answer)
        assert state(server).observed == "running"
        assert Server.objects.get(pk=server.pk).look_at is not None

    def test_a_guest_that_stopped_by_itself_is_seen_with_its_cause(self):
        server = running()
        tell(seen(server, "stopped", why="shutdown"))
        assert queries.server(ALICE, server.pk).status == "SHUTOFF"
        assert Journal.objects.filter(resource=server.pk, what="seen").last().text == "guest shut itself down"

    def test_one_that_a_job_has_down_is_as_it_was_until_that_job_is_over_and_is_looked_at_again(self):
        server = running()
        Server.objects.update(look_at=None)
        tell(seen(server, "crashed", why="guest", busy=True))
        assert state(server).observed == "running"
        assert not Journal.objects.filter(resource=server.pk, what="seen").exists()
        assert Server.objects.get(pk=server.pk).look_at is not None

    def test_absence_is_believed_on_the_second_look(self):
        server = running()
        tell(seen(server, exists=False))
        assert queries.server(ALICE, server.pk).status == "ACTIVE"
        tell(seen(server, exists=False))
        info = queries.server(ALICE, server.pk)
        assert (info.status, info.fault.code) == ("ERROR", "missing")

    def test_a_server_that_turns_up_again_is_well_again(self):
        server = running()
        tell(seen(server, exists=False))
        tell(seen(server, exists=False))
        tell(seen(server, "running"))
        assert queries.server(ALICE, server.pk).status == "ACTIVE"

    def test_absence_during_a_build_means_nothing_yet(self):
        server = create()
        take()
        tell(seen(server, exists=False))
        tell(seen(server, exists=False))
        assert queries.server(ALICE, server.pk).status == "BUILD"

    def test_an_instance_of_our_name_with_another_owner_is_not_ours(self):
        server = running()
        for _ in range(2):
            tell(seen(server, "running", owner="somebody-else"))
        assert queries.server(ALICE, server.pk).fault.message == "Its name on the cluster belongs to another instance."

    def test_a_name_taken_by_our_own_earlier_attempt_is_a_success(self):
        server = create()
        taken = take()
        tell(job(server, "create", 8, "error", taken.command.id, error_code="already_exists"))
        assert queries.server(ALICE, server.pk).status == "BUILD"
        tell(seen(server, "running"))
        assert queries.server(ALICE, server.pk).status == "ACTIVE"

    def test_a_name_taken_by_somebody_else_is_an_error(self):
        server = create()
        taken = take()
        tell(job(server, "create", 8, "error", taken.command.id, error_code="already_exists"))
        tell(seen(server, "running", owner="somebody-else"))
        assert queries.server(ALICE, server.pk).status == "ERROR"


class TestIdempotency:
    def test_a_worker_that_died_is_followed_by_one_that_looks_before_it_sends(self):
        create()
        first = take()
        lease_runs_out(first)
        second = take()
        assert second.command.sending.again
        assert second.command.sending.epoch == first.command.sending.epoch + 1

    def test_the_answer_of_an_earlier_epoch_cannot_fail_the_command(self):
        server = create()
        first = take()
        lease_runs_out(first)
        take()
        tell(Refused(cluster="c1", command=first.command.id, epoch=first.command.sending.epoch, code="x", reason="no"))
        assert queries.server(ALICE, server.pk).status == "BUILD"

    def test_a_postponed_command_waits_and_goes_again(self):
        server = running()
        commands.stop_server(ALICE, server.pk)
        taken = take()
        told = {"cluster": "c1", "command": taken.command.id, "epoch": taken.command.sending.epoch}
        tell(Postponed(**told, delay=0.0, reason="503"))
        again = take()
        assert again.command.id == taken.command.id
        assert not again.command.sending.again

    def test_a_lost_job_is_sent_again_after_a_look(self):
        server = running()
        commands.stop_server(ALICE, server.pk)
        taken = take()
        tell(accepted(taken, 9), job(server, "stop", 9, "lost", taken.command.id))
        assert take().command.sending.again

    def test_a_reboot_whose_job_is_lost_is_never_sent_twice(self):
        server = running()
        commands.reboot_server(ALICE, server.pk, hard=False)
        taken = take()
        tell(accepted(taken, 9), job(server, "reboot", 9, "lost", taken.command.id))
        assert claim("worker", limit=10, lease=60) == []
        assert outcome(taken.command.id) == "unclear"
        assert queries.server(ALICE, server.pk).status == "ACTIVE"

    def test_of_two_jobs_for_one_command_the_error_of_the_double_does_not_count(self):
        server = create()
        taken = take()
        tell(accepted(taken, 7))
        tell(job(server, "create", 8, "error", taken.command.id, error="double"))
        assert queries.server(ALICE, server.pk).status == "BUILD"
        tell(job(server, "create", 7, "success", taken.command.id))
        assert queries.server(ALICE, server.pk).status == "ACTIVE"

    def test_a_failed_removal_is_tried_again(self):
        server = running()
        commands.delete_server(ALICE, server.pk)
        taken = take()
        tell(job(server, "delete", 9, "error", taken.command.id, error="node is down"))
        assert state(server).verb == "delete"
        row = Command.objects.get(pk=taken.command.id)
        assert (row.status, row.since) == ("pending", 9)


class TestChildren:
    def test_two_ports_of_one_server_are_plugged_at_the_same_time(self):
        server = running()
        for _ in range(2):
            network.plug_port(ALICE, server.pk, NewNic(network=NETWORK))
        assert len(claim("worker", limit=10, lease=60)) == 2

    def test_a_child_command_leaves_the_server_free(self):
        server = running()
        network.plug_port(ALICE, server.pk, NewNic(network=NETWORK))
        commands.stop_server(ALICE, server.pk)
        assert state(server).verb == "stop"

    def test_a_child_command_is_refused_while_the_server_changes(self):
        server = running()
        commands.stop_server(ALICE, server.pk)
        with pytest.raises(Conflict):
            network.plug_port(ALICE, server.pk, NewNic(network=NETWORK))

    def test_a_child_with_a_command_in_flight_is_not_removed_by_a_look_at_the_server(self):
        server = running()
        port = network.plug_port(ALICE, server.pk, NewNic(network=NETWORK))
        take()
        for _ in range(2):
            tell(seen(server, "running", nics=()))
        assert Port.objects.get(pk=port).verb == "plug"

    def test_a_look_asked_before_a_port_was_unplugged_does_not_plug_it_again(self):
        server = running()
        tell(seen(server, "running"))
        port = Port.objects.get(device=server.pk)
        network.unplug_port(ALICE, server.pk, port.pk)
        taken = take()
        answer = seen(server, "running")
        done = job(server, "stop", 30, "success", taken.command.id)
        tell(
            type(done)(**{**{f: getattr(done, f) for f in done.__struct_fields__}, "opcode": "OP_INSTANCE_SET_PARAMS"})
        )
        tell(answer)
        assert Port.objects.get(pk=port.pk).observed == "gone"

    def test_an_unplugged_port_gives_back_its_address_and_its_place(self):
        server = running()
        tell(seen(server, "running"))
        port = Port.objects.get(device=server.pk)
        network.unplug_port(ALICE, server.pk, port.pk)
        taken = take()
        tell(job(server, "stop", 30, "success", taken.command.id, opcode="OP_INSTANCE_SET_PARAMS"))
        assert queries.server(ALICE, server.pk).addresses == []
        assert quota.used(ALICE.project, "ports") == 0

    def test_a_port_that_could_not_be_plugged_is_gone_after_a_look(self):
        server = running()
        tell(seen(server, "running"))
        port = network.plug_port(ALICE, server.pk, NewNic(network=NETWORK))
        taken = take()
        tell(job(server, "stop", 30, "error", taken.command.id, opcode="OP_INSTANCE_SET_PARAMS", error="no"))
        answer = seen(server, "running")
        there = tuple(nic for nic in answer.nics if not nic.name.endswith(port))
        tell(seen(server, "running", nics=there))
        assert Port.objects.get(pk=port).observed == "gone"
        assert quota.used(ALICE.project, "ports") == 1


class TestProgressOfABuild:
    def told(self, server, percent, serial="1"):
        return BuildProgress(cluster="c1", instance=server.instance, percent=percent, serial=serial)

    def shown(self, server):
        return queries.server(ALICE, server.pk).progress

    def test_the_newest_is_shown_while_the_server_is_built_and_changes_nothing_else(self):
        server = create()
        taken = take()
        assert self.shown(server) == 0
        before = state(server)
        tell(self.told(server, 10.0), self.told(server, 41.7, "2"))
        tell(self.told(server, 41.7, "2"))
        assert self.shown(server) == 42
        assert [one.progress for one in queries.servers(ALICE)] == [42]
        assert state(server) == before
        assert Journal.objects.filter(what="progress", command=taken.command.id).count() == 2

    def test_it_is_of_no_interest_when_it_comes_late_or_of_nobody(self):
        server = running()
        tell(self.told(server, 99.0))
        tell(BuildProgress(cluster="c1", instance="snf-4711", percent=5.0))
        assert self.shown(server) == 0
        assert not Journal.objects.filter(what="progress").exists()

    def test_a_percent_beyond_a_hundred_is_no_observation(self):
        with pytest.raises(Malformed):
            codec.decode(codec.encode(BuildProgress(cluster="c1", instance="snf-1", percent=101.0)))


def test_locks_are_taken_by_kind_and_id(django_assert_num_queries):
    """Servers before ports, each by id: the order is in the statements themselves."""
    from django.db import connection
    from django.test.utils import CaptureQueriesContext

    first, second = running(), running(first_job=2)
    with CaptureQueriesContext(connection) as queries_seen:
        tell(seen(second, "stopped"), seen(first, "stopped"))
    reads = [q["sql"] for q in queries_seen if re.search(r"ORDER BY (\S+\.)?\W?id\b", q["sql"])]
    assert ["compute_server" in reads[0], "network_port" in reads[1]] == [True, True]


def test_a_cluster_accepted_anew_is_believed_again():
    """Given a cluster that was made anew, when an operator accepts it, its job ids count from the beginning."""
    from logic.backends.base import Facts
    from logic.placement import commands as placement

    server = running(first_job=500)
    assert not placement.refresh("c1", Facts(incarnation="anew"))
    tell(job(server, "stop", 3, "success", incarnation="anew"))
    assert state(server).observed == "running"
    assert placement.refresh("c1", Facts(incarnation="anew"), accept=True)
    tell(job(server, "stop", 4, "success", incarnation="anew"))
    assert state(server).observed == "stopped"
