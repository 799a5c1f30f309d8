"""What may have fields of its maker's is shown with the declared ones when it has none: nothing is rendered that is not declared.
(All other answers are held against their declarations wherever a test gets one.)"""

import msgspec
import pytest

from logic.identity.infos import (
    DomainInfo,
    EndpointInfo,
    GroupInfo,
    PolicyInfo,
    ProjectInfo,
    RegionInfo,
    RoleInfo,
    ServiceInfo,
    UserInfo,
)
from synnefo.api.identity import endpoints, policies, render
from synnefo.api.identity.answers import catalog, people, roles

HOME = DomainInfo(id="d", name="home")
PLAIN = {"id": "x", "name": "x", "description": "", "domain": HOME}
SHOWN = [
    (people.Domain, render.domain(HOME)),
    (people.Project, render.project(ProjectInfo(enabled=True, **PLAIN))),
    (people.User, render.user(UserInfo(enabled=True, email="", default_project="p", **PLAIN))),
    (people.Group, render.group(GroupInfo(**PLAIN))),
    (roles.Role, render.role(RoleInfo(id="x", name="x"))),
    (catalog.Region, endpoints._region(RegionInfo(id="x"))),
    (catalog.Service, endpoints._service(ServiceInfo(id="x", type="x", name="x"))),
    (catalog.Endpoint, endpoints._endpoint(EndpointInfo(id="x", service="x", interface="public", region="", url="x"))),
    (catalog.Policy, policies._policy(PolicyInfo(id="x", type="x", blob=""))),
]


@pytest.mark.parametrize(("kind", "body"), SHOWN, ids=lambda one: getattr(one, "__name__", ""))
def test_nothing_is_shown_that_is_not_declared(kind, body):
    assert body.keys() | {"links"} == {field.encode_name for field in msgspec.structs.fields(kind)}
