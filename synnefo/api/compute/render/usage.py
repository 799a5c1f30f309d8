"""Usage as Nova shows it."""

import datetime
from collections.abc import Sequence
from typing import Annotated, Any, NotRequired, TypedDict

from logic.compute.usage import ServerUsage, Span
from synnefo.api.compute.versions import since
from synnefo.api.kernel import times

Json = dict[str, Any]
NEVER = "0 of {count} hosts done. 0 errors."


class ServerUsed(TypedDict):
    """``hours`` of the span that was asked for, ``uptime`` in seconds until now or its end."""

    instance_id: str
    name: str
    tenant_id: str
    flavor: str
    vcpus: int
    memory_mb: int
    local_gb: int
    state: str
    started_at: str
    ended_at: str | None
    hours: float
    uptime: int


class Usage(TypedDict):
    """Each is of a resource times its hours."""

    tenant_id: str
    start: str
    stop: str
    total_hours: float
    total_vcpus_usage: float
    total_memory_mb_usage: float
    total_local_gb_usage: float
    server_usages: NotRequired[Annotated[list[ServerUsed], since(0, when="where details are asked for")]]


class AuditLog(TypedDict):
    hosts_not_run: list[str]
    log: dict[str, str]
    num_hosts: int
    num_hosts_done: int
    num_hosts_not_run: int
    num_hosts_running: int
    overall_status: str
    period_beginning: str
    period_ending: str
    total_errors: int
    total_instances: int


def project(id: str, servers: Sequence[ServerUsage], span: Span, *, detailed: bool) -> Json:
    """The sums are of each resource times its hours."""
    view: Json = {
        "tenant_id": id,
        "start": times.bare(span.start),
        "stop": times.bare(span.end),
        "total_hours": sum(one.hours for one in servers),
        "total_vcpus_usage": sum(one.hours * one.vcpus for one in servers),
        "total_memory_mb_usage": sum(one.hours * one.ram for one in servers),
        "total_local_gb_usage": sum(one.hours * one.disk for one in servers),
    }
    return view | {"server_usages": [_server(one) for one in servers]} if detailed else view


def _server(one: ServerUsage) -> Json:
    return {
        "instance_id": one.server,
        "name": one.name,
        "tenant_id": one.project,
        "flavor": one.flavor,
        "vcpus": one.vcpus,
        "memory_mb": one.ram,
        "local_gb": one.disk,
        "state": one.state,
        "started_at": times.bare(one.started_at),
        "ended_at": times.bare(one.ended_at) if one.ended_at else None,
        "hours": one.hours,
        "uptime": one.uptime,
    }


def audits(hosts: Sequence[str], begin: datetime.datetime, end: datetime.datetime) -> Json:
    """No host has run any: usage is read from the servers themselves."""
    return {
        "hosts_not_run": list(hosts),
        "log": {},
        "num_hosts": len(hosts),
        "num_hosts_done": 0,
        "num_hosts_not_run": len(hosts),
        "num_hosts_running": 0,
        "overall_status": NEVER.format(count=len(hosts)),
        "period_beginning": _plain(begin),
        "period_ending": _plain(end),
        "total_errors": 0,
        "total_instances": 0,
    }


def _plain(moment: datetime.datetime) -> str:
    return moment.strftime("%Y-%m-%d %H:%M:%S")
