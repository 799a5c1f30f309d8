"""Job files and RAPI answers in the shapes Ganeti 3.0.2 really gives, with invented names."""

import json
from typing import Any

CLUSTER_UUID = "6f0d6c1e-3a44-4d0e-9c52-0d8f6a1b7c10"
INSTANCE_UUID = "b7a9c3de-51f2-4a80-8f1e-2c4d6e8f0a12"
SERVER = "0c7d2f5a-9b1e-4e6a-8c3d-5f7e9a1b3c2d"
PORT = "3e5f7a9b-1c2d-4e6f-8a0b-2c4d6e8f0a1b"
COMMAND = "9a8b7c6d-5e4f-4321-8fed-cba987654321"
T0 = 1_795_000_000


def op(
    opcode: str = "OP_INSTANCE_STARTUP",
    status: str = "success",
    *,
    instance: str = "snf-7",
    command: str = COMMAND,
    source: str = "gnt:user",
    result: Any = None,
    log: Any = (),
    **given: Any,
) -> dict[str, Any]:
    """One entry of a job file's ``ops``."""
    trail = [
        ["gnt:library:rlib2:instances_name_startup", "", T0 * 10**9],
        ["gnt:opcode:x", "job=7;index=0", T0 * 10**9],
    ]
    if command:
        trail.insert(0, [source, f"synnefo:{command}", T0 * 10**9])
    return {
        "input": {
            "instance_name": instance,
            "instance_uuid": INSTANCE_UUID if status != "queued" else None,
            "force": False,
            "dry_run": False,
            "debug_level": 0,
            "priority": 0,
            "depends": None,
            "comment": None,
            "reason": trail,
            "OP_ID": opcode,
            **given,
        },
        "status": status,
        "result": result,
        "log": list(log),
        "start_timestamp": [T0, 250_000] if status != "queued" else None,
        "exec_timestamp": [T0 + 1, 0] if status not in {"queued", "waiting"} else None,
        "end_timestamp": [T0 + 2, 500_000] if status in {"success", "error", "canceled"} else None,
        "priority": 0,
    }


def job(number: int = 7, *ops: dict[str, Any]) -> dict[str, Any]:
    """A whole job file, as an object."""
    return {
        "id": number,
        "ops": list(ops) or [op()],
        "start_timestamp": [T0, 250_000],
        "end_timestamp": None,
        "received_timestamp": [T0, 0],
        "livelock": f"/var/run/ganeti/livelocks/job_{number:06d}_{T0}",
        "process_id": 629,
    }


def job_bytes(number: int = 7, *ops: dict[str, Any]) -> bytes:
    return json.dumps(job(number, *ops)).encode()


def rapi_job(number: int = 7, *ops: dict[str, Any], bulk: bool = False) -> dict[str, Any]:
    """The same job as RAPI gives it: parallel lists, and in bulk neither results nor logs."""
    given = list(ops) or [op()]
    found = {
        "id": number,
        "ops": [one["input"] for one in given],
        "status": given[-1]["status"],
        "summary": ["INSTANCE_STARTUP(snf-7)"],
        "opstatus": [one["status"] for one in given],
        "received_ts": [T0, 0],
        "start_ts": [T0, 250_000],
        "end_ts": [T0 + 2, 500_000],
    }
    if not bulk:
        found |= {"opresult": [one["result"] for one in given], "oplog": [one["log"] for one in given]}
    return found


def rapi_unknown_job() -> dict[str, Any]:
    """What RAPI answers, with status 200, for a job it does not know."""
    names = ("id", "ops", "status", "summary", "opstatus", "opresult", "oplog", "received_ts", "start_ts", "end_ts")
    return dict.fromkeys(names)


def rapi_instance(name: str = "snf-7", *, server: str = SERVER, **changes: Any) -> dict[str, Any]:
    """One instance with two interfaces: one of ours on a network, one without a name."""
    found: dict[str, Any] = {
        "name": name,
        "admin_state": "up",
        "status": "running",
        "oper_state": True,
        "pnode": "node1.example.org",
        "snodes": [],
        "os": "noop",
        "disk_template": "file",
        "nic.ips": ["192.0.2.9", None],
        "nic.macs": ["aa:00:02:00:00:09", "aa:00:02:00:00:0a"],
        "nic.modes": ["bridged", "bridged"],
        "nic.links": ["br0", "br1"],
        "nic.networks": ["5b3f0a9e-0000-4000-8000-000000000001", None],
        "nic.networks.names": ["office", None],
        "nic.names": [f"snf-nic-{PORT}", None],
        "nic.uuids": ["11111111-0000-4000-8000-000000000001", "11111111-0000-4000-8000-000000000002"],
        "network_port": 11000,
        "tags": [f"synnefo:server:{server}"] if server else [],
        "uuid": INSTANCE_UUID,
        "serial_no": 3,
        "ctime": T0 + 0.5,
    }
    return found | changes


FEATURES = ["node-evac-res1", "instance-create-reqv1", "node-migrate-reqv1", "instance-reinstall-reqv1"]


def rapi_info(**changes: Any) -> dict[str, Any]:
    found: dict[str, Any] = {
        "software_version": "3.0.2",
        "name": "cluster.example.org",
        "master": "node1.example.org",
        "uuid": CLUSTER_UUID,
        "enabled_disk_templates": ["file", "diskless"],
    }
    return found | changes


def rapi_node(name: str = "node1.example.org", **changes: Any) -> dict[str, Any]:
    found: dict[str, Any] = {
        "name": name,
        "offline": False,
        "drained": False,
        "vm_capable": True,
        "mtotal": 8000,
        "mfree": 5000,
        "dtotal": 100_000,
        "dfree": 60_000,
        "ctotal": 4,
    }
    return found | changes


def rapi_query(*rows: tuple[Any, ...]) -> dict[str, Any]:
    """An answer of ``/2/query/<kind>``; a value of None is one that nobody knows."""
    return {"data": [[[0 if value is not None else 2, value] for value in row] for row in rows], "fields": []}
