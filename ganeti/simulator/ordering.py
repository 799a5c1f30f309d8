"""What RAPI makes of POST, PUT and DELETE: jobs. Each answers with the job's id, whatever will come of it (an instance
that does not exist is the job's affair). ``routes`` says which path each answers.
"""

from typing import Any

from ganeti.simulator.calls import Call, Handler
from ganeti.simulator.errors import HttpError
from ganeti.simulator.parsing import filled
from ganeti.vocabulary import (
    OP_CREATE,
    OP_EXPORT,
    OP_FAILOVER,
    OP_GROW_DISK,
    OP_MIGRATE,
    OP_REBOOT,
    OP_REINSTALL,
    OP_REMOVE,
    OP_SET_PARAMS,
    OP_SHUTDOWN,
    OP_STARTUP,
)

_BAD_REQUEST, _NOT_FOUND = 400, 404
_DIGITS = 9  # that 32 bits always hold


def create(call: Call) -> int:
    body = call.body()
    version = body.pop("__version__", 0)
    if version == 0:
        raise HttpError(_BAD_REQUEST, "Instance creation request version 0 is no longer supported")
    if version != 1:
        raise HttpError(_BAD_REQUEST, f"Unsupported request data version {version}")
    _rename(body, os="os_type", name="instance_name")
    return call.submit("instances", OP_CREATE, body, dry_run=call.flag("dry-run"))


def _rename(body: dict[str, Any], **names: str) -> None:
    """What RAPI calls otherwise than the opcode."""
    for short, name in names.items():
        if short in body and name in body:
            raise HttpError(_BAD_REQUEST, f"Parameter '{short}' was renamed to '{name}', but both are specified")
        if short in body:
            body[name] = body.pop(short)


def remove(call: Call) -> int:
    return call.submit(
        "instances_name",
        OP_REMOVE,
        call.body(),
        instance_name=call.arg,
        ignore_failures=False,
        dry_run=call.flag("dry-run"),
    )


def startup(call: Call) -> int:
    """Of the body only ``depends`` is heard."""
    body = {name: value for name, value in call.body().items() if name == "depends"}
    return call.submit(
        "instances_name_startup",
        OP_STARTUP,
        body,
        instance_name=call.arg,
        force=call.flag("force"),
        no_remember=call.flag("no_remember"),
        dry_run=call.flag("dry-run"),
    )


def shutdown(call: Call) -> int:
    return call.submit(
        "instances_name_shutdown",
        OP_SHUTDOWN,
        call.body(),
        instance_name=call.arg,
        no_remember=call.flag("no_remember"),
        dry_run=call.flag("dry-run"),
    )


def reboot(call: Call) -> int:
    return call.submit(
        "instances_name_reboot",
        OP_REBOOT,
        call.body(),
        instance_name=call.arg,
        reboot_type=call.text("type", "hard"),
        ignore_secondaries=call.flag("ignore_secondaries"),
        dry_run=call.flag("dry-run"),
    )


def modify(call: Call) -> int:
    return call.submit("instances_name_modify", OP_SET_PARAMS, call.body(), instance_name=call.arg)


def migrate(call: Call) -> int:
    return call.submit("instances_name_migrate", OP_MIGRATE, call.body(), instance_name=call.arg)


def failover(call: Call) -> int:
    return call.submit("instances_name_failover", OP_FAILOVER, call.body(), instance_name=call.arg)


def grow_disk(call: Call) -> int:
    """Its numbers are looked at before it becomes a job (observed)."""
    name, index = call.args
    body = call.body()
    given = {"disk": int(index) if len(index) <= _DIGITS else None, "amount": body.get("amount")}
    for parameter, value in given.items():
        if type(value) is not int or value < 0:
            what = f"(\"Parameter '{OP_GROW_DISK}.{parameter}' fails validation\", 'wrong_input')"
            raise HttpError(_BAD_REQUEST, f"Invalid body parameters: {what}")
    return call.submit("instances_name_disk_grow", OP_GROW_DISK, body, instance_name=name, disk=given["disk"])


def export(call: Call) -> int:
    """``destination`` is its word for the opcode's ``target_node``."""
    body = call.body()
    _rename(body, destination="target_node")
    return call.submit("instances_name_export", OP_EXPORT, body, instance_name=call.arg)


def reinstall(call: Call) -> int:
    """One job: stop, reinstall, and start unless told not to. No caller's reason in its trail (observed), nothing to wait
    for, and no secrets."""
    body = call.body()
    if body and call.is_queried:
        raise HttpError(_BAD_REQUEST, "Can't combine query and body parameters")
    if call.is_queried:
        body = {"os": call.text("os") or None, "start": not call.flag("nostartup")}
    start = body.get("start", True)
    if not isinstance(start, bool):
        raise HttpError(_BAD_REQUEST, f"'start' parameter: Type is '{type(start).__name__}', but 'bool' is expected")
    given = {"os_type": body.get("os"), "osparams": body.get("osparams") or {}}
    orders: list[tuple[str, dict[str, Any]]] = [(OP_SHUTDOWN, {}), (OP_REINSTALL, given)]
    orders += [(OP_STARTUP, {})] if start else []
    version, fixed = call.world.settings.version, {"instance_name": call.arg, "reason": []}
    inputs = [filled(opcode, given, fixed, version) for opcode, given in orders]
    return call.submit_all(inputs)


def tagging(opcode: str, kind: str, resource: str) -> Handler:
    def handler(call: Call) -> int:
        name = call.args[0] if call.args else None
        dry_run = call.flag("dry-run")
        return call.submit(resource, opcode, {}, kind=kind, name=name, tags=call.all("tag"), dry_run=dry_run)

    return handler


def cancel(call: Call) -> Any:
    if call.scheduler.find(call.number) is None:
        raise HttpError(_NOT_FOUND)
    return call.scheduler.cancel(call.number, call.now)


def add_network(call: Call) -> int:
    return call.submit("networks", "OP_NETWORK_ADD", call.body(), dry_run=call.flag("dry-run"))


def remove_network(call: Call) -> int:
    return call.submit(
        "networks_name", "OP_NETWORK_REMOVE", call.body(), network_name=call.arg, dry_run=call.flag("dry-run")
    )


def connect_network(call: Call) -> int:
    return call.submit("networks_name_connect", "OP_NETWORK_CONNECT", call.body(), network_name=call.arg)


def disconnect_network(call: Call) -> int:
    return call.submit("networks_name_disconnect", "OP_NETWORK_DISCONNECT", call.body(), network_name=call.arg)
