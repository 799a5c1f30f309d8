"""Logging in, and what ends a token: each rule counts from the next request on."""

import datetime

import msgspec
import pytest

from logic import clock
from logic.errors import NotFound, TooManyRequests, Unauthenticated
from logic.identity import secrets
from logic.identity.commands import credentials, projects, tokens, users
from logic.identity.commands.projects import ProjectChanges
from logic.identity.commands.tokens import FromToken, Named, Password, Scope, issue_token
from logic.identity.commands.users import UserChanges
from logic.identity.models import Assignment, Project, Token, User
from logic.identity.queries.tokens import authenticate, describe
from logic.identity.refusals import Delegated, LoginFailed, NoSuchScope, NoSystemScope
from logic.identity.tests.worlds import (
    ADDRESS,
    ADMIN_PASSWORD,
    DEMO_PASSWORD,
    admin_token,
    again,
    assign,
    credential,
    later,
    log_in,
    named,
    role,
    scope,
    unassign,
    with_credential,
)

pytestmark = [pytest.mark.usefixtures("cloud"), pytest.mark.every_database]


def test_a_token_stands_for_its_user_project_and_roles():
    caller = authenticate(log_in().token, "req-1")
    assert (caller.user_name, caller.project_name, caller.roles) == ("demo", "demo", {"member"})
    assert caller.request == "req-1"
    assert not caller.is_admin


@pytest.mark.parametrize("project", ["demo", None])
def test_authenticating_takes_one_query(project, django_assert_num_queries):
    token = log_in(project=project).token
    with django_assert_num_queries(1):
        authenticate(token)


def test_authenticating_a_credentials_token_takes_one_query(demo, django_assert_num_queries):
    token = with_credential(credential(demo)).token
    with django_assert_num_queries(1):
        authenticate(token)


def test_the_token_itself_is_not_kept():
    issued = log_in()
    row = Token.objects.get()
    assert issued.token not in repr(list(Token.objects.values()))
    assert row.pk == secrets.digest(issued.token)
    assert len(issued.token) == 43


def test_an_unscoped_token_has_a_user_and_nothing_else():
    caller = authenticate(log_in(project=None).token)
    assert (caller.user_name, caller.project, caller.roles) == ("demo", "", frozenset())


def test_without_a_scope_the_default_project_is_taken_if_the_user_has_a_role_there(demo, admin):
    login = Password(user=named("demo"), password=DEMO_PASSWORD)
    assert authenticate(issue_token(login, None, ADDRESS).token).project == ""
    users.change_user(admin, demo.user, UserChanges(default_project=demo.project))
    assert authenticate(issue_token(login, None, ADDRESS).token).project == demo.project
    users.change_user(admin, demo.user, UserChanges(default_project=admin.project))
    assert authenticate(issue_token(login, None, ADDRESS).token).project == ""


def test_a_domain_is_a_scope_too():
    issued = issue_token(
        Password(user=named("admin"), password=ADMIN_PASSWORD), Scope(domain=Named(id="default")), ADDRESS
    )
    caller = authenticate(issued.token)
    assert (caller.project, caller.is_admin) == ("", True)


def test_the_first_admin_has_a_role_on_the_system_and_nobody_else():
    issued = issue_token(Password(user=named("admin"), password=ADMIN_PASSWORD), Scope(system=True), ADDRESS)
    caller = authenticate(issued.token)
    assert (caller.project, caller.system, caller.is_admin) == ("", True, True)
    with pytest.raises(NoSystemScope):
        issue_token(Password(user=named("demo"), password=DEMO_PASSWORD), Scope(system=True), ADDRESS)


def outcome(name: str, password: str) -> tuple[type, str]:
    with pytest.raises(LoginFailed) as caught:
        log_in(name, password)
    return type(caught.value), caught.value.sentence


def test_whatever_is_wrong_with_a_login_is_answered_alike(admin):
    users.create_user(admin, users.NewUser(name="off", password="x", enabled=False))
    users.create_user(admin, users.NewUser(name="no password"))
    cases = [
        ("nobody", "x"),
        ("demo", "wrong"),
        ("off", "x"),
        ("no password", ""),
        ("demo", ""),
        ("demo", "x" * 100_000),
    ]
    assert len({outcome(*case) for case in cases}) == 1
    assert not Token.objects.exists()


def test_an_unknown_user_costs_as_much_as_a_wrong_password(monkeypatch):
    hashed = []
    real = secrets._HASHER.verify.__func__
    monkeypatch.setattr(
        type(secrets._HASHER), "verify", lambda self, *args: (hashed.append(args[0]), real(self, *args))[1]
    )
    outcome("nobody", "x")
    outcome("demo", "x")
    assert len(hashed) == 2
    assert {each.split("$")[3] for each in hashed} == {"m=8,t=1,p=1"}


def test_a_long_password_is_refused_before_it_is_hashed(monkeypatch, admin):
    def never(*_):
        raise AssertionError

    monkeypatch.setattr(type(secrets._HASHER), "verify", never)
    monkeypatch.setattr(type(secrets._HASHER), "hash", never)
    outcome("demo", "x" * (secrets.MAX_PASSWORD + 1))
    with pytest.raises(secrets.BadRequest):
        users.create_user(admin, users.NewUser(name="x", password="x" * (secrets.MAX_PASSWORD + 1)))
    assert not User.objects.filter(name="x").exists()


@pytest.mark.parametrize("project", ["nowhere", "admin", "off"])
def test_unknown_foreign_and_disabled_projects_are_one_answer(project, admin, demo):
    made = projects.create_project(admin, projects.NewProject(name="off", enabled=False))
    assign(admin, demo.user, role("member"), project=made.id)
    with pytest.raises(NoSuchScope, match="You have no role in the project you asked for"):
        log_in(project=project)


def revoke(token, admin, demo):
    tokens.revoke_token(demo, token)


def lose_the_role(token, admin, demo):
    unassign(admin, demo.user, role("member"), project=demo.project)


def disable_the_user(token, admin, demo):
    users.change_user(admin, demo.user, UserChanges(enabled=False))


def disable_the_project(token, admin, demo):
    projects.change_project(admin, demo.project, ProjectChanges(enabled=False))


def delete_the_user(token, admin, demo):
    users.delete_user(admin, demo.user)


def delete_the_project(token, admin, demo):
    projects.delete_project(admin, demo.project)


def change_the_password(token, admin, demo):
    users.change_password(demo, demo.user, DEMO_PASSWORD, "another", ADDRESS)


def have_it_changed(token, admin, demo):
    users.change_user(admin, demo.user, UserChanges(password="another"))


ENDS = [
    revoke,
    lose_the_role,
    disable_the_user,
    disable_the_project,
    delete_the_user,
    delete_the_project,
    change_the_password,
    have_it_changed,
]


@pytest.mark.parametrize("end", ENDS)
def test_a_token_and_those_made_from_it_end_at_once(end, admin, demo):
    token = log_in().token
    child = again(token).token
    end(token, admin, demo)
    for one in (token, child):
        with pytest.raises(Unauthenticated):
            authenticate(one)
        with pytest.raises(NotFound):
            describe(admin, one)


def test_enabling_again_does_not_bring_tokens_back(admin, demo):
    token = log_in().token
    for enabled in (False, True):
        users.change_user(admin, demo.user, UserChanges(enabled=enabled))
    with pytest.raises(Unauthenticated):
        authenticate(token)
    token = log_in().token
    for enabled in (False, True):
        projects.change_project(admin, demo.project, ProjectChanges(enabled=enabled))
    with pytest.raises(Unauthenticated):
        authenticate(token)


@pytest.mark.parametrize("model", [User, Project])
def test_a_row_that_is_disabled_by_whatever_hand_ends_its_tokens(model, demo):
    token = log_in().token
    model.objects.filter(name="demo").update(enabled=False)
    with pytest.raises(Unauthenticated):
        authenticate(token)


def test_a_new_role_counts_from_the_next_request_on(admin, demo):
    token = log_in().token
    assign(admin, demo.user, role("admin"), project=demo.project)
    assert authenticate(token).is_admin


def test_a_role_elsewhere_does_not_count(admin, demo):
    assign(admin, demo.user, role("admin"), project=admin.project)
    assert authenticate(log_in().token).roles == {"member"}


def test_a_token_ends_when_its_time_has_come(settings):
    token = log_in().token
    with later(settings.TOKEN_LIFETIME - 1):
        authenticate(token)
    with later(settings.TOKEN_LIFETIME + 1), pytest.raises(Unauthenticated):
        authenticate(token)


def test_a_token_from_a_token_never_outlives_it(settings):
    first = log_in()
    with later(settings.TOKEN_LIFETIME / 2):
        second = again(first.token)
        third = again(second.token, Scope())
    assert first.info.expires_at == second.info.expires_at == third.info.expires_at
    assert third.info.methods == ["token", "password"]
    assert third.info.audit_ids[1:] == first.info.audit_ids


def test_revoking_a_child_leaves_the_parent(demo):
    first = log_in()
    tokens.revoke_token(demo, again(first.token).token)
    assert authenticate(first.token).user_name == "demo"


def test_a_token_is_no_way_into_a_project_without_a_role():
    with pytest.raises(NoSuchScope):
        again(log_in().token, scope("admin"))


def test_only_ones_own_token_is_shown_or_revoked(demo, admin):
    theirs = admin_token().token
    unknown, foreign = (_sentence(describe, demo, token) for token in ("x" * 43, theirs))
    assert unknown == foreign
    assert _sentence(tokens.revoke_token, demo, "x" * 43) == _sentence(tokens.revoke_token, demo, theirs)
    assert authenticate(theirs).is_admin
    assert describe(admin, log_in().token).user.name == "demo"


def _sentence(function, *args) -> str:
    with pytest.raises(NotFound) as caught:
        function(*args)
    assert args[-1] not in caught.value.sentence
    return caught.value.sentence


@pytest.mark.parametrize("token", ["", "x", "x" * 1_000_000, "\udcff", "ü"])
def test_what_is_no_token_is_unauthenticated(token):
    with pytest.raises(Unauthenticated):
        authenticate(token)


def test_the_eleventh_failure_in_a_minute_is_turned_away_even_with_the_right_password():
    for _ in range(10):
        outcome("demo", "guess")
    with pytest.raises(TooManyRequests) as caught:
        log_in()
    assert 0 < caught.value.facts["retry_after"] <= 60
    assert log_in(address="192.0.2.2").token
    with later(61):
        assert log_in().token


def test_failures_before_a_success_do_not_add_up():
    for _ in range(3):
        for _ in range(9):
            outcome("demo", "guess")
        log_in()


def test_a_user_told_by_id_or_name_has_one_count(demo):
    for _ in range(10):
        outcome("demo", "guess")
    with pytest.raises(TooManyRequests):
        issue_token(Password(user=Named(id=demo.user), password="guess"), Scope(), ADDRESS)


def test_the_right_password_of_a_disabled_user_counts_as_a_failure(admin, demo):
    users.change_user(admin, demo.user, UserChanges(enabled=False))
    for _ in range(10):
        outcome("demo", DEMO_PASSWORD)
    with pytest.raises(TooManyRequests):
        log_in()


def test_guessing_writes_no_rows():
    before = Token.objects.count()
    for _ in range(10):
        outcome("nobody", "guess")
    assert Token.objects.count() == before


def test_expired_tokens_are_pruned_in_bounded_batches_and_live_ones_are_kept(settings):
    old = log_in().token
    again(old)
    with later(settings.TOKEN_LIFETIME + 1):
        kept = log_in().token
        assert tokens.prune_tokens(limit=1) >= 1
        tokens.prune_tokens()
        assert authenticate(kept).user_name == "demo"
        assert Token.objects.count() == 1


def test_the_first_inhabitants_are_made_once(cloud):
    from logic.identity.commands import ensure_bootstrap

    before = (User.objects.count(), Project.objects.count(), Assignment.objects.count())
    caller = ensure_bootstrap("another", "another")
    assert (User.objects.count(), Project.objects.count(), Assignment.objects.count()) == before
    assert log_in().info.user.id == caller.user
    assert caller == msgspec.structs.replace(authenticate(log_in().token), token="")


def test_a_password_changed_while_logging_in_wins(monkeypatch, admin, demo):
    real = secrets.matches

    def changed_meanwhile(kept: str, given: str) -> bool:
        right = real(kept, given)
        users.change_user(admin, demo.user, UserChanges(password="another"))
        return right

    monkeypatch.setattr(secrets, "matches", changed_meanwhile)
    with pytest.raises(LoginFailed):
        log_in()
    assert not Token.objects.exists()


def test_tokens_of_a_credential_cannot_be_given_another_scope(demo):
    token = with_credential(credential(demo)).token
    for wanted in (None, Scope(), scope("demo")):
        with pytest.raises(Delegated):
            issue_token(FromToken(token=token), wanted, ADDRESS)


def test_a_credentials_token_ends_with_it(demo):
    made = credential(demo)
    token = with_credential(made).token
    credentials.delete_credential(demo, demo.user, made[0].id)
    with pytest.raises(Unauthenticated):
        authenticate(token)
    with pytest.raises(LoginFailed):
        with_credential(made)


def test_a_credentials_token_never_outlives_it(demo):
    soon = clock.now() + datetime.timedelta(seconds=30)
    made = credential(demo, expires_at=soon)
    assert with_credential(made).info.expires_at == soon
    with later(31), pytest.raises(LoginFailed):
        with_credential(made)
