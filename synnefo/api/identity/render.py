"""Infos of ``logic.identity`` in Keystone's words."""

from collections.abc import Iterable
from typing import Any

from logic.identity.infos import (
    AccessRuleInfo,
    AssignmentInfo,
    CredentialInfo,
    DomainInfo,
    GroupInfo,
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
        **info.extra,
        "id": info.id,
        "name": info.name,
        "description": info.description,
        "enabled": info.enabled,
        "tags": [],
        "options": {},
    }


def project(info: ProjectInfo) -> Body:
    """A domain as a project has neither a domain nor a parent."""
    home = None if info.is_domain else info.domain.id
    return {
        **info.extra,
        "id": info.id,
        "name": info.name,
        "description": info.description,
        "enabled": info.enabled,
        "domain_id": home,
        "parent_id": info.parent or home,
        "is_domain": info.is_domain,
        "tags": info.tags,
        "options": {},
    }


def user(info: UserInfo) -> Body:
    body = {
        **info.extra,
        "id": info.id,
        "name": info.name,
        "email": info.email,
        "description": info.description,
        "enabled": info.enabled,
        "domain_id": info.domain.id,
        "password_expires_at": None,
        "options": info.options,
    }
    return body | ({"default_project_id": info.default_project} if info.default_project else {})


def group(info: GroupInfo) -> Body:
    return {
        **info.extra,
        "id": info.id,
        "name": info.name,
        "description": info.description,
        "domain_id": info.domain.id,
    }


def role(info: RoleInfo) -> Body:
    return {
        **info.extra,
        "id": info.id,
        "name": info.name,
        "description": info.description,
        "domain_id": info.domain or None,
        "options": {},
    }


def brief_role(call: Call, info: RoleInfo) -> Body:
    return linked(call, "roles", {"id": info.id, "name": info.name})


def credential(info: CredentialInfo) -> Body:
    body = {
        "id": info.id,
        "name": info.name,
        "description": info.description,
        "project_id": info.project,
        "user_id": info.user,
        "roles": [{"id": held.id, "name": held.name, "domain_id": None} for held in info.roles],
        "expires_at": bare(info.expires_at) if info.expires_at else None,
        "unrestricted": info.unrestricted,
    }
    if info.access_rules is not None:
        body["access_rules"] = [access_rule(rule) for rule in info.access_rules]
    return body


def access_rule(info: AccessRuleInfo) -> Body:
    return {"id": info.id, "service": info.service, "method": info.method, "path": info.path}


def assignment(call: Call, info: AssignmentInfo, *, names: bool) -> Body:
    """As it was given; of an effective one the links tell what it comes from."""
    who, actor = ("user", info.user) if info.user else ("group", info.group)
    kind, place = ("project", info.project) if info.project else ("domain", info.domain)
    assert actor is not None
    scope: Body = {kind: {"id": place.id}} if place else {"system": {"all": True}}
    if info.inherited:
        scope["OS-INHERIT:inherited_to"] = "projects"
    where = f"{kind}s/{place.id}" if place else "system"
    given_to = f"groups/{info.through}" if info.through else f"{who}s/{actor.id}"
    path = f"{where}/{given_to}/roles/{info.prior or info.role.id}"
    if info.inherited:
        path = f"OS-INHERIT/{path}/inherited_to_projects"
    links = {"assignment": url(call, path)}
    if info.through:
        links["membership"] = url(call, f"groups/{info.through}/users/{actor.id}")
    if info.prior:
        links["prior_role"] = url(call, f"roles/{info.prior}")
    body: Body = {who: {"id": actor.id}, "role": {"id": info.role.id}, "scope": scope, "links": links}
    if names:
        body[who] |= {"name": actor.name, "domain": _brief(actor.domain)}
        body["role"] |= {"name": info.role.name}
        if place:
            scope[kind] |= {"name": place.name}
        if info.project:
            scope[kind] |= {"domain": _brief(info.project.domain)}
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
    if info.system:
        body["system"] = {"all": True}
    if info.project or info.domain or info.system:
        body["roles"] = [{"id": held.id, "name": held.name} for held in info.roles]
        project = info.project.id if info.project else ""
        body |= {"catalog": catalog(call.base_url, project, info.user.id)} if with_catalog else {}
    if info.credential:
        made_of = {
            "id": info.credential.id,
            "name": info.credential.name,
            "restricted": not info.credential.unrestricted,
        }
        if info.credential.access_rules is not None:
            made_of["access_rules"] = [access_rule(rule) for rule in info.credential.access_rules]
        body["application_credential"] = made_of
    return {"token": body}


def _brief(info: DomainInfo) -> Body:
    return {"id": info.id, "name": info.name}
