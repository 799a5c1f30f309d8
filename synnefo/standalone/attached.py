"""The embedded cloud's Ganeti, when it is a real one on this machine: asked over its remote API, watched through its own job
queue by the event daemon in this process. No broker is needed.

Which one it is stands in a file (``--ganeti``), such as ``make ganeti-up`` leaves.
"""

from collections.abc import Coroutine, Sequence
from pathlib import Path
from typing import Any

import msgspec
from django.conf import settings

from ganeti import eventd
from ganeti.directory import QueueDirectory
from logic import decoding
from logic.backends import building
from logic.backends.base import Backend, Screen
from logic.bus import Bus
from logic.dispatcher.connections import Access
from logic.errors import BadRequest, NotFound
from logic.offload import Offload
from logic.placement import commands as placement
from logic.placement import nodekeys, queries
from synnefo.console.opening import Address
from synnefo.console.reaching import Find, Reaching


class Place(msgspec.Struct, frozen=True, kw_only=True, forbid_unknown_fields=True):
    """A cluster on this machine. The paths are its master's, as this process sees them; ``nodes`` has the addresses of those
    whose names are not known here; at ``nodes_ask`` (address and port) its nodes reach the API, by ``node_key``; ``fixtures`` are
    loaded at the first start, after ours; a server of ``image`` and ``flavor`` is what the user is told to try."""

    name: str
    endpoint: str
    username: str
    password: str
    ca_file: str
    queue_dir: str
    config_data: str
    spool_dir: str
    nodes: dict[str, str] = {}
    nodes_ask: tuple[str, int] | None = None
    node_key: str = ""
    fixtures: tuple[str, ...] = ()
    image: str = "debian-12"
    flavor: str = "m1.small"


class Attached:
    """``state`` is the event daemon's directory. Raises :class:`BadRequest` when the cluster is not there."""

    def __init__(self, place: Place, state: Path) -> None:
        self.place, self._state = place, state
        try:
            self._incarnation = eventd.incarnation_of(Path(place.config_data))
        except ValueError as error:
            raise BadRequest(reason=f"The Ganeti at {place.endpoint} is not up (make ganeti-up): {error}") from error

    @property
    def name(self) -> str:
        return self.place.name

    def register(self) -> None:
        """A cluster that was made anew has another password and certificate; the reconciler sees that it is another."""
        place = self.place
        reached = {
            "endpoint": place.endpoint,
            "username": place.username,
            "password": place.password,
            "ca_file": place.ca_file,
        }
        try:
            queries.named(place.name)
        except NotFound:
            placement.add_backend(name=place.name, disk_template=settings.GANETI_DISK_TEMPLATE, **reached)
        else:
            placement.modify_backend(place.name, **reached)
        if place.node_key:
            nodekeys.know(place.name, place.node_key)

    def build(self, offload: Offload, prefix: str, access: Access) -> Backend:
        site = building.Site(
            offload=offload,
            prefix=prefix,
            timeout=settings.GANETI_CALL_TIMEOUT,
            address=self._address,
            pauses=settings.NODES_PAUSE,
        )
        return building.builder(site)(access)

    def reaching(self, find: Find) -> Reaching:
        """Screens are on the nodes' own addresses."""
        return Reaching(find, self._reach, password=settings.CONSOLE_VNC_PASSWORD)

    async def _reach(self, screen: Screen) -> Address:
        return Address(self._address(screen.host), screen.port)

    def _address(self, node: str) -> str:
        return self.place.nodes.get(node, node)

    def parts(self, offload: Offload, bus: Bus, prefix: str) -> Sequence[Coroutine[Any, Any, None]]:  # noqa: ARG002
        return [self._watch(bus, prefix)]

    async def _watch(self, bus: Bus, prefix: str) -> None:
        place = self.place
        options = eventd.Options(
            cluster=place.name,
            incarnation=self._incarnation,
            prefix=prefix,
            spool_dir=Path(place.spool_dir),
            state_dir=self._state,
        )
        await eventd.run(options, bus=bus, directory=lambda: QueueDirectory(Path(place.queue_dir)))


def attached(file: Path, state: Path) -> Attached:
    """The cluster that a file names. Raises :class:`BadRequest` when it names none, or one that is not there."""
    try:
        return Attached(decoding.decode(file.read_bytes(), Place), state)
    except (OSError, msgspec.DecodeError) as error:
        raise BadRequest(reason=f"{file} does not say which Ganeti this is: {error}.") from error
