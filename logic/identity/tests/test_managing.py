"""Whoever is admin, or manager, in a domain manages what is in it, and nothing else of the cloud."""

import pytest

from logic.access import Caller
from logic.errors import Forbidden, NotFound
from logic.identity.commands import domains, groups, projects, roles, users
from logic.identity.commands.assignments import give, take
from logic.identity.commands.domains import NewDomain
from logic.identity.commands.groups import NewGroup
from logic.identity.commands.projects import NewProject, ProjectChanges
from logic.identity.commands.tokens import Named, Password, Scope, issue_token
from logic.identity.commands.users import NewUser, UserChanges
from logic.identity.models import Project, User
from logic.identity.queries import assignments, directory
from logic.identity.queries.assignments import Held, Wanted
from logic.identity.queries.tokens import authenticate
from logic.identity.tests.worlds import ADDRESS, assign, role, roles_on

pytestmark = pytest.mark.usefixtures("cloud")


def made(admin, name):
    """A domain with a user who holds nothing yet."""
    domain = domains.create_domain(admin, NewDomain(name=name)).id
    users.create_user(admin, NewUser(name="boss", password="boss's", domain=domain))
    return domain


def boss(admin, domain, *held) -> Caller:
    """With a token for the domain, with these roles."""
    user = User.objects.get(domain=domain, name="boss").pk
    for one in held:
        assign(admin, user, role(one), domain=domain)
    login = Password(user=Named(id=user), password="boss's")
    return authenticate(issue_token(login, Scope(domain=Named(id=domain)), ADDRESS).token)


@pytest.fixture
def acme(admin):
    return made(admin, "Acme")


@pytest.fixture(params=["admin", "manager"])
def manager(request, admin, acme):
    return boss(admin, acme, request.param)


def test_an_admin_of_a_domain_is_none_of_the_cloud(admin, acme):
    assert boss(admin, acme, "admin").is_admin is False
    assert boss(admin, acme, "admin").roles == {"manager"}
    assign(admin, admin.user, role("admin"), domain=acme)
    login = Password(user=Named(id=admin.user), password="the admin's password")
    for wanted, is_admin in ((Scope(domain=Named(id=acme)), False), (Scope(domain=Named(id="default")), True)):
        assert authenticate(issue_token(login, wanted, ADDRESS).token).is_admin is is_admin


def test_a_domain_is_filled_and_emptied_by_its_manager(manager, acme):
    ann = users.create_user(manager, NewUser(name="ann"))
    shop = projects.create_project(manager, NewProject(name="shop"))
    crew = groups.create_group(manager, NewGroup(name="crew"))
    assert {User.objects.get(pk=ann.id).domain_id, Project.objects.get(pk=shop.id).domain_id} == {acme}
    users.change_user(manager, ann.id, UserChanges(password="another"))
    projects.change_project(manager, shop.id, ProjectChanges(name="store"))
    projects.add_tag(manager, shop.id, "paid")
    groups.add_user(manager, crew.id, ann.id)
    give(manager, Held(user=ann.id, role=role("member"), project=shop.id))
    give(manager, Held(group=crew.id, role=role("reader"), domain=acme, inherited=True))
    assert [one.name for one in roles_on(manager, ann.id, project=shop.id)] == ["member"]
    assert {one.name for one in directory.users(manager)} == {"boss", "ann"}
    assert [one.name for one in directory.projects(manager)] == ["store"]
    assert [one.name for one in directory.groups(manager)] == ["crew"]
    assert [one.name for one in directory.users_in(manager, crew.id)] == ["ann"]
    assert directory.user(manager, ann.id).name == "ann"
    assert directory.project(manager, shop.id).name == "store"
    assert directory.domain(manager, acme).name == "Acme"
    take(manager, Held(user=ann.id, role=role("member"), project=shop.id))
    for end, id in ((groups.delete_group, crew.id), (projects.delete_project, shop.id), (users.delete_user, ann.id)):
        end(manager, id)


def test_what_is_in_another_domain_is_to_a_manager_as_what_is_nowhere(manager, admin, demo):
    crew = groups.create_group(admin, NewGroup(name="crew")).id
    reader = role("reader")
    for user, project, group in ((demo.user, demo.project, crew), ("none", "none", "none")):
        for attempt in (
            lambda: users.create_user(manager, NewUser(name="x", domain="default")),
            lambda: users.create_user(manager, NewUser(name="x", default_project=project)),  # noqa: B023
            lambda: users.change_user(manager, user, UserChanges(password="mine")),  # noqa: B023
            lambda: users.delete_user(manager, user),  # noqa: B023
            lambda: projects.create_project(manager, NewProject(name="x", parent=project)),  # noqa: B023
            lambda: projects.change_project(manager, project, ProjectChanges(enabled=False)),  # noqa: B023
            lambda: projects.delete_project(manager, project),  # noqa: B023
            lambda: groups.add_user(manager, group, manager.user),  # noqa: B023
            lambda: groups.delete_group(manager, group),  # noqa: B023
            lambda: give(manager, Held(user=manager.user, role=reader, project=project)),  # noqa: B023
            lambda: give(manager, Held(user=user, role=reader, domain=manager.domain)),  # noqa: B023
            lambda: assignments.roles_on(manager, Held(role="", user=manager.user, project=project)),  # noqa: B023
            lambda: directory.group(manager, group),  # noqa: B023
        ):
            with pytest.raises(Forbidden):
                attempt()
        for read in (lambda: directory.user(manager, user), lambda: directory.project(manager, project)):  # noqa: B023
            with pytest.raises(NotFound):
                read()
    assert User.objects.filter(pk=demo.user).exists()
    assert Project.objects.filter(pk=demo.project, enabled=True).exists()


def test_a_manager_lists_who_holds_what_in_the_domain_and_nothing_else(manager, admin, acme, demo):
    ann = users.create_user(manager, NewUser(name="ann")).id
    shop = projects.create_project(manager, NewProject(name="shop")).id
    give(manager, Held(user=ann, role=role("member"), domain=acme, inherited=True))
    give(manager, Held(user=ann, role=role("reader"), project=shop))
    assign(admin, ann, role("reader"), project=demo.project)

    def told(**wanted):
        found = assignments.assignments(manager, Wanted(**wanted))
        return {(one.user.name, one.role.name, bool(one.project)) for one in found if one.user.name != "boss"}

    assert told() == {("ann", "member", False), ("ann", "reader", True)}
    assert told(effective=True, role=role("member")) == {("ann", "member", True)}
    assert told(project=demo.project) == told(system=True) == told(user=demo.user) == set()


def test_who_only_reads_a_domain_lists_no_assignments(admin, acme):
    with pytest.raises(Forbidden):
        assignments.assignments(boss(admin, acme, "reader"), Wanted())


def test_what_is_of_the_cloud_is_not_a_managers(manager, acme):
    for attempt in (
        lambda: domains.create_domain(manager, NewDomain(name="more")),
        lambda: domains.delete_domain(manager, acme),
        lambda: projects.delete_project(manager, acme),
        lambda: roles.create_role(manager, "boss"),
        lambda: directory.domains(manager),
        lambda: give(manager, Held(user=manager.user, role=role("reader"))),
    ):
        with pytest.raises(Forbidden):
            attempt()


@pytest.mark.parametrize("name", ["admin", "service"])
def test_nobody_makes_themself_an_operator(manager, admin, acme, name):
    """Neither by a role, nor by a group or a user that has it."""
    shop = projects.create_project(manager, NewProject(name="shop")).id
    with pytest.raises(Forbidden):
        give(manager, Held(user=manager.user, role=role(name), project=shop))
    crew = groups.create_group(manager, NewGroup(name="crew")).id
    ops = users.create_user(manager, NewUser(name="ops")).id
    give(admin, Held(group=crew, role=role(name), project=shop))
    assign(admin, ops, role(name), project=shop)
    for attempt in (
        lambda: groups.add_user(manager, crew, manager.user),
        lambda: users.change_user(manager, ops, UserChanges(password="mine")),
        lambda: users.delete_user(manager, ops),
        lambda: take(manager, Held(user=ops, role=role(name), project=shop)),
    ):
        with pytest.raises(Forbidden):
            attempt()


def test_a_manager_of_the_operators_domain_takes_over_no_operator(admin):
    users.create_user(admin, NewUser(name="boss", password="boss's"))
    manager = boss(admin, "default", "manager")
    with pytest.raises(Forbidden):
        users.change_user(manager, admin.user, UserChanges(password="mine"))
