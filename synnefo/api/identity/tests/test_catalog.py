"""What an operator adds to the catalog, beside what is built in; policies and limits."""

import pytest

from synnefo.api.identity.tests.test_people import made
from synnefo.api.identity.tests.test_resources import NO, V3, found, me


def types(api):
    return {one["type"]: one for one in api.get(f"{V3}/auth/catalog").json["catalog"]}


def test_an_operators_service_is_in_the_catalog_while_it_is_enabled(admin, demo):
    service = made(admin, "service", type="dns", name="designate", colour="blue")
    assert "dns" not in types(demo)
    url = "https://dns.example/v2/$(project_id)s"
    endpoint = made(admin, "endpoint", service_id=service["id"], interface="public", url=url, region="North")
    assert (endpoint["region_id"], endpoint["region"], endpoint["enabled"]) == ("North", "North", True)
    (shown,) = types(demo)["dns"]["endpoints"]
    assert shown["url"] == f"https://dns.example/v2/{found(admin, 'projects', 'demo')}"
    assert admin.get(f"{V3}/services/{service['id']}").json["service"]["colour"] == "blue"
    assert [one["id"] for one in demo.get(f"{V3}/endpoints?region_id=North").json["endpoints"]] == [endpoint["id"]]
    path = f"{V3}/services/{service['id']}"
    assert admin.patch(path, {"service": {"enabled": False}}).json["service"]["enabled"] is False
    assert "dns" not in types(demo)
    assert admin.delete(path).status == 204
    assert admin.get(f"{V3}/endpoints/{endpoint['id']}").status == 404


def test_an_endpoint_moves_to_another_service_and_region(admin):
    one, two = (made(admin, "service", type=name)["id"] for name in ("a", "b"))
    endpoint = made(admin, "endpoint", service_id=one, interface="public", url="http://x.example")
    path = f"{V3}/endpoints/{endpoint['id']}"
    body = {"service_id": two, "interface": "internal", "region": "South", "url": "http://y.example", "enabled": False}
    changed = admin.patch(path, {"endpoint": body}).json["endpoint"]
    assert {name: changed[name] for name in body} == body
    assert admin.get(path).json["endpoint"] == changed
    assert admin.delete(f"{V3}/regions/South").status == 403
    assert admin.delete(path).status == 204
    assert admin.delete(f"{V3}/regions/South").status == 204


def test_regions_are_below_one_another(admin):
    north = admin.put(f"{V3}/regions/north", {"region": {"description": "cold"}})
    assert (north.status, north.json["region"]["id"]) == (201, "north")
    assert admin.put(f"{V3}/regions/north", {"region": {}}).status == 409
    oslo = made(admin, "region", parent_region_id="north")
    (listed,) = admin.get(f"{V3}/regions?parent_region_id=north").json["regions"]
    assert listed == oslo
    assert admin.delete(f"{V3}/regions/north").status == 403
    assert admin.patch(f"{V3}/regions/north", {"region": {"parent_region_id": oslo["id"]}}).status == 400
    assert admin.delete(f"{V3}/regions/{oslo['id']}").status == 204


def test_what_is_built_in_stays_as_it_is(admin):
    service = admin.get(f"{V3}/services?type=compute").json["services"][0]["id"]
    endpoint = admin.get(f"{V3}/endpoints?service_id={service}").json["endpoints"][0]["id"]
    new = {"service_id": service, "interface": "public", "url": "http://x.example"}
    for reply in (
        admin.patch(f"{V3}/services/{service}", {"service": {"name": "x"}}),
        admin.delete(f"{V3}/services/{service}"),
        admin.patch(f"{V3}/endpoints/{endpoint}", {"endpoint": {"url": "http://x"}}),
        admin.delete(f"{V3}/endpoints/{endpoint}"),
        admin.post(f"{V3}/endpoints", {"endpoint": new}),
        admin.patch(f"{V3}/regions/RegionOne", {"region": {"description": "x"}}),
        admin.delete(f"{V3}/regions/RegionOne"),
    ):
        assert reply.status == 403
        assert "built in" in reply.json["error"]["message"]


@pytest.mark.parametrize("enabled", ["True", "False", 1, None])
def test_enabled_is_a_boolean(admin, enabled):
    service = made(admin, "service", type="a")["id"]
    body = {"service_id": service, "interface": "public", "url": "http://x.example", "enabled": enabled}
    assert admin.post(f"{V3}/endpoints", {"endpoint": body}).status == 400


@pytest.mark.parametrize(
    ("fields", "status"),
    [
        ({"url": "http://x/$(secret_key)s"}, 400),
        ({"url": ""}, 400),
        ({"interface": "private"}, 400),
        ({"service_id": NO}, 400),
        ({"region_id": "nowhere"}, 404),
    ],
)
def test_an_endpoint_that_cannot_be_is_refused(admin, fields, status):
    service = made(admin, "service", type="a")["id"]
    body = {"service_id": service, "interface": "public", "url": "http://x.example"} | fields
    assert admin.post(f"{V3}/endpoints", {"endpoint": body}).status == status
    assert admin.get(f"{V3}/endpoints?service_id={service}").json["endpoints"] == []


def test_a_catalog_is_listed_by_pages(admin):
    first = admin.get(f"{V3}/services?limit=2").json
    assert len(first["services"]) == 2
    rest = admin.get(first["links"]["next"].removeprefix("http://cloud.example").replace("limit=2", "limit=50")).json
    both = [one["id"] for one in first["services"] + rest["services"]]
    assert both == [one["id"] for one in admin.get(f"{V3}/services").json["services"]]


def test_policies_are_kept_for_others(admin, demo):
    policy = admin.post(f"{V3}/policies", {"policy": {"blob": "{}", "type": "json", "colour": "red"}}).json["policy"]
    path = f"{V3}/policies/{policy['id']}"
    assert admin.patch(path, {"policy": {"type": "yaml"}}).json["policy"]["type"] == "yaml"
    assert admin.get(path).json["policy"]["colour"] == "red"
    assert [one["id"] for one in admin.get(f"{V3}/policies").json["policies"]] == [policy["id"]]
    assert demo.get(path).status == 403
    assert admin.delete(path).status == 204


def test_limits_are_registered_and_then_set_for_a_project(admin, demo):
    service = admin.get(f"{V3}/services?type=image").json["services"][0]["id"]
    wanted = {"service_id": service, "resource_name": "images", "default_limit": 10}
    reply = admin.post(f"{V3}/registered_limits", {"registered_limits": [wanted]})
    assert reply.status == 201
    (registered,) = reply.json["registered_limits"]
    assert admin.post(f"{V3}/registered_limits", {"registered_limits": [wanted]}).status == 409
    mine = {"service_id": service, "resource_name": "images", "resource_limit": 20}
    project = found(admin, "projects", "demo")
    other = {**mine, "resource_name": "none", "project_id": project}
    assert admin.post(f"{V3}/limits", {"limits": [{**mine, "project_id": project}, other]}).status == 403
    assert admin.get(f"{V3}/limits").json["limits"] == []
    assert admin.post(f"{V3}/limits", {"limits": [mine]}).status == 400
    (limit,) = admin.post(f"{V3}/limits", {"limits": [{**mine, "project_id": project}]}).json["limits"]
    admin.post(f"{V3}/limits", {"limits": [{**mine, "domain_id": "default"}]})
    assert [one["id"] for one in demo.get(f"{V3}/limits").json["limits"]] == [limit["id"]]
    assert len(admin.get(f"{V3}/limits?resource_name=images").json["limits"]) == 2
    path = f"{V3}/limits/{limit['id']}"
    assert demo.get(path).json["limit"]["resource_limit"] == 20
    assert admin.patch(path, {"limit": {"resource_limit": 5}}).json["limit"]["resource_limit"] == 5
    known = f"{V3}/registered_limits/{registered['id']}"
    assert admin.patch(known, {"registered_limit": {"default_limit": 7}}).json["registered_limit"]["default_limit"] == 7
    assert admin.delete(known).status == 403
    assert admin.patch(known, {"registered_limit": {"resource_name": "x"}}).status == 403
    for one in admin.get(f"{V3}/limits").json["limits"]:
        assert admin.delete(f"{V3}/limits/{one['id']}").status == 204
    assert admin.delete(known).status == 204
    assert demo.get(f"{V3}/limits/model").json["model"]["name"] == "flat"


@pytest.mark.parametrize("kind", ["service", "endpoint", "region"])
def test_the_catalog_is_an_administrators_to_change(demo, kind):
    fields = {"type": "x", "service_id": NO, "interface": "public", "url": "http://x"}
    assert demo.post(f"{V3}/{kind}s", {kind: fields}).status == 403
    assert demo.delete(f"{V3}/{kind}s/{NO}").status == 403
    assert me(demo)
