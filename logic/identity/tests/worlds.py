"""What the rules of identity are tried on."""

import datetime
from collections.abc import Iterator
from contextlib import contextmanager
from typing import Any

from logic import clock
from logic.access import Caller
from logic.identity.commands.assignments import give, take
from logic.identity.commands.credentials import NewCredential, create_credential
from logic.identity.commands.tokens import Credential, FromToken, Issued, Login, Named, Password, Scope, issue_token
from logic.identity.infos import AssignmentInfo, CredentialInfo, RoleInfo
from logic.identity.models import Role
from logic.identity.queries import assignments as queries
from logic.identity.queries.assignments import Held, Wanted

ADMIN_PASSWORD, DEMO_PASSWORD = "the admin's password", "the demo's password"
ADDRESS = "192.0.2.1"


def named(name: str) -> Named:
    return Named(name=name, domain_name="Default")


def scope(project: str) -> Scope:
    return Scope(project=named(project))


def log_in(
    name: str = "demo", password: str = DEMO_PASSWORD, project: str | None = "demo", address: str = ADDRESS
) -> Issued:
    wanted = scope(project) if project else Scope()
    return issue_token(Password(user=named(name), password=password), wanted, address)


def admin_token() -> Issued:
    return log_in("admin", ADMIN_PASSWORD, "admin")


def again(token: str, wanted: Scope | None = None) -> Issued:
    """A token from a token."""
    return issue_token(FromToken(token=token), wanted or scope("demo"), ADDRESS)


def with_credential(made: tuple[CredentialInfo, str], wanted: Scope | None = None) -> Issued:
    login: Login = Credential(id=made[0].id, secret=made[1])
    return issue_token(login, wanted, ADDRESS)


def credential(caller: Caller, **fields: object) -> tuple[CredentialInfo, str]:
    return create_credential(caller, caller.user, NewCredential(**{"name": "robot", **fields}))


def role(name: str) -> str:
    return Role.objects.get(name=name).id


class Later(clock.SystemSource):
    """The machine's clock, so many seconds ahead."""

    def __init__(self, seconds: float) -> None:
        self.seconds = seconds

    def now(self) -> datetime.datetime:
        return super().now() + datetime.timedelta(seconds=self.seconds)

    def monotonic(self) -> float:
        return super().monotonic() + self.seconds


@contextmanager
def later(seconds: float) -> Iterator[None]:
    with clock.replaced(Later(seconds)):
        yield


def assign(caller: Caller, user: str, role: str, *, project: str = "", domain: str = "") -> None:
    give(caller, Held(user=user, role=role, project=project, domain=domain))


def unassign(caller: Caller, user: str, role: str, *, project: str = "", domain: str = "") -> None:
    take(caller, Held(user=user, role=role, project=project, domain=domain))


def roles_on(caller: Caller, user: str, *, project: str = "", domain: str = "") -> list[RoleInfo]:
    return queries.roles_on(caller, Held(role="", user=user, project=project, domain=domain))


def assignments(caller: Caller, **wanted: Any) -> list[AssignmentInfo]:
    return queries.assignments(caller, Wanted(**wanted))
