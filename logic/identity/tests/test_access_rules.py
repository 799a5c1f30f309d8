"""What an application credential with access rules may ask for, and what is made with another credential."""

import datetime

import msgspec
import pytest

from logic import clock
from logic.access import Permitted
from logic.errors import BadRequest, NotFound, Unauthenticated
from logic.identity.access_rules import permits
from logic.identity.commands import credentials
from logic.identity.commands.credentials import NewRule
from logic.identity.models import ApplicationCredential
from logic.identity.queries import credentials as queries
from logic.identity.queries.tokens import authenticate
from logic.identity.refusals import Delegated, InUse
from logic.identity.tests.worlds import credential, with_credential

pytestmark = pytest.mark.usefixtures("cloud")
SERVERS = NewRule(service="compute", method="GET", path="/v2.1/servers")
IMAGES = NewRule(service="image", method="GET", path="/v2/images/**")


@pytest.mark.parametrize(
    ("rule", "path", "fits"),
    [
        ("/v2.1/servers", "/v2.1/servers", True),
        ("/v2.1/servers", "/v2.1/servers/1", False),
        ("/v2.1/servers/*", "/v2.1/servers/1", True),
        ("/v2.1/servers/*", "/v2.1/servers/", False),
        ("/v2.1/servers/*", "/v2.1/servers/1/ips", False),
        ("/v2.1/servers/{server_id}/ips", "/v2.1/servers/1/ips", True),
        ("/v2.1/**", "/v2.1/servers/1/ips", True),
        ("/v2.1/servers", "/v2X1/servers", False),
        ("/**", "/anything", True),
    ],
)
def test_a_rule_is_for_the_paths_it_tells(rule, path, fits):
    rules = [Permitted(service="compute", method="GET", path=rule)]
    assert permits(rules, {"compute"}, "GET", {path}) is fits
    assert not permits(rules, {"image"}, "GET", {path})
    assert not permits(rules, {"compute"}, "POST", {path})


def robot(caller, **fields):
    return authenticate(with_credential(credential(caller, **fields)).token)


def test_a_rule_is_its_users_and_used_again(demo):
    first, _ = credential(demo, name="one", access_rules=[SERVERS])
    (rule,) = queries.access_rules(demo, demo.user)
    again, _ = credential(demo, name="two", access_rules=[NewRule(id=rule.id), IMAGES])
    assert again.access_rules[0] == first.access_rules[0] == rule
    assert len(queries.access_rules(demo, demo.user)) == 2
    with pytest.raises(BadRequest):
        credential(demo, name="three", access_rules=[NewRule(id="0" * 32)])


def test_a_rule_goes_when_no_credential_has_it(demo):
    made, _ = credential(demo, access_rules=[SERVERS])
    id = made.access_rules[0].id
    with pytest.raises(InUse, match="robot"):
        credentials.delete_access_rule(demo, demo.user, id)
    credentials.delete_credential(demo, demo.user, made.id)
    credentials.delete_access_rule(demo, demo.user, id)
    with pytest.raises(NotFound):
        queries.access_rule(demo, demo.user, id)


@pytest.mark.parametrize(
    "rule",
    [
        NewRule(),
        NewRule(service="compute", method="LOOK", path="/"),
        NewRule(service="compute", method="GET", path="v2"),
    ],
)
def test_half_a_rule_is_refused(demo, rule):
    with pytest.raises(BadRequest):
        credential(demo, access_rules=[rule])
    assert not ApplicationCredential.objects.exists()


def test_an_empty_list_of_rules_is_none_as_clients_send_it_and_no_way_out_of_a_parents(demo):
    assert robot(demo, access_rules=[]).rules is None
    parent = robot(demo, name="parent", unrestricted=True, access_rules=[SERVERS])
    assert len(robot(parent, name="child", access_rules=[]).rules) == 1


def test_an_unrestricted_one_makes_others_that_go_with_it(demo):
    made, secret = credential(demo, name="parent", unrestricted=True)
    parent = authenticate(with_credential((made, secret)).token)
    child = robot(parent, name="child", unrestricted=True)
    grandchild = with_credential(credential(child, name="grandchild")).token
    assert authenticate(grandchild).project == demo.project
    credentials.delete_credential(demo, demo.user, made.id)
    with pytest.raises(Unauthenticated):
        authenticate(grandchild)
    assert not ApplicationCredential.objects.exists()


def test_a_child_is_never_wider_or_longer_lived(demo):
    end = clock.now() + datetime.timedelta(days=1)
    parent = robot(demo, name="parent", unrestricted=True, roles=["reader"], expires_at=end, access_rules=[SERVERS])
    for wider in (
        {"roles": ["member"]},
        {"expires_at": end + datetime.timedelta(seconds=1)},
        {"access_rules": [IMAGES]},
    ):
        with pytest.raises(BadRequest):
            credential(parent, name="child", **wider)
    made, _ = credential(parent, name="child")
    assert ([one.name for one in made.roles], made.expires_at) == (["reader"], end)
    assert [one.path for one in made.access_rules] == ["/v2.1/servers"]
    assert not made.unrestricted


def test_a_restricted_one_makes_none(demo):
    plain = robot(demo)
    for caller in (plain, msgspec.structs.replace(plain, unrestricted=True)):  # the row says so, not the token alone
        with pytest.raises(Delegated):
            credential(caller, name="child")
    with pytest.raises(Delegated):
        credentials.delete_credential(plain, demo.user, plain.credential)
