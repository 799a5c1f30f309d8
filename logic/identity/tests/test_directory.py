"""Projects, users and roles: who sees and changes what."""

import pytest

from logic.errors import BadRequest, Conflict, Duplicate, Forbidden, NotFound
from logic.identity.commands import projects, roles, users
from logic.identity.commands.bootstrap import set_password
from logic.identity.models import Project, Role, User
from logic.identity.queries import directory
from logic.identity.queries.listing import Listing
from logic.identity.refusals import LoginFailed, PasswordLocked
from logic.identity.tests.worlds import ADDRESS, DEMO_PASSWORD, assign, assignments, log_in, role, roles_on, unassign

pytestmark = [pytest.mark.usefixtures("cloud"), pytest.mark.every_database]


def test_an_admin_sees_all_and_a_member_their_own(admin, demo):
    assert [one.name for one in directory.projects(admin)] == ["admin", "demo"]
    assert [one.name for one in directory.scopes(demo)] == ["demo"]
    assert directory.project(demo, demo.project).name == "demo"
    assert directory.user(demo, demo.user).name == "demo"
    assert directory.domain(demo, "default").name == "Default"


def test_another_tenants_ids_look_unknown(admin, demo):
    for show, theirs in ((directory.project, admin.project), (directory.user, admin.user)):
        sentences = []
        for id in (theirs, "0" * 32):
            with pytest.raises(NotFound) as caught:
                show(demo, id)
            sentences.append(caught.value.sentence.replace(id, "…"))
        assert sentences[0] == sentences[1]


FOR_ADMINS = [
    directory.projects,
    directory.users,
    directory.domains,
    assignments,
    lambda caller: roles_on(caller, caller.user, project=caller.project),
    lambda caller: directory.projects_of(caller, "0" * 32),
    lambda caller: projects.create_project(caller, projects.NewProject(name="x")),
    lambda caller: projects.change_project(caller, caller.project, projects.ProjectChanges(name="x")),
    lambda caller: projects.delete_project(caller, caller.project),
    lambda caller: users.create_user(caller, users.NewUser(name="x")),
    lambda caller: users.change_user(caller, caller.user, users.UserChanges(name="x")),
    lambda caller: users.delete_user(caller, caller.user),
    lambda caller: roles.create_role(caller, "x"),
    lambda caller: roles.change_role(caller, role("member"), name="x"),
    lambda caller: roles.delete_role(caller, role("member")),
    lambda caller: assign(caller, caller.user, role("admin"), project=caller.project),
    lambda caller: unassign(caller, caller.user, role("member"), project=caller.project),
]


@pytest.mark.parametrize("attempt", FOR_ADMINS)
def test_what_is_for_admins_is_forbidden_to_members(attempt, demo):
    before = _everything()
    with pytest.raises(Forbidden):
        attempt(demo)
    assert _everything() == before


def _everything() -> list[object]:
    return [list(model.objects.values()) for model in (Project, User, Role)]


def test_names_are_unique_in_their_kind(admin):
    with pytest.raises(Duplicate):
        projects.create_project(admin, projects.NewProject(name="demo"))
    with pytest.raises(Duplicate):
        users.create_user(admin, users.NewUser(name="demo"))
    with pytest.raises(Duplicate):
        roles.create_role(admin, "admin")
    with pytest.raises(Duplicate):
        users.change_user(admin, admin.user, users.UserChanges(name="demo"))


def test_an_unknown_id_is_not_found(admin):
    no = "0" * 32
    for attempt in (
        lambda: projects.delete_project(admin, no),
        lambda: users.delete_user(admin, no),
        lambda: roles.delete_role(admin, no),
        lambda: assign(admin, no, role("member"), project=admin.project),
        lambda: assign(admin, admin.user, no, project=admin.project),
        lambda: assign(admin, admin.user, role("member"), project=no),
        lambda: unassign(admin, admin.user, role("member"), domain="default"),
        lambda: projects.create_project(admin, projects.NewProject(name="x", domain=no)),
        lambda: directory.projects_of(admin, no),
        lambda: roles_on(admin, admin.user, project=no),
    ):
        with pytest.raises(NotFound):
            attempt()


def test_built_in_roles_stay(admin):
    for attempt in (
        lambda: roles.delete_role(admin, role("reader")),
        lambda: roles.change_role(admin, role("reader"), name="x"),
    ):
        with pytest.raises(Conflict, match="built in"):
            attempt()
    mine = roles.create_role(admin, "auditor")
    assert roles.change_role(admin, mine.id, name="accountant").name == "accountant"
    roles.delete_role(admin, mine.id)


def test_assigning_twice_is_assigning_once(admin, demo):
    for _ in range(2):
        assign(admin, demo.user, role("reader"), project=demo.project)
    assert [one.name for one in roles_on(admin, demo.user, project=demo.project)] == ["member", "reader"]


def test_pages_follow_one_another_by_name(admin):
    for name in ("c", "a", "b"):
        users.create_user(admin, users.NewUser(name=name))
    first = directory.users(admin, Listing(limit=2))
    rest = directory.users(admin, Listing(limit=10, marker=first[-1].id))
    assert [one.name for one in first + rest] == ["a", "admin", "b", "c", "demo"]
    with pytest.raises(BadRequest):
        directory.users(admin, Listing(marker="0" * 32))


def test_a_password_is_changed_by_who_knows_the_old_one(demo):
    with pytest.raises(LoginFailed):
        users.change_password(demo, demo.user, "wrong", "new", ADDRESS)
    users.change_password(demo, demo.user, DEMO_PASSWORD, "new", ADDRESS)
    assert log_in(password="new").token
    with pytest.raises(LoginFailed):
        log_in()


def test_another_users_password_is_changed_by_who_knows_it_and_unknown_users_are_as_wrong(demo, admin):
    for user in (admin.user, "0" * 32):
        with pytest.raises(LoginFailed):
            users.change_password(demo, user, "x", "y", ADDRESS)
    users.change_password(admin, demo.user, DEMO_PASSWORD, "new", ADDRESS)
    assert log_in(password="new").token


def test_a_locked_password_is_the_administrators_affair(demo, admin):
    users.change_user(admin, demo.user, users.UserChanges(options={"lock_password": True}))
    with pytest.raises(PasswordLocked):
        users.change_password(demo, demo.user, DEMO_PASSWORD, "new", ADDRESS)
    users.change_user(admin, demo.user, users.UserChanges(options={"lock_password": None}))
    users.change_password(demo, demo.user, DEMO_PASSWORD, "new", ADDRESS)


def test_the_operator_of_a_node_sets_any_password():
    set_password("demo", "new")
    assert log_in(password="new").token
    with pytest.raises(NotFound):
        set_password("nobody", "new")
