"""What a token is worth right now.

Roles are joined at each request, never kept in the token: revocation, a lost role, a disabled user or project and a
deleted application credential count from the next request on.
"""

import datetime
from typing import Any

from django.db.models import F, FilteredRelation, Q, QuerySet

from logic import clock
from logic.access import Caller
from logic.errors import Unauthenticated
from logic.identity import secrets
from logic.identity.models import Token


def valid(now: datetime.datetime) -> QuerySet[Token]:
    """Tokens that have not expired, of users and projects that are enabled."""
    rows = Token.objects.filter(expires_at__gt=now, user__enabled=True)
    return rows.filter(Q(project__isnull=True) | Q(project__enabled=True))


def authenticate(token: str, request: str = "") -> Caller:
    """The caller a token stands for, in one query. Raises :class:`Unauthenticated`, whatever is wrong with it."""
    if len(token) > secrets.MAX_TOKEN:
        raise Unauthenticated
    scope = Q(user__assignments__project=F("project")) | Q(user__assignments__domain=F("domain"))
    rows = (
        valid(clock.now())
        .filter(pk=secrets.digest(token))
        .annotate(held=FilteredRelation("user__assignments", condition=scope))
        .values_list(
            "user_id",
            "user__name",
            "project_id",
            "project__name",
            "domain_id",
            "credential_id",
            "credential__roles",
            "credential__unrestricted",
            "held__role_id",
            "held__role__name",
        )
    )
    return _caller(list(rows), request)


def _caller(rows: list[tuple[Any, ...]], request: str) -> Caller:
    if not rows:
        raise Unauthenticated
    user, user_name, project, project_name, domain, credential, allowed, unrestricted, *_ = rows[0]
    roles = frozenset(name for *_, id, name in rows if name and (credential is None or id in allowed))
    if (project or domain) and not roles:
        raise Unauthenticated
    return Caller(
        user=user,
        project=project or "",
        roles=roles,
        request=request,
        user_name=user_name,
        project_name=project_name or "",
        credential=credential if credential and not unrestricted else "",
    )
