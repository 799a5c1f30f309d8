"""A server that is made with volumes: its instance made, their disks put on it, and only then started (docs/decisions/0046).

Called by ``ganeti_ordering``. An empty disk is made with the instance; the disk that it boots from, if that is a volume's and
has no content yet, too: it is filled as any server's, and named after the volume when that has succeeded. What is kept somewhere
comes from its keeper, what has other content is filled beside it (``ganeti_filling``). All these jobs are one chain, each needing
the success of the one before, and the start is the command's own; so what fails leaves a server that never ran, and volumes whose
disks are where they can be found. Each attempt looks what is there already. Everything here blocks.
"""

from collections.abc import Iterator, Sequence
from typing import Any, Final

from ganeti import vocabulary
from ganeti.jobfile import Job
from ganeti.replies import Housed
from logic.backends import ganeti_filling as filling
from logic.backends import ganeti_volumes as disks
from logic.backends.ganeti_volumes import KEEPERS_OWN, NOT_YET, ON_ONE_NODE, Desk
from logic.errors import Rejected, Transient
from logic.messages.commands import CreateServerHaving, VolumeSpec

Spec = dict[str, Any]
LAST: Final = -1
FAILED: Final = frozenset({vocabulary.ERROR, vocabulary.CANCELED})


def make(desk: Desk, command: CreateServerHaving, spec: Spec) -> int:
    """The job that is the command's. ``spec`` is of an instance with the disks that are no volumes'. Raises :class:`Transient`
    while earlier jobs are under way, and where the node of the instance has to be known before the rest can be ordered."""
    sent = desk.client.jobs_after(command.sending.since)
    if whole := next((job for job in sent if command.id in job.commands and job.status not in FAILED), None):
        return whole.id
    desk.await_quiet(command.instance, *(desk.name(one.id) for one in command.volumes))
    server = desk.found(command.instance)
    if server and server.owner != command.resource:
        raise Rejected("its name on the cluster is taken", code=vocabulary.ALREADY_EXISTS)
    _check_made(desk, command, sent)
    return _equipped(desk, command, server) if server else _made(desk, command, spec)


def _made(desk: Desk, command: CreateServerHaving, spec: Spec) -> int:
    spec = _with_disks(desk, command, spec) | _node(desk, command, spec)
    if not _has_more(command):
        return desk.client.create_instance(spec, reason=desk.whole, depends=desk.depends)
    made = desk.client.create_instance(spec | {"start": False}, reason=desk.part, depends=desk.depends)
    if not (spec.get("pnode") and spec.get("disk_template")) and any(map(_is_beside, _data(command))):
        raise Transient("its instance is being made", delay=NOT_YET)
    there = Housed(
        name=command.instance,
        pnode=spec.get("pnode"),
        snodes=(spec["snode"],) if "snode" in spec else (),
        os=command.os,
        disk_template=spec.get("disk_template", ""),
        disk_names=tuple(one.get("name") for one in spec["disks"]),
    )
    return _equipped(desk, command, there, made)


def _check_made(desk: Desk, command: CreateServerHaving, sent: Sequence[Job]) -> None:
    """Raises :class:`Rejected` if an earlier attempt has failed to make the instance."""
    for job in sent:
        first = job.ops[0]
        makes = first.opcode == vocabulary.OP_CREATE and first.instance == command.instance
        if makes and job.status in FAILED and command.id in job.parts:
            whole = desk.client.job(job.id) or job  # with what it said
            raise Rejected(whole.ops[0].error or "Its making was canceled.", code=vocabulary.UNMET)


def _data(command: CreateServerHaving) -> Sequence[VolumeSpec]:
    """The volumes that it does not boot from."""
    return command.volumes[1:] if command.root else command.volumes


def _is_blank(one: VolumeSpec) -> bool:
    return one.fresh and not one.os_params


def _is_beside(one: VolumeSpec) -> bool:
    """Is its disk filled beside the instance, on the same node?"""
    return one.fresh and bool(one.os_params)


def _has_more(command: CreateServerHaving) -> bool:
    return command.root or not all(map(_is_blank, command.volumes))


def _with_disks(desk: Desk, command: CreateServerHaving, spec: Spec) -> Spec:
    """The root first, then what the instance has of its own, then empty ones."""
    own, root = list(spec["disks"]), command.volumes[0] if command.root else None
    told: Spec = {}
    if root and root.fresh:
        name = vocabulary.filling_name(desk.prefix, root.id) if root.os_params else desk.name(root.id)
        own.insert(0, {"size": root.size, "name": name})
    elif root and not own:
        own.append({"size": KEEPERS_OWN, "name": _stopgap(desk, root)})  # Ganeti attaches none to one without
    if (
        root and not root.os_params
    ):  # there is at most the guest's metadata to be written, onto what is its first disk then
        told["no_install"] = root.fresh or not spec["disks"]
    own += [{"size": one.size, "name": desk.name(one.id)} for one in _data(command) if _is_blank(one)]
    return spec | told | {"disks": own}


def _stopgap(desk: Desk, root: VolumeSpec) -> str:
    return vocabulary.filling_name(desk.prefix, root.id)


def _node(desk: Desk, command: CreateServerHaving, spec: Spec) -> Spec:
    """Where the disks are that come to it. Raises :class:`Rejected` when they are of another kind, or not on one node."""
    kept = [desk.found(desk.name(one.id)) for one in command.volumes if not one.fresh]
    keepers = [one for one in kept if one]
    kinds = {one.disk_template for one in keepers} | ({spec["disk_template"]} if spec.get("disk_template") else set())
    if len(kinds) > 1:
        raise Rejected(
            f"its disks would be {' and '.join(sorted(kinds))}: Ganeti has no instance with both", code="not-supported"
        )
    bound = {one.nodes: one for one in keepers if one.disk_template in ON_ONE_NODE}
    if len(bound) > 1:
        places = ", ".join(sorted(" and ".join(nodes) for nodes in bound))
        raise Rejected(f"its volumes are on the nodes {places}", code="another-node")
    found: Spec = next((disks.on_nodes(one) for one in bound.values()), {})
    return found | ({"disk_template": kinds.pop()} if kinds else {})


def _equipped(desk: Desk, command: CreateServerHaving, server: Housed, made: int = 0) -> int:
    """What is missing on the instance, and its start."""
    try:
        return _ordered(desk, command, server, [made] if made else [])
    except Transient as error:
        error.unclear = True  # what has been sent is looked for before any more is
        raise


def _ordered(desk: Desk, command: CreateServerHaving, server: Housed, last: Sequence[int]) -> int:
    for place, one in enumerate(command.volumes):
        name = desk.name(one.id)
        if name not in server.disk_names:
            last = [_put(desk, command, server, one, last, root=command.root and place == 0)]
    if command.root and not command.volumes[0].fresh:
        last = [*_without_stopgap(desk, command.volumes[0], server, last)]
    return desk.client.startup(command.instance, reason=desk.whole, needs=last)


def _put(  # noqa: PLR0913 - what, where, and what first
    desk: Desk, command: CreateServerHaving, server: Housed, one: VolumeSpec, before: Sequence[int], *, root: bool
) -> int:
    name = desk.name(one.id)
    keeper = desk.found(name)
    if root and one.fresh:
        named = _change(desk, server.name, ("modify", 0, {"name": name}), before)
        if keeper:  # of an attempt to fill its disk for another server
            desk.client.remove(keeper.name, reason=desk.part, needs=[named])
        return named
    if _is_blank(one):
        return _change(desk, server.name, ("add", LAST, {"size": one.size, "name": name}), before)
    place = 0 if root else LAST
    if one.fresh and (keeper is None or disks.is_half_made(desk, keeper, one.id)):
        content = filling.Content(os=command.os, os_params=one.os_params, hypervisor=command.hypervisor, size=one.size)
        return filling.fill(desk, server, name, content, before, place=place)
    if keeper and name in keeper.disk_names:
        before = [_change(desk, keeper.name, ("detach", name, {}), before)]
    else:
        desk.nobodys(name)
    put = _change(desk, server.name, ("attach", place, {"name": name}), before)
    if keeper:
        desk.client.remove(keeper.name, reason=desk.part, needs=[put])
    return put


def _without_stopgap(desk: Desk, root: VolumeSpec, server: Housed, before: Sequence[int]) -> Iterator[int]:
    if _stopgap(desk, root) in server.disk_names:
        yield _change(desk, server.name, ("remove", _stopgap(desk, root), {}), before)
    else:
        yield from before


def _change(desk: Desk, instance: str, change: Any, needs: Sequence[int]) -> int:
    return desk.client.modify_disk(instance, change, hotplug={}, any_size=True, reason=desk.part, needs=needs)
