"""Who may do what: a file a service, a line a way of using a route.

:func:`get`, :func:`post` and so on name the address, who may, and what it is about: ``it``, a kind of ``world``'s things, whose
id stands at ``{it}`` in the address or the body. ``{server}``, ``{port}``… are the asker's own.
"""

import functools
from collections.abc import Mapping
from typing import Any

import msgspec

Statuses = tuple[int, int, int]


class May(msgspec.Struct, frozen=True, kw_only=True):
    """Who may, and what is answered: to whoever holds ``role`` (``public``: needs no token, ``anyone``: any valid one)
    ``own`` for what is theirs, and ``missing`` for another tenant's and for what there is not. Admins are answered ``admins``
    for (another tenant's, what there is not); None: as for their own, and as everybody. Who does not hold the role is
    ``refused``, whatever it is about, or where that differs for (own, other, unknown). ``seen``: who reads the system is
    answered as admins are. ``but``: personas who are answered in
    another way, and may be answered differently for another tenant's."""

    role: str
    own: int = 200
    missing: int = 404
    admins: tuple[int, int] | None = None
    refused: int | Statuses = 403
    seen: bool = False
    but: Mapping[str, Statuses] = {}


class Row(msgspec.Struct, frozen=True, kw_only=True):
    """One way of using a route. ``takes_back``: what it writes before it refuses is taken back with its transaction."""

    method: str
    path: str
    who: May
    it: str = ""
    body: Any = None  # JSON, or text as it is
    headers: Mapping[str, str] = {}
    note: str = ""
    takes_back: bool = False

    @property
    def name(self) -> str:
        return " ".join(filter(None, [self.method, self.path, self.note]))


def _row(method: str, path: str, who: May, **about: Any) -> Row:
    return Row(method=method, path=path, who=who, **about)


get, post, put, patch, delete = (
    functools.partial(_row, method) for method in ("GET", "POST", "PUT", "PATCH", "DELETE")
)
public = functools.partial(May, role="public")
anyone = functools.partial(May, role="anyone")
readers = functools.partial(May, role="reader")
members = functools.partial(May, role="member")
admins = functools.partial(May, role="admin")


def admins_in_a_project(**about: Any) -> May:
    """Admins whose token is for a project: nothing of a tenant's is asked for with one for the domain."""
    return admins(**{"but": {"admin of the domain": (403, 403, 403)}, **about})


_MEMBERS = dict.fromkeys(("member", "colleague", "robot", "member there"), (403, 404, 404))


def above_members(**about: Any) -> May:
    """Admins, at a door that members pass: to them, what is another tenant's is unknown first of all."""
    return admins(**{**about, "but": {**_MEMBERS, "admin of the domain": (0, 403, 403), **about.get("but", {})}})


NEITHER = (404, 404)  # for admins: it takes two things of one tenant
