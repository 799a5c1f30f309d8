"""Resizing a server, confirming it, going back: what becomes of it, whatever is heard."""

import pytest

from ganeti.vocabulary import UNMET
from logic import clock
from logic.compute import commands, queries
from logic.compute.models import Server
from logic.compute.tests.resizing import (
    GROW,
    MODIFY,
    RESTART,
    end,
    offered,
    order,
    part,
    resize,
    resized,
    shown,
    stopped,
    usage_of,
)
from logic.errors import WrongState
from logic.ledger.models import Command
from logic.messages.observations import Refused
from logic.testing.worlds import (
    ALICE,
    IMAGE,
    accepted,
    create,
    job,
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
    return offered()


class TestTheRoad:
    def test_a_server_has_the_new_size_when_it_has_been_restarted_and_waits_to_be_confirmed(self):
        # Given a resize that the cluster has taken as three jobs
        server = running()
        resize(server)
        asked = order(server)
        assert (asked.memory, asked.vcpus, asked.disk, asked.restart) == (1024, 2, 2048, True)
        taken = take()
        tell(accepted(taken, 9))
        # When its disk is grown and its parameters are changed
        for number, op in ((7, GROW), (8, MODIFY)):
            tell(part(server, number, op, "running"), part(server, number, op))
            # Then it is still resizing, and shown as it was but for its disk
            assert shown(server) == ("RESIZE", "m1.tiny", 512, 2)
            assert (outcome(taken.command.id), Command.objects.get(pk=taken.command.id).job) == ("", 9)
        # And when it has been restarted it waits, and is of the new flavor
        tell(end(server, taken, 9, RESTART))
        assert shown(server) == ("VERIFY_RESIZE", "m1.large", 1024, 2)
        assert (outcome(taken.command.id), state(server).fence) == ("success", (9, 0))

    def test_one_that_is_down_is_not_restarted(self):
        server = stopped()
        resize(server)
        assert order(server).restart is False
        taken = take()
        tell(accepted(taken, 8), part(server, 7, GROW), end(server, taken, 8, MODIFY))
        assert shown(server) == ("VERIFY_RESIZE", "m1.large", 1024, 2)
        commands.confirm_resize(ALICE, server.pk)
        assert shown(server)[0] == "SHUTOFF"

    def test_confirmed_it_is_a_server_like_any_other(self):
        server = resized()
        commands.confirm_resize(ALICE, server.pk)
        assert shown(server) == ("ACTIVE", "m1.large", 1024, 2)
        assert Server.objects.get(pk=server.pk).other_flavor is None
        with pytest.raises(WrongState):
            commands.confirm_resize(ALICE, server.pk)
        with pytest.raises(WrongState, match="It was not resized"):
            commands.revert_resize(ALICE, server.pk)
        commands.stop_server(ALICE, server.pk)

    def test_who_goes_back_has_the_former_size_and_keeps_the_disk(self):
        server = resized()
        commands.revert_resize(ALICE, server.pk)
        asked = order(server)
        assert (asked.memory, asked.vcpus, asked.disk, asked.restart) == (512, 1, 0, True)
        assert shown(server) == ("REVERT_RESIZE", "m1.large", 1024, 2)
        taken = take()
        tell(accepted(taken, 21), part(server, 20, MODIFY), end(server, taken, 21, RESTART))
        assert shown(server) == ("ACTIVE", "m1.tiny", 512, 2)
        assert Server.objects.get(pk=server.pk).other_flavor is None

    def test_one_whose_guest_is_down_by_then_stays_down(self):
        server = resized()
        tell(seen(server, "stopped"))
        assert shown(server)[0] == "VERIFY_RESIZE"
        commands.revert_resize(ALICE, server.pk)
        assert order(server).restart is False
        taken = take()
        tell(accepted(taken, 20), end(server, taken, 20, MODIFY))
        assert shown(server) == ("SHUTOFF", "m1.tiny", 512, 2)

    def test_a_removal_overtakes_it_and_waits_for_its_last_job(self):
        server = running()
        resize(server)
        taken = take()
        tell(accepted(taken, 9), part(server, 7, GROW, "running"))
        commands.delete_server(ALICE, server.pk)
        removal = take()
        assert removal.command.sending.after == (9,)
        tell(accepted(removal, 10), end(server, taken, 9, RESTART, "canceled"))
        tell(job(server, "delete", 10, "success", removal.command.id))
        assert (state(server).observed, usage_of(ALICE)) == ("gone", (0, 0))

    def test_when_the_removal_that_overtook_it_fails_there_is_nothing_to_go_to_or_back_to(self):
        server = running()
        resize(server)
        commands.delete_server(ALICE, server.pk)
        for number in range(11, 17):
            removal = take()
            tell(accepted(removal, number))
            tell(job(server, "delete", number, "error", removal.command.id, error="node is away"))
            Command.objects.filter(status="pending").update(due_at=clock.now())
        assert (shown(server)[0], Server.objects.get().other_flavor, usage_of(ALICE)) == ("ERROR", None, (1, 512))

    def test_one_that_was_done_though_overtaken_has_its_size_for_good(self):
        server = running()
        resize(server)
        taken = take()
        tell(accepted(taken, 9))
        commands.delete_server(ALICE, server.pk)
        removal = take()
        tell(accepted(removal, 10), end(server, taken, 9, RESTART))
        assert (shown(server)[1:], Server.objects.get().other_flavor) == (("m1.large", 1024, 2), None)


class TestLostMessages:
    def test_an_end_that_is_all_that_is_heard_is_enough(self):
        server = running()
        resize(server)
        taken = take()
        tell(accepted(taken, 9), end(server, taken, 9, RESTART))
        assert shown(server) == ("VERIFY_RESIZE", "m1.large", 1024, 2)
        commands.revert_resize(ALICE, server.pk)
        taken = take()
        tell(accepted(taken, 12), end(server, taken, 12, RESTART))
        assert shown(server) == ("ACTIVE", "m1.tiny", 512, 2)

    def test_a_job_that_the_cluster_has_forgotten_is_ordered_again(self):
        server = running()
        resize(server)
        taken = take()
        tell(accepted(taken, 9), end(server, taken, 9, "", "lost"))
        assert (take().command.id, shown(server)[0]) == (taken.command.id, "RESIZE")

    def test_what_the_cluster_refuses_leaves_the_server_as_it_was(self):
        server = running()
        resize(server)
        taken = take()
        about = {"cluster": "c1", "command": taken.command.id, "epoch": taken.command.sending.epoch}
        tell(Refused(**about, code="rejected", reason="no disk"))
        assert (shown(server), usage_of(ALICE)) == (("ACTIVE", "m1.tiny", 512, 1), (1, 512))


class TestFailure:
    @pytest.mark.parametrize("grown", [False, True])
    def test_what_fails_before_the_restart_leaves_the_server_as_it_was_but_for_its_disk(self, grown):
        server = running()
        resize(server)
        taken = take()
        tell(accepted(taken, 9))
        failure = {"error": "no room", "error_code": "insufficient_resources"}
        if grown:
            tell(part(server, 7, GROW), part(server, 8, MODIFY, "error", **failure))
        else:
            tell(part(server, 7, GROW, "error", **failure), part(server, 8, MODIFY, "error", **UNBEGUN))
        tell(end(server, taken, 9, RESTART, "error", **UNBEGUN))
        assert shown(server) == ("ACTIVE", "m1.tiny", 512, 2 if grown else 1)
        assert (outcome(taken.command.id), Command.objects.get(pk=taken.command.id).error) == ("error", "no room")
        assert (Server.objects.get().other_flavor, usage_of(ALICE)) == (None, (1, 512))

    def test_what_could_not_be_restarted_is_in_error_with_its_new_size(self):
        server = not_restarted()
        assert shown(server) == ("ERROR", "m1.large", 1024, 2)
        assert queries.server(ALICE, server.pk).fault.message == (
            "It could not be restarted: reboot it hard, or revert its resize. node is out of memory"
        )
        assert usage_of(ALICE) == (2, 1024)

    def test_from_there_it_may_be_restarted_and_is_confirmed_with_that(self):
        server = not_restarted()
        commands.reboot_server(ALICE, server.pk, hard=True)
        taken = take()
        tell(accepted(taken, 12), job(server, "reboot", 12, "success", taken.command.id))
        assert shown(server) == ("ACTIVE", "m1.large", 1024, 2)
        assert (state(server).fault, Server.objects.get().other_flavor) == ("", None)

    def test_or_go_back(self):
        server = not_restarted()
        commands.revert_resize(ALICE, server.pk)
        taken = take()
        tell(accepted(taken, 21), part(server, 20, MODIFY), end(server, taken, 21, RESTART))
        assert (shown(server), state(server).fault) == (("ACTIVE", "m1.tiny", 512, 2), "")
        assert usage_of(ALICE) == (1, 512)

    def test_or_be_rebuilt_of_its_new_size(self):
        server = not_restarted()
        commands.rebuild_server(ALICE, server.pk, commands.Rebuilt(image=IMAGE))
        assert Server.objects.get().other_flavor is None

    def test_what_is_in_error_for_another_reason_has_nothing_to_go_back_to(self):
        server = create()
        tell(job(server, "create", 1, "error", take().command.id, error="no disk", error_code="x"))
        for ask in (commands.revert_resize, lambda *who: commands.reboot_server(*who, hard=True)):
            with pytest.raises(WrongState, match="Look at its fault"):
                ask(ALICE, server.pk)

    def test_a_way_back_that_fails_can_be_tried_again(self):
        server = resized()
        commands.revert_resize(ALICE, server.pk)
        taken = take()
        tell(accepted(taken, 21), end(server, taken, 21, RESTART, "error", error="busy", error_code=UNMET))
        assert shown(server) == ("VERIFY_RESIZE", "m1.large", 1024, 2)
        commands.revert_resize(ALICE, server.pk)

    def test_one_that_has_vanished_meanwhile_has_nothing_to_go_back_to(self):
        server = resized()
        tell(seen(server, exists=False))
        tell(seen(server, exists=False))
        assert (shown(server)[0], Server.objects.get().other_flavor) == ("ERROR", None)


UNBEGUN = {"error": "no room", "error_code": UNMET}  # with what the job told that failed


def not_restarted():
    """A server that has the new size, and did not come up again."""
    server = running()
    resize(server)
    taken = take()
    tell(accepted(taken, 9), part(server, 7, GROW), part(server, 8, MODIFY))
    tell(end(server, taken, 9, RESTART, "error", error="node is out of memory"))
    return server
