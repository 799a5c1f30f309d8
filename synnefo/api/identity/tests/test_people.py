"""Domains, projects with tags, groups and roles on the wire, as clients and Tempest send them."""

import pytest

from synnefo.api.identity.tests.bodies import DEFAULT, login, password_login
from synnefo.api.identity.tests.test_resources import V3, found, me
from synnefo.api.testing import Api


def made(api: Api, kind: str, **fields: object) -> dict[str, object]:
    reply = api.post(f"{V3}/{kind}s", {kind: fields})
    assert reply.status == 201, reply.body
    return reply.json[kind]


def test_a_domain_from_making_to_deleting(admin):
    domain = made(admin, "domain", name="Acme", colour="red")
    assert (domain["description"], domain["enabled"], domain["colour"]) == ("", True, "red")
    path = f"{V3}/domains/{domain['id']}"
    assert admin.delete(path).status == 403
    changed = admin.patch(path, {"domain": {"enabled": False, "description": "over"}}).json["domain"]
    assert (changed["enabled"], changed["description"], changed["colour"]) == (False, "over", "red")
    assert [one["name"] for one in admin.get(f"{V3}/domains?enabled=false").json["domains"]] == ["Acme"]
    assert admin.delete(path).status == 204
    assert admin.get(path).status == 404


def test_a_domain_is_a_project_too(admin):
    project = made(admin, "project", name="Acme", domain_id=None, is_domain=True)
    assert (project["is_domain"], project["domain_id"], project["parent_id"]) == (True, None, None)
    assert project["id"] in [one["id"] for one in admin.get(f"{V3}/projects?is_domain=True").json["projects"]]
    assert project["id"] in [one["id"] for one in admin.get(f"{V3}/domains").json["domains"]]
    path = f"{V3}/projects/{project['id']}"
    assert admin.delete(path).status == 403
    assert admin.patch(path, {"project": {"enabled": False}}).json["project"]["enabled"] is False
    assert admin.delete(path).status == 204


def test_a_project_keeps_its_tags_its_parent_and_fields_of_its_makers_own(admin):
    top = made(admin, "project", name="top", tags=["a", "b"], color="red")
    below = made(admin, "project", name="below", parent_id=top["id"])
    assert (below["parent_id"], below["domain_id"], top["color"]) == (top["id"], "default", "red")
    (listed,) = admin.get(f"{V3}/projects?parent_id={top['id']}").json["projects"]
    assert listed == below
    family = admin.get(f"{V3}/projects/{top['id']}?subtree_as_ids&parents_as_list").json["project"]
    assert (family["subtree"], family["parents"]) == ({below["id"]: None}, [])
    (parent,) = admin.get(f"{V3}/projects/{below['id']}?parents_as_list").json["project"]["parents"]
    assert parent["project"]["name"] == "top"
    tags = f"{V3}/projects/{top['id']}/tags"
    assert admin.put(f"{tags}/c").status == 201
    assert admin.request("HEAD", f"{tags}/c").status == 204
    assert admin.get(tags).json["tags"] == ["a", "b", "c"]
    assert admin.put(tags, {"tags": ["x"]}).json["tags"] == ["x"]
    assert admin.delete(f"{tags}/c").status == 404
    assert admin.delete(f"{tags}/x").status == 204
    assert admin.delete(tags).status == 204
    assert admin.get(f"{V3}/projects/{top['id']}").json["project"]["tags"] == []


def test_a_user_keeps_fields_of_the_makers_own_and_never_a_password(admin):
    user = made(admin, "user", name="eve", password="secret", project_id="x", original_password="secret")
    assert user["project_id"] == "x"
    changed = admin.patch(f"{V3}/users/{user['id']}", {"user": {"project_id": "y", "id": "z"}}).json["user"]
    assert (changed["project_id"], changed["id"]) == ("y", user["id"])
    assert b"secret" not in admin.get(f"{V3}/users/{user['id']}").body


def test_a_group_and_who_is_in_it(admin, demo):
    group, user = made(admin, "group", name="crew", domain_id="default"), me(demo)
    path = f"{V3}/groups/{group['id']}"
    assert admin.put(f"{path}/users/{user}").status == 204
    assert admin.request("HEAD", f"{path}/users/{user}").status == 204
    assert [one["name"] for one in admin.get(f"{path}/users").json["users"]] == ["demo"]
    (mine,) = demo.get(f"{V3}/users/{user}/groups").json["groups"]
    assert mine.pop("membership_expires_at") is None
    assert mine == admin.get(path).json["group"]
    assert admin.patch(path, {"group": {"name": "gang"}}).json["group"]["name"] == "gang"
    assert demo.get(path).status == 403
    assert admin.delete(f"{path}/users/{user}").status == 204
    assert admin.delete(f"{path}/users/{user}").status == 404
    assert admin.delete(path).status == 204


@pytest.mark.parametrize("inherited", [False, True])
@pytest.mark.parametrize("place", ["projects", "domains", "system"])
@pytest.mark.parametrize("actor", ["users", "groups"])
def test_roles_are_given_to_users_and_groups_everywhere(admin, demo, actor, place, inherited):
    if inherited and place == "system":
        return
    who = me(demo) if actor == "users" else made(admin, "group", name="crew")["id"]
    role = made(admin, "role", name="auditor")["id"]
    where = {"projects": f"projects/{found(admin, 'projects', 'admin')}", "domains": "domains/default"}.get(
        place, place
    )
    before, behind = ("OS-INHERIT/", "/inherited_to_projects") if inherited else ("", "")
    path = f"{V3}/{before}{where}/{actor}/{who}/roles"
    one = f"{path}/{role}{behind}"
    assert admin.request("HEAD", one).status == 404
    assert admin.put(one).status == 204
    assert admin.request("HEAD", one).status == 204
    assert [held["name"] for held in admin.get(path + behind).json["roles"]] == ["auditor"]
    query = f"{V3}/role_assignments?{actor[:-1]}.id={who}&role.id={role}&include_names"
    (told,) = admin.get(query).json["role_assignments"]
    assert told["links"]["assignment"] == f"http://cloud.example{one}"
    assert told["role"]["name"] == "auditor"
    assert ("OS-INHERIT:inherited_to" in told["scope"]) is inherited
    assert demo.put(one).status == 403
    assert admin.delete(one).status == 204
    assert admin.delete(one).status == 404


def test_a_role_implies_another(admin):
    boss, clerk = (made(admin, "role", name=name)["id"] for name in ("boss", "clerk"))
    path = f"{V3}/roles/{boss}/implies/{clerk}"
    rule = admin.put(path)
    assert rule.status == 201
    assert rule.json["role_inference"]["implies"]["links"]["self"].endswith(f"/v3/roles/{clerk}")
    assert admin.get(path).json["role_inference"] == rule.json["role_inference"]
    assert admin.request("HEAD", path).status == 204
    assert [one["id"] for one in admin.get(f"{V3}/roles/{boss}/implies").json["role_inference"]["implies"]] == [clerk]
    rules = admin.get(f"{V3}/role_inferences").json["role_inferences"]
    assert [one["prior_role"]["name"] for one in rules] == ["admin", "boss", "manager", "member"]
    assert admin.delete(path).status == 204
    assert admin.get(path).status == 404


def test_a_token_for_the_system(admin, cloud):
    body = login("token", {"id": admin.token}, {"system": {"all": True}})
    reply = cloud.post(f"{V3}/auth/tokens", body)
    assert reply.status == 201
    assert reply.json["token"]["system"] == {"all": True}
    assert "catalog" in reply.json["token"]
    assert admin.get(f"{V3}/auth/system").json["system"] == [{"all": True}]


def test_a_disabled_domains_user_is_a_stranger(admin, cloud):
    domain = made(admin, "domain", name="Acme")
    made(admin, "user", name="ann", password="ann's", domain_id=domain["id"])
    body = password_login("ann", "ann's")
    body["auth"]["identity"]["password"]["user"]["domain"] = {"name": "Acme"}
    assert cloud.post(f"{V3}/auth/tokens", body).status == 201
    admin.patch(f"{V3}/domains/{domain['id']}", {"domain": {"enabled": False}})
    disabled = cloud.post(f"{V3}/auth/tokens", body)
    body["auth"]["identity"]["password"]["user"]["domain"] = DEFAULT
    assert disabled.status == 401
    assert disabled.body == cloud.post(f"{V3}/auth/tokens", body).body


@pytest.mark.parametrize(
    ("query", "names"),
    [
        ("name__contains=a", ["ann", "dan"]),
        ("name__startswith=a", ["ann"]),
        ("name__iendswith=N", ["ann", "dan"]),
        ("enabled=False", ["dan"]),
        ("name__startswith=a&password_expires_at=lt:2020-01-01T00:00:00Z&shoe_size=7", ["ann"]),
        ("name__icontains=N&sort_key=name&sort_dir=desc", ["dan", "ann"]),
    ],
)
def test_lists_are_filtered_and_ordered(admin, query, names):
    made(admin, "user", name="ann", description="here")
    made(admin, "user", name="dan", enabled=False)
    reply = admin.get(f"{V3}/users?{query}")
    assert [one["name"] for one in reply.json["users"] if one["name"] in {"ann", "dan"}] == names


LISTS = {
    "domains": ("name", "enabled"),
    "projects": ("name", "domain_id", "parent_id", "enabled"),
    "users": ("name", "domain_id", "enabled", "email", "default_project_id"),
    "groups": ("name", "domain_id"),
    "roles": ("name", "domain_id"),
    "credentials": ("user_id", "type"),
    "policies": ("type",),
    "registered_limits": ("service_id", "region_id", "resource_name"),
    "limits": ("service_id", "project_id"),
}


@pytest.mark.parametrize("kind", LISTS)
def test_no_way_of_asking_for_a_list_is_a_fault_of_ours(admin, kind):
    for field in LISTS[kind]:
        for query in (
            f"{field}=x",
            f"{field}__contains=x",
            f"{field}__like=x",
            f"sort_key={field}",
            f"sort_key={field}&limit=1",
        ):
            reply = admin.get(f"{V3}/{kind}?{query}")
            assert reply.status in {200, 400}, query
            if (following := reply.json.get("links", {}).get("next")) is not None:
                assert admin.get(following.removeprefix("http://cloud.example")).status == 200


def test_a_credential_with_access_rules_asks_for_nothing_else(demo, cloud):
    rules = [
        {"service": "identity", "method": "GET", "path": "/v3/users/*"},
        {"service": "compute", "method": "GET", "path": "/v2.1/servers"},
    ]
    path = f"{V3}/users/{me(demo)}/application_credentials"
    body = demo.post(path, {"application_credential": {"name": "robot", "access_rules": rules}}).json
    credential = body["application_credential"]
    assert [{**rule, "id": ""} for rule in credential["access_rules"]] == [{**rule, "id": ""} for rule in rules]
    part = {"id": credential["id"], "secret": credential["secret"]}
    reply = cloud.post(f"{V3}/auth/tokens", login("application_credential", part))
    assert reply.json["token"]["application_credential"]["access_rules"] == credential["access_rules"]
    robot = Api(reply.headers["x-subject-token"])
    assert robot.get(f"{V3}/users/{me(demo)}").status == 200
    assert robot.get("/compute/v2.1/servers").status == 200
    for refused in (f"{V3}/users/{me(demo)}/projects", "/compute/v2.1/servers/detail", "/image/v2/images"):
        assert robot.get(refused).status == 403
    assert robot.delete(f"{V3}/users/{me(demo)}").status == 403
    listed = demo.get(f"{V3}/users/{me(demo)}/access_rules").json["access_rules"]
    assert len(listed) == 2
    assert demo.delete(f"{V3}/users/{me(demo)}/access_rules/{listed[0]['id']}").status == 403
