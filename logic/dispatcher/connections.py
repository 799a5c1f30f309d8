"""Adapters by backend name, made from their rows when first needed and made anew when the row changes.

The process says how an adapter is built (``synnefo.standalone`` gives one over the simulator's transport); in production
``logic.backends.building``.
"""

from collections.abc import Callable

import msgspec

from logic import secretkeys
from logic.backends.base import Backend
from logic.errors import Transient
from logic.kept import Kept
from logic.offload import Offload
from logic.placement.models import Backend as Row


class Access(msgspec.Struct, frozen=True, kw_only=True):
    """How to reach a cluster: a row of placement, its password in clear. Never logged."""

    name: str
    kind: str
    endpoint: str
    username: str
    password: str
    ca_file: str

    def __repr__(self) -> str:
        return f"Access({self.name})"


Build = Callable[[Access], Backend]


_NAMED = Kept(lambda name: Row.objects.filter(name=name))


class Connections:
    """The adapters of one process."""

    def __init__(self, offload: Offload, build: Build) -> None:
        self._offload, self._build = offload, build
        self._made: dict[str, tuple[Access, Backend]] = {}

    async def get(self, name: str) -> Backend:
        """Raises :class:`Transient` when the backend is offline or gone from the database."""
        access = await self._offload.read(access_to, name)
        known = self._made.get(name)
        if known and known[0] == access:
            return known[1]
        backend = self._build(access)
        self._made[name] = (access, backend)
        if known:
            await known[1].aclose()
        return backend

    async def aclose(self) -> None:
        for _, backend in self._made.values():
            await backend.aclose()
        self._made.clear()


def access_to(name: str, *, even_offline: bool = False) -> Access:
    """From the row. Raises :class:`Transient` when there is none, or it is offline."""
    row = next(iter(_NAMED(name)), None)
    if row is None or (row.offline and not even_offline):
        raise Transient(f"backend {name} is offline", delay=30.0)
    password = secretkeys.current().decrypt(row.secret) if row.secret else ""
    return Access(
        name=row.name,
        kind=row.kind,
        endpoint=row.endpoint,
        username=row.username,
        password=password,
        ca_file=row.ca_file,
    )
