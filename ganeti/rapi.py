"""Ganeti's remote API, version 2, typed: the calls our road needs, over any :class:`Transport`.

Blocking; the adapter ``logic.backends.ganeti`` calls it through ``logic.offload``. ``questions`` has what is asked, this module
what is ordered. Every order takes a ``reason``, which Ganeti writes into the job's reason trail (a query parameter: in the body
it would be refused), and ``depends``: ids of jobs that must have come to an end first (a reinstallation alone has neither); some
take ``needs``: of those whose end must have been a good one. Failures are those of ``failures``: ``Transient``, ``Rejected``,
``Gone``. An order is answered with a job's id as soon as it is queued, even if it can only fail.
"""

from collections.abc import Mapping, Sequence
from typing import Any

from ganeti.calling import instance_path, network_path
from ganeti.https import RequestsTransport
from ganeti.questions import Questions
from ganeti.transport import NotSent, RapiRequest, RapiResponse, ReplyLost, Transport
from ganeti.vocabulary import size_of

__all__ = ["NotSent", "RapiClient", "RapiRequest", "RapiResponse", "ReplyLost", "RequestsTransport", "Transport"]

NicChange = tuple[str, str | int, Mapping[str, str]]
DiskChange = tuple[str, str | int, Mapping[str, str | int]]


class RapiClient(Questions):
    """One cluster, asked and given orders."""

    def cancel_job(self, id: int, *, reason: str) -> bool:
        """Whether the job was dequeued. A job that runs goes on, though it is told."""
        request = self._request("DELETE", f"/2/jobs/{id}", query=(("reason", reason),))
        answer: tuple[bool, Any] = self._ask(request, tuple[bool, Any])
        return answer[0]

    def create_instance(
        self, spec: Mapping[str, Any], *, reason: str, depends: Sequence[int] = (), needs: Sequence[int] = ()
    ) -> int:
        """``spec`` has the opcode's fields: ``instance_name``, ``disks``, ``nics`` and so on."""
        body = {"__version__": 1, "mode": "create", **spec}
        return self._order("POST", "/2/instances", body, reason=reason, depends=depends, needs=needs)

    def startup(self, name: str, *, reason: str, depends: Sequence[int] = (), needs: Sequence[int] = ()) -> int:
        return self._order("PUT", instance_path(name, "startup"), {}, reason=reason, depends=depends, needs=needs)

    def shutdown(self, name: str, *, timeout: int, reason: str, depends: Sequence[int] = ()) -> int:
        """``timeout``: seconds the guest has before it is killed."""
        return self._order("PUT", instance_path(name, "shutdown"), {"timeout": timeout}, reason=reason, depends=depends)

    def reboot(  # noqa: PLR0913 - an order's parts
        self,
        name: str,
        *,
        hard: bool,
        shutdown_timeout: int | None = None,
        reason: str,
        depends: Sequence[int] = (),
        needs: Sequence[int] = (),
    ) -> int:
        """``hard``: stopped and started, with what it is to have now; soft asks the guest. ``shutdown_timeout`` as in
        :meth:`remove`. Both start an instance that is down."""
        body = {} if shutdown_timeout is None else {"shutdown_timeout": shutdown_timeout}
        query, path = (("type", "hard" if hard else "soft"),), instance_path(name, "reboot")
        return self._order("POST", path, body, query, reason=reason, depends=depends, needs=needs)

    def migrate(self, name: str, *, reason: str, depends: Sequence[int] = ()) -> int:
        """To another node of its cluster, while it runs. Where its disks are mirrored that is the one with the other half, else
        the cluster's allocator says which. The job fails for one that does not run, and where its disks are on one node only."""
        body = {"mode": "live", "allow_failover": False}
        return self._order("PUT", instance_path(name, "migrate"), body, reason=reason, depends=depends)

    def failover(
        self,
        name: str,
        *,
        shutdown_timeout: int,
        reason: str,
        depends: Sequence[int] = (),
        needs: Sequence[int] = (),
    ) -> int:
        """The same of one that is stopped for it, and started there if it is to be up. One whose node is offline is not asked."""
        body = {"shutdown_timeout": shutdown_timeout}
        return self._order("PUT", instance_path(name, "failover"), body, reason=reason, depends=depends, needs=needs)

    def put_down(self, name: str, *, reason: str, depends: Sequence[int] = (), needs: Sequence[int] = ()) -> int:
        """One whose node is offline is not to be up any more; nobody asks its guest."""
        body = {"ignore_offline_nodes": True}
        return self._order("PUT", instance_path(name, "shutdown"), body, reason=reason, depends=depends, needs=needs)

    def reinstall(self, name: str, *, os: str, osparams: Mapping[str, str], start: bool) -> int:
        """Stop, make the first disk anew, and start again if that is wanted: three operations of one job. This call of RAPI takes
        no other parameters, in the body or in the query: no reason, no secrets, nothing to wait for (3.0.2, and seen there)."""
        body = {"os": os, "start": start, "osparams": dict(osparams)}
        return self._order("POST", instance_path(name, "reinstall"), body, reason="", depends=())

    def export(self, name: str, node: str, *, stop: int | None, reason: str, depends: Sequence[int] = ()) -> int:
        """Have the export script of its OS definition run for each disk, and what that puts out kept on ``node``. ``stop`` None:
        it goes on meanwhile, and the job fails if it runs and a disk knows no snapshots; else seconds that its guest has until it
        is killed, and it is down until all is done. All nodes of the cluster are locked for so long."""
        body: dict[str, Any] = {"mode": "local", "destination": node, "shutdown": stop is not None}
        body |= {} if stop is None else {"shutdown_timeout": stop, "long_sleep": True}
        return self._order("PUT", instance_path(name, "export"), body, reason=reason, depends=depends)

    def remove(
        self,
        name: str,
        *,
        shutdown_timeout: int | None = None,
        reason: str,
        depends: Sequence[int] = (),
        needs: Sequence[int] = (),
    ) -> int:
        """``shutdown_timeout``: seconds the guest has before it is killed; None leaves Ganeti's 120."""
        body = {} if shutdown_timeout is None else {"shutdown_timeout": shutdown_timeout}
        return self._order("DELETE", instance_path(name), body, reason=reason, depends=depends, needs=needs)

    def modify_nics(
        self,
        name: str,
        changes: Sequence[NicChange],
        *,
        hotplug: Mapping[str, bool],
        reason: str,
        depends: Sequence[int] = (),
    ) -> int:
        """``changes``: ``("add", -1, {…})``, ``("remove", <name, uuid or index>, {})``; names and indices cannot be
        mixed in one call. ``hotplug``: see :func:`ganeti.versions.hotplug`."""
        body = {"nics": list(changes), **hotplug}
        return self._order("PUT", instance_path(name, "modify"), body, reason=reason, depends=depends)

    def modify_disk(  # noqa: PLR0913 - an order's parts
        self,
        name: str,
        change: DiskChange,
        *,
        hotplug: Mapping[str, bool],
        any_size: bool = False,
        reason: str,
        depends: Sequence[int] = (),
        needs: Sequence[int] = (),
    ) -> int:
        """``change`` as in :meth:`modify_nics`, and ``("attach", -1, {"name": …})``, ``("detach", <name>, {})``. One an order:
        Ganeti loses count of what it detaches in one (observed on 3.0.2). ``any_size``: whatever the cluster's policy is."""
        body = {"disks": [change], **hotplug} | ({"ignore_ipolicy": True} if any_size else {})
        return self._order("PUT", instance_path(name, "modify"), body, reason=reason, depends=depends, needs=needs)

    def modify_size(  # noqa: PLR0913 - an order's parts
        self,
        name: str,
        *,
        memory: int,
        vcpus: int,
        rehearsal: bool = False,
        reason: str,
        depends: Sequence[int] = (),
        needs: Sequence[int] = (),
    ) -> int:
        """In MiB. A guest that runs has it when it is next stopped and started; the job fails where its node lacks that much, or
        the cluster's policy forbids it. ``rehearsal``: nothing is changed, but the job fails if it would otherwise."""
        body: dict[str, Any] = {"beparams": size_of(memory, vcpus)} | ({"dry_run": True} if rehearsal else {})
        return self._order("PUT", instance_path(name, "modify"), body, reason=reason, depends=depends, needs=needs)

    def modify_booting(
        self,
        name: str,
        params: Mapping[str, str | bool],
        *,
        reason: str,
        depends: Sequence[int] = (),
        needs: Sequence[int] = (),
    ) -> int:
        """Parameters of its hypervisor, which a guest that runs has when it is next stopped and started."""
        body = {"hvparams": dict(params)}
        return self._order("PUT", instance_path(name, "modify"), body, reason=reason, depends=depends, needs=needs)

    def modify_memory(
        self, name: str, memory: int, *, reason: str, depends: Sequence[int] = (), needs: Sequence[int] = ()
    ) -> int:
        """In MiB, what a guest has while it runs; the job fails for one that does not. ``snf-pause-hook`` and
        ``snf-password-hook`` hear of no other."""
        body = {"runtime_mem": memory}
        return self._order("PUT", instance_path(name, "modify"), body, reason=reason, depends=depends, needs=needs)

    def grow_disk(  # noqa: PLR0913 - an order's parts
        self,
        name: str,
        disk: int,
        *,
        size: int,
        reason: str,
        depends: Sequence[int] = (),
        needs: Sequence[int] = (),
    ) -> int:
        """``disk`` is its index; ``size``, in MiB, what it has afterwards: the job fails if it is larger already. A guest that
        runs sees it when it is next stopped and started."""
        body = {"amount": size, "absolute": True, "wait_for_sync": False}
        path = instance_path(name, f"disk/{disk}/grow")
        return self._order("POST", path, body, reason=reason, depends=depends, needs=needs)

    def tag(self, name: str, tag: str, *, reason: str) -> int:
        """Give an instance a tag; one that it has already changes nothing."""
        return self._order("PUT", instance_path(name, "tags"), None, (("tag", tag),), reason=reason, depends=())

    def untag(self, name: str, *tags: str, reason: str) -> int:
        """Take tags from an instance; the job fails when one of them is not there."""
        asked = tuple(("tag", tag) for tag in tags)
        return self._order("DELETE", instance_path(name, "tags"), None, asked, reason=reason, depends=())

    def add_network(self, spec: Mapping[str, Any], *, reason: str, depends: Sequence[int] = ()) -> int:
        """``spec`` has the opcode's fields: ``network_name``, ``network``, ``gateway`` and so on. Two such jobs at the same
        time make two networks of one name (source: 3.0.2): the caller sees to it that there is one."""
        return self._order("POST", "/2/networks", dict(spec), reason=reason, depends=depends)

    def connect_network(
        self, name: str, group: str, parameters: Mapping[str, str], *, reason: str, depends: Sequence[int] = ()
    ) -> int:
        """``parameters``: ``network_mode`` and ``network_link``. One that is connected already stays as it is."""
        body = {"group_name": group, **parameters, "conflicts_check": False}
        return self._order("PUT", network_path(name, "connect"), body, reason=reason, depends=depends)

    def disconnect_network(self, name: str, group: str, *, reason: str, depends: Sequence[int] = ()) -> int:
        """The job fails while an instance of the group is on it."""
        body = {"group_name": group}
        return self._order("PUT", network_path(name, "disconnect"), body, reason=reason, depends=depends)

    def remove_network(self, name: str, *, reason: str, depends: Sequence[int] = ()) -> int:
        """The job fails while it is connected to a group."""
        return self._order("DELETE", network_path(name), {}, reason=reason, depends=depends)
