"""What a server is called, tagged and known by, and whether it is locked: changes that no backend hears of, each one transaction
and a line in the journal.

Called by the API facades through ``commands``. A new hostname reaches the guest when it is rebuilt.
"""

from collections.abc import Callable, Collection

import msgspec
from msgspec import UNSET, UnsetType

from logic import clock
from logic.access import Caller, require
from logic.compute import states, tags
from logic.compute.checks import check_disk_config, check_metadata
from logic.compute.holding import held
from logic.compute.models import Server
from logic.errors import BadRequest, Forbidden, NotFound, WrongState
from logic.ledger import beginning
from logic.ledger.resources import state_of
from logic.transactions import atomically


class Changes(msgspec.Struct, frozen=True, kw_only=True):
    """What ``change_server`` shall change. ``description`` None: none any more; the others as they are."""

    name: str | None = None
    description: str | UnsetType | None = UNSET
    hostname: str | None = None
    access_ip_v4: str | None = None
    access_ip_v6: str | None = None
    disk_config: str | None = None


@atomically
def change_server(caller: Caller, id: str, wanted: Changes) -> None:
    """The instance's name stays. Also for one that is locked. Raises :class:`NotFound`."""
    require(caller, "member", "change a server")
    server = held(caller, id, locked=True)
    check_disk_config(wanted.disk_config)
    sent = msgspec.structs.asdict(wanted)
    columns = {name: value for name, value in sent.items() if value is not None and value is not UNSET}
    if wanted.description is None:
        columns["description"] = None
    if columns:
        _change(caller, server, "renamed" if "name" in columns else "described", columns)


@atomically
def set_metadata(caller: Caller, id: str, items: dict[str, str], *, replace: bool) -> dict[str, str]:
    """Merge or replace; what it is afterwards. Raises :class:`NotFound`, :class:`QuotaExceeded`."""
    require(caller, "member", "change a server's metadata")
    server = held(caller, id)
    metadata = items if replace else {**server.metadata, **items}
    check_metadata(metadata, len(server.metadata), server.project, server.user)
    _change(caller, server, "metadata", {"metadata": metadata})
    return metadata


@atomically
def delete_metadata(caller: Caller, id: str, key: str) -> None:
    """Raises :class:`NotFound` for the server and for the key."""
    require(caller, "member", "change a server's metadata")
    server = held(caller, id)
    if key not in server.metadata:
        raise NotFound(kind="metadata item", id=key)
    rest = {name: value for name, value in server.metadata.items() if name != key}
    _change(caller, server, "metadata", {"metadata": rest})


def replace_tags(caller: Caller, id: str, wanted: Collection[str]) -> list[str]:
    """What they are afterwards, sorted. Raises :class:`NotFound`, :class:`BadRequest` for too many."""
    return _retag(caller, id, lambda _: set(wanted))


@atomically
def add_tag(caller: Caller, id: str, tag: str) -> bool:
    """Is it new? Raises :class:`NotFound`, :class:`BadRequest` for one too many."""
    require(caller, "member", "tag a server")
    known = tags.listed(held(caller, id, locked=True).tags)
    if tag not in known:
        _retag(caller, id, lambda before: before | {tag})
    return tag not in known


@atomically
def remove_tag(caller: Caller, id: str, tag: str) -> None:
    """Raises :class:`NotFound` for the server and for the tag."""
    require(caller, "member", "tag a server")
    if tag not in tags.listed(held(caller, id, locked=True).tags):
        raise NotFound(kind="tag", id=tag)
    _retag(caller, id, lambda before: before - {tag})


@atomically
def _retag(caller: Caller, id: str, changed: Callable[[set[str]], set[str]]) -> list[str]:
    require(caller, "member", "tag a server")
    server = held(caller, id, locked=True)
    after = changed(set(tags.listed(server.tags)))
    check_tags(after)
    _change(caller, server, "tagged", {"tags": tags.written(after)})
    return sorted(after)


def check_tags(wanted: Collection[str]) -> None:
    """Raises :class:`BadRequest`."""
    if len(wanted) > tags.MOST:
        raise BadRequest(reason=f"A server has at most {tags.MOST} tags, not {len(wanted)}. Remove some.")


@atomically
def lock_server(caller: Caller, id: str, reason: str | None = None) -> None:
    """From now on only administrators may do to it what changes it. Its owner changes no lock that there is already; an
    administrator puts his own in its place. Raises :class:`NotFound`."""
    require(caller, "member", "lock a server")
    server = held(caller, id, locked=True)
    by = _who(caller, server)
    if server.locked_by and by == "owner":
        return
    _change(caller, server, "locked", {"locked_by": by, "locked_reason": reason})


@atomically
def unlock_server(caller: Caller, id: str) -> None:
    """What an administrator has locked, only one unlocks. Raises :class:`NotFound`, :class:`Forbidden`."""
    require(caller, "member", "unlock a server")
    server = held(caller, id, locked=True)
    if server.locked_by == "admin" and not caller.is_admin:
        raise Forbidden(action="unlocking what an administrator has locked", needs="admin")
    if server.locked_by:
        _change(caller, server, "unlocked", {"locked_by": "", "locked_reason": None})


def _who(caller: Caller, server: Server) -> str:
    return "owner" if caller.project == server.project else "admin"


def _change(caller: Caller, server: Server, what: str, columns: dict[str, object]) -> None:
    if (phase := states.phase(state_of(server))) is states.Phase.IMPORTED:
        raise WrongState(
            action="change", kind="server", id=server.pk, state=str(phase), advice=states.ADVICE[states.Phase.IMPORTED]
        )
    Server.objects.filter(pk=server.pk).update(**columns, updated_at=clock.now())
    beginning.note(caller, "server", server.pk, what, ", ".join(columns))
