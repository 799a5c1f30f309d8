"""Domains that can be disabled, and what is in them."""

import pytest

from logic.errors import BadRequest, Duplicate, NotFound, Unauthenticated
from logic.identity.commands import domains, groups, projects, users
from logic.identity.commands.domains import DomainChanges, NewDomain
from logic.identity.commands.projects import NewProject, ProjectChanges
from logic.identity.commands.tokens import Named, Password, Scope, issue_token
from logic.identity.commands.users import NewUser
from logic.identity.models import Domain, Project, Token, User
from logic.identity.queries import directory
from logic.identity.queries.listing import Listing
from logic.identity.queries.tokens import authenticate
from logic.identity.refusals import (
    BranchDisabled,
    BuiltInDomain,
    LoginFailed,
    NoSuchScope,
    NotALeaf,
    StillEnabled,
    TooDeep,
)
from logic.identity.tests.worlds import ADDRESS, assign, log_in, role
from logic.quota.commands import set_limits, set_user_limits
from logic.quota.models import Limit, UserLimit

pytestmark = pytest.mark.usefixtures("cloud")


@pytest.fixture
def acme(admin):
    """A domain with a user and a project, in which that user and demo are members."""
    domain = domains.create_domain(admin, NewDomain(name="Acme"))
    ann = users.create_user(admin, NewUser(name="ann", password="ann's", domain=domain.id))
    project = projects.create_project(admin, NewProject(name="shop", domain=domain.id))
    for user in (ann.id, User.objects.get(name="demo").id):
        assign(admin, user, role("member"), project=project.id)
    return domain


def ann(project="shop"):
    wanted = Scope(project=Named(name=project, domain_name="Acme")) if project else Scope()
    return issue_token(Password(user=Named(name="ann", domain_name="Acme"), password="ann's"), wanted, ADDRESS)


def visiting():
    """demo, of another domain, in that project."""
    from logic.identity.tests.worlds import again

    return again(log_in().token, Scope(project=Named(name="shop", domain_name="Acme")))


def test_a_disabled_domain_ends_the_tokens_of_its_users_and_in_its_projects(acme, admin):
    tokens = [ann().token, ann(project="").token, visiting().token]
    elsewhere = log_in().token
    domains.change_domain(admin, acme.id, DomainChanges(enabled=False))
    for token in tokens:
        with pytest.raises(Unauthenticated):
            authenticate(token)
    assert authenticate(elsewhere).user_name == "demo"
    domains.change_domain(admin, acme.id, DomainChanges(enabled=True))
    with pytest.raises(Unauthenticated):
        authenticate(tokens[0])
    assert ann().token


@pytest.mark.every_database
def test_a_token_that_a_disabled_domain_left_is_worth_nothing(acme):
    tokens = [ann().token, ann(project="").token, visiting().token]
    Domain.objects.filter(pk=acme.id).update(enabled=False)
    for token in tokens:
        with pytest.raises(Unauthenticated):
            authenticate(token)
    assert Token.objects.count() == 4


def test_nobody_logs_in_to_a_disabled_domain(acme, admin):
    domains.change_domain(admin, acme.id, DomainChanges(enabled=False))
    with pytest.raises(LoginFailed):
        ann()
    with pytest.raises(NoSuchScope):
        visiting()
    assert [one.name for one in directory.scopes(authenticate(log_in().token))] == ["demo"]


def test_a_domain_is_deleted_once_it_is_disabled_with_all_that_is_in_it(acme, admin):
    groups.create_group(admin, groups.NewGroup(name="clerks", domain=acme.id))
    top = Project.objects.get(name="shop")
    projects.create_project(admin, NewProject(name="till", parent=top.pk))
    with pytest.raises(StillEnabled):
        domains.delete_domain(admin, acme.id)
    domains.change_domain(admin, acme.id, DomainChanges(enabled=False))
    domains.delete_domain(admin, acme.id)
    assert set(User.objects.values_list("name", flat=True)) == {"admin", "demo"}
    assert set(Project.objects.values_list("name", flat=True)) == {"admin", "demo"}
    with pytest.raises(NotFound):
        directory.domain(admin, acme.id)


def test_the_operators_domain_stays(admin):
    for attempt in (
        lambda: domains.delete_domain(admin, "default"),
        lambda: domains.change_domain(admin, "default", DomainChanges(enabled=False)),
    ):
        with pytest.raises(BuiltInDomain):
            attempt()


def test_names_are_unique_in_their_domain(acme, admin):
    projects.create_project(admin, NewProject(name="demo", domain=acme.id))
    for attempt in (
        lambda: projects.create_project(admin, NewProject(name="shop", domain=acme.id)),
        lambda: domains.create_domain(admin, NewDomain(name="Acme")),
        lambda: domains.change_domain(admin, acme.id, DomainChanges(name="Default")),
    ):
        with pytest.raises(Duplicate):
            attempt()


def test_projects_are_one_level_deep(admin, acme):
    top = projects.create_project(admin, NewProject(name="top"))
    below = projects.create_project(admin, NewProject(name="below", parent=top.id))
    assert (below.parent, below.domain.id) == (top.id, "default")
    with pytest.raises(TooDeep):
        projects.create_project(admin, NewProject(name="x", parent=below.id))
    with pytest.raises(BadRequest):
        projects.create_project(admin, NewProject(name="x", parent=top.id, domain=acme.id))
    with pytest.raises(NotALeaf):
        projects.delete_project(admin, top.id)
    found = directory.projects(admin, Listing(filters={"parent_id": top.id}))
    assert [one.id for one in found] == [below.id]
    assert below.id not in {one.id for one in directory.projects(admin, Listing(filters={"parent_id": "default"}))}


def test_a_project_is_not_enabled_below_one_that_is_not(admin):
    top = projects.create_project(admin, NewProject(name="top"))
    below = projects.create_project(admin, NewProject(name="below", parent=top.id))
    with pytest.raises(BranchDisabled):
        projects.change_project(admin, top.id, ProjectChanges(enabled=False))
    projects.change_project(admin, below.id, ProjectChanges(enabled=False))
    projects.change_project(admin, top.id, ProjectChanges(enabled=False))
    with pytest.raises(BranchDisabled):
        projects.create_project(admin, NewProject(name="x", parent=top.id))


def test_projects_are_found_by_their_tags(admin):
    for name, tags in (("a", ["red"]), ("b", ["red", "big"]), ("c", [])):
        projects.create_project(admin, NewProject(name=name, tags=tags))

    def names(**tags):
        found = directory.projects(admin, tags={name.replace("_", "-"): value for name, value in tags.items()})
        return {one.name for one in found} & {"a", "b", "c"}

    assert names(tags="red,big") == {"b"}
    assert names(tags_any="big,blue") == {"b"}
    assert names(not_tags="red,big") == {"a", "c"}
    assert names(not_tags_any="red") == {"c"}


@pytest.mark.parametrize("whole", [True, False])
def test_what_was_given_to_a_user_of_a_quota_ends_with_the_user(admin, acme, whole):
    project = Project.objects.get(name="demo").pk
    ann, demo = (User.objects.get(name=name).pk for name in ("ann", "demo"))
    for user in (ann, demo):
        set_user_limits(admin, project, user, {"servers": 9})
    if whole:
        domains.change_domain(admin, acme.id, DomainChanges(enabled=False))
        domains.delete_domain(admin, acme.id)
    else:
        users.delete_user(admin, ann)
    assert list(UserLimit.objects.values_list("who", flat=True)) == [demo]


@pytest.mark.parametrize("whole", [True, False])
def test_what_was_given_to_a_project_ends_with_it(admin, acme, whole):
    stays = Project.objects.get(name="demo").pk
    ends = projects.create_project(admin, NewProject(name="short", domain=acme.id)).id
    of_services = {"servers": 9, "gigabytes": 9, "volumes_fast": 9, "ports": 9}
    for project in (stays, ends):
        set_limits(admin, project, of_services)
        set_user_limits(admin, project, User.objects.get(name="demo").pk, {"servers": 5})
    if whole:
        domains.change_domain(admin, acme.id, DomainChanges(enabled=False))
        domains.delete_domain(admin, acme.id)
    else:
        projects.delete_project(admin, ends)
    assert {*Limit.objects.values_list("project", "resource")} == {(stays, one) for one in of_services}
    assert [*UserLimit.objects.values_list("project", flat=True)] == [stays]
