"""The road of a request, asked through the ASGI application."""

import re

import pytest
from prometheus_client import REGISTRY

from logic.testing.worlds import ALICE, READER
from synnefo.api.kernel import running
from synnefo.api.kernel.tests import toys

pytestmark = pytest.mark.urls("synnefo.api.kernel.tests.toys")


@pytest.fixture(autouse=True)
def nothing_made():
    toys.made.clear()


def test_a_request_without_a_token_is_refused_as_keystone_does(api):
    for name in toys.DIALECTS:
        reply = api.get(f"/{name}/things")
        assert reply.status == 401
        assert reply.json["error"]["title"] == "Unauthorized"
        assert reply.headers["www-authenticate"] == 'Keystone uri="http://cloud.example/identity"'


@pytest.mark.parametrize("token", ["x", "x" * 43, "x" * 60_000, "\xff\xfe", "../../etc", "' OR 1=1 --"])
def test_a_made_up_token_is_refused(api, token):
    assert api.get("/toy/things", token=token).status == 401


def test_the_view_learns_who_asks_from_the_token(api):
    reply = api.of(ALICE).get("/toy/things")
    assert reply.json["user"] == ALICE.user
    assert reply.json["roles"] == ["member"]


def test_identity_headers_of_a_client_are_ignored(api):
    forged = {"X-Roles": "admin", "X-User-Id": "admin", "X-Identity-Status": "Confirmed", "X-Is-Admin-Project": "True"}
    assert api.of(READER).get("/toy/things", headers=forged).json["roles"] == ["reader"]
    assert api.get("/toy/things", headers=forged).status == 401


def test_a_role_that_does_not_suffice_is_forbidden_and_nothing_is_made(api):
    reply = api.of(READER).post("/toy/things", {"thing": {"name": "a"}})
    assert reply.status == 403
    assert "Ask a project administrator for the role member" in reply.json["forbidden"]["message"]
    assert toys.made == []


def test_every_reply_carries_its_request_id(api):
    replies = [api.get(path) for path in ("/toy/open/1", "/toy/broken", "/toy/nowhere", "/toy/things")]
    ids = {reply.headers["x-openstack-request-id"] for reply in replies}
    assert len(ids) == 4
    assert all(re.fullmatch(r"req-[0-9a-f-]{36}", one) for one in ids)
    assert all(reply.headers["x-compute-request-id"] == reply.headers["x-openstack-request-id"] for reply in replies)


@pytest.mark.parametrize(
    ("name", "envelope"),
    [
        ("toy", lambda body: body["itemNotFound"]["message"]),
        ("keystone", lambda body: body["error"]["message"]),
        ("neutron", lambda body: body["NeutronError"]["message"]),
    ],
)
def test_an_unknown_address_is_refused_in_the_dialect_of_its_prefix(api, name, envelope):
    for path in ("nowhere", "things/1/2", ""):
        reply = api.get(f"/{name}/{path}")
        assert reply.status == 404
        assert envelope(reply.json).startswith("There is nothing at /")


def test_an_unknown_image_address_is_refused_in_html(api):
    reply = api.get("/glance/nowhere")
    assert reply.status == 404
    assert reply.headers["content-type"] == "text/html; charset=utf-8"
    assert b"<h1>404 Not Found</h1>" in reply.body


def test_a_refusal_in_html_is_escaped(api):
    assert b"&lt;b&gt;x&lt;/b&gt;" in api.get("/glance/missing").body


def test_a_wrong_method_names_the_right_ones(api):
    reply = api.request("PATCH", "/toy/things")
    assert reply.status == 405
    assert reply.headers["allow"] == "GET, POST"
    assert reply.json["badMethod"]["message"] == "PATCH is not possible at /toy/things. Use GET, POST."


@pytest.mark.parametrize("method", ["OPTIONS", "TRACE", "BREW"])
def test_a_method_nobody_offers_is_refused(api, method):
    assert api.request(method, "/toy/things").status == 405
    assert api.request(method, "/toy/nowhere").status in {404, 405}


@pytest.mark.parametrize("path", ["/toy/open/1", "/toy/open/1/"])
def test_a_trailing_slash_is_taken_without_a_redirect(api, path):
    assert api.get(path).json["id"] == "1"


def test_head_is_get_without_its_body(api):
    reply = api.request("HEAD", "/toy/open/1")
    assert (reply.status, reply.body) == (200, b"")
    assert int(reply.headers["content-length"]) == len(api.get("/toy/open/1").body)


def test_no_content_has_no_body_and_no_type(api):
    reply = api.of(ALICE).delete("/toy/things/1")
    assert (reply.status, reply.body) == (204, b"")
    assert not {"content-type", "content-length"} & set(reply.headers)


def test_the_microversion_is_agreed_on_and_echoed_even_on_a_refusal(api):
    asked = {"OpenStack-API-Version": "compute 2.7"}
    for path in ("/toy/open/1", "/toy/missing"):
        assert api.get(path, headers=asked).headers["x-openstack-nova-api-version"] == "2.7"
    assert api.get("/toy/open/1", headers=asked).json["version"] == [2, 7]
    refused = api.get("/toy/open/1", headers={"X-OpenStack-Nova-API-Version": "2.11"})
    assert refused.status == 406
    assert refused.json["computeFault"]["code"] == 406
    assert api.get("/toy/open/1", headers={"X-OpenStack-Nova-API-Version": "zwei"}).status == 400


def test_an_unexpected_error_tells_the_request_id_and_nothing_else(api):
    before = REGISTRY.get_sample_value("synnefo_api_unexpected_total", {"service": "compute"}) or 0
    reply = api.get("/toy/broken")
    assert reply.status == 500
    assert "swordfish" not in reply.body.decode()
    assert reply.headers["x-openstack-request-id"] in reply.json["computeFault"]["message"]
    assert REGISTRY.get_sample_value("synnefo_api_unexpected_total", {"service": "compute"}) == before + 1


def test_a_lost_database_is_unavailable_for_a_while(api):
    reply = api.get("/keystone/lost")
    assert (reply.status, reply.headers["retry-after"]) == (503, "5")
    assert "10.0.0.1" not in reply.body.decode()


@pytest.mark.parametrize(("name", "status"), [("toy", 403), ("keystone", 403), ("neutron", 409), ("glance", 413)])
def test_a_full_quota_has_the_code_of_its_dialect(api, name, status):
    assert api.get(f"/{name}/full").status == status


def test_neutron_names_the_type_of_a_refusal(api):
    types = {path: api.get(f"/neutron/{path}").json["NeutronError"]["type"] for path in ("missing", "full", "taken")}
    assert types == {"missing": "SecurityGroupNotFound", "full": "OverQuota", "taken": "Conflict"}


def test_what_is_unavailable_says_when_to_try_again(api):
    reply = api.get("/toy/late")
    assert (reply.status, reply.headers["retry-after"]) == (503, "7")
    assert reply.json["serviceUnavailable"]["message"] == "The cluster is away. Try again in 7 seconds."


@pytest.mark.parametrize(
    "body", [b"", b"{", b"nonsense", b'{"thing":{"name":"a","x":1}}', b'{"thing":{"name":"\\u0000"}}']
)
def test_a_body_that_is_not_understood_makes_nothing(api, body):
    reply = api.of(ALICE).request("POST", "/toy/things", body=body)
    assert reply.status == 400
    assert reply.json["badRequest"]["message"]
    assert toys.made == []


def test_a_body_is_not_read_beyond_the_limit(api, settings):
    settings.MAX_BODY_BYTES = 4096
    reply = api.of(ALICE).request("POST", "/toy/things", body=[b"x" * 1024] * 100)
    assert (reply.status, reply.headers["connection"]) == (413, "close")
    declared = api.of(ALICE).request("POST", "/toy/things", body=b"", headers={"Content-Length": "4097"})
    assert declared.status == 413


@pytest.mark.parametrize("path", ["/toy/open/1?x=%00", "/toy/open/a\0b"])
def test_a_nul_in_the_address_is_a_bad_request(api, path):
    assert api.get(path).status == 400


def test_a_parameter_may_be_given_several_times(api):
    assert api.get("/toy/open/1?a=1&a=2&b=").json["query"] == {"a": ["1", "2"], "b": [""]}


def test_links_use_the_host_of_the_client_unless_the_site_says_otherwise(api, settings):
    forwarded = {"X-Forwarded-Host": "evil.example", "X-Forwarded-Proto": "https", "X-Forwarded-For": "10.9.9.9"}
    seen = api.get("/toy/open/1", headers=forwarded).json
    assert (seen["base"], seen["address"]) == ("http://cloud.example", "192.0.2.1")
    settings.TRUST_FORWARDED_HEADERS = True
    seen = api.get("/toy/open/1", headers=forwarded).json
    assert (seen["base"], seen["address"]) == ("https://evil.example", "10.9.9.9")
    settings.PUBLIC_URL = "https://api.example"
    assert api.get("/toy/open/1", headers=forwarded).json["base"] == "https://api.example"


def test_a_host_that_is_not_ours_is_refused(api, settings):
    settings.ALLOWED_HOSTS = ["cloud.example"]
    assert api.get("/toy/open/1", headers={"Host": "evil.example"}).status == 400
    assert api.get("/toy/open/1", headers={"Host": "a/../b"}).status == 400


def test_more_requests_than_there_is_room_for_are_turned_away(api, monkeypatch):
    monkeypatch.setattr(running, "MAX_UNDER_WAY", 0)
    reply = api.get("/toy/open/1")
    assert (reply.status, reply.headers["retry-after"]) == (503, "1")


def test_reading_goes_through_one_door_and_writing_through_the_other(api):
    seen = []

    class Doors:
        async def read(self, function, *args):
            seen.append("read")
            return function(*args)

        async def write(self, function, *args):
            seen.append("write")
            return function(*args)

    alice = api.of(ALICE)
    running.install(Doors())
    alice.get("/toy/things")
    alice.request("HEAD", "/toy/things")
    alice.post("/toy/things", {"thing": {"name": "a"}})
    alice.delete("/toy/things/1")
    assert seen == ["read", "read", "write", "write"]


def test_a_request_that_hangs_is_given_up(api, monkeypatch):
    import asyncio

    from synnefo.api.kernel import handling

    class Stuck:
        async def read(self, function, *args):
            await asyncio.Event().wait()

    monkeypatch.setattr(handling, "CALL_TIMEOUT", 0.01)
    running.install(Stuck())
    assert api.get("/toy/open/1").status == 503
