"""What a token is worth right now.

Roles are joined at each request, never kept in the token: revocation, a lost role, a disabled user or project and a
deleted application credential count from the next request on.
"""

import json
from collections.abc import Sequence
from typing import Any, Final

from django.db import connection

from logic import clock
from logic.access import Caller, Permitted, implied
from logic.db import asked
from logic.errors import Unauthenticated
from logic.identity import secrets
from logic.identity.infos import TokenInfo
from logic.identity.models import Token
from logic.identity.queries.holding import Place, roles_at
from logic.identity.queries.rows import credential_info, domain_info, project_info, role_infos, user_info
from logic.identity.refusals import TokenNotFound
from logic.policy import allowed

OPERATORS: Final = "default"  # their domain, as ``commands.domains.DEFAULT``
# By hand, since it runs before every request and the ORM spends 0.7 ms on composing it. A row for each role that the user holds
# directly in the token's scope; whether they may hold others is told along (``_MORE``), and then asked for. Plain SQL: every
# database of ours reads it alike.
_MORE = """(token.system
       OR EXISTS (SELECT 1 FROM identity_membership WHERE identity_membership.user_id = token.user_id)
       OR EXISTS (SELECT 1 FROM identity_grant WHERE identity_grant.user_id = token.user_id)
       OR EXISTS (SELECT 1 FROM identity_implication))"""
_VALID = f"""
SELECT token.user_id, person.name, token.project_id, project.name, token.domain_id, token.system, token.stored_id,
       token.credential_id, credential.roles, credential.access_rules, credential.unrestricted, {_MORE}, role.name
  FROM identity_token token
  JOIN identity_user person ON person.id = token.user_id AND person.enabled
  LEFT JOIN identity_project project ON project.id = token.project_id
  LEFT JOIN identity_applicationcredential credential ON credential.id = token.credential_id
  LEFT JOIN identity_assignment held ON held.user_id = token.user_id
       AND (held.project_id = token.project_id OR held.domain_id = token.domain_id)
  LEFT JOIN identity_role role ON role.id = held.role_id AND role.domain_id IS NULL
 WHERE token.id = %s AND token.expires_at > %s AND (token.project_id IS NULL OR project.enabled)
   AND NOT EXISTS (SELECT 1 FROM identity_domain home
                    WHERE home.id IN (person.domain_id, project.domain_id, token.domain_id) AND NOT home.enabled)
"""  # noqa: S608 - nothing of it is a client's


def authenticate(token: str, request: str = "") -> Caller:
    """The caller a token stands for, in one query. Raises :class:`Unauthenticated`, whatever is wrong with it."""
    if len(token) > secrets.MAX_TOKEN:
        raise Unauthenticated
    return holder(secrets.digest(token), request)


def holder(id: str, request: str = "") -> Caller:
    """The same of a token's row, by its key: what was derived from the token asks whether it still stands."""
    now = connection.ops.adapt_datetimefield_value(clock.now())
    return _caller(asked(_VALID, [id, now]), id, request)


def _caller(rows: Sequence[Sequence[Any]], token: str, request: str) -> Caller:
    if not rows:
        raise Unauthenticated
    (
        user,
        user_name,
        project,
        project_name,
        domain,
        system,
        stored,
        credential,
        allowed,
        rules,
        unrestricted,
        more,
        _,
    ) = rows[0]
    held = {row[-1] for row in rows if row[-1]}
    scoped = bool(project or domain or system)
    if more and scoped:
        held |= roles_at(user, Place(project=project or "", domain=domain or ""))
    roles = within(domain or "", effective(held, json.loads(allowed) if credential else None))
    if scoped and not roles:
        raise Unauthenticated
    return Caller(
        user=user,
        project=project or "",
        roles=roles,
        request=request,
        user_name=user_name,
        project_name=project_name or "",
        credential=credential or stored or "",
        token=token,
        domain=domain or "",
        system=bool(system),
        unrestricted=bool(unrestricted) and not stored,
        rules=permitted(json.loads(rules)) if rules else None,
    )


def permitted(rules: list[dict[str, str]]) -> tuple[Permitted, ...]:
    return tuple(Permitted(service=rule["service"], method=rule["method"], path=rule["path"]) for rule in rules)


def effective(held: set[str], allowed: list[str] | None) -> frozenset[str]:
    """The roles a token gives: those held, and of an application credential (``allowed``) only what is in both."""
    return frozenset(held) if allowed is None else implied(held) & frozenset(allowed)


def within(domain: str, roles: frozenset[str]) -> frozenset[str]:
    """What they are worth in a token for a domain. ``admin`` is the role of the cloud's operators: whoever holds it in a domain
    that is not theirs manages that domain."""
    if not domain or domain == OPERATORS or "admin" not in roles:
        return roles
    return roles - {"admin"} | {"manager"}


def describe(caller: Caller, token: str) -> TokenInfo:
    """A token of one's own, or for admins anybody's. Raises :class:`TokenNotFound`; the token is not repeated."""
    try:
        subject = authenticate(token)
    except Unauthenticated:
        subject = None
    if subject is None or not allowed(caller, "identity:validate_token", user_id=subject.user):
        raise TokenNotFound
    return info(secrets.digest(token), subject)


def info(id: str, subject: Caller) -> TokenInfo:
    """A token's row, told with the roles of ``subject``, the caller it stands for."""
    related = ("user__domain", "project__domain", "domain", "credential")
    row = Token.objects.select_related(*related).get(pk=id)
    return TokenInfo(
        user=user_info(row.user),
        project=project_info(row.project) if row.project else None,
        domain=domain_info(row.domain) if row.domain else None,
        system=row.system,
        roles=role_infos(implied(subject.roles)),
        methods=row.methods,
        audit_ids=row.audit_ids,
        issued_at=row.issued_at,
        expires_at=row.expires_at,
        credential=credential_info(row.credential) if row.credential else None,
    )
