"""Rebuilding a server: what is refused, what its guest is told, and what becomes of it."""

import pytest

from logic.compute import commands, queries
from logic.compute.commands import Rebuilt
from logic.compute.models import KeyPair, Server
from logic.errors import BadRequest, Forbidden, NotFound, WrongState
from logic.image.models import Image
from logic.ledger.models import Command
from logic.messages import codec
from logic.messages.observations import Refused
from logic.quota import queries as quota
from logic.testing.worlds import (
    ALICE,
    BOB,
    IMAGE,
    READER,
    accepted,
    create,
    furnish,
    job,
    outcome,
    running,
    seen,
    state,
    take,
    tell,
)

pytestmark = [pytest.mark.django_db, pytest.mark.every_database]
ANEW = Rebuilt(image=IMAGE)
STEPS = ("OP_INSTANCE_SHUTDOWN", "OP_INSTANCE_REINSTALL", "OP_INSTANCE_STARTUP")
USER_DATA = "IyEvYmluL3No"


@pytest.fixture(autouse=True)
def world():
    return furnish()


def rebuild(server, wanted=ANEW, caller=ALICE):
    commands.rebuild_server(caller, server.pk, wanted)


def order(server):
    return codec.decode_command(bytes(Command.objects.filter(resource=server.pk).latest("created_at").payload))


def step(server, number, op, status="success", **fields):
    """An operation of the job, which carries no command: the road knows it by its number."""
    return job(server, "stop", number, status, opcode=STEPS[op], op=op, **fields)


def status(server):
    return queries.server(ALICE, server.pk).status


def stopped():
    server = running()
    tell(seen(server, "stopped"))
    return server


class TestTheRoad:
    def test_a_server_is_rebuilding_until_the_last_operation_of_its_job_has_succeeded(self):
        # Given a rebuild that the cluster has taken
        server = running()
        rebuild(server)
        taken = take()
        tell(accepted(taken, 7))
        # When it is stopped, and its disk is made anew
        for op in (0, 1):
            tell(step(server, 7, op, "running"), step(server, 7, op))
            # Then it is still rebuilding
            assert (status(server), outcome(taken.command.id)) == ("REBUILD", "")
        # And when it has been started it is active
        tell(step(server, 7, 2))
        assert (status(server), outcome(taken.command.id)) == ("ACTIVE", "success")
        assert state(server).fence == (7, 2)

    def test_one_that_was_stopped_stays_stopped(self):
        server = stopped()
        rebuild(server)
        assert order(server).start is False
        tell(accepted(take(), 7), step(server, 7, 0), step(server, 7, 1))
        assert status(server) == "SHUTOFF"

    def test_a_job_that_was_over_before_its_number_was_known_is_settled_by_a_look(self):
        # Given a job whose end was told before the worker's answer
        server = running()
        rebuild(server)
        taken = take()
        tell(*(step(server, 7, op) for op in range(3)))
        tell(accepted(taken, 7))
        assert status(server) == "REBUILD"
        # When reconcile asks what became of it, and tells that as the command's
        tell(*(step(server, 7, op, command=taken.command.id) for op in range(3)))
        # Then it is over, though each of these has been heard before
        assert (status(server), outcome(taken.command.id)) == ("ACTIVE", "success")

    @pytest.mark.parametrize("op", [0, 1, 2])
    def test_when_an_operation_fails_the_server_is_in_error_with_what_it_said(self, op):
        server = running()
        rebuild(server)
        taken = take()
        tell(accepted(taken, 7), *(step(server, 7, done) for done in range(op)))
        later = (step(server, 7, other, "error", error="Preceding opcode failed") for other in range(op + 1, 3))
        tell(step(server, 7, op, "error", error="no such image", error_code="environment_error"), *later)
        found = queries.server(ALICE, server.pk)
        assert (found.status, found.fault.message) == ("ERROR", "no such image")
        assert outcome(taken.command.id) == "error"

    def test_one_that_is_in_error_can_be_rebuilt_and_is_sound_then(self):
        server = running()
        rebuild(server)
        tell(accepted(take(), 7), step(server, 7, 0), step(server, 7, 1, "error", error="no such image"))
        rebuild(server)
        assert status(server) == "REBUILD"
        tell(accepted(take(), 8), *(step(server, 8, op) for op in range(3)))
        assert (status(server), state(server).fault) == ("ACTIVE", "")

    def test_what_the_cluster_refuses_puts_it_in_error_too(self):
        server = running()
        rebuild(server)
        taken = take()
        about = {"cluster": "c1", "command": taken.command.id, "epoch": taken.command.sending.epoch}
        tell(Refused(**about, code="rejected", reason="no such OS"))
        assert queries.server(ALICE, server.pk).fault.message == "no such OS"

    def test_a_removal_overtakes_it_and_waits_for_its_job(self):
        server = running()
        rebuild(server)
        taken = take()
        tell(accepted(taken, 7))
        commands.delete_server(ALICE, server.pk)
        removal = take()
        assert removal.command.sending.after == (7,)
        tell(accepted(removal, 8), step(server, 7, 0, "canceled"))
        assert (state(server).mode, outcome(taken.command.id)) == ("normal", "canceled")


class TestRefusals:
    @pytest.mark.parametrize("verb", ["stop", "rebuild"])
    def test_while_something_is_under_way_it_waits(self, verb):
        server = running()
        commands.stop_server(ALICE, server.pk) if verb == "stop" else rebuild(server)
        with pytest.raises(WrongState):
            rebuild(server)

    def test_one_that_was_never_made_cannot_be_made_anew(self):
        server = create()
        tell(job(server, "create", 1, "error", take().command.id, error="no disk", error_code="x"))
        with pytest.raises(WrongState, match="There is no instance of it"):
            rebuild(server)

    def test_who_may_not_or_cannot_see_it(self):
        server = running()
        with pytest.raises(Forbidden):
            rebuild(server, caller=READER)
        with pytest.raises(NotFound):
            rebuild(server, caller=BOB)

    @pytest.mark.parametrize(
        ("columns", "words"),
        [({"status": "queued"}, "not active"), ({"min_disk": 99}, "too small"), ({"min_ram": 9999}, "too small")],
    )
    def test_an_image_that_does_not_fit_changes_nothing(self, columns, words):
        server = running()
        Image.objects.filter(pk=IMAGE).update(**columns)
        with pytest.raises(BadRequest, match=words):
            rebuild(server, Rebuilt(image=IMAGE, name="other"))
        assert Server.objects.get(pk=server.pk).name == "demo"

    def test_an_image_that_nobody_has(self):
        server = running()
        with pytest.raises(BadRequest, match="could not be found"):
            rebuild(server, Rebuilt(image="0" * 36))

    def test_a_server_without_a_disk(self):
        server = running()
        Server.objects.update(disk=0)
        with pytest.raises(BadRequest, match="has no disk"):
            rebuild(server)


def test_it_is_counted_as_before():
    server = running()
    before = quota.usage(ALICE.project)
    rebuild(server)
    assert quota.usage(ALICE.project) == before


class TestWhatTheGuestIsTold:
    def test_what_is_asked_for_is_in_the_row_at_once_and_told_to_the_guest(self):
        server = running()
        KeyPair.objects.create(user=ALICE.user, name="k", public_key="ssh-ed25519 AAAA", fingerprint="")
        wanted = Rebuilt(image=IMAGE, name="New Name", description="d", metadata={"a": "b"}, key_name="k")
        rebuild(server, wanted)
        row = Server.objects.get(pk=server.pk)
        assert (row.name, row.description, row.metadata, row.key_name) == ("New Name", "d", {"a": "b"}, "k")
        told = order(server).os_params
        assert (told["hostname"], told["instance_id"], told["auth_keys"]) == ("new-name", server.pk, "ssh-ed25519 AAAA")

    def test_what_the_image_of_before_had_told_is_taken_back(self):
        server = running()
        KeyPair.objects.create(user=ALICE.user, name="k", public_key="ssh-ed25519 AAAA", fingerprint="")
        Image.objects.filter(pk=IMAGE).update(properties={"osfamily": "linux"})
        Server.objects.filter(pk=server.pk).update(key_name="k")
        other = Image.objects.get(pk=IMAGE)
        other.pk, other.properties = "aaaaaaaa-0000-4000-8000-000000000002", {}
        other.save(force_insert=True)
        rebuild(server, Rebuilt(image=other.pk, key_name=None))
        told = order(server).os_params
        assert (told["img_properties"], told["auth_keys"]) == ("{}", "")
        assert Server.objects.get(pk=server.pk).key_name == ""

    def test_it_keeps_the_key_of_its_user_whoever_rebuilds_it(self):
        server = running()
        KeyPair.objects.create(user=ALICE.user, name="k", public_key="ssh-ed25519 AAAA", fingerprint="")
        Server.objects.filter(pk=server.pk).update(key_name="k")
        rebuild(server, caller=READER.__class__(user="other", project=ALICE.project, roles=frozenset({"member"})))
        assert order(server).os_params["auth_keys"] == "ssh-ed25519 AAAA"

    def test_a_key_that_is_gone_is_not_left_out_in_silence(self):
        server = running()
        Server.objects.filter(pk=server.pk).update(key_name="gone")
        with pytest.raises(BadRequest, match="key pair gone"):
            rebuild(server)

    @pytest.mark.parametrize(
        ("os", "before", "wanted", "refused"),
        [
            ("synnefo-image+default", USER_DATA, {}, False),
            ("synnefo-image+default", USER_DATA, {"user_data": USER_DATA}, False),
            ("synnefo-image+default", USER_DATA, {"user_data": None}, True),
            ("synnefo-image+default", "", {"user_data": USER_DATA}, True),
            ("synnefo-image+default", "", {"user_data": None}, False),
            ("snf-image+default", USER_DATA, {}, True),
            ("snf-image+default", USER_DATA, {"user_data": None}, False),
        ],
    )
    def test_user_data_that_the_provider_keeps_stays_and_no_other_can_be_told(
        self, settings, os, before, wanted, refused
    ):
        settings.GANETI_OS_PROVIDER = os
        server = running()
        Server.objects.filter(pk=server.pk).update(user_data=before)
        if refused:
            with pytest.raises(BadRequest, match="user data"):
                rebuild(server, Rebuilt(image=IMAGE, **wanted))
            return
        rebuild(server, Rebuilt(image=IMAGE, **wanted))
        assert "cloud_userdata" not in order(server).os_params
        expected = before if wanted.get("user_data", before) is not None else ""
        assert Server.objects.get(pk=server.pk).user_data == expected

    @pytest.mark.parametrize(
        ("before", "wanted", "told"),
        [
            (USER_DATA, {}, USER_DATA),
            (USER_DATA, {"user_data": None}, None),
            ("", {"user_data": USER_DATA}, USER_DATA),
            (USER_DATA, {"user_data": "b3RoZXI="}, "b3RoZXI="),
        ],
    )
    def test_where_nodes_ask_for_secrets_user_data_may_change(self, settings, before, wanted, told):
        settings.NODES_ASK_SECRETS, settings.GANETI_OS_PROVIDER = True, "synnefo-image+default"
        server = running()
        Server.objects.filter(pk=server.pk).update(user_data=before, config_drive=True)
        rebuild(server, Rebuilt(image=IMAGE, **wanted))
        command = order(server)
        assert (command.os_params.get("cloud_userdata"), command.os_params["secrets"]) == (told, command.id)
        assert Server.objects.get(pk=server.pk).user_data == (told or "")
