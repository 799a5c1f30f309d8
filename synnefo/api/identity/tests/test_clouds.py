"""The clouds.yaml of whoever asks: complete but for the secret, which it never has."""

import pytest
import yaml

from synnefo.api.identity.tests.bodies import ADMIN_PASSWORD, DEMO_PASSWORD, login
from synnefo.api.identity.tests.test_resources import V3, me
from synnefo.api.testing import Api


def clouds(api):
    reply = api.get("/identity/clouds.yaml")
    assert reply.status == 200
    assert reply.headers["content-type"] == "application/yaml"
    for secret in (DEMO_PASSWORD, ADMIN_PASSWORD, api.token):
        assert secret.encode() not in reply.body
    return yaml.safe_load(reply.body)["clouds"]["synnefo"]


def test_a_users_file_tells_all_but_the_password(demo):
    told = clouds(demo)
    assert told["region_name"] == "RegionOne"
    assert told["auth"] == {
        "auth_url": "http://cloud.example/identity/v3",
        "username": "demo",
        "user_domain_name": "Default",
        "project_name": "demo",
        "project_domain_name": "Default",
    }


def test_an_application_credentials_file_names_it(demo, cloud):
    path = f"{V3}/users/{me(demo)}/application_credentials"
    made = demo.post(path, {"application_credential": {"name": "robot"}}).json["application_credential"]
    part = {"id": made["id"], "secret": made["secret"]}
    robot = Api(cloud.post(f"{V3}/auth/tokens", login("application_credential", part)).headers["x-subject-token"])
    told = clouds(robot)
    assert told["auth_type"] == "v3applicationcredential"
    assert told["auth"] == {"auth_url": "http://cloud.example/identity/v3", "application_credential_id": made["id"]}


@pytest.mark.parametrize(
    ("scope", "auth"),
    [
        ({"system": {"all": True}}, {"system_scope": "all"}),
        ({"domain": {"id": "default"}}, {"domain_name": "Default"}),
        ("unscoped", {}),
    ],
)
def test_a_scope_is_told_as_clients_ask_for_it(admin, cloud, scope, auth):
    reply = cloud.post(f"{V3}/auth/tokens", login("token", {"id": admin.token}, scope))
    told = clouds(Api(reply.headers["x-subject-token"]))["auth"]
    assert {name: told[name] for name in told if name not in {"auth_url", "username", "user_domain_name"}} == auth


def test_a_name_is_a_name_whatever_stands_in_it(admin, demo):
    name = 'de"mo: {x}\n# y'
    admin.patch(f"{V3}/users/{me(demo)}", {"user": {"name": name}})
    assert clouds(demo)["auth"]["username"] == name


def test_strangers_get_none(cloud):
    assert cloud.get("/identity/clouds.yaml").status == 401
