"""Application credentials: never wider, never longer, never from one another."""

import datetime

import msgspec
import pytest
from hypothesis import HealthCheck, given
from hypothesis import settings as examples
from hypothesis import strategies as st

from logic import clock
from logic.access import implied
from logic.errors import BadRequest, Duplicate, Forbidden, NotFound, Unauthenticated
from logic.identity import secrets
from logic.identity.commands import credentials, users
from logic.identity.models import ApplicationCredential
from logic.identity.queries import credentials as queries
from logic.identity.queries import directory
from logic.identity.queries.tokens import authenticate
from logic.identity.refusals import Delegated, LoginFailed
from logic.identity.tests.worlds import ADDRESS, assign, assignments, credential, role, scope, unassign, with_credential

pytestmark = pytest.mark.usefixtures("cloud")


def test_a_credential_acts_for_its_user_in_its_project(demo):
    caller = authenticate(with_credential(credential(demo)).token)
    assert (caller.user, caller.project, caller.roles) == (demo.user, demo.project, {"member", "reader"})
    assert caller.credential


def test_it_may_be_told_by_its_name_and_user(demo):
    from logic.identity.commands.tokens import Credential, Named, issue_token

    _, secret = credential(demo)
    login = Credential(name="robot", user=Named(id=demo.user), secret=secret)
    assert authenticate(issue_token(login, None, ADDRESS).token).user == demo.user


@pytest.mark.parametrize("secret", ["", "wrong", "x" * 100_000])
def test_a_wrong_secret_is_a_failed_login(demo, secret):
    with pytest.raises(LoginFailed):
        with_credential((credential(demo)[0], secret))


def test_the_secret_is_shown_once_and_not_kept(demo):
    _, secret = credential(demo)
    row = ApplicationCredential.objects.get()
    assert secret not in str(vars(row))
    assert secrets.matches(row.secret, secret)


def test_it_can_have_fewer_roles_told_by_id_or_name(demo):
    for name, given_role in (("one", "reader"), ("two", role("reader"))):
        made = credential(demo, name=name, roles=[given_role])
        assert authenticate(with_credential(made).token).roles == {"reader"}


@pytest.mark.parametrize("wanted", [["admin"], ["reader", "admin"], ["nothing"], []])
def test_it_cannot_have_roles_its_maker_lacks(demo, wanted):
    with pytest.raises(BadRequest, match="Invalid application credential"):
        credential(demo, roles=wanted)
    assert not ApplicationCredential.objects.exists()


def test_a_role_its_maker_gains_later_is_not_its_own(demo, admin):
    made = credential(demo)
    assign(admin, demo.user, role("admin"), project=demo.project)
    assert authenticate(with_credential(made).token).roles == {"member", "reader"}


def test_a_role_its_maker_loses_is_lost_to_it_at_once(demo, admin):
    token = with_credential(credential(demo)).token
    assign(admin, demo.user, role("reader"), project=demo.project)
    unassign(admin, demo.user, role("member"), project=demo.project)
    assert authenticate(token).roles == {"reader"}
    unassign(admin, demo.user, role("reader"), project=demo.project)
    with pytest.raises(Unauthenticated):
        authenticate(token)


def test_it_asks_for_no_scope(demo):
    with pytest.raises(Delegated):
        with_credential(credential(demo), scope("demo"))


def test_a_token_made_from_one_touches_no_credential_and_no_password(demo):
    made = credential(demo)
    robot = authenticate(with_credential(made).token)
    for attempt in (
        lambda: credential(robot, name="another"),
        lambda: credentials.delete_credential(robot, robot.user, made[0].id),
        lambda: users.change_password(robot, robot.user, "x", "y", ADDRESS),
    ):
        with pytest.raises(Delegated):
            attempt()
    assert ApplicationCredential.objects.count() == 1


def test_a_token_made_from_one_is_told_of_no_other_project(admin):
    assert {one.name for one in directory.scopes(admin)} == {"admin", "demo"}
    robot = authenticate(with_credential(credential(admin)).token)
    assert [one.name for one in directory.scopes(robot)] == ["admin"]
    assert directory.domain_scopes(robot) == []


def test_an_admins_credential_does_not_change_its_own_user(admin):
    robot = authenticate(with_credential(credential(admin)).token)
    assert robot.is_admin
    with pytest.raises(Delegated):
        users.change_user(robot, robot.user, users.UserChanges(password="mine"))


def test_nobody_makes_one_for_another_user(demo, admin):
    for caller, user in ((demo, admin.user), (demo, "nobody"), (admin, demo.user)):
        with pytest.raises(Forbidden):
            credentials.create_credential(caller, user, credentials.NewCredential(name="x"))


def test_another_users_credentials_look_unknown(demo, admin):
    made, _ = credential(admin)
    for user in (admin.user, "nobody"):
        with pytest.raises(Forbidden):
            queries.credential(demo, user, made.id)
    for id in (made.id, "0" * 32):
        with pytest.raises(NotFound):
            queries.credential(demo, demo.user, id)
        with pytest.raises(NotFound):
            credentials.delete_credential(demo, demo.user, id)
    assert ApplicationCredential.objects.count() == 1


def test_one_belongs_to_a_project(demo):
    with pytest.raises(BadRequest, match="belongs to a project"):
        credential(msgspec.structs.replace(demo, project=""))


def test_two_of_a_user_have_different_names(demo, admin):
    credential(demo)
    with pytest.raises(Duplicate):
        credential(demo)
    credential(admin)


def test_one_that_would_be_over_already_is_refused(demo):
    with pytest.raises(BadRequest, match="in the past"):
        credential(demo, expires_at=clock.now() - datetime.timedelta(seconds=1))


ROLES = ["admin", "member", "reader"]


@examples(max_examples=25, deadline=None, suppress_health_check=[HealthCheck.function_scoped_fixture])
@given(asked=st.sets(st.sampled_from(ROLES), min_size=1), then=st.sets(st.sampled_from(ROLES)))
def test_no_credential_is_ever_wider_than_its_maker(demo, admin, asked, then):
    """Whatever is asked for, and whatever roles the maker holds afterwards."""
    made = msgspec.structs.replace(demo, roles=frozenset({"admin"}))
    robot = credential(made, name=str(clock.new_uuid()), roles=sorted(asked))
    for name in ROLES:
        held = {one.role.name for one in _assignments(admin, demo)}
        if (name in then) != (name in held):
            change = assign if name in then else unassign
            change(admin, demo.user, role(name), project=demo.project)
    try:
        gives = authenticate(with_credential(robot).token).roles
    except Unauthenticated:
        gives = frozenset()
    assert gives <= implied(then)
    assert gives <= asked


def _assignments(admin, demo):
    return assignments(admin, user=demo.user, project=demo.project)
