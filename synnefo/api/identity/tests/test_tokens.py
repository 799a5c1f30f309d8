"""``/v3/auth``, on the wire."""

import re

import pytest

from logic.identity.models import Token
from synnefo.api.identity.tests.bodies import ADMIN_PASSWORD, DEFAULT, DEMO_PASSWORD, login, password_login

TOKENS = "/identity/v3/auth/tokens"


@pytest.mark.parametrize(("path", "status"), [("/identity", 300), ("/identity/v3", 200)])
@pytest.mark.parametrize("slash", ["", "/"])
def test_versions_are_read_without_a_token_under_the_clients_host(cloud, path, status, slash):
    reply = cloud.get(path + slash, headers={"Host": "other.example:8000"})
    assert reply.status == status
    (version,) = reply.json["versions"]["values"] if "versions" in reply.json else [reply.json["version"]]
    assert (version["id"], version["status"]) == ("v3.14", "stable")
    assert version["links"] == [{"rel": "self", "href": "http://other.example:8000/identity/v3/"}]
    assert version["media-types"]


def test_a_scoped_token_has_all_that_clients_read(cloud):
    reply = cloud.post(TOKENS, password_login("demo", DEMO_PASSWORD, "demo"))
    assert reply.status == 201
    assert len(reply.headers["x-subject-token"]) == 43
    token = reply.json["token"]
    assert token["methods"] == ["password"]
    assert token["user"]["name"] == "demo"
    assert token["user"]["domain"] == token["project"]["domain"] == {"id": "default", "name": "Default"}
    assert re.fullmatch("[0-9a-f]{32}", token["user"]["id"])
    assert re.fullmatch("[0-9a-f]{32}", token["project"]["id"])
    assert [role["name"] for role in token["roles"]] == ["member", "reader"]
    assert all(
        re.fullmatch(r"\d{4}-\d\d-\d\dT\d\d:\d\d:\d\d\.\d{6}Z", token[key]) for key in ("expires_at", "issued_at")
    )
    assert token["expires_at"] > token["issued_at"]


def test_the_catalog_lists_what_is_mounted_under_the_names_clients_look_for(cloud):
    reply = cloud.post(TOKENS, password_login("demo", DEMO_PASSWORD, "demo"))
    catalog = {entry["type"]: entry for entry in reply.json["token"]["catalog"]}
    names = {
        "identity": "keystone",
        "compute": "nova",
        "image": "glance",
        "network": "neutron",
        "block-storage": "cinder",
        "volumev3": "cinderv3",
    }
    assert "identity" in catalog
    for type, entry in catalog.items():
        assert entry["name"] == names[type]
        assert {one["interface"] for one in entry["endpoints"]} == {"public", "internal", "admin"}
        for endpoint in entry["endpoints"]:
            assert endpoint["region"] == endpoint["region_id"] == "RegionOne"
            assert endpoint["url"].startswith("http://cloud.example/")
            assert len(endpoint["id"]) == 32
        assert cloud.get(entry["endpoints"][0]["url"].removeprefix("http://cloud.example")).status in {200, 300}


def test_the_catalog_may_be_left_out(cloud):
    body = password_login("demo", DEMO_PASSWORD, "demo")
    assert "catalog" not in cloud.post(TOKENS + "?nocatalog", body).json["token"]


@pytest.mark.parametrize("scope", [None, "unscoped", {"unscoped": {}}])
def test_an_unscoped_token_has_neither_project_nor_roles_nor_catalog(cloud, scope):
    user = {"name": "demo", "password": DEMO_PASSWORD, "domain": {"name": "Default"}}
    token = cloud.post(TOKENS, login("password", {"user": user}, scope)).json["token"]
    assert not {"project", "roles", "catalog", "domain"} & set(token)


def test_users_and_projects_are_told_by_id_or_name(demo, cloud):
    token = demo.get(TOKENS, headers={"X-Subject-Token": demo.token}).json["token"]
    user = {"id": token["user"]["id"], "password": DEMO_PASSWORD}
    reply = cloud.post(TOKENS, login("password", {"user": user}, {"project": {"id": token["project"]["id"]}}))
    assert reply.json["token"]["project"]["name"] == "demo"


def test_a_domain_is_a_scope(cloud):
    user = {"name": "admin", "password": ADMIN_PASSWORD, "domain": DEFAULT}
    token = cloud.post(TOKENS, login("password", {"user": user}, {"domain": {"name": "Default"}})).json["token"]
    assert token["domain"] == {"id": "default", "name": "Default"}
    assert token["catalog"]


def test_a_token_buys_another(demo, cloud):
    scope = {"project": {"name": "demo", "domain": DEFAULT}}
    reply = cloud.post(TOKENS, login("token", {"id": demo.token}, scope))
    assert reply.status == 201
    assert reply.json["token"]["methods"] == ["token", "password"]
    assert reply.headers["x-subject-token"] != demo.token


def test_a_token_is_shown_checked_and_revoked(demo, admin):
    subject = {"X-Subject-Token": demo.token}
    shown = admin.get(TOKENS, headers=subject)
    assert (shown.status, shown.headers["x-subject-token"]) == (200, demo.token)
    assert shown.json["token"]["user"]["name"] == "demo"
    assert admin.request("HEAD", TOKENS, headers=subject).status == 200
    assert demo.delete(TOKENS, headers=subject).status == 204
    assert admin.get(TOKENS, headers=subject).status == 404
    assert demo.get("/identity/v3/auth/projects").status == 401


def test_a_token_to_show_must_be_named(demo):
    assert demo.get(TOKENS).status == 400
    assert demo.delete(TOKENS).status == 400


def test_a_failed_login_is_unauthorized_in_keystones_words(cloud):
    reply = cloud.post(TOKENS, password_login("demo", "wrong", "demo"))
    assert reply.status == 401
    assert reply.json["error"]["code"] == 401
    assert reply.json["error"]["title"] == "Unauthorized"
    assert "wrong" not in reply.json["error"]["message"].replace("is wrong", "")
    assert reply.headers["www-authenticate"].startswith("Keystone uri=")


def test_guessing_is_turned_away_for_a_while(cloud):
    for _ in range(10):
        assert cloud.post(TOKENS, password_login("demo", "guess")).status == 401
    reply = cloud.post(TOKENS, password_login("demo", DEMO_PASSWORD))
    assert reply.status == 429
    assert 0 < int(reply.headers["retry-after"]) <= 60
    assert reply.json["error"]["title"] == "Too Many Requests"


def test_unknown_keys_inside_auth_are_ignored(cloud):
    body = password_login("demo", DEMO_PASSWORD, "demo")
    body["auth"]["tenantName"] = "demo"
    assert cloud.post(TOKENS, body).status == 201


USER = {"name": "demo", "password": DEMO_PASSWORD, "domain": DEFAULT}
WRONG = [
    (b"", 400),
    (b"{", 400),
    (b"[]", 400),
    (b'"auth"', 400),
    (b'{"auth":{"identity":{"methods":["password"],"password":{"user":{"name":"\\u0000"}}}}}', 400),
    ({}, 400),
    ({"auth": {}}, 400),
    ({"auth": {"identity": {}}}, 400),
    ({"auth": {"identity": {"methods": []}}}, 400),
    ({"auth": {"identity": {"methods": ["password"]}}}, 400),
    ({"auth": {"identity": {"methods": ["password"] * 11, "password": {"user": USER}}}}, 400),
    ({"auth": {"identity": {"methods": ["password", "password"], "password": {"user": USER}}}}, 401),
    ({"auth": {"identity": {"methods": ["password", "token"], "password": {"user": USER}}}}, 401),
    ({"auth": {"identity": {"methods": ["telepathy"], "telepathy": {}}}}, 401),
    (login("password", {"user": {**USER, "name": 7}}), 400),
    (login("password", {"user": {**USER, "name": "x" * 1_000_000}}), 400),
    (login("password", {"user": {**USER, "password": None}}), 400),
    (login("password", {"user": {"name": "demo", "password": DEMO_PASSWORD}}), 400),
    (login("password", {"user": USER}, {"project": {"name": "demo"}}), 400),
    (login("password", {"user": USER}, {}), 400),
    (login("password", {"user": USER}, {"project": {"id": "x"}, "domain": DEFAULT}), 400),
    (login("password", {"user": USER}, {"OS-TRUST:trust": {"id": "x"}}), 400),
    (login("password", {"user": USER}, "everything"), 400),
    (login("password", {"user": USER}, {"system": {"all": True}}), 401),
    (login("password", {"user": USER}, {"project": {"id": "x"}}), 401),
    (login("password", {"user": USER}, {"domain": {"id": "x"}}), 401),
    (login("password", {"user": {**USER, "password": "x" * 500_000}}), 401),
    (login("token", {"id": "x" * 43}), 401),
    (login("token", {"id": "x" * 1_000_000}), 401),
    (login("application_credential", {"id": "x", "secret": "y"}), 401),
    (login("application_credential", {"name": "x", "secret": "y"}), 400),
    (b'{"auth":"' + b"x" * 1_100_000 + b'"}', 413),
]


@pytest.mark.parametrize(("body", "status"), WRONG)
def test_a_wrong_login_is_told_why_and_writes_nothing(cloud, body, status):
    sent = {"body": body} if isinstance(body, bytes) else {"json": body}
    reply = cloud.request("POST", TOKENS, **sent)
    assert reply.status == status
    assert reply.json["error"]["code"] == status
    assert 20 < len(reply.json["error"]["message"]) < 1000
    assert DEMO_PASSWORD not in reply.body.decode()
    assert not Token.objects.exists()


def test_what_a_user_may_scope_to_is_listed(demo):
    assert [one["name"] for one in demo.get("/identity/v3/auth/projects").json["projects"]] == ["demo"]
    assert demo.get("/identity/v3/auth/domains").json["domains"] == []
    assert demo.get("/identity/v3/auth/system").json["system"] == []
    assert demo.get("/identity/v3/auth/catalog").json["catalog"][0]["type"] == "identity"


def test_an_unknown_subject_is_told_in_words_that_fit(demo):
    for ask in (demo.get, demo.delete):
        message = ask(TOKENS, headers={"X-Subject-Token": "nobody's"}).json["error"]["message"]
        assert (
            message
            == "The token in X-Subject-Token is unknown here, or not yours to see. It may be over; log in again."
        )
