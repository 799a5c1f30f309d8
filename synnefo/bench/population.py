"""A cloud full of servers, in seconds: the first of everything is made by the ORM, as the product would, and PostgreSQL
multiplies it. ``site`` calls it once for each size of cloud."""

import psycopg
from django.conf import settings
from django.db import transaction

from logic.compute.models import Flavor, Server
from logic.image.models import Image
from logic.ledger.models import Command, Journal
from logic.network.models import Address, Network, Port, Subnet
from logic.placement.models import Backend
from logic.quota.models import Delta, Limit
from synnefo.bench.names import ASKING, CLUSTERS, FLAVOR, IMAGE, INCARNATION, NETWORK, OTHERS, asking, cluster


def populate(dsn: str, servers: int) -> None:
    """Fill an empty database that has our tables and is Django's default one now."""
    with transaction.atomic():
        _furnish()
        _make_the_first()
    with psycopg.connect(dsn) as connection:
        values = {"servers": servers, "every": servers // asking(servers)}
        for statement in MULTIPLIED:
            connection.execute(statement, values)
    with psycopg.connect(dsn, autocommit=True) as connection:
        connection.execute("VACUUM ANALYZE")


def _furnish() -> None:
    Flavor.objects.create(
        id=FLAVOR, name="bench.small", vcpus=1, ram=512, disk=10, extra_specs={"hw:cpu_policy": "shared"}
    )
    Image.objects.create(
        id=IMAGE, name="bench", status="active", visibility="public", disk_format="raw", container_format="bare"
    )
    network = Network.objects.create(id=NETWORK, name="bench", shared=True, is_default=True)
    Subnet.objects.create(
        id=NETWORK, network=network, cidr="10.0.0.0/8", gateway="10.0.0.1", pools=[["10.0.0.2", "10.255.255.254"]]
    )
    for place in range(CLUSTERS):
        Backend.objects.create(name=cluster(place), endpoint="https://127.0.0.1:1", incarnation=INCARNATION)
    for resource in settings.QUOTAS:
        Limit.objects.create(project=ASKING, resource=resource, amount=10**9)


def _make_the_first() -> None:
    """Server 0: the pattern of all others, and nobody's."""
    backend = Backend.objects.get(name=cluster(0))
    server = Server.objects.create(
        number=0, name="server", description="one of many", project="", user="", flavor_id=FLAVOR,
        flavor_name="bench.small", vcpus=1, ram=512, disk=10, extra_specs={"hw:cpu_policy": "shared"}, image=IMAGE,
        key_name="bench", backend=backend, incarnation=INCARNATION, observed="running", availability_zone=backend.name,
    )  # fmt: skip
    port = Port.objects.create(
        network_id=NETWORK, project="", device=server.pk, owned=True, mac="", backend=backend, observed="plugged"
    )
    Address.objects.create(subnet_id=NETWORK, port=port, ip="10.0.0.2")
    Command.objects.create(
        kind="server", resource=server.pk, backend=backend, verb="create", payload=b"{}", status="settled",
        outcome="success", job=1, rank=9,
    )  # fmt: skip
    Journal.objects.create(kind="server", resource=server.pk, what="made", actor="bench", request="req-bench")
    Delta.objects.create(project="", resource="servers", amount=1, holder=server.pk, folded=True)


def _multiplied(table: str, first: str, over: str, **columns: str) -> str:
    """Copies of the ``first`` row, one for each row of ``over``, with these columns instead of its own."""
    pairs = ", ".join(f"'{name}', {value}" for name, value in columns.items())
    return f"""
WITH one AS MATERIALIZED (SELECT whole AS pattern FROM {table} whole WHERE {first})
INSERT INTO {table} SELECT made.*
  FROM one, {over}, LATERAL jsonb_populate_record(one.pattern, jsonb_build_object({pairs})) made
"""  # noqa: S608 - names of ours


def _serial(table: str) -> str:
    return f"nextval(pg_get_serial_sequence('{table}', 'id'))"


_SERVERS = "(SELECT * FROM compute_server WHERE number > 0 ORDER BY number) server"
_BORN = "now() - make_interval(secs => %(servers)s - n)"
MULTIPLIED = (
    # One in a hundred is in error, one in ten is off. Each was made a second after the one before.
    _multiplied(
        "compute_server",
        "number = 0",
        f"generate_series(1, %(servers)s) n JOIN placement_backend backend ON name = 'bench' || n %% {CLUSTERS} + 1",
        id="md5('server' || n)::uuid",
        number="n",
        name="'server-' || n",
        project=f"CASE WHEN n %% %(every)s = 0 THEN '{ASKING}' ELSE md5('project' || n %% {OTHERS}) END",
        user=f"md5('user' || n %% {OTHERS})",
        metadata="jsonb_build_object('role', 'web', 'owner', 'team-' || n %% 50)",
        backend_id="backend.id",
        availability_zone="backend.name",
        observed="CASE WHEN n %% 10 = 7 THEN 'stopped' ELSE 'running' END",
        mode="CASE WHEN n %% 100 = 10 THEN 'failed' ELSE 'normal' END",
        fault="CASE WHEN n %% 100 = 10 THEN 'The cluster has no room for its disk.' ELSE '' END",
        backend_uuid="md5('instance' || n)::uuid",
        created_at=_BORN,
        launched_at=f"{_BORN} + interval '30 seconds'",
        updated_at=f"{_BORN} + interval '30 seconds'",
    ),
    _multiplied(
        "network_port",
        "mac = ''",
        _SERVERS,
        id="md5('port' || number)::uuid",
        project="server.project",
        device="server.id",
        mac="'fa:16:3e' || regexp_replace(lpad(to_hex(number), 6, '0'), '(..)', ':\\1', 'g')",
        backend_id="server.backend_id",
        created_at="server.created_at",
        updated_at="server.updated_at",
    ),
    _multiplied(
        "network_address",
        "ip = '10.0.0.2'",
        _SERVERS,
        id=_serial("network_address"),
        port_id="md5('port' || number)::uuid",
        ip="'10.0.0.2'::inet + number",
    ),
    _multiplied(
        "ledger_command",
        "true",
        _SERVERS,
        id="md5('command' || number)::uuid",
        resource="server.id",
        backend_id="server.backend_id",
        job="number",
        created_at="server.created_at",
        settled_at="server.launched_at",
    ),
    _multiplied(
        "ledger_journal",
        "true",
        f"{_SERVERS}, unnest(array['made', 'create', 'created']) word",
        id=_serial("ledger_journal"),
        resource="server.id",
        what="word",
        at="server.created_at",
    ),
    _multiplied(
        "quota_delta",
        "true",
        _SERVERS,
        id=_serial("quota_delta"),
        project="server.project",
        holder="server.id",
    ),
    "DELETE FROM network_address WHERE port_id IN (SELECT id FROM network_port WHERE mac = '')",
    "DELETE FROM network_port WHERE mac = ''",
    "DELETE FROM compute_server WHERE number = 0",
    "SELECT setval(pg_get_serial_sequence('compute_servernumber', 'id'), %(servers)s)",
)
