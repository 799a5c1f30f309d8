"""Infos of ``logic.identity`` in Keystone's words."""

from collections.abc import Iterable
from typing import Any

from logic.identity.infos import (
    AssignmentInfo,
    CredentialInfo,
    DomainInfo,
    ProjectInfo,
    RoleInfo,
    TokenInfo,
    UserInfo,
)
from synnefo.api.identity.catalog import catalog
from synnefo.api.kernel.calls import Answer, Call
from synnefo.api.kernel.times import bare, micros

V3 = "/identity/v3"
Body = dict[str, Any]


def url(call: Call, path: str) -> str:
    return f"{call.base_url}{V3}/{path}"


def one(call: Call, kind: str, path: str, body: Body, status: int = 200) -> Answer:
    """``{"project": {…, "links": {"self": …}}}``."""
    return Answer(status, {kind: linked(call, path, body)})


def linked(call: Call, path: str, body: Body) -> Body:
    return {**body, "links": {"self": url(call, f"{path}/{body['id']}")}}


def many(call: Call, kind: str, bodies: Iterable[Body], *, path: str = "", following: str = "") -> Answer:
    """``{"projects": […], "links": {…}}``; ``following`` is the next page's address."""
    items = [linked(call, path or kind, body) for body in bodies]
    return Answer(200, {kind: items, "links": links(call, following)})


def links(call: Call, following: str = "") -> Body:
    return {"self": call.base_url + call.path, "previous": None, "next": following or None}


def domain(info: DomainInfo) -> Body:
    return {
        "id": info.id,
        "name": info.name,
        "description": info.description,
        "enabled": True,
        "tags": [],
        "options": {},
    }


def project(info: ProjectInfo) -> Body:
    return {
        "id": info.id,
        "name": info.name,
        "description": info.description,
        "enabled": info.enabled,
        "domain_id": info.domain.id,
        "parent_id": info.domain.id,
        "is_domain": False,
        "tags": [],
        "options": {},
    }


def user(info: UserInfo) -> Body:
    body = {
        "id": info.id,
        "name": info.name,
        "email": info.email,
        "description": info.description,
        "enabled": info.enabled,
        "domain_id": info.domain.id,
        "password_expires_at": None,
        "options": {},
    }
    return body | ({"default_project_id": info.default_project} if info.default_project else {})


def role(info: RoleInfo) -> Body:
    return {"id": info.id, "name": info.name, "description": info.description, "domain_id": None, "options": {}}


def credential(info: CredentialInfo) -> Body:
    return {
        "id": info.id,
        "name": info.name,
        "description": info.description,
        "project_id": info.project,
        "user_id": info.user,
        "roles": [{"id": held.id, "name": held.name, "domain_id": None} for held in info.roles],
        "expires_at": bare(info.expires_at) if info.expires_at else None,
        "unrestricted": False,
    }


def assignment(call: Call, info: AssignmentInfo, *, names: bool) -> Body:
    where: tuple[str, ProjectInfo | DomainInfo | None] = ("project", info.project)
    kind, place = where if info.project else ("domain", info.domain)
    assert place is not None
    path = f"{kind}s/{place.id}/users/{info.user.id}/roles/{info.role.id}"
    body: Body = {
        "user": {"id": info.user.id},
        "role": {"id": info.role.id},
        "scope": {kind: {"id": place.id}},
        "links": {"assignment": url(call, path)},
    }
    if names:
        body["user"] |= {"name": info.user.name, "domain": _brief(info.user.domain)}
        body["role"] |= {"name": info.role.name}
        body["scope"][kind] |= {"name": place.name}
        if info.project:
            body["scope"][kind] |= {"domain": _brief(info.project.domain)}
    return body


def token(call: Call, info: TokenInfo, *, with_catalog: bool) -> Body:
    person = {"id": info.user.id, "name": info.user.name, "domain": _brief(info.user.domain)}
    body: Body = {
        "methods": info.methods,
        "user": {**person, "password_expires_at": None},
        "audit_ids": info.audit_ids,
        "expires_at": micros(info.expires_at),
        "issued_at": micros(info.issued_at),
    }
    if info.project:
        place = {"id": info.project.id, "name": info.project.name, "domain": _brief(info.project.domain)}
        body |= {"project": place, "is_domain": False}
    if info.domain:
        body["domain"] = _brief(info.domain)
    if info.project or info.domain:
        body["roles"] = [{"id": held.id, "name": held.name} for held in info.roles]
        body |= {"catalog": catalog(call.base_url)} if with_catalog else {}
    if info.credential:
        made_of = {"id": info.credential.id, "name": info.credential.name, "restricted": True}
        body["application_credential"] = made_of
    return {"token": body}


def _brief(info: DomainInfo) -> Body:
    return {"id": info.id, "name": info.name}
