"""Keystone's."""

from typing import Any

import msgspec

from synnefo.api.tests.isolation.rows import May, Row, admins, anyone, delete, get, patch, post, public, put

V = "identity/v3"
CREDENTIALS, RULES = f"{V}/users/{{it}}/application_credentials", f"{V}/users/{{it}}/access_rules"
LOGIN: Any = {
    "auth": {"identity": {"methods": ["password"], "password": {"user": {"id": "{user}", "password": "guess"}}}}
}
AGAIN: Any = {
    "auth": {"identity": {"methods": ["token"], "token": {"id": "{token}"}}, "scope": {"project": {"id": "{it}"}}}
}
KEYS = f"{V}/users/{{it}}/credentials/OS-EC2"
LIMIT: Any = {"registered_limits": [{"service_id": "x", "resource_name": "y", "default_limit": 1}]}
PASSWORDS = {"user": {"original_password": "x", "password": "y"}}
# Application credentials manage none, and are not traded for anything else.
ROBOTS = dict.fromkeys(("robot", "robot that reads"), (403, 403, 403))
# To the user in the address.
NOWHERE = dict.fromkeys(("of the domain", "reader of the system"), (0, 404, 404))
EVERYWHERE = {"unscoped": (0, 201, 404), **NOWHERE}
STRANGERS = dict.fromkeys(("of the domain", "reader", "colleague", "reader there"), (0, 403, 403))


def _kept(path: str, body: Any, *, who: May = anyone(), made: int = 201) -> list[Row]:  # noqa: B008 - frozen
    """What operators keep here for the whole cloud."""
    one, gone = f"{V}/{path}/x", msgspec.structs.replace(who, own=404)
    named = {
        {"limits": "limit", "registered_limits": "registered_limit"}.get(path, next(iter(body))): {"description": "y"}
    }
    return [
        get(f"{V}/{path}", who),
        post(f"{V}/{path}", admins(own=made), body=body),
        get(one, gone),
        patch(one, admins(own=404), body=named),
        delete(one, admins(own=404)),
    ]


def _grants() -> list[Row]:
    """Who holds a role where is told to who sees all, and said by administrators."""
    rows: list[Row] = []
    for place in ("projects/{project}", "domains/default", "system"):
        for actor in ("users/{user}", "groups/x"):
            for way in ("", "inherited"):
                if not (way and place == "system"):
                    rows += _grant(f"{place}/{actor}/roles", way, held=place[0] == "p" and actor[0] == "u" and not way)
    return rows


def _grant(path: str, way: str, *, held: bool) -> list[Row]:
    before, behind = (f"{V}/OS-INHERIT/", "/inherited_to_projects") if way else (f"{V}/", "")
    whose = 404 if "groups/x" in path else 0
    all, one = f"{before}{path}{behind}", f"{before}{path}/{{role}}{behind}"
    return [
        get(all, admins(own=whose or 200, seen=True)),
        get(one, admins(own=204 if held else 404, seen=True)),
        put(one, admins(own=whose or 204)),
        delete(one, admins(own=204 if held else 404)),
    ]


ROWS = [
    get("identity", public(own=300)),
    get(V, public()),
    get("identity/clouds.yaml", anyone()),
    post(f"{V}/auth/tokens", public(own=401), body=LOGIN, note="by a wrong password"),
    post(
        f"{V}/auth/tokens",
        anyone(own=201, missing=401, admins=(401, 401), but={**ROBOTS, "unscoped": (0, 201, 401)}),
        body=AGAIN,
        it="project",
        note="from a token",
    ),
    get(f"{V}/auth/tokens", anyone(), headers={"x-subject-token": "{token}"}, note="one's own"),
    get(f"{V}/auth/tokens", anyone(seen=True), headers={"x-subject-token": "{it}"}, it="token"),
    delete(f"{V}/auth/tokens", anyone(own=204), headers={"x-subject-token": "{it}"}, it="token"),
    get(f"{V}/auth/catalog", anyone()),
    get(f"{V}/auth/projects", anyone()),
    get(f"{V}/auth/domains", anyone()),
    get(f"{V}/auth/system", anyone()),
    get(f"{V}/domains", admins(seen=True)),
    post(f"{V}/domains", admins(own=201), body={"domain": {"name": "new"}}),
    get(f"{V}/domains/default", anyone()),
    get(f"{V}/domains/x", anyone(own=404)),
    patch(f"{V}/domains/default", admins(), body={"domain": {"description": "new"}}),
    delete(f"{V}/domains/default", admins(own=403)),
    get(f"{V}/projects", admins(seen=True)),
    get(f"{V}/projects?name=bravo", admins(seen=True)),
    post(f"{V}/projects", admins(own=201), body={"project": {"name": "new"}}),
    get(f"{V}/projects/{{it}}", anyone(seen=True, but={"unscoped": (0, 200, 404)}), it="project"),
    patch(f"{V}/projects/{{it}}", admins(), it="project", body={"project": {"description": "new"}}),
    delete(f"{V}/projects/{{it}}", admins(own=204), it="project"),
    get(f"{V}/projects/{{it}}/tags", anyone(seen=True, but={"unscoped": (0, 200, 404)}), it="project"),
    put(f"{V}/projects/{{it}}/tags", admins(), it="project", body={"tags": ["x"]}),
    delete(f"{V}/projects/{{it}}/tags", admins(own=204), it="project"),
    get(f"{V}/projects/{{it}}/tags/x", anyone(own=404, seen=True, but={"unscoped": (0, 404, 404)}), it="project"),
    put(f"{V}/projects/{{it}}/tags/x", admins(own=201), it="project"),
    delete(f"{V}/projects/{{it}}/tags/x", admins(own=404), it="project"),
    get(f"{V}/users", admins(seen=True)),
    post(f"{V}/users", admins(own=201), body={"user": {"name": "new"}}),
    get(f"{V}/users/{{it}}", anyone(seen=True), it="user"),
    patch(f"{V}/users/{{it}}", admins(), it="user", body={"user": {"description": "new"}}),
    delete(f"{V}/users/{{it}}", admins(own=204), it="user"),
    post(
        f"{V}/users/{{it}}/password",
        anyone(own=401, missing=401, admins=(401, 401), but=ROBOTS),
        it="user",
        body=PASSWORDS,
    ),
    get(f"{V}/users/{{it}}/projects", anyone(missing=403, admins=(200, 404), seen=True), it="user"),
    get(f"{V}/users/{{it}}/groups", anyone(missing=403, admins=(200, 404), seen=True), it="user"),
    get(f"{V}/groups", admins(seen=True)),
    post(f"{V}/groups", admins(own=201), body={"group": {"name": "new"}}),
    get(f"{V}/groups/x", admins(own=404, seen=True)),
    patch(f"{V}/groups/x", admins(own=404), body={"group": {"name": "y"}}),
    delete(f"{V}/groups/x", admins(own=404)),
    get(f"{V}/groups/x/users", admins(own=404, seen=True)),
    get(f"{V}/groups/x/users/{{user}}", admins(own=404, seen=True)),
    put(f"{V}/groups/x/users/{{user}}", admins(own=404)),
    delete(f"{V}/groups/x/users/{{user}}", admins(own=404)),
    get(CREDENTIALS, anyone(missing=403, admins=(200, 200), seen=True), it="user"),
    post(
        CREDENTIALS,
        anyone(own=201, missing=403, admins=(403, 403), but={**ROBOTS, "unscoped": (400, 403, 403)}),
        it="user",
        body={"application_credential": {"name": "new"}},
    ),
    get(f"{V}/users/{{user}}/application_credentials/{{it}}", anyone(but=STRANGERS, seen=True), it="credential"),
    delete(
        f"{V}/users/{{user}}/application_credentials/{{it}}",
        anyone(own=204, but={**ROBOTS, **STRANGERS, "reader of the system": (0, 403, 403)}),
        it="credential",
    ),
    get(RULES, anyone(missing=403, admins=(200, 200), seen=True), it="user"),
    get(f"{V}/users/{{user}}/access_rules/{{it}}", anyone(but=STRANGERS, seen=True), it="rule"),
    delete(
        f"{V}/users/{{user}}/access_rules/{{it}}",
        anyone(own=204, but={**ROBOTS, **STRANGERS, "reader of the system": (0, 403, 403)}),
        it="rule",
    ),
    get(f"{V}/roles", anyone()),
    post(f"{V}/roles", admins(own=201), body={"role": {"name": "new"}}),
    get(f"{V}/roles/{{role}}", anyone()),
    patch(f"{V}/roles/{{role}}", admins(), body={"role": {"description": "new"}}),
    delete(f"{V}/roles/{{role}}", admins(own=409)),
    get(f"{V}/roles/{{role}}/implies", admins(seen=True)),
    get(f"{V}/roles/{{role}}/implies/x", admins(own=404, seen=True)),
    put(f"{V}/roles/{{role}}/implies/x", admins(own=404)),
    delete(f"{V}/roles/{{role}}/implies/x", admins(own=404)),
    get(f"{V}/role_inferences", admins(seen=True)),
    get(f"{V}/role_assignments", admins(seen=True)),
    get(f"{V}/role_assignments?user.id={{it}}", anyone(missing=403, admins=(200, 200), seen=True), it="user"),
    get(f"{V}/role_assignments?scope.project.id={{it}}", admins(missing=200, seen=True), it="project"),
    *_grants(),
    *_kept("services", {"service": {"type": "x"}}),
    *_kept("endpoints", {"endpoint": {"service_id": "x", "interface": "public", "url": "http://x"}}, made=400),
    *_kept("regions", {"region": {"description": "x"}}),
    put(f"{V}/regions/x", admins(own=201), body={"region": {"description": "x"}}),
    *_kept("policies", {"policy": {"blob": "x", "type": "y"}}, who=admins(seen=True)),
    *_kept("registered_limits", LIMIT, made=400),
    *_kept("limits", {"limits": [{"service_id": "x", "resource_name": "y", "resource_limit": 1}]}, made=400),
    get(f"{V}/limits/model", anyone()),
    get(f"{V}/credentials", anyone(but=ROBOTS)),
    get(f"{V}/credentials?user_id={{it}}", anyone(missing=200, but=ROBOTS, seen=True), it="user"),
    post(f"{V}/credentials", anyone(own=201, but=ROBOTS), body={"credential": {"type": "cert", "blob": "x"}}),
    post(
        f"{V}/credentials",
        anyone(own=201, missing=403, admins=(201, 404), but=ROBOTS),
        it="user",
        body={"credential": {"type": "cert", "blob": "x", "user_id": "{it}"}},
        note="of a user",
    ),
    post(
        f"{V}/credentials",
        anyone(own=201, missing=403, admins=(201, 404), but={**ROBOTS, **EVERYWHERE}),
        it="project",
        body={"credential": {"type": "cert", "blob": "x", "project_id": "{it}"}},
        note="for a project",
    ),
    get(f"{V}/credentials/{{it}}", anyone(but=ROBOTS, seen=True), it="stored"),
    patch(f"{V}/credentials/{{it}}", anyone(but=ROBOTS), it="stored", body={"credential": {"blob": "y"}}),
    delete(f"{V}/credentials/{{it}}", anyone(own=204, but=ROBOTS), it="stored"),
    get(KEYS, anyone(missing=403, admins=(200, 200), but=ROBOTS, seen=True), it="user"),
    post(
        KEYS,
        anyone(own=201, missing=403, admins=(201, 404), but=ROBOTS),
        it="user",
        body={"tenant_id": "{project}"},
    ),
    post(
        f"{V}/users/{{me}}/credentials/OS-EC2",
        anyone(own=201, missing=403, admins=(404, 404), but={**ROBOTS, **EVERYWHERE}),
        it="project",
        body={"tenant_id": "{it}"},
        note="for a project",
    ),
    get(
        f"{V}/users/{{user}}/credentials/OS-EC2/x",
        anyone(own=404, but={**ROBOTS, **dict.fromkeys(STRANGERS, (403, 0, 0))}),
    ),
    delete(
        f"{V}/users/{{user}}/credentials/OS-EC2/x",
        anyone(own=404, but={**ROBOTS, **dict.fromkeys([*STRANGERS, "reader of the system"], (403, 0, 0))}),
    ),
    post(
        f"{V}/ec2tokens",
        admins(own=401),
        body={"credentials": {"access": "x", "signature": "y", "params": {"Timestamp": "{now}"}}},
    ),
]
