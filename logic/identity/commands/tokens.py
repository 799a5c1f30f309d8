"""Logging in and out.

Each way of proving who one is ends in a :class:`_Proof`; a scope is resolved against it, and a token is a row. Whatever
is wrong with a login is answered alike, after the same work. Nothing is written before the proof.
"""

import datetime
from typing import Any

import msgspec
import structlog
from django.conf import settings
from django.db import transaction

from logic import clock
from logic.access import Caller
from logic.errors import Unauthenticated
from logic.identity import secrets
from logic.identity.commands.proving import prove
from logic.identity.infos import TokenInfo
from logic.identity.models import ApplicationCredential, Domain, Project, StoredCredential, Token, User
from logic.identity.queries.holding import Place, roles_at
from logic.identity.queries.tokens import authenticate, effective, info
from logic.identity.refusals import Delegated, LoginFailed, NoSuchScope, NoSystemScope, TokenNotFound
from logic.policy import allowed

log = structlog.get_logger("synnefo.identity")


class Named(msgspec.Struct, frozen=True, kw_only=True):
    """Something told by its id, or by its name in a domain (told by id or name)."""

    id: str = ""
    name: str = ""
    domain_id: str = ""
    domain_name: str = ""

    def conditions(self) -> dict[str, str]:
        if self.id:
            return {"pk": self.id}
        domain = {"domain": self.domain_id} if self.domain_id else {"domain__name": self.domain_name}
        return {"name": self.name, **domain}


class Password(msgspec.Struct, frozen=True, kw_only=True):
    user: Named
    password: str


class FromToken(msgspec.Struct, frozen=True, kw_only=True):
    token: str


class Credential(msgspec.Struct, frozen=True, kw_only=True):
    """An application credential by ``id``, or by ``name`` and ``user``."""

    id: str = ""
    name: str = ""
    user: Named | None = None
    secret: str = ""


class Scope(msgspec.Struct, frozen=True, kw_only=True):
    """What a token is asked for: a project, a domain, the system as a whole, or, all empty, nothing."""

    project: Named | None = None
    domain: Named | None = None
    system: bool = False


class Issued(msgspec.Struct, frozen=True, kw_only=True):
    """A new token; ``token`` is what the client holds, and is not kept."""

    token: str
    info: TokenInfo


class _Proof(msgspec.Struct, frozen=True, kw_only=True):
    """Who it is, by what; ``password`` is the hash that was checked."""

    user: Any
    method: str
    password: str = ""
    parent: Any = None
    credential: Any = None
    stored: Any = None


Login = Password | FromToken | Credential


def issue_token(login: Login, scope: Scope | None, address: str) -> Issued:
    """Prove, scope, write. Raises :class:`LoginFailed`, :class:`NoSuchScope`, :class:`Delegated`,
    :class:`TooManyRequests`."""
    return _issued(_prove(login, address), scope)


def issue_for(stored: StoredCredential) -> Issued:
    """A token for the user and the project of an EC2 key whose signature was checked: worth what the application credential is
    that the key was made with, if any. Raises :class:`LoginFailed`, :class:`NoSuchScope`."""
    source = stored.source
    usable = stored.user.enabled and stored.user.domain.enabled
    if not usable or (source and source.expires_at and source.expires_at <= clock.now()):
        raise LoginFailed
    return _issued(_Proof(user=stored.user, method="ec2credential", credential=source, stored=stored), None)


def _issued(proof: _Proof, scope: Scope | None) -> Issued:
    token = clock.new_token(32)
    with transaction.atomic():
        _still(proof)
        row = _row(proof, _scope(proof, scope))
        row.pk = secrets.digest(token)
        row.save(force_insert=True)
        return Issued(token=token, info=info(row.pk, authenticate(token)))


def revoke_token(caller: Caller, token: str) -> None:
    """End a token, and those made from it: one's own, or for admins anybody's. Raises :class:`TokenNotFound`."""
    rows = Token.objects.filter(pk=secrets.digest(token[: secrets.MAX_TOKEN]))
    everybodys = allowed(caller, "identity:revoke_token", user_id="")
    deleted, _ = (rows if everybodys else rows.filter(user=caller.user)).delete()
    if not deleted:
        raise TokenNotFound


def prune_tokens(limit: int = 1000) -> int:
    """Delete expired tokens, at most ``limit``; how many rows went. A parent lives longest, so none is cut short."""
    old = Token.objects.filter(expires_at__lte=clock.now()).order_by("expires_at").values_list("pk", flat=True)
    ids = list(old[:limit])
    return Token.objects.filter(pk__in=ids).delete()[0] if ids else 0


def forget_tokens() -> int:
    """Every token, valid or not; how many. After a restore: some had been revoked since the backup."""
    return Token.objects.all().delete()[0]


def _prove(login: Login, address: str) -> _Proof:
    match login:
        case Password():
            return _by_password(login, address)
        case FromToken():
            return _by_token(login)
        case Credential():
            return _by_credential(login, address)


def _by_password(login: Password, address: str) -> _Proof:
    user = User.objects.select_related("domain").filter(**login.user.conditions()).first()
    kept = user.password if user and user.enabled and user.domain.enabled else ""
    locks = not (user and (user.options or {}).get("ignore_lockout_failure_attempts"))
    prove((user.id if user else "?" + _told(login.user), address), kept, login.password, locks=locks)
    return _Proof(user=user, method="password", password=kept)


def _by_credential(login: Credential, address: str) -> _Proof:
    rows = ApplicationCredential.objects.select_related("user__domain", "project__domain")
    if login.user:
        owner = {f"user__{name}": value for name, value in login.user.conditions().items()}
        rows = rows.filter(name=login.name, **owner)
    else:
        rows = rows.filter(pk=login.id)
    row = rows.first()
    usable = row is not None and _is_usable(row)
    kept = row.secret if row and usable else ""
    prove((row.id if row else "?" + (login.id or login.name)[:64], address), kept, login.secret)
    assert row is not None
    return _Proof(user=row.user, method="application_credential", credential=row)


def _is_usable(row: ApplicationCredential) -> bool:
    in_time = row.expires_at is None or row.expires_at > clock.now()
    return bool(row.user.enabled and row.user.domain.enabled and in_time)


def _told(user: Named) -> str:
    return (user.id or user.name)[:64]


def _by_token(login: FromToken) -> _Proof:
    caller = authenticate(login.token)
    if caller.credential:
        raise Delegated(action="be given another scope")
    row = Token.objects.select_related("user").filter(pk=secrets.digest(login.token)).first()
    if row is None:
        raise Unauthenticated
    return _Proof(user=row.user, method="token", parent=row)


def _still(proof: _Proof) -> None:
    """What was proved outside the transaction holds inside: nobody changed the password, or revoked the parent."""
    user = User.objects.select_for_update().filter(pk=proof.user.pk, enabled=True)
    user = user.filter(password=proof.password) if proof.method == "password" else user
    sources = [source for source in (proof.parent, proof.credential, proof.stored) if source]
    same = all(type(source).objects.select_for_update().filter(pk=source.pk).exists() for source in sources)
    if not user.exists() or not same:
        log.warning("login overtaken", user=proof.user.pk, method=proof.method, source_stands=same)
        raise LoginFailed


class _Where(msgspec.Struct, frozen=True, kw_only=True):
    """A scope that was found."""

    project: Any = None
    domain: Any = None
    system: bool = False


def _scope(proof: _Proof, scope: Scope | None) -> _Where:
    """Raises :class:`NoSuchScope`: unknown, disabled and not yours are one answer."""
    if proof.credential or proof.stored:
        return _Where(project=_credential_scope(proof, scope))
    if scope is None:
        project = proof.user.default_project
        usable = project and project.enabled and project.domain.enabled and _roles(proof, project=project.pk)
        return _Where(project=project if usable else None)
    if scope.project:
        project = Project.objects.filter(enabled=True, domain__enabled=True, **scope.project.conditions()).first()
        if project is None or not _roles(proof, project=project.pk):
            raise NoSuchScope(kind="project")
        return _Where(project=project)
    if scope.domain:
        conditions = {"pk": scope.domain.id} if scope.domain.id else {"name": scope.domain.name}
        domain = Domain.objects.filter(enabled=True, **conditions).first()
        if domain is None or not _roles(proof, domain=domain.pk):
            raise NoSuchScope(kind="domain")
        return _Where(domain=domain)
    if scope.system and not _roles(proof):
        raise NoSystemScope
    return _Where(system=scope.system)


def _credential_scope(proof: _Proof, scope: Scope | None) -> Project:
    project: Project = (proof.stored or proof.credential).project
    allowed_roles = proof.credential.roles if proof.credential else None
    if scope is not None:
        raise Delegated(action="ask for a scope: it has its own")
    usable = project.enabled and project.domain.enabled
    if not usable or not effective(set(_roles(proof, project=project.pk)), allowed_roles):
        raise NoSuchScope(kind="project")
    return project


def _roles(proof: _Proof, **place: str) -> frozenset[str]:
    return roles_at(proof.user.pk, Place(**place))


def _row(proof: _Proof, where: _Where) -> Token:
    """A token's row: never longer than what it was made from."""
    now = clock.now()
    lifetime = datetime.timedelta(seconds=settings.TOKEN_LIFETIME)
    limits = [source.expires_at for source in (proof.parent, proof.credential) if source and source.expires_at]
    audit = clock.new_token(16)
    chain = proof.parent.audit_ids[-1:] if proof.parent else []
    before = proof.parent.methods if proof.parent else []
    return Token(
        user=proof.user,
        project=where.project,
        domain=where.domain,
        system=where.system,
        credential=proof.credential,
        stored=proof.stored,
        parent=proof.parent,
        methods=[proof.method, *(method for method in before if method != proof.method)],
        audit_ids=[audit, *chain],
        issued_at=now,
        expires_at=min([now + lifetime, *limits]),
    )
