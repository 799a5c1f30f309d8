"""The door to SQL: its portable and its PostgreSQL form keep the same promises."""

import datetime

import msgspec
import pytest

from logic import clock
from logic.compute.models import Server, ServerNumber
from logic.ledger.efforts import columns_after
from logic.ledger.lines import NewLine
from logic.ledger.models import Command, Inbox, Journal, Parked, Quarantine
from logic.ledger.moments import Moment
from logic.ledger.moves import Move
from logic.ledger.resources import KINDS, STATE_COLUMNS, columns_of, state_of
from logic.ledger.store import store
from logic.network.models import Address, Port
from logic.placement.models import Backend
from logic.quota.models import Delta
from logic.quota.queries import usage
from logic.testing.worlds import ALICE, BOB, create, furnish
from logic.volume.models import Volume

pytestmark = [pytest.mark.django_db, pytest.mark.every_database]


@pytest.fixture(autouse=True)
def world():
    return furnish()


def test_a_key_is_fresh_once():
    assert store().fresh(["a", "b", "a"]) == {"a", "b"}
    assert store().fresh(["b", "c"]) == {"c"}
    assert store().fresh([]) == set()
    assert Inbox.objects.count() == 3


def test_rows_are_locked_in_the_order_of_their_ids_and_unknown_ones_are_left_out():
    ids = sorted([create(name="one").pk, create(name="two").pk])
    rows = store().lock(KINDS["server"], [ids[1], "no-such-id", ids[0], ids[0]])
    assert [row.pk for row in rows] == ids


def test_columns_are_written_to_their_rows_and_to_no_others():
    first, second, third = create(name="one"), create(name="two"), create(name="three")
    at = clock.now().replace(microsecond=123456)
    wanted = {}
    for place, row in enumerate((first, second)):
        columns = columns_of(state_of(row)) | {
            "observed": "running",
            "fault": f'it\'s {place} \\ "x"',
            "fence_job": 2**40,
        }
        wanted[row.pk] = columns | {"look_at": at if place else None, "updated_at": at}
    store().write_states(KINDS["server"], [{"id": id, **columns} for id, columns in wanted.items()])
    for id, columns in wanted.items():
        row = Server.objects.get(pk=id)
        assert {name: getattr(row, name) for name in columns} == columns
    assert state_of(Server.objects.get(pk=third.pk)) == state_of(third)
    assert set(STATE_COLUMNS) <= set(columns_of(state_of(first)))


def test_rows_for_folding_say_what_the_rows_say():
    one, other = create(name="one"), create(name="two")
    (found,) = store().take(KINDS["server"], [one.pk, "no-such-id"])
    assert (found.id, found.state, found.look_at, found.updated_at) == (
        one.pk,
        state_of(one),
        one.look_at,
        one.updated_at,
    )
    assert [row.id for row in store().take(KINDS["server"], {one.pk, other.pk})] == sorted([one.pk, other.pk])
    assert store().take(KINDS["server"], []) == []


def test_a_server_brings_its_living_ports_and_no_others():
    one, other = create(name="one"), create(name="two")
    mine, theirs = Port.objects.get(device=one.pk), Port.objects.get(device=other.pk)
    (found,) = store().take(KINDS["port"], [], parents=[one.pk])
    assert (found.id, found.device, found.owned) == (mine.pk, one.pk, True)
    assert {row.id for row in store().take(KINDS["port"], [theirs.pk], parents=[one.pk])} == {mine.pk, theirs.pk}
    Port.objects.filter(pk=mine.pk).update(observed="gone")
    assert store().take(KINDS["port"], [], parents=[one.pk]) == []
    assert [row.id for row in store().take(KINDS["port"], [mine.pk])] == [mine.pk]


def test_names_lead_to_clusters_and_their_servers():
    one, home = create(), Backend.objects.get()
    empty = Backend.objects.create(name="empty", endpoint="https://127.0.0.1:1")
    found = store().addresses({home.name, "empty", "no-such-cluster"}, {one.number, 2**62})
    assert found == ({home.name: home.pk, "empty": empty.pk}, {(home.pk, one.number): one.pk})
    assert store().addresses({home.name}, set()) == ({home.name: home.pk}, {})
    assert store().addresses(set(), {one.number}) == ({}, {})


def test_a_command_leads_to_its_resource():
    server, row = create(), Command.objects.get()
    assert store().owners({row.pk, "no-such-command"}) == {row.pk: ("server", server.pk, row.backend_id)}


def test_a_server_with_all_that_is_its_own_is_another_clusters():
    server, row, port = create(), Command.objects.get(), Port.objects.get()
    other, payload = Backend.objects.create(name="other", endpoint="https://127.0.0.1:1"), b'{"another": 1}'
    assert store().payloads({row.pk, "no-such-command"}) == {row.pk: bytes(row.payload)}
    move = Move(
        server=server.pk, ports=(port.pk,), command=row.pk, payload=payload, before="c1", backend=other.pk, name="other",
        incarnation="i",
    )  # fmt: skip
    store().move(move)
    assert store().owners({row.pk})[row.pk] == ("server", server.pk, other.pk)
    assert store().payloads({row.pk}) == {row.pk: payload}
    assert store().addresses({"other"}, {server.number})[1] == {(other.pk, server.number): server.pk}
    homes = Server.objects.get().backend_id, Port.objects.get().backend_id, Server.objects.get().availability_zone
    assert homes == (other.pk, other.pk, "other")


def test_unsettled_commands_come_by_resource_in_their_order():
    server = create()
    first = Command.objects.get()
    later = {
        "kind": "server",
        "resource": server.pk,
        "backend": first.backend,
        "payload": b"{}",
        "created_at": clock.now(),
    }
    Command.objects.create(id="z-second", verb="stop", job=2**40, **later)
    Command.objects.create(id="a-settled", verb="stop", status="settled", **later)
    found = store().efforts([server.pk, "nobody"])
    assert {id: [effort.id for effort in efforts] for id, efforts in found.items()} == {
        server.pk: [first.pk, "z-second"]
    }
    assert (found[server.pk][0].verb, found[server.pk][1].job) == ("create", 2**40)
    assert not store().efforts([])


def test_commands_are_written_back_and_a_time_not_given_stays():
    create()
    row = Command.objects.get()
    (effort,) = store().efforts([row.resource])[row.resource]
    done = msgspec.structs.replace(effort, status="settled", outcome="success", job=7, rank=4)
    at = clock.now()
    store().write_commands([columns_after(done, at)])
    again = Command.objects.get()
    assert (again.status, again.outcome, again.job, again.rank) == ("settled", "success", 7, 4)
    assert (again.settled_at, again.due_at) == (at, row.due_at)


def test_journal_lines_keep_their_order_and_their_changes():
    Journal.objects.all().delete()
    changes = {"observed": "running", "fence_job": 2**40, "fault": 'it\'s "quoted" \\ ü'}
    at = clock.now()
    lines = [
        NewLine(kind="server", resource="r", at=at, what=str(n), changes=changes if n == 1 else {}) for n in range(3)
    ]
    store().append_journal(lines)
    found = list(Journal.objects.order_by("id"))
    assert [line.what for line in found] == ["0", "1", "2"]
    assert [line.changes for line in found] == [{}, changes, {}]
    assert {line.at for line in found} == {at}


def test_what_is_kept_keeps_its_bytes_and_its_order():
    bodies = [b"\0\xff'\\", b"", b"x" * 2_000_000]
    at = clock.now()
    store().keep([Quarantine(body=body, cluster="c1", reason=f"%s {n}", first_at=at) for n, body in enumerate(bodies)])
    kept = list(Quarantine.objects.order_by("id"))
    assert [bytes(one.body) for one in kept] == bodies
    assert [(one.cluster, one.routing_key, one.reason) for one in kept] == [("c1", "", f"%s {n}") for n in range(3)]
    assert abs(kept[0].first_at - at) < datetime.timedelta(milliseconds=1)


def parked(reason, seconds):
    due_at = clock.now() + datetime.timedelta(seconds=seconds)
    return Parked(body=reason.encode(), cluster="c1", reason=reason, due_at=due_at)


def test_parked_messages_are_taken_out_once_when_they_are_due_and_the_oldest_first():
    store().park([parked("second", -1), parked("later", 30), parked("first", -2)])
    assert [row.reason for row in store().take_parked(clock.now(), 1)] == ["first"]
    assert [row.reason for row in store().take_parked(clock.now(), 10)] == ["second"]
    assert store().take_parked(clock.now(), 10) == []
    assert [row.reason for row in Parked.objects.all()] == ["later"]


def test_a_port_leads_to_the_server_it_is_plugged_into():
    server = create()
    port = Port.objects.get(device=server.pk)
    free = Port.objects.create(network=port.network, project=port.project, mac="02:00:00:00:00:01")
    assert store().homes_of([port.pk, free.pk, "no-such-port"]) == [server.pk]


def test_the_end_of_a_server_frees_its_addresses_and_the_ports_that_were_not_made_with_it():
    server, other = create(name="one"), create(name="two")
    mine = Port.objects.get(device=server.pk)
    lent = Port.objects.create(network=mine.network, project=mine.project, mac="02:00:00:00:00:01", device=server.pk)
    at = clock.now()
    store().launch([server.pk], at)
    store().end([server.pk], [mine.pk], at)
    row = Server.objects.get(pk=server.pk)
    assert (row.launched_at, row.terminated_at) == (at, at)
    assert {port.pk: port.device for port in (Port.objects.get(pk=mine.pk), Port.objects.get(pk=lent.pk))} == {
        mine.pk: server.pk,
        lent.pk: "",
    }
    assert {address.port.device for address in Address.objects.all()} == {other.pk}


def test_the_volumes_of_a_server_are_those_whose_disks_may_be_on_it_and_are_looked_at_when_it_ends():
    server, other, at = create(name="one"), create(name="two"), clock.now()
    made = {"project": server.project, "size": 1, "backend": server.backend}
    left, waiting = [Volume.objects.create(device=server.pk, observed="attached", **made) for _ in "ab"]
    for device, observed in ((server.pk, "gone"), (other.pk, "attached"), ("", "none")):
        Volume.objects.create(device=device, observed=observed, **made)
    ids = sorted([left.pk, waiting.pk])
    assert store().volumes_of(server.pk) == ids
    assert store().volumes_of("no-such-server") == []
    assert not store().leave(["no-such-server"], at)
    assert store().leave([server.pk], at)
    assert sorted(Volume.objects.filter(look_at=at).values_list("pk", flat=True)) == ids


def test_of_the_volumes_of_a_server_those_are_looked_at_when_it_is_made_that_await_it_and_those_end_with_it_that_go_along():
    server, at = create(name="one"), clock.now()
    made = {"project": server.project, "size": 1, "backend": server.backend, "device": server.pk}
    awaited = Volume.objects.create(observed="none", mode="awaited", goes_along=True, **made)
    goes = Volume.objects.create(observed="attached", goes_along=True, **made)
    stranded = Volume.objects.create(observed="held", goes_along=True, **made)
    store().strand([stranded.pk])
    for observed, goes_along in (("attached", False), ("held", True)):
        Volume.objects.create(observed=observed, goes_along=goes_along, **made)
    assert not store().settle(["no-such-server"], at)
    assert store().settle([server.pk], at)
    assert [one.pk for one in Volume.objects.filter(look_at=at)] == [awaited.pk]
    assert store().leave([server.pk], at)
    assert {one.pk for one in Volume.objects.filter(marked="deleting")} == {awaited.pk, goes.pk, stranded.pk}


def test_quota_is_given_back_once():
    server, other = create(name="one"), create(name="two")
    before = usage(server.project)
    store().release([server.pk])
    store().release([server.pk])
    assert usage(server.project)["servers"] == before["servers"] - 1
    assert usage(server.project)["cores"] == before["cores"] - server.vcpus
    assert not Delta.objects.filter(holder=other.pk, released=True).exists()


def test_a_recorded_command_is_unsettled_and_leads_to_its_resource():
    server, home = create(), Backend.objects.get()
    columns = {"kind": "server", "resource": server.pk, "backend": home, "payload": b"{}", "verb": "stop"}
    store().record([Command(id="recorded", created_at=clock.now(), due_at=clock.now(), **columns)])
    assert [effort.id for effort in store().efforts([server.pk])[server.pk]][-1] == "recorded"
    assert store().owners({"recorded"}) == {"recorded": ("server", server.pk, home.pk)}


def test_numbers_go_above_any_ever_seen_and_never_back():
    store().raise_number(0)
    store().raise_number(4711)
    assert ServerNumber.objects.create().pk == 4712
    store().raise_number(12)
    assert ServerNumber.objects.create().pk == 4713


def test_the_databases_clock_goes_on_and_knows_its_zone():
    first = store().now()
    assert first.tzinfo is not None
    assert store().now() >= first
    assert abs(first - clock.now()) < datetime.timedelta(minutes=1)


class Ahead(clock.SystemSource):
    """A machine whose clock is an hour fast."""

    def now(self):
        return super().now() + datetime.timedelta(hours=1)


def test_the_databases_clock_is_the_servers_where_there_is_one(default_database):
    with clock.replaced(Ahead()):
        seen = store().now()
    assert (seen - clock.now() > datetime.timedelta(minutes=30)) == (default_database == "sqlite")


def moment(**more):
    return Moment(store().now(), frozenset(more.pop("lapsed", ())), **more)


def due(at, **more):
    asked = {"busy": [], "passed": [], "limit": 10} | more
    return [resource for _, resource in store().due(at, ["create"], **asked)]


def test_what_is_due_comes_in_turn_by_project_and_without_what_is_not_wanted():
    alices, bobs = [create(ALICE, f"a{n}").pk for n in range(3)], create(BOB, "b").pk
    assert due(moment()) == [alices[0], bobs, alices[1], alices[2]]
    assert due(moment(), limit=1) == alices[:1]
    assert due(moment(), passed=alices[:2]) == [alices[2], bobs]
    assert due(moment(), busy=[Backend.objects.get().name]) == []
    Command.objects.filter(resource=bobs).update(due_at=clock.now() + datetime.timedelta(seconds=30))
    assert due(moment()) == alices
    Backend.objects.update(offline=True)
    assert due(moment()) == []


def test_what_is_claimed_is_due_when_its_lease_is_over_or_its_holder_has_let_it_fall():
    create()
    row = Command.objects.get()
    store().write_commands(
        [{"id": row.pk, "status": "claimed", "holder": "h", "lease_until": clock.now() + datetime.timedelta(minutes=1)}]
    )
    assert due(moment()) == []
    assert due(moment(lapsed={"h"})) == [row.resource] == due(moment(forgotten=frozenset({row.pk})))
    assert due(moment(lapsed={"another"}, forgotten=frozenset({"another"}))) == []
    assert (set(store().claims_of("h")), set(store().claims_of("another"))) == ({row.pk}, set())
    Command.objects.update(idempotency="once")
    assert due(moment(lapsed={"h"}, forgotten=frozenset({row.pk}))) == []
    Command.objects.update(lease_until=clock.now() - datetime.timedelta(seconds=1))
    assert due(moment()) == [row.resource]


def test_who_has_said_that_it_is_there_lapses_and_is_forgotten_in_time():
    at = store().now()
    store().present("a", at + datetime.timedelta(seconds=2), since=at)
    store().present("b", at + datetime.timedelta(hours=2), since=at)
    assert store().lapsed(at) == frozenset()
    store().absent("b", at)
    store().absent("nobody", at)
    assert store().lapsed(at) == {"b"}
    store().present("c", at + datetime.timedelta(hours=2), since=at + datetime.timedelta(seconds=1))
    assert store().lapsed(at + datetime.timedelta(hours=1)) == {"a"}


def test_rows_of_commands_come_as_their_efforts_do_and_clusters_by_their_numbers():
    server, home = create(), Backend.objects.get()
    (row,) = store().unsettled([server.pk, "nobody"])[server.pk]
    assert (row.pk, row.status, bytes(row.payload)) == (Command.objects.get().pk, "pending", row.payload)
    assert not store().unsettled([])
    assert store().clusters() == {home.pk: (home.name, home.last_job)}


def test_a_server_that_has_another_size_becomes_that_and_holds_the_larger_of_both():
    server, other = (
        create(),
        {"flavor_id": "2", "flavor_name": "two", "vcpus": 3, "ram": 256, "disk": 4, "extra_specs": {}},
    )

    def told(change):
        store().resize(server.pk, change)
        row, used = Server.objects.get(), usage(server.project)
        former = row.other_flavor and row.other_flavor["flavor_name"]
        return (row.flavor_name, row.vcpus, row.ram, row.disk, row.extra_specs, former), (used["cores"], used["ram"])

    assert told("changed") == (("m1.tiny", 1, 512, 1, {}, None), (1, 512))  # it has none
    Server.objects.update(other_flavor=other)
    assert told("grown") == (("m1.tiny", 1, 512, 4, {}, "two"), (3, 512))
    assert told("changed") == (("two", 3, 256, 4, {}, "m1.tiny"), (3, 512))
    assert told("taken") == (("m1.tiny", 1, 512, 4, {}, None), (1, 512))
    Server.objects.update(other_flavor=other)
    assert told("kept") == (("m1.tiny", 1, 512, 4, {}, None), (1, 512))
    store().release([server.pk])
    assert usage(server.project) == {"servers": 0, "cores": 0, "ram": 0, "ports": 1}


@pytest.mark.parametrize(("change", "size"), [("taken", 5), ("kept", 2)])
def test_a_volume_of_another_size_has_it_or_not(change, size):
    row = Volume.objects.create(project=ALICE.project, user="alice", size=2, other_size=5)
    for name, amount in (("volumes", 1), ("gigabytes", 5), ("gigabytes_fast", 5)):
        Delta.objects.create(project=ALICE.project, resource=name, amount=amount, holder=row.pk)
    store().resize(row.pk, change)
    store().resize(row.pk, "kept")  # it has none any more
    row.refresh_from_db()
    assert (row.size, row.other_size) == (size, None)
    assert usage(ALICE.project) == {"volumes": 1, "gigabytes": size, "gigabytes_fast": size}


@pytest.mark.parametrize(("change", "file"), [("taken", "new"), ("kept", "old")])
def test_a_volume_begins_with_the_other_content_or_not(change, file):
    other = {"command": "none", "columns": {"file": "new"}, "metadata": {"a": "b"}, "marked": "error"}
    row = Volume.objects.create(project=ALICE.project, user="alice", size=2, file="old", other_content=other)
    store().resize(row.pk, change)
    store().resize(row.pk, "kept")  # it has none any more
    row.refresh_from_db()
    taken = change == "taken"
    assert (row.file, row.other_content, row.remains) == (file, None, taken)
    assert (row.metadata, row.marked) == (({"a": "b"}, "") if taken else ({}, "error"))
