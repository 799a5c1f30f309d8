"""Every operation has a name, and what a site says of a name counts."""

import pytest
from django.urls import resolve

from logic.access import Caller, require
from logic.errors import Forbidden
from logic.policy.rules import RULES
from logic.testing.worlds import ADMIN, ALICE, READER
from synnefo.api.compute.views import actions as servers
from synnefo.api.kernel import handling, policing
from synnefo.api.openapi.routes import routes
from synnefo.api.policies import TABLES
from synnefo.api.policies.tables import table
from synnefo.api.testing import Api
from synnefo.api.tests.isolation.rows import compute, image, network, volume
from synnefo.api.tests.isolation.test_isolation import _filled
from synnefo.api.volume.views import actions as volumes

ROUTES = [
    (one.endpoint.dialect.name, method, one.endpoint.route, one.view)
    for one in routes()
    if one.endpoint and one.endpoint.dialect.name in TABLES
    for method in sorted({*one.methods} - one.endpoint.public)
]
# What needs no rule: the same for everybody, or for nobody.
PLAIN = {
    "image": ("v2/schemas/", "v2/info/import", "v2/info/stores", "v2/images/", "openapi.json"),
    "network": ("v2.0/extensions", "v2.0/trunks", "v2.0/agents", "v2.0/network-ip-availabilities", "openapi.json"),
    "compute": ("openapi.json",),
    "volume": ("openapi.json",),
}
AUDITOR = Caller(user="auditor", project=ALICE.project, roles=frozenset({"auditor"}))
BOSS = Caller(user="boss", project=ALICE.project, roles=frozenset({"boss"}))
CALLERS = {"alice": ALICE, "admin": ADMIN, "reader": READER, "auditor": AUDITOR, "boss": BOSS}


@pytest.fixture
def anybody(api: Api, monkeypatch: pytest.MonkeyPatch) -> Api:
    monkeypatch.setattr(handling, "authenticate", lambda token, _: CALLERS[token])
    return api


def test_every_operation_has_a_rule():
    without = {
        f"{service}: {method} {route}"
        for service, method, route, _ in ROUTES
        if not TABLES[service].rule(method, route)
        and route not in {path for path, _ in TABLES[service].actions}
        and not route.startswith(PLAIN[service])
    }
    assert without == set()


def test_every_rule_stands_before_an_operation_that_there_is():
    there = {(service, method, route) for service, method, route, _ in ROUTES}
    told = {(service, *one) for service, table in TABLES.items() for one in table.routes}
    acting = {(service, "POST", path) for service, table in TABLES.items() for path, _ in table.actions}
    assert (told | acting) - there == set()


@pytest.mark.parametrize(
    ("service", "path", "known"),
    [
        ("compute", "servers/<server_id>/action", {**servers.ACTIONS, **servers.GROUP_ACTIONS}),
        ("volume", "volumes/<id>/action", volumes.ACTIONS),
    ],
)
def test_every_action_has_a_rule(service, path, known):
    assert {word for word in known if (path, word) not in TABLES[service].actions} == set()


def test_rules_are_by_default_what_the_operations_are():
    """As the matrix of isolation has it, which asks them."""
    roles: dict = {}
    for row in (row for rows in (compute, image, network, volume) for row in rows.ROWS):
        roles.setdefault((row.method, resolve(_filled(row.path)).func), set()).add(row.who.role)
    needs = {"anybody": "anyone", "project_reader": "reader", "project_member": "member", "admin_required": "admin"}
    other = {
        f"{service}: {method} {route}"
        for service, method, route, view in ROUTES
        if (name := TABLES[service].rule(method, route))
        and needs[RULES[name].needs[0]] not in roles.get((method, view), {needs[RULES[name].needs[0]]})
    }
    assert other == {
        "compute: GET servers/<server_id>/diagnostics",  # whose server it is is looked at first
        "compute: GET servers/<server_id>/migrations",
        "compute: GET servers/<server_id>/migrations/<migration_id>",
        "image: PUT v2/images/<image_id>/members/<member>",  # and whose image
    }


def test_who_only_reads_writes_nowhere():
    names = {name for table in TABLES.values() for (method, _), name in table.routes.items() if method != "GET"}
    names |= {name for table in TABLES.values() for name in table.actions.values()}
    assert {name for name in names if RULES[name].needs not in {("project_member",), ("admin_required",)}} == set()


SERVER, ACTION = "/compute/v2.1/servers", "/compute/v2.1/servers/x/action"
USES = [
    ("os_compute_api:servers:create", "POST", SERVER, {"server": {}}, 400),
    ("os_compute_api:servers:show", "GET", f"{SERVER}/x", None, 404),
    ("os_compute_api:servers:show", "HEAD", f"{SERVER}/x", None, 404),
    ("os_compute_api:servers:stop", "POST", ACTION, {"os-stop": None}, 404),
    ("os_compute_api:servers:stop", "POST", ACTION, {"os-start": None, "os-stop": None}, 400),
    ("os_compute_api:os-remote-consoles", "POST", ACTION, {"os-getVNCConsole": {"type": "novnc"}}, 404),
    ("get_images", "GET", "/image/v2/images", None, 200),
    ("add_image", "POST", "/image/v2/images", {"name": "x"}, 201),
    ("upload_image", "PUT", "/image/v2/images/x/file", None, 415),
    ("create_network", "POST", "/network/v2.0/networks", {"network": {"name": 7}}, 400),
    ("update_ports_tags", "PUT", "/network/v2.0/ports/x/tags/y", None, 404),
    ("volume:create", "POST", "/volume/v3/volumes", {"volume": {"size": 0}}, 400),
    ("volume:extend", "POST", "/volume/v3/volumes/x/action", {"os-extend": {"new_size": 2}}, 404),
]


@pytest.mark.django_db
@pytest.mark.parametrize(("name", "method", "path", "body", "otherwise"), USES)
def test_a_site_takes_away_what_it_says_and_nothing_else(anybody, site, name, method, path, body, otherwise):
    def ask(token):
        return anybody.request(method, path, json=body, token=token).status

    assert ask("alice") == otherwise
    with site(f'"{name}": "role:boss"'):
        assert ask("alice") == 403
    with site('"identity:list_users": "role:boss"'):
        assert ask("alice") == otherwise
    with site(f'"{name}": "role:member or role:boss"'):
        assert ask("alice") == otherwise


@pytest.mark.django_db
def test_a_site_lets_others_do_what_it_says_in_their_project_and_nothing_else(anybody, site):
    new = {"name": "x", "visibility": "private"}
    with site('"add_image": "role:auditor"\n"os_compute_api:os-hypervisors:list": "role:auditor"'):
        assert anybody.post("/image/v2/images", new, token="auditor").status == 201
        assert anybody.post("/image/v2/images", new | {"visibility": "public"}, token="auditor").status == 403
        assert anybody.post("/network/v2.0/networks", {"network": {}}, token="auditor").status == 403
        assert anybody.get("/compute/v2.1/os-hypervisors", token="auditor").status == 200
        assert anybody.get("/compute/v2.1/os-hypervisors/detail", token="auditor").status == 403


@pytest.mark.django_db
def test_a_word_that_a_site_changes_counts_wherever_it_is_used(anybody, site):
    with site('admin_required: "role:boss"'):
        assert anybody.get("/compute/v2.1/os-services", token="boss").status == 200
        assert anybody.get("/compute/v2.1/os-services", token="admin").status == 403
        assert anybody.get("/volume/v3/qos-specs", token="boss").status == 200
        assert anybody.post("/image/v2/images", {"name": "x"}, token="alice").status == 201


@pytest.mark.django_db
def test_the_project_of_a_check_is_the_one_that_the_address_names(anybody, site):
    new = {"quota_set": {"volumes": 3}}
    with site('"volume_extension:quotas:update": "role:auditor and project_id:%(project_id)s"'):
        assert anybody.put(f"/volume/v3/os-quota-sets/{AUDITOR.project}", new, token="auditor").status == 200
        assert anybody.put(f"/volume/v3/os-quota-sets/{ADMIN.project}", new, token="auditor").status == 403


def test_what_a_rule_grants_is_the_role_that_it_is_made_of_and_no_more():
    granted = Caller(user="u", project="p", granted="member")
    require(granted, "reader", "look")
    require(granted, "member", "write")
    with pytest.raises(Forbidden):
        require(granted, "admin", "rule")
    with pytest.raises(Forbidden):
        require(Caller(user="u", granted="member"), "member", "write without a project")


@pytest.mark.django_db
def test_who_is_refused_by_a_rule_of_the_sites_is_told_of_that_and_of_no_role_that_would_not_help(anybody, site):
    path, extend = f"/volume/v3/{ALICE.project}/volumes/x/action", {"os-extend": {"new_size": 2}}
    with site('"volume:extend": "role:storage"'):
        reply = anybody.post(path, extend, token="alice")
    message = reply.json["forbidden"]["message"]
    assert (reply.status, "a rule of its own for it, volume:extend." in message, "role member" in message) == (
        403,
        True,
        False,
    )


def test_two_words_at_once_grant_nothing(site):
    with site('"os_compute_api:servers:stop": "@"'):
        route, body = "servers/<server_id>/action", b'{"os-stop": null, "os-resetState": {}}'
        assert policing.judged(AUDITOR, "compute", "POST", route, body).granted == ""
        assert policing.judged(AUDITOR, "compute", "POST", route, b'{"os-stop": null}').granted == "member"
        for unreadable in (b"", b"[", b"\xff", b"[]"):
            assert policing.judged(AUDITOR, "compute", "POST", route, unreadable) == AUDITOR


@pytest.mark.parametrize("lines", ["GET x a:b reader\nGET x a:c reader", "GET x a:d reader\nGET y a:d admin"])
def test_a_table_that_contradicts_itself_is_none(lines):
    before = dict(RULES)
    with pytest.raises(ValueError):
        table(lines)
    RULES.clear()
    RULES.update(before)
