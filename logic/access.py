"""Who is asking, and what they may do.

A facade makes the :class:`Caller` from a token; every function of ``commands`` and ``queries`` takes it first. The
tenant's scope is applied by those functions: another tenant's id answers exactly as an unknown one. Roles are the
field's: ``admin`` implies ``member`` implies ``reader``.
"""

from collections.abc import Iterable
from typing import Literal

import msgspec

from logic.errors import Forbidden

Role = Literal["reader", "member", "manager", "admin"]
IMPLIED: dict[str, frozenset[str]] = {
    "admin": frozenset({"admin", "manager", "member", "reader"}),
    "manager": frozenset({"manager", "member", "reader"}),
    "member": frozenset({"member", "reader"}),
    "reader": frozenset({"reader"}),
}


class Permitted(msgspec.Struct, frozen=True, kw_only=True):
    """A request that an application credential may make, as its access rule says: ``*`` in a path stands for a part, ``**`` for
    any number of them."""

    service: str
    method: str
    path: str


class Caller(msgspec.Struct, frozen=True, kw_only=True):
    """A user acting in a project, a ``domain`` or the ``system`` as a whole (none of them: an unscoped token), under one request
    id. ``credential``: the application credential or the EC2 key that the token was made from, if any; such a caller manages no
    credentials unless ``unrestricted``, and makes only the requests of ``rules`` (None: any). ``granted``: the role whose place
    a rule of the site's has taken, for this request. ``token``: the key of its row; what is derived from the token, as a
    console's ticket is, goes with it."""

    user: str
    project: str = ""
    roles: frozenset[str] = frozenset()
    request: str = ""
    user_name: str = ""
    project_name: str = ""
    credential: str = ""
    token: str = ""
    domain: str = ""
    system: bool = False
    unrestricted: bool = False
    rules: tuple[Permitted, ...] | None = None
    granted: str = ""

    def holds(self, role: Role) -> bool:
        return any(role in IMPLIED.get(held, ()) for held in self.roles)

    @property
    def is_admin(self) -> bool:
        return self.holds("admin")


def implied(roles: Iterable[str]) -> frozenset[str]:
    """These roles and those they imply."""
    return frozenset().union(*(IMPLIED.get(role, frozenset({role})) for role in roles))


def require(caller: Caller, role: Role, action: str) -> None:
    """Raises :class:`Forbidden` naming the action and the role it needs."""
    held = caller.holds(role) or (caller.granted and role in IMPLIED[caller.granted])
    if not held or (role != "admin" and not caller.project):
        raise Forbidden(action=action, needs=role)


def operator(request: str = "") -> Caller:
    """The caller of operator commands: the person at the keyboard of a LOGIC node."""
    return Caller(user="operator", roles=frozenset({"admin"}), request=request, user_name="operator")
