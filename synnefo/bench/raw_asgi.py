"""The peer of our API: a bare ASGI handler that reads the same rows with raw SQL and answers the same JSON, with no
authentication, no routing to speak of, no versions and no faults. ``api`` starts it under the same uvicorn.

``GET …/servers/detail`` and ``GET …/servers/{id}`` of the asking project at microversion 2.96, as its member sees them.
"""

import asyncio
import hashlib
import os
from collections import defaultdict
from collections.abc import Awaitable, Callable, Mapping, Sequence
from typing import Any
from urllib.parse import parse_qs

import msgspec
import psycopg

from synnefo.bench.names import ASKING

CONNECTIONS = 4
BASE = "http://cloud.example/compute"
DSN = os.environ["BENCH_DSN"]
OPTIONS = "-c timezone=UTC -c random_page_cost=1.1"  # as our own connections have
Message = Mapping[str, Any]
Row = Sequence[Any]

COLUMNS = """id, name, description, project, "user", flavor_id, flavor_name, vcpus, ram, disk, extra_specs, image,
       key_name, metadata, availability_zone, pinned_zone, backend_id, observed, mode, fault, created_at, updated_at,
       launched_at, terminated_at, hostname"""
ONE = f"SELECT {COLUMNS} FROM compute_server WHERE id = %s AND project = %s AND observed <> 'gone'"  # noqa: S608
PAGE = f"""SELECT {COLUMNS} FROM compute_server WHERE project = %s AND observed <> 'gone'
          AND (created_at, id) < (SELECT created_at, id FROM compute_server WHERE id = %s)
        ORDER BY created_at DESC, id DESC LIMIT %s"""  # noqa: S608
FIRST = f"""SELECT {COLUMNS} FROM compute_server WHERE project = %s AND observed <> 'gone'
         ORDER BY created_at DESC, id DESC LIMIT %s"""  # noqa: S608
ADDRESSES = """SELECT port.device, network.name, subnet.ip_version, address.ip, port.mac
  FROM network_address address JOIN network_port port ON port.id = address.port_id
  JOIN network_network network ON network.id = port.network_id JOIN network_subnet subnet ON subnet.id = address.subnet_id
 WHERE port.device = ANY(%s) AND port.observed <> 'gone' ORDER BY address.id"""
BACKENDS = "SELECT id, name FROM placement_backend"

WORDS = {
    "running": ("ACTIVE", "active", 1),
    "stopped": ("SHUTOFF", "stopped", 4),
    "crashed": ("SHUTOFF", "stopped", 6),
    "none": ("UNKNOWN", "building", 0),
}
pool: asyncio.LifoQueue[psycopg.AsyncConnection[Row]] | None = None


async def application(scope: Message, receive: Callable[[], Awaitable[Message]], send: Callable[..., Any]) -> None:
    """ASGI."""
    await receive()
    last = scope["path"].rpartition("/")[2]
    connections = await _pool()
    connection = await connections.get()
    try:
        query = parse_qs(scope["query_string"].decode())
        body = await (_list(connection, query) if last == "detail" else _show(connection, last))
    finally:
        connections.put_nowait(connection)
    headers = [(b"content-type", b"application/json"), (b"content-length", str(len(body)).encode())]
    await send({"type": "http.response.start", "status": 200, "headers": headers})
    await send({"type": "http.response.body", "body": body})


async def _pool() -> asyncio.LifoQueue[psycopg.AsyncConnection[Row]]:
    global pool  # noqa: PLW0603 - one process, one pool
    if pool is None:
        pool = asyncio.LifoQueue()
        for _ in range(CONNECTIONS):
            pool.put_nowait(await psycopg.AsyncConnection.connect(DSN, autocommit=True, options=OPTIONS))
    return pool


async def _list(connection: psycopg.AsyncConnection[Row], query: dict[str, list[str]]) -> bytes:
    limit = int(query["limit"][0])
    marker = query.get("marker")
    values = [ASKING, marker[0], limit] if marker else [ASKING, limit]
    rows = await (await connection.execute(PAGE if marker else FIRST, values)).fetchall()
    body: dict[str, Any] = {"servers": await _views(connection, rows)}
    if len(rows) == limit:
        href = f"{BASE}/v2.1/servers/detail?limit={limit}&marker={rows[-1][0]}"
        body["servers_links"] = [{"rel": "next", "href": href}]
    return msgspec.json.encode(body)


async def _show(connection: psycopg.AsyncConnection[Row], id: str) -> bytes:
    rows = await (await connection.execute(ONE, [id, ASKING])).fetchall()
    (view,) = await _views(connection, rows)
    return msgspec.json.encode({"server": view | {"server_groups": []}})


async def _views(connection: psycopg.AsyncConnection[Row], rows: Sequence[Row]) -> list[dict[str, Any]]:
    clusters = {id: name for id, name in await (await connection.execute(BACKENDS)).fetchall()}  # noqa: C416 - rows
    addresses: dict[str, dict[str, list[Any]]] = defaultdict(lambda: defaultdict(list))
    found = await connection.execute(ADDRESSES, [[row[0] for row in rows]])
    for device, network, version, ip, mac in await found.fetchall():
        item = {"version": version, "addr": str(ip), "OS-EXT-IPS:type": "fixed", "OS-EXT-IPS-MAC:mac_addr": mac}
        addresses[device][network].append(item)
    return [_view(row, addresses[row[0]], clusters) for row in rows]


def _view(row: Row, addresses: dict[str, list[Any]], clusters: dict[int, str]) -> dict[str, Any]:
    (id, name, description, project, user, _flavor, flavor_name, vcpus, ram, disk, specs, image, key_name,
     metadata, zone, pinned, backend, observed, mode, fault, created, updated, launched, terminated, hostname) = row  # fmt: skip
    status, vm_state, power = WORDS[observed]
    failed = mode == "failed"
    view = {
        "id": id,
        "name": name,
        "status": "ERROR" if failed else status,
        "tenant_id": project,
        "user_id": user,
        "metadata": metadata,
        "hostId": hashlib.sha224(f"{project}{clusters[backend]}".encode()).hexdigest(),
        "image": {"id": image, "links": [{"rel": "bookmark", "href": f"{BASE}/images/{image}"}]},
        "flavor": {
            "vcpus": vcpus, "ram": ram, "disk": disk, "ephemeral": 0, "swap": 0, "original_name": flavor_name,
            "extra_specs": specs,
        },
        "created": created.strftime("%Y-%m-%dT%H:%M:%SZ"),
        "updated": updated.strftime("%Y-%m-%dT%H:%M:%SZ"),
        "addresses": addresses,
        "accessIPv4": "",
        "accessIPv6": "",
        "OS-DCF:diskConfig": "AUTO",
        "links": [
            {"rel": "self", "href": f"{BASE}/v2.1/servers/{id}"},
            {"rel": "bookmark", "href": f"{BASE}/servers/{id}"},
        ],
        "locked": False,
        "description": description,
        "tags": [],
        "trusted_image_certificates": None,
        "locked_reason": None,
        "OS-EXT-AZ:availability_zone": zone,
        "OS-EXT-STS:task_state": None,
        "OS-EXT-STS:vm_state": "error" if failed else vm_state,
        "OS-EXT-STS:power_state": power,
        "OS-SRV-USG:launched_at": launched and launched.strftime("%Y-%m-%dT%H:%M:%S.%f"),
        "OS-SRV-USG:terminated_at": terminated and terminated.strftime("%Y-%m-%dT%H:%M:%S.%f"),
        "config_drive": "",
        "key_name": key_name or None,
        "os-extended-volumes:volumes_attached": [],
        "security_groups": [{"name": "default"}],
        "OS-EXT-SRV-ATTR:hostname": hostname or name,
        "pinned_availability_zone": pinned or None,
    }  # fmt: skip
    if failed:
        when = updated.strftime("%Y-%m-%dT%H:%M:%SZ")
        view["fault"] = {"code": 500, "created": when, "message": fault}
    elif status == "ACTIVE":
        view["progress"] = 0
    return view
