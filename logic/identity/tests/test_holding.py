"""Which roles a user holds: through groups, inherited, implied, and on the system."""

import pytest

from logic.errors import BadRequest, Forbidden, NotFound, Unauthenticated
from logic.identity.commands import groups, projects, roles
from logic.identity.commands.assignments import give, take
from logic.identity.commands.domains import NewDomain, create_domain
from logic.identity.commands.projects import NewProject
from logic.identity.commands.tokens import Named, Scope
from logic.identity.models import Group
from logic.identity.queries import directory
from logic.identity.queries import roles as role_queries
from logic.identity.queries.assignments import Held, check
from logic.identity.queries.tokens import authenticate
from logic.identity.refusals import NoSuchScope, NoSystemScope, ProhibitedImplication
from logic.identity.tests.worlds import (
    again,
    assign,
    assignments,
    credential,
    log_in,
    role,
    unassign,
    with_credential,
)

pytestmark = [pytest.mark.usefixtures("cloud"), pytest.mark.every_database]


@pytest.fixture
def crew(admin, demo):
    """A group with demo in it."""
    made = groups.create_group(admin, groups.NewGroup(name="crew"))
    groups.add_user(admin, made.id, demo.user)
    return made.id


@pytest.fixture
def auditor(admin):
    return roles.create_role(admin, "auditor").id


def test_a_user_has_the_roles_of_their_groups_from_the_next_request_on(admin, demo, crew, auditor):
    token = log_in().token
    held = Held(group=crew, role=auditor, project=demo.project)
    give(admin, held)
    assert authenticate(token).roles == {"member", "auditor"}
    groups.remove_user(admin, crew, demo.user)
    assert authenticate(token).roles == {"member"}
    groups.add_user(admin, crew, demo.user)
    take(admin, held)
    assert authenticate(token).roles == {"member"}


def test_a_group_alone_opens_a_project(admin, demo, crew, auditor):
    with pytest.raises(NoSuchScope):
        log_in(project="admin")
    give(admin, Held(group=crew, role=auditor, project=admin.project))
    token = log_in(project="admin").token
    assert authenticate(token).roles == {"auditor"}
    assert {one.name for one in directory.scopes(demo)} == {"admin", "demo"}
    groups.delete_group(admin, crew)
    with pytest.raises(Unauthenticated):
        authenticate(token)


def test_a_role_on_a_domain_is_inherited_by_its_projects_only_if_it_says_so(admin, demo, auditor):
    plain = Held(user=demo.user, role=auditor, domain="default")
    give(admin, plain)
    token = log_in().token
    assert authenticate(token).roles == {"member"}
    give(admin, Held(user=demo.user, role=auditor, domain="default", inherited=True))
    assert authenticate(token).roles == {"member", "auditor"}
    assert authenticate(log_in(project="admin").token).roles == {"auditor"}
    take(admin, plain)
    with pytest.raises(NoSuchScope):
        again(log_in(project=None).token, Scope(domain=Named(id="default")))


def test_a_role_on_a_project_is_inherited_by_those_below_it_and_not_held_there(admin, demo, auditor):
    below = projects.create_project(admin, NewProject(name="below", parent=demo.project))
    give(admin, Held(user=demo.user, role=auditor, project=demo.project, inherited=True))
    assert authenticate(log_in().token).roles == {"member"}
    assert authenticate(log_in(project="below").token).roles == {"auditor"}
    assert below.id in {one.id for one in directory.scopes(demo)}
    with pytest.raises(NoSuchScope):
        log_in(project="admin")


def test_an_implied_role_is_held_while_it_is_implied(admin, demo, auditor):
    token = log_in().token
    roles.imply(admin, role("reader"), auditor)
    assert authenticate(token).roles >= {"member", "auditor"}
    roles.imply_no_longer(admin, role("reader"), auditor)
    assert authenticate(token).roles == {"member"}


def test_a_credential_has_nothing_of_what_its_roles_come_to_imply(admin, demo, auditor):
    robot = with_credential(credential(demo, roles=["member"])).token
    roles.imply(admin, role("member"), auditor)
    assert authenticate(robot).roles == {"member"}


def test_nobody_becomes_an_administrator_by_implication(admin, auditor):
    for prior, implied in ((auditor, role("admin")), (role("reader"), role("member")), (auditor, auditor)):
        with pytest.raises(ProhibitedImplication):
            roles.imply(admin, prior, implied)
    with pytest.raises(ProhibitedImplication):
        roles.imply_no_longer(admin, role("admin"), role("manager"))


def test_what_is_built_in_is_told_with_what_was_added(admin, auditor):
    roles.imply(admin, auditor, role("reader"))
    told = {one.prior.name: [other.name for other in one.implied] for one in role_queries.implications(admin)}
    assert told == {"admin": ["manager"], "manager": ["member"], "member": ["reader"], "auditor": ["reader"]}


def test_a_domains_role_counts_by_what_it_implies_and_in_its_domain_only(admin, demo, auditor):
    domain = create_domain(admin, NewDomain(name="Acme"))
    theirs = roles.create_role(admin, "clerk", domain=domain.id).id
    project = projects.create_project(admin, NewProject(name="shop", domain=domain.id)).id
    with pytest.raises(Forbidden):
        give(admin, Held(user=demo.user, role=theirs, project=demo.project))
    give(admin, Held(user=demo.user, role=theirs, project=project))
    assert assignments(admin, user=demo.user, project=project, effective=True) == []
    with pytest.raises(NoSuchScope):
        log_in_to(project)
    assign(admin, demo.user, role("reader"), project=project)
    assert authenticate(log_in_to(project)).roles == {"reader"}
    unassign(admin, demo.user, role("reader"), project=project)
    roles.imply(admin, theirs, auditor)
    (counts,) = assignments(admin, user=demo.user, project=project, effective=True)
    assert (counts.role.name, counts.prior) == ("auditor", theirs)
    with pytest.raises(ProhibitedImplication):
        roles.imply(admin, auditor, theirs)


def log_in_to(project):
    return again(log_in(project=None).token, Scope(project=Named(id=project))).token


def test_the_system_is_a_scope_of_its_own(admin, demo, crew):
    with pytest.raises(NoSystemScope):
        log_in_to_the_system()
    held = Held(group=crew, role=role("reader"))
    give(admin, held)
    check(admin, held)
    caller = authenticate(log_in_to_the_system())
    assert (caller.system, caller.roles, caller.project) == (True, {"reader"}, "")
    assert directory.system_scope(demo)
    assert {one.name for one in directory.users(caller)} == {"admin", "demo"}
    with pytest.raises(Forbidden):
        roles.create_role(caller, "x")
    take(admin, held)
    with pytest.raises(NotFound):
        check(admin, held)
    with pytest.raises(NoSystemScope):
        log_in_to_the_system()


def log_in_to_the_system():
    return again(log_in(project=None).token, Scope(system=True)).token


def test_effective_assignments_are_followed_to_their_ends(admin, demo, crew, auditor):
    below = projects.create_project(admin, NewProject(name="below", parent=demo.project)).id
    give(admin, Held(group=crew, role=auditor, domain="default", inherited=True))
    (given,) = assignments(admin, group=crew)
    assert (given.group.name, given.domain.name, given.inherited) == ("crew", "Default", True)
    (counts,) = assignments(admin, user=demo.user, project=below, effective=True)
    assert (counts.user.name, counts.role.name, counts.project.id, counts.through) == ("demo", "auditor", below, crew)
    both = assignments(admin, user=demo.user, project=demo.project, role=auditor, effective=True, subtree=True)
    assert {one.project.id for one in both} == {demo.project, below}
    names = {one.role.name for one in assignments(admin, user=demo.user, project=demo.project, effective=True)}
    assert names == {"member", "reader", "auditor"}
    with pytest.raises(BadRequest):
        assignments(admin, group=crew, effective=True)


def test_ones_own_assignments_are_no_secret(demo, admin):
    assert {one.role.name for one in assignments(demo, user=demo.user)} == {"member"}
    for user in ("", admin.user):
        with pytest.raises(Forbidden):
            assignments(demo, user=user)


def test_a_group_that_goes_takes_its_roles_with_it(admin, demo, crew, auditor):
    give(admin, Held(group=crew, role=auditor, project=demo.project))
    assign(admin, demo.user, auditor, project=demo.project)
    groups.delete_group(admin, crew)
    assert not Group.objects.exists()
    assert authenticate(log_in().token).roles == {"member", "auditor"}


def test_authenticating_a_user_with_groups_takes_few_queries(admin, demo, crew, auditor, django_assert_max_num_queries):
    for number in range(3):
        made = groups.create_group(admin, groups.NewGroup(name=f"crew {number}")).id
        groups.add_user(admin, made, demo.user)
        give(admin, Held(group=made, role=auditor, project=demo.project))
    token = log_in().token
    with django_assert_max_num_queries(7):
        assert authenticate(token).roles == {"member", "auditor"}
