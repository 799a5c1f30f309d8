"""Given a server that runs; a ticket shows its screen once, soon, and to nobody else."""

import datetime

import msgspec
import pytest

from logic import clock
from logic.access import Caller
from logic.compute import consoles
from logic.compute.consoles import LIFETIME, NoTicket, admit, check, open_console, prune_tickets
from logic.compute.models import ConsoleTicket, Server
from logic.errors import Forbidden, NotFound, Refusal, Unauthenticated, WrongState
from logic.identity.models import Assignment, Token, User
from logic.identity.queries.tokens import authenticate
from logic.identity.testing import sign_in
from logic.ledger.models import Journal
from logic.testing.worlds import ADMIN, ALICE, BOB, READER, furnish, running

pytestmark = [pytest.mark.django_db, pytest.mark.every_database]


@pytest.fixture(autouse=True)
def _cloud():
    furnish()


def as_signed_in(caller: Caller) -> Caller:
    return authenticate(sign_in(caller))


@pytest.fixture
def alice():
    return as_signed_in(ALICE)


@pytest.fixture
def server():
    return running()


def test_a_ticket_tells_whose_screen_may_be_seen(alice, server):
    admission = admit(open_console(alice, server.pk))

    assert (admission.server, admission.backend, admission.instance) == (server.pk, "c1", server.instance)
    assert (admission.instance_uuid, admission.user) == (f"ganeti-{server.number}", "alice")
    check(admission)


def test_it_is_good_once(alice, server):
    ticket = open_console(alice, server.pk)
    admit(ticket)

    with pytest.raises(NoTicket):
        admit(ticket)


def test_it_is_good_for_half_a_minute(alice, server, monkeypatch):
    ticket = open_console(alice, server.pk)
    later = clock.now() + LIFETIME + datetime.timedelta(seconds=1)
    monkeypatch.setattr(clock, "now", lambda: later)

    with pytest.raises(NoTicket):
        admit(ticket)


@pytest.mark.parametrize("ticket", ["", "guessed", "x" * 300, "\udcff"])
def test_one_that_was_never_given_out_is_worth_nothing(ticket):
    with pytest.raises(NoTicket):
        admit(ticket)


def test_only_its_hash_is_kept(alice, server):
    ticket = open_console(alice, server.pk)
    (row,) = ConsoleTicket.objects.values()
    assert ticket not in str(row)


@pytest.mark.parametrize("observed", ["stopped", "crashed", "none"])
def test_a_server_that_does_not_run_has_no_screen(alice, server, observed):
    ticket = open_console(alice, server.pk)
    Server.objects.filter(pk=server.pk).update(observed=observed)

    with pytest.raises(WrongState):
        open_console(alice, server.pk)
    with pytest.raises(WrongState):
        admit(ticket)


def test_the_refusal_says_what_to_do(alice, server):
    Server.objects.filter(pk=server.pk).update(observed="stopped")
    with pytest.raises(WrongState, match=r"while it is stopped\. Start it first\."):
        open_console(alice, server.pk)


def test_another_tenants_server_is_as_unknown_as_one_that_never_was(server):
    bob = as_signed_in(BOB)
    told = []
    for id in (server.pk, "0" * 36):
        with pytest.raises(NotFound) as error:
            open_console(bob, id)
        told.append(error.value.sentence.replace(id, "ID"))
    assert told[0] == told[1]
    assert not ConsoleTicket.objects.exists()


def test_an_admin_sees_any_screen(server):
    assert admit(open_console(as_signed_in(ADMIN), server.pk)).server == server.pk


def test_who_may_only_read_sees_no_screen(server):
    with pytest.raises(Forbidden):
        open_console(as_signed_in(READER), server.pk)


def revoke_token():
    Token.objects.all().delete()


def take_role():
    Assignment.objects.all().delete()


def disable_user():
    User.objects.update(enabled=False)


def delete_server():
    Server.objects.update(observed="gone")


def make_reader():
    sign_in(msgspec.structs.replace(ALICE, roles=frozenset({"reader"})))
    Assignment.objects.exclude(role__name="reader").delete()


def hand_over():
    Server.objects.update(project=BOB.project)


def rebuild_elsewhere():
    """The server is another machine by now."""
    Server.objects.update(backend_uuid="another")


@pytest.mark.parametrize("end", [revoke_token, take_role, disable_user, make_reader, delete_server, hand_over])
def test_what_takes_the_right_takes_the_ticket_and_the_open_console(alice, server, end):
    ticket, admission = open_console(alice, server.pk), admit(open_console(alice, server.pk))

    end()

    with pytest.raises(Refusal):
        check(admission)
    with pytest.raises(Refusal):
        admit(ticket)


def test_a_console_is_of_one_machine(alice, server):
    admission = admit(open_console(alice, server.pk))
    rebuild_elsewhere()
    with pytest.raises(NotFound):
        check(admission)


def test_who_has_no_token_gets_no_ticket_of_worth(server):
    with pytest.raises(Unauthenticated):
        admit(open_console(ALICE, server.pk))


def test_who_looked_is_in_the_servers_journal(alice, server):
    admit(open_console(alice, server.pk))
    line = Journal.objects.filter(resource=server.pk).latest("pk")
    assert (line.what, line.actor) == ("console", "alice")


def test_what_nobody_used_is_forgotten(alice, server):
    ticket = open_console(alice, server.pk)
    open_console(alice, server.pk)
    ConsoleTicket.objects.exclude(pk=consoles.secrets.digest(ticket)).update(expires_at=clock.now() - LIFETIME)

    assert [prune_tickets(10), prune_tickets(10)] == [1, 0]
    assert admit(ticket)
