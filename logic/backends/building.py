"""From a cluster's row to its adapter, in production: the real transport, the installation's prefix and bounds.

The dispatcher and operator commands give what :func:`builder` makes to ``logic.dispatcher.connections``; the embedded
cloud and the simulation build their own. A new kind of backend is a line in :data:`BUILDERS`.
"""

from collections.abc import Callable, Mapping
from typing import Final, Protocol

import msgspec

from ganeti.nodes import Nodes, Reach, straight
from ganeti.rapi import RapiClient, RequestsTransport
from logic.backends.base import Backend, Limits
from logic.backends.ganeti import GanetiBackend
from logic.errors import Transient
from logic.offload import Lane, Offload

MISTAKE_DELAY: Final = 60.0  # seconds until a row that cannot be used is tried again: an operator may have corrected it
SIMULATOR: Final = "simulator:"  # the endpoint of the embedded cloud's cluster


class Access(Protocol):
    """How to reach a cluster. ``endpoint`` is ``https://host:port``; ``ca_file`` empty: the machine's authorities."""

    @property
    def name(self) -> str: ...
    @property
    def kind(self) -> str: ...
    @property
    def endpoint(self) -> str: ...
    @property
    def username(self) -> str: ...
    @property
    def password(self) -> str: ...
    @property
    def ca_file(self) -> str: ...


class Site(msgspec.Struct, frozen=True, kw_only=True):
    """What is the same for all clusters: where blocking calls go, ``BACKEND_PREFIX_ID``, seconds a call may take.
    ``lane``: threads that each cluster has to itself; 0: they all share the offload's. ``address``: of a node by
    its name, where that is not known here. ``pauses``: nodes are asked who is paused."""

    offload: Offload
    prefix: str
    timeout: float = 30.0
    lane: int = 0
    address: Callable[[str], str] = str
    pauses: bool = False


def _ganeti(access: Access, site: Site) -> Backend:
    if access.endpoint.startswith(SIMULATOR):
        raise ValueError("it is the simulator within the process of the embedded cloud, which alone can ask it")
    transport = RequestsTransport(access.endpoint, access.username, access.password, ca_file=access.ca_file)
    return GanetiBackend(
        cluster=access.name,
        prefix=site.prefix,
        client=RapiClient(transport, timeout=site.timeout),
        offload=Lane(site.lane) if site.lane else site.offload,
        limits=Limits(call_timeout=site.timeout),
        nodes=Nodes(_nodes(access, site)),
        pauses=site.pauses,
    )


def _nodes(access: Access, site: Site) -> Reach:
    reach = straight(access.endpoint, access.username, access.password, ca_file=access.ca_file)
    return lambda node: reach(site.address(node))


BUILDERS: Final[Mapping[str, Callable[[Access, Site], Backend]]] = {
    "ganeti": _ganeti,
}


def builder(site: Site) -> Callable[[Access], Backend]:
    """A function that makes adapters. It raises :class:`Transient` for a row that cannot be used, saying why: the row
    may be corrected, and the commands wait."""

    def build(access: Access) -> Backend:
        make = BUILDERS.get(access.kind)
        if make is None:
            raise Transient(f"backend {access.name} is of an unknown kind, {access.kind!r}", delay=MISTAKE_DELAY)
        try:
            return make(access, site)
        except ValueError as error:
            reason = f"backend {access.name} cannot be reached as it is set up: {error}"
            raise Transient(reason, delay=MISTAKE_DELAY) from error

    return build
