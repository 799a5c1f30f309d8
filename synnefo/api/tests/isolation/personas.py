"""Who asks. Everybody's claims about themselves in headers are lies (:data:`LIES`): what counts is the token alone."""

import datetime
from collections.abc import Collection
from typing import Any, Final

import msgspec

from logic import clock
from logic.identity import secrets
from logic.identity.models import (
    AccessRule,
    ApplicationCredential,
    Assignment,
    Domain,
    Grant,
    Project,
    Role,
    Token,
    User,
)

SIDES = ALPHA, BRAVO, NONE = "alpha", "bravo", ""
PROJECT: Final = {ALPHA: "a" * 32, BRAVO: "b" * 32, NONE: "c" * 32}
OWNER: Final = {ALPHA: "a1" * 16, BRAVO: "b1" * 16, NONE: "c1" * 16}  # the user whose keys and credentials we look for
RULE: Final = {ALPHA: "a7" * 16, BRAVO: "b7" * 16, NONE: "c7" * 16}
CREDENTIAL: Final = {ALPHA: "a9" * 16, BRAVO: "b9" * 16, NONE: "c9" * 16}
CLOSED: Final = "e" * 32
DOMAIN: Final = "default"
LIES: Final = {
    "x-roles": "admin",
    "x-role": "admin",
    "x-user-id": "0" * 32,
    "x-user-name": "admin",
    "x-project-id": "0" * 32,
    "x-tenant-id": "0" * 32,
    "x-identity-status": "Confirmed",
    "x-is-admin-project": "True",
    "openstack-system-scope": "all",
}

_SCALE = ("anyone", "reader", "member", "admin")
LISTS: Final = {
    "service": "compute",
    "method": "GET",
    "path": "/v2.1/servers",
}  # what an access rule lets one of them ask


class Persona(msgspec.Struct, frozen=True):
    """``side`` is the project they are in, ``may`` the roles that their token is good for: none, and it is no token."""

    name: str
    user: str = ""
    side: str = NONE
    may: Collection[str] = ()

    @property
    def token(self) -> str:
        return f"{self.name} token" if self.name != "anonymous" else ""

    @property
    def owns(self) -> bool:
        """Are they who the keys and credentials of their side belong to?"""
        return self.user == OWNER[self.side or ALPHA]

    @property
    def is_admin(self) -> bool:
        return "admin" in self.may

    @property
    def sees_identity(self) -> bool:
        """May they read all of identity?"""
        return self.is_admin or self.name == "reader of the system"

    @property
    def is_bound(self) -> bool:
        """By an access rule, to listing servers."""
        return self.name == "robot that lists servers"


def _up_to(role: str) -> Collection[str]:
    return _SCALE[: _SCALE.index(role) + 1]


ALICE, BOB = OWNER[ALPHA], OWNER[BRAVO]
NOBODIES = [
    Persona("anonymous"),
    Persona("garbage"),
    Persona("expired", ALICE, ALPHA),
    Persona("revoked", ALICE, ALPHA),
    Persona("disabled", "e1" * 16, ALPHA),
    Persona("demoted", "e2" * 16, ALPHA),
    Persona("of a disabled project", "e3" * 16),
    Persona("of a deleted credential", ALICE, ALPHA),
]
SOMEBODIES = [
    Persona("unscoped", ALICE, NONE, _up_to("anyone")),
    Persona("of the domain", "d1" * 16, NONE, _up_to("anyone")),
    Persona("reader", "a3" * 16, ALPHA, _up_to("reader")),
    Persona("member", ALICE, ALPHA, _up_to("member")),
    Persona("colleague", "a2" * 16, ALPHA, _up_to("member")),
    Persona("robot", ALICE, ALPHA, _up_to("member")),
    Persona("robot that reads", ALICE, ALPHA, _up_to("reader")),
    Persona("robot that lists servers", ALICE, ALPHA, _up_to("member")),
    Persona("reader there", "b2" * 16, BRAVO, _up_to("reader")),
    Persona("member there", BOB, BRAVO, _up_to("member")),
    Persona("admin", "a4" * 16, ALPHA, _up_to("admin")),
    Persona("admin there", "b4" * 16, BRAVO, _up_to("admin")),
    Persona("admin of the domain", "d2" * 16, NONE, ("anyone", "admin")),
    Persona("reader of the system", "f1" * 16, NONE, _up_to("anyone")),
]
PERSONAS = [*NOBODIES, *SOMEBODIES]


def move_in() -> None:
    """The users, what they hold, and their tokens."""
    domain = Domain.objects.create(pk=DOMAIN, name="Default")
    names = {**PROJECT, "closed": CLOSED}
    Project.objects.bulk_create(Project(pk=id, domain=domain, name=name) for name, id in names.items() if name)
    roles = {name: Role.objects.create(name=name) for name in ("admin", "member", "reader")}
    for one in PERSONAS:
        if one.user:
            _settle(one, roles)
    _robots()
    for one in PERSONAS:
        if one.user:
            _sign_in(one)
    User.objects.filter(pk="e1" * 16).update(enabled=False)
    Project.objects.filter(pk=CLOSED).update(enabled=False)
    Assignment.objects.filter(user="e2" * 16).delete()
    Token.objects.filter(pk=secrets.digest("revoked token")).delete()
    ApplicationCredential.objects.filter(name="of a deleted credential").delete()


def _settle(one: Persona, roles: dict[str, Role]) -> None:
    side = one.side or ("none" if one.name != "unscoped" else ALPHA)
    name = {"a1": "alpha-alice", "b1": "bravo-bob"}.get(one.user[:2], f"{side}-{one.user[:2]}")
    user, _ = User.objects.get_or_create(pk=one.user, defaults={"domain_id": DOMAIN, "name": name})
    role = roles[one.may[-1]] if one.may and one.may[-1] in roles else roles["member"]
    if one.user[0] == "f":
        Grant.objects.create(user=user, role=roles["reader"])
    elif one.user[0] == "d":
        Assignment.objects.create(user=user, role=role, domain_id=DOMAIN)
    elif one.user[:2] == "e3":
        Assignment.objects.create(user=user, role=role, project_id=CLOSED)
    elif one.name not in {"unscoped", *ROBOTS}:
        Assignment.objects.get_or_create(user=user, role=role, project_id=PROJECT[one.side])


ROBOTS = {
    "robot": "1" * 32,
    "robot that reads": "2" * 32,
    "of a deleted credential": "3" * 32,
    "robot that lists servers": "4" * 32,
}


def _robots() -> None:
    for side in (ALPHA, BRAVO):
        AccessRule.objects.create(pk=RULE[side], user_id=OWNER[side], **LISTS)
        _credential(CREDENTIAL[side], side, f"{side}-credential", ["reader"])
    for name, id in ROBOTS.items():
        rules = [{"id": "a6" * 16, **LISTS}] if "lists" in name else None
        _credential(id, ALPHA, name, ["reader" if "reads" in name else "member"], access_rules=rules)


def _credential(id: str, side: str, name: str, roles: list[str], **columns: Any) -> None:
    owner = {"user_id": OWNER[side], "project_id": PROJECT[side]}
    ApplicationCredential.objects.create(pk=id, name=name, secret="x", roles=roles, **owner, **columns)


def _sign_in(one: Persona) -> None:
    of_domain, of_closed = one.user[0] == "d", one.user[:2] == "e3"
    project = CLOSED if of_closed else PROJECT[one.side] if one.side else None
    hours = -1 if one.name == "expired" else 1
    Token.objects.create(
        pk=secrets.digest(one.token),
        user_id=one.user,
        project_id=None if of_domain else project,
        domain_id=DOMAIN if of_domain else None,
        system=one.user[0] == "f",
        credential_id=ROBOTS.get(one.name),
        methods=["password"],
        audit_ids=["audit"],
        expires_at=clock.now() + datetime.timedelta(hours=hours),
    )
