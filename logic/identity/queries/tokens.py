"""What a token is worth right now.

Roles are joined at each request, never kept in the token: revocation, a lost role, a disabled user or project and a
deleted application credential count from the next request on.
"""

from typing import Any

from django.db.models import F, FilteredRelation, Q, QuerySet

from logic import clock
from logic.access import Caller, implied
from logic.errors import NotFound, Unauthenticated
from logic.identity import secrets
from logic.identity.infos import TokenInfo
from logic.identity.models import Token
from logic.identity.queries.rows import credential_info, domain_info, project_info, role_infos, user_info

_SCOPE = Q(user__assignments__project=F("project")) | Q(user__assignments__domain=F("domain"))


def _valid(token: str) -> QuerySet[Token]:
    """The row of a token that has not expired, whose user and project are enabled; with each role held in its scope."""
    if len(token) > secrets.MAX_TOKEN:
        return Token.objects.none()
    rows = Token.objects.filter(pk=secrets.digest(token), expires_at__gt=clock.now(), user__enabled=True)
    rows = rows.filter(Q(project__isnull=True) | Q(project__enabled=True))
    return rows.annotate(held=FilteredRelation("user__assignments", condition=_SCOPE))


def authenticate(token: str, request: str = "") -> Caller:
    """The caller a token stands for, in one query. Raises :class:`Unauthenticated`, whatever is wrong with it."""
    rows = _valid(token).values_list(
        "user_id",
        "user__name",
        "project_id",
        "project__name",
        "domain_id",
        "credential_id",
        "credential__roles",
        "held__role__name",
    )
    return _caller(list(rows), request)


def _caller(rows: list[tuple[Any, ...]], request: str) -> Caller:
    if not rows:
        raise Unauthenticated
    user, user_name, project, project_name, domain, credential, allowed, _ = rows[0]
    roles = effective({row[-1] for row in rows if row[-1]}, allowed if credential else None)
    if (project or domain) and not roles:
        raise Unauthenticated
    return Caller(
        user=user,
        project=project or "",
        roles=roles,
        request=request,
        user_name=user_name,
        project_name=project_name or "",
        credential=credential or "",
    )


def effective(held: set[str], allowed: list[str] | None) -> frozenset[str]:
    """The roles a token gives: those held, and of an application credential (``allowed``) only what is in both."""
    return frozenset(held) if allowed is None else implied(held) & frozenset(allowed)


def describe(caller: Caller, token: str) -> TokenInfo:
    """A token of one's own, or for admins anybody's. Raises :class:`NotFound`; the token is not repeated."""
    try:
        subject = authenticate(token)
    except Unauthenticated:
        subject = None
    if subject is None or (subject.user != caller.user and not caller.is_admin):
        raise NotFound(kind="token", id="given in X-Subject-Token")
    return info(secrets.digest(token), subject)


def info(id: str, subject: Caller) -> TokenInfo:
    """A token's row, told with the roles of ``subject``, the caller it stands for."""
    related = ("user__domain", "project__domain", "domain", "credential")
    row = Token.objects.select_related(*related).get(pk=id)
    return TokenInfo(
        user=user_info(row.user),
        project=project_info(row.project) if row.project else None,
        domain=domain_info(row.domain) if row.domain else None,
        roles=role_infos(implied(subject.roles)),
        methods=row.methods,
        audit_ids=row.audit_ids,
        issued_at=row.issued_at,
        expires_at=row.expires_at,
        credential=credential_info(row.credential) if row.credential else None,
    )
