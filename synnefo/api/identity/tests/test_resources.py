"""Projects, users, roles, credentials and the catalog as resources, on the wire."""

import pytest

from logic.identity.models import ApplicationCredential, Assignment, Project, Role, User
from synnefo.api.identity.tests.bodies import DEMO_PASSWORD, login, password_login
from synnefo.api.testing import Api

V3 = "/identity/v3"
NO = "0" * 32


def found(api: Api, kind: str, name: str) -> str:
    (one,) = api.get(f"{V3}/{kind}?name={name}").json[kind]
    return one["id"]


def test_an_admin_makes_changes_and_deletes_a_project(admin):
    reply = admin.post(f"{V3}/projects", {"project": {"enabled": True, "name": "new", "description": None}})
    assert reply.status == 201
    project = reply.json["project"]
    assert project["links"]["self"] == f"http://cloud.example{V3}/projects/{project['id']}"
    assert (project["domain_id"], project["parent_id"], project["is_domain"]) == ("default", "default", False)
    path = f"{V3}/projects/{project['id']}"
    assert admin.get(path).json["project"] == project
    changed = admin.patch(path, {"project": {"name": "newer", "enabled": False}}).json["project"]
    assert (changed["name"], changed["enabled"], changed["description"]) == ("newer", False, "")
    assert admin.delete(path).status == 204
    assert admin.get(path).status == 404


def test_an_admin_makes_a_user_who_can_log_in(admin, cloud):
    project = found(admin, "projects", "demo")
    body = {"user": {"name": "eve", "password": "secret-1", "email": "eve@example.org", "default_project_id": project}}
    user = admin.post(f"{V3}/users", body).json["user"]
    assert "password" not in user
    assert user["default_project_id"] == project
    assert (
        admin.put(f"{V3}/projects/{project}/users/{user['id']}/roles/{found(admin, 'roles', 'reader')}").status == 204
    )
    token = cloud.post(f"{V3}/auth/tokens", password_login("eve", "secret-1")).json["token"]
    assert token["project"]["name"] == "demo"
    cleared = admin.patch(f"{V3}/users/{user['id']}", {"user": {"default_project_id": None}}).json["user"]
    assert "default_project_id" not in cleared
    assert [one["name"] for one in admin.get(f"{V3}/users/{user['id']}/projects").json["projects"]] == ["demo"]
    assert admin.delete(f"{V3}/users/{user['id']}").status == 204


def test_a_user_changes_their_password(demo, cloud):
    id = demo.get(f"{V3}/auth/tokens", headers={"X-Subject-Token": demo.token}).json["token"]["user"]["id"]
    body = {"user": {"original_password": DEMO_PASSWORD, "password": "another"}}
    assert demo.post(f"{V3}/users/{id}/password", body).status == 204
    assert demo.get(f"{V3}/auth/projects").status == 401
    assert cloud.post(f"{V3}/auth/tokens", password_login("demo", "another", "demo")).status == 201


def test_roles_are_given_checked_listed_and_taken(admin, demo):
    user, project, role = (found(admin, *one) for one in (("users", "demo"), ("projects", "demo"), ("roles", "reader")))
    path = f"{V3}/projects/{project}/users/{user}/roles"
    assert admin.request("HEAD", f"{path}/{role}").status == 404
    assert admin.put(f"{path}/{role}").status == 204
    assert admin.request("HEAD", f"{path}/{role}").status == 204
    assert [one["name"] for one in admin.get(path).json["roles"]] == ["member", "reader"]
    assert admin.delete(f"{path}/{role}").status == 204
    assert admin.delete(f"{path}/{role}").status == 404
    on_domain = f"{V3}/domains/default/users/{user}/roles"
    assert admin.put(f"{on_domain}/{role}").status == 204
    assert [one["name"] for one in admin.get(on_domain).json["roles"]] == ["reader"]


def test_assignments_are_listed_by_id_or_with_names(admin):
    project = found(admin, "projects", "demo")
    query = f"{V3}/role_assignments?scope.project.id={project}"
    roles = admin.get(query).json["role_assignments"]
    assert len(roles) == 2
    assert all(set(one) == {"user", "role", "scope", "links"} for one in roles)
    named = admin.get(f"{query}&include_names=True").json["role_assignments"]
    assert {(one["user"]["name"], one["role"]["name"]) for one in named} == {("admin", "admin"), ("demo", "member")}
    assert admin.get(f"{V3}/role_assignments?group.id={NO}").json["role_assignments"] == []


@pytest.mark.parametrize("scopes", [("project.id", "system"), ("domain.id", "system"), ("project.id", "domain.id")])
def test_assignments_are_listed_of_one_scope(admin, scopes):
    query = "&".join(f"scope.{name}=default" for name in scopes)
    assert admin.get(f"{V3}/role_assignments?{query}").status == 400


def test_a_role_of_ones_own(admin):
    role = admin.post(f"{V3}/roles", {"role": {"name": "auditor"}}).json["role"]
    renamed = admin.patch(f"{V3}/roles/{role['id']}", {"role": {"name": "accountant"}})
    assert renamed.json["role"]["name"] == "accountant"
    assert admin.delete(f"{V3}/roles/{role['id']}").status == 204
    assert admin.delete(f"{V3}/roles/{found(admin, 'roles', 'admin')}").status == 409


def me(api: Api) -> str:
    return api.get(f"{V3}/auth/tokens", headers={"X-Subject-Token": api.token}).json["token"]["user"]["id"]


def test_an_application_credential_from_making_to_deleting(demo, cloud):
    path = f"{V3}/users/{me(demo)}/application_credentials"
    body = {"name": "robot", "roles": [{"name": "reader"}], "expires_at": "2099-01-01T00:00:00", "unrestricted": False}
    made = demo.post(path, {"application_credential": body})
    assert made.status == 201
    credential = made.json["application_credential"]
    assert (credential["expires_at"], credential["unrestricted"]) == ("2099-01-01T00:00:00.000000", False)
    assert [role["name"] for role in credential["roles"]] == ["reader"]
    (listed,) = demo.get(f"{path}?name=robot").json["application_credentials"]
    assert "secret" not in listed
    part = {"id": credential["id"], "secret": credential["secret"]}
    token = cloud.post(f"{V3}/auth/tokens", login("application_credential", part))
    assert token.status == 201
    shown = {"id": credential["id"], "name": "robot", "restricted": True}
    assert token.json["token"]["application_credential"] == shown
    robot = Api(token.headers["x-subject-token"])
    assert robot.post(path, {"application_credential": {"name": "another"}}).status == 403
    assert robot.delete(f"{path}/{credential['id']}").status == 403
    assert demo.get(f"{path}/{credential['id']}").json["application_credential"]["name"] == "robot"
    assert demo.delete(f"{path}/{credential['id']}").status == 204
    assert robot.get(f"{V3}/auth/projects").status == 401


def test_services_endpoints_and_regions_are_the_catalog(demo):
    services = demo.get(f"{V3}/services").json["services"]
    endpoints = demo.get(f"{V3}/endpoints").json["endpoints"]
    assert {one["service_id"] for one in endpoints} == {one["id"] for one in services}
    service = demo.get(f"{V3}/services/{services[0]['id']}").json["service"]
    assert service == services[0]
    public = demo.get(f"{V3}/endpoints?interface=public&service_id={service['id']}").json["endpoints"]
    assert len(public) == 1
    assert demo.get(f"{V3}/endpoints/{public[0]['id']}").json["endpoint"] == public[0]
    assert [one["id"] for one in demo.get(f"{V3}/regions").json["regions"]] == ["RegionOne"]
    assert demo.get(f"{V3}/services/{NO}").status == 404


@pytest.mark.parametrize("kind", ["projects", "users", "domains"])
def test_lists_are_for_admins(demo, kind):
    reply = demo.get(f"{V3}/{kind}")
    assert reply.status == 403
    assert reply.json["error"]["title"] == "Forbidden"


def test_another_tenants_ids_look_unknown(demo, admin):
    for kind in ("projects", "users"):
        theirs = found(admin, kind, "admin")
        replies = [demo.get(f"{V3}/{kind}/{id}") for id in (theirs, NO)]
        assert [reply.status for reply in replies] == [404, 404]
        assert replies[0].body.replace(theirs.encode(), NO.encode()) == replies[1].body


def test_a_name_is_not_an_id(admin):
    for kind in ("projects/demo", "users/demo", "roles/member", "domains/Default", "services/nova"):
        assert admin.get(f"{V3}/{kind}").status == 404


def test_a_list_is_paged_by_limit_and_marker(admin):
    first = admin.get(f"{V3}/projects?limit=1").json
    assert [one["name"] for one in first["projects"]] == ["admin"]
    following = first["links"]["next"].removeprefix("http://cloud.example")
    assert [one["name"] for one in admin.get(following).json["projects"]] == ["demo"]
    assert admin.get(f"{V3}/projects").json["links"]["next"] is None
    assert admin.get(f"{V3}/projects?limit=x").status == 400


PROJECT, USER, CREDENTIAL = (f"{V3}/projects", f"{V3}/users", f"{V3}/users/{{me}}/application_credentials")
WRONG = [
    ("POST", PROJECT, {}, 400),
    ("POST", PROJECT, {"project": {}}, 400),
    ("POST", PROJECT, {"project": {"name": 7}}, 400),
    ("POST", PROJECT, {"project": {"name": ""}}, 400),
    ("POST", PROJECT, {"project": {"name": "   "}}, 400),
    ("POST", PROJECT, {"project": {"name": "x" * 65}}, 400),
    ("POST", PROJECT, {"project": {"name": "x" * 1_000_000}}, 400),
    ("POST", PROJECT, {"project": {"name": "x", "colour": "red" * 10_000}}, 400),
    ("POST", PROJECT, {"project": {"name": "x"}, "extra": 1}, 400),
    ("POST", PROJECT, {"project": {"name": "x", "enabled": "yes"}}, 400),
    ("POST", PROJECT, {"project": {"name": "demo", "is_domain": "yes"}}, 400),
    ("POST", PROJECT, {"project": {"name": "x", "tags": ["a", "a"]}}, 400),
    ("POST", PROJECT, {"project": {"name": "x", "tags": ["a/b"]}}, 400),
    ("POST", PROJECT, {"project": {"name": "x", "parent_id": NO, "domain_id": "default"}}, 404),
    ("POST", PROJECT, {"project": {"name": "x", "domain_id": NO}}, 404),
    ("POST", PROJECT, {"project": {"name": "demo"}}, 409),
    ("POST", USER, {"user": {"name": "x" * 256}}, 400),
    ("POST", USER, {"user": {"name": "x", "password": 7}}, 400),
    ("POST", USER, {"user": {"name": "x", "password": "x" * 2000}}, 400),
    ("POST", USER, {"user": {"name": "x", "default_project_id": NO}}, 404),
    ("POST", USER, {"user": {"name": "demo"}}, 409),
    ("PATCH", f"{USER}/{NO}", {"user": {"name": "x"}}, 404),
    ("POST", f"{V3}/roles", {"role": {"name": None}}, 400),
    ("PUT", f"{PROJECT}/{NO}/users/{NO}/roles/{NO}", None, 404),
    ("POST", CREDENTIAL, {"application_credential": {"name": "x", "unrestricted": "yes"}}, 400),
    ("POST", USER, {"user": {"name": "x", "options": {"multi_factor_auth_enabled": True}}}, 400),
    ("POST", f"{V3}/groups", {"group": {"name": ""}}, 400),
    ("POST", f"{V3}/domains", {"domain": {"name": "x" * 65}}, 400),
    ("POST", f"{V3}/domains", {"domain": {"name": "Default"}}, 409),
    ("PUT", f"{V3}/roles/{NO}/implies/{NO}", None, 404),
    ("PUT", f"{V3}/groups/{NO}/users/{NO}", None, 404),
    ("PUT", f"{V3}/system/groups/{NO}/roles/{NO}", None, 404),
    ("POST", CREDENTIAL, {"application_credential": {"name": "x", "access_rules": [{"path": "/"}]}}, 400),
    ("POST", CREDENTIAL, {"application_credential": {"name": "x", "roles": [{"name": "boss"}]}}, 400),
    ("POST", CREDENTIAL, {"application_credential": {"name": "x", "expires_at": "2001-01-01T00:00:00"}}, 400),
    ("POST", CREDENTIAL, {"application_credential": {"name": "x", "expires_at": "soon"}}, 400),
    ("POST", CREDENTIAL, {"application_credential": {"name": "x", "secret": "x" * 2000}}, 400),
    ("POST", f"{V3}/users/{NO}/application_credentials", {"application_credential": {"name": "x"}}, 403),
]


@pytest.mark.parametrize(("method", "path", "body", "status"), WRONG)
def test_bad_input_is_told_why_and_writes_nothing(admin, method, path, body, status):
    before = _everything()
    reply = admin.request(method, path.format(me=me(admin)), json=body)
    assert reply.status == status
    assert reply.json["error"]["code"] == status
    assert 10 < len(reply.json["error"]["message"]) < 1000
    assert _everything() == before


def _everything() -> list[object]:
    return [list(model.objects.values()) for model in (Project, User, Role, Assignment, ApplicationCredential)]
