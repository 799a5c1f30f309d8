"""What PostgreSQL does for the statements of the hot paths in a full cloud: none reads a table that grows from end to end, and
what is read does not depend on how much there is.

The plans are those of the statements as they run (auto_explain), whoever sends them and however. Searches by a pattern and
sorting by a column of the tenant's choice read all that the project has, and nothing of others. Not here are those over all
projects, and sums over everything, for operators: these read what they are about.
"""

import datetime
import functools
from collections.abc import Callable, Iterator
from contextlib import contextmanager

import msgspec
import psycopg
import pytest
from django.db import connection, transaction
from msgspec.structs import replace

from logic import clock
from logic.access import Caller
from logic.compute import commands, queries, usage
from logic.compute.commands import NewServer
from logic.compute.listing import ServerFilter
from logic.compute.models import Server
from logic.ledger import queries as ledger
from logic.ledger.advancing import advance_batch
from logic.ledger.claiming import claim
from logic.ledger.envelopes import Envelope, local
from logic.ledger.standing import standing
from logic.messages.observations import JobChanged
from logic.network import commands as network
from logic.network import queries as networks
from logic.network.commands import NewNic
from logic.network.models import Port
from logic.placement import queries as placement
from logic.quota import commands as quota
from logic.reconcile import retention
from logic.reconcile import servers as looks
from synnefo.bench.names import ASKING, FLAVOR, IMAGE, INCARNATION, NETWORK, cluster
from synnefo.bench.population import populate
from synnefo.settings.databases import PLANNING
from synnefo.testing import databases

SERVERS, PAGE, BATCH = 6000, 20, 20
MOST = 400  # rows of a table that one node of a plan may read
GROWING = {
    "compute_server",
    "network_port",
    "network_address",
    "ledger_command",
    "ledger_journal",
    "ledger_inbox",
    "quota_delta",
}
MEMBER = Caller(user="bench", project=ASKING, roles=frozenset({"member"}), request="req-1", user_name="bench")
ADMIN = Caller(user="root", project="0" * 32, roles=frozenset({"admin"}), request="req-2", user_name="root")
EVERYWHERE = {"all_projects": True}
AGED = (  # a fifth of all servers is gone, some are in flight, most that was counted is folded, the inbox is full
    "UPDATE compute_server SET observed = 'gone', updated_at = now() - interval '9 days' WHERE number % 5 = 1",
    "UPDATE compute_server SET launched_at = now() - interval '700 days'",
    "UPDATE compute_server SET terminated_at = now() - make_interval(days => (number % 600)::int) WHERE observed = 'gone'",
    "UPDATE network_port SET observed = 'gone' WHERE device IN (SELECT id FROM compute_server WHERE observed = 'gone')",
    "DELETE FROM network_address WHERE port_id IN (SELECT id FROM network_port WHERE observed = 'gone')",
    "UPDATE compute_server SET updated_at = now() - interval '1 day' WHERE number % 5 <> 1",
    "UPDATE ledger_command SET status = 'pending', due_at = now() - interval '1 minute' WHERE job % 300 = 4",
    "UPDATE compute_server SET verb = 'create', observed = 'none' WHERE number % 300 = 4",
    "UPDATE compute_server SET look_at = now() - interval '1 minute' WHERE number % 300 = 2",
    "UPDATE quota_delta SET folded = false WHERE id % 300 = 1",
    "INSERT INTO ledger_inbox SELECT md5(n::text), now() - make_interval(secs => n) FROM generate_series(1, 9000) n",
)
EXPLAINING = {
    "log_min_duration": "0",
    "log_analyze": "on",
    "log_timing": "off",
    "log_format": "json",
    "log_level": "notice",
}


@pytest.fixture(scope="module")
def cloud(postgres, django_db_setup, django_db_blocker):
    """A database full of servers, and of what they leave behind."""
    dsn = postgres.create_database("plans")
    entry = postgres.django("plans") | {"OPTIONS": {"options": PLANNING}}
    with django_db_blocker.unblock():
        databases.migrate(entry)
        with databases.replaced(entry):
            populate(dsn, SERVERS)
            with psycopg.connect(dsn, autocommit=True) as database:
                for statement in (*AGED, "VACUUM ANALYZE"):
                    database.execute(statement)
            yield
    postgres.drop_database("plans")


class Scan(msgspec.Struct):
    """A node of a plan that reads a table."""

    table: str
    node: str
    rows: float
    statement: str


@contextmanager
def scanned(into: list[Scan]) -> Iterator[None]:
    """Every reading of a growing table by the statements within, which are undone."""

    def told(notice: psycopg.errors.Diagnostic) -> None:
        _, _, plan = (notice.message_primary or "").partition("plan:\n")
        if plan:
            whole = msgspec.json.decode(plan)
            into.extend(_scans(whole["Plan"], whole["Query Text"]))

    with transaction.atomic():
        with connection.cursor() as cursor:
            cursor.execute("LOAD 'auto_explain'")
            for name, value in EXPLAINING.items():
                cursor.execute(f"SET LOCAL auto_explain.{name} = '{value}'")
        connection.connection.add_notice_handler(told)
        try:
            yield
        finally:
            connection.connection.remove_notice_handler(told)
            transaction.set_rollback(True)


def _scans(plan: dict, statement: str) -> Iterator[Scan]:
    if plan.get("Relation Name") in GROWING and "Scan" in plan["Node Type"]:
        removed = plan.get("Rows Removed by Filter", 0) + plan.get("Rows Removed by Index Recheck", 0)
        rows = (plan["Actual Rows"] + removed) * plan["Actual Loops"]
        yield Scan(plan["Relation Name"], plan["Node Type"], rows, " ".join(statement.split())[:600])
    for part in plan.get("Plans", ()):
        yield from _scans(part, statement)


@functools.cache
def some() -> list[Server]:
    """A batch of servers from the middle of the project's list."""
    rows = Server.objects.filter(project=ASKING, observed="running", verb="").order_by("number")
    return list(rows[rows.count() // 2 :][:BATCH])


def middle() -> Server:
    return some()[0]


@functools.cache
def port() -> Port:
    return Port.objects.get(device=middle().pk)


def event(server: Server, job: int) -> Envelope:
    return local(
        JobChanged(
            cluster=server.availability_zone, incarnation=INCARNATION, op=0, origin="gnt", instance=server.instance,
            opcode="OP_INSTANCE_SHUTDOWN", job=job, status="success", instance_uuid=server.backend_uuid, command="",
        )
    )  # fmt: skip


def listed(caller: Caller = MEMBER, *, marker: str = "", **wanted: object) -> object:
    return queries.servers(caller, ServerFilter(**wanted), limit=PAGE, marker=marker)  # type: ignore[arg-type]


NEW = NewServer(name="new", flavor=FLAVOR, image=IMAGE, nics="auto")
SINCE = clock.now() - datetime.timedelta(minutes=5)
PATHS: dict[str, Callable[[], object]] = {
    "create": lambda: commands.create_servers(MEMBER, NEW),
    "show": lambda: queries.server(MEMBER, middle().pk),
    "list": listed,
    "list, deep": lambda: listed(marker=middle().pk),
    "list of all": lambda: listed(ADMIN, **EVERYWHERE),
    "list of all, deep": lambda: listed(ADMIN, marker=middle().pk, **EVERYWHERE),
    "list by status": lambda: listed(status=["BUILD"]),
    "list by several": lambda: listed(status=["BUILD", "REBOOT"]),
    "list of all by status": lambda: listed(ADMIN, status=["BUILD"], **EVERYWHERE),
    "list of all in error": lambda: listed(ADMIN, status=["ERROR"], **EVERYWHERE),
    "list of changes": lambda: listed(changes_since=SINCE),
    "list of all changes": lambda: listed(ADMIN, changes_since=SINCE, **EVERYWHERE),
    "list of the deleted": lambda: listed(ADMIN, deleted=True, **EVERYWHERE),
    "start": lambda: commands.reboot_server(MEMBER, middle().pk, hard=True),
    "delete": lambda: commands.delete_server(MEMBER, middle().pk),
    "rename": lambda: commands.change_server(MEMBER, middle().pk, commands.Changes(name="other")),
    "plug": lambda: network.plug_port(MEMBER, middle().pk, NewNic(network=NETWORK)),
    "unplug": lambda: network.unplug_port(MEMBER, port().device, port().pk),
    "timeline": lambda: ledger.timeline("server", middle().pk),
    "actions": lambda: ledger.commands([middle().pk, *networks.ports_ever(middle().pk)], settled=True),
    "limits": lambda: queries.limits(MEMBER, ASKING),
    "zones": placement.backends,
    "ports": lambda: networks.ports(MEMBER, limit=PAGE),
    "ports, deep": lambda: networks.ports(MEMBER, limit=PAGE, marker=port().pk),
    "ports of all": lambda: networks.ports(ADMIN, limit=PAGE),
    "ports of all, deep": lambda: networks.ports(ADMIN, limit=PAGE, marker=port().pk),
    "ports of a server": lambda: networks.ports(MEMBER, device=middle().pk),
    "ports by address": lambda: networks.ports(MEMBER, ip="10.0.3.4"),
    "ports by MAC": lambda: networks.ports(MEMBER, mac=port().mac),
    "claim": lambda: claim("worker", limit=PAGE, lease=60.0),
    "a batch": lambda: advance_batch([event(server, 10**6 + place) for place, server in enumerate(some())]),
    "an event": lambda: advance_batch([event(middle(), 10**6)]),
    "looks that are due": lambda: looks.due(cluster(0)),
    "looks": lambda: looks.targets([server.pk for server in some()]),
    "standing": standing,
    "folding": quota.fold,
}


@pytest.mark.usefixtures("cloud")
@pytest.mark.parametrize("path", PATHS)
def test_a_hot_path_reads_what_it_needs_and_no_table_that_grows_from_end_to_end(path):
    port()  # known from here on
    scans: list[Scan] = []
    with scanned(scans):
        PATHS[path]()
    assert not [one for one in scans if one.node == "Seq Scan" or one.rows > MOST]


@functools.cache
def tenant() -> Caller:
    """Of a project with a few servers, as most are."""
    return replace(MEMBER, project=Server.objects.exclude(project__in=["", ASKING]).earliest("number").project)


MONTH = usage.Span(clock.now() - datetime.timedelta(days=28), clock.now())
SEARCHES: dict[str, Callable[[], object]] = {
    "by a part of the name": lambda: listed(tenant(), name="server-7"),
    "by the whole name": lambda: listed(tenant(), name="^server-77$"),
    "by a part of the address": lambda: listed(tenant(), ip="10.0.3"),
    "by flavor": lambda: listed(tenant(), columns={"flavor_id": "another"}),
    "by image": lambda: listed(tenant(), columns={"image": "another"}),
    "by reservation": lambda: listed(tenant(), columns={"reservation": "r-nothing"}),
    "by cluster": lambda: listed(tenant(), host=cluster(0)),
    "by status": lambda: listed(tenant(), status=["SHUTOFF"]),
    "by power": lambda: listed(tenant(), power_state=1),
    "all, by name": lambda: queries.servers(tenant(), sort=[("name", "asc")], limit=PAGE),
    "all, by size": lambda: queries.servers(tenant(), sort=[("ram", "desc"), ("name", "asc")], limit=PAGE),
    "usage": lambda: usage.used(tenant(), MONTH, tenant().project),
    "usage, a page": lambda: usage.used(tenant(), MONTH, tenant().project, limit=PAGE),
    "ports by name": lambda: networks.ports(tenant(), limit=PAGE, name="another"),
    "ports by status": lambda: networks.ports(tenant(), limit=PAGE, status=["DOWN"]),
    "ports of a network": lambda: networks.ports(tenant(), limit=PAGE, network=[NETWORK]),
    "ports that are free": lambda: networks.ports(tenant(), limit=PAGE, owner=[networks.NOBODY]),
    "ports of a cluster": lambda: networks.ports(tenant(), limit=PAGE, host=cluster(0)),
    "ports, by name": lambda: networks.ports(tenant(), limit=PAGE, sort=[("name", "asc")]),
}


@pytest.mark.usefixtures("cloud")
@pytest.mark.parametrize("search", SEARCHES)
def test_a_search_or_an_order_of_ones_own_reads_what_the_project_has_and_nothing_of_others(search):
    port()
    tenant()
    scans: list[Scan] = []
    with scanned(scans):
        SEARCHES[search]()
    assert scans
    assert not [one for one in scans if one.node == "Seq Scan" or one.rows > MOST]


@pytest.mark.usefixtures("cloud")
def test_what_does_read_a_table_from_end_to_end_is_seen():
    scans: list[Scan] = []
    with scanned(scans):
        list(Server.objects.filter(description="nobody's").values_list("pk"))
    assert [(one.node, one.rows) for one in scans] == [("Seq Scan", SERVERS)]


@pytest.mark.usefixtures("cloud")
def test_forgetting_reads_a_batch_at_a_time(monkeypatch):
    monkeypatch.setattr(retention, "BATCH", PAGE)
    scans: list[Scan] = []
    with scanned(scans):
        retention.prune()
    assert not [one for one in scans if one.node == "Seq Scan" or one.rows > MOST]
