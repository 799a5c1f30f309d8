"""Kept credentials: encrypted, whose they are, and never wider than what they were made with."""

import datetime
import json

import msgspec
import pytest
from django.db.models import QuerySet
from keystoneclient.contrib.ec2.utils import Ec2Signer

from logic import clock
from logic.errors import BadRequest, Duplicate, Forbidden, NotFound, Unauthenticated
from logic.identity.commands import credentials, projects, stored, users
from logic.identity.commands.credentials import NewRule
from logic.identity.commands.ec2 import Signed, issue_ec2_token
from logic.identity.commands.projects import NewProject
from logic.identity.commands.stored import NewStored
from logic.identity.commands.tokens import Scope
from logic.identity.models import Role, StoredCredential, Token
from logic.identity.queries import stored as queries
from logic.identity.queries.tokens import authenticate
from logic.identity.refusals import Delegated, LoginFailed, NoSuchScope, TooManyOfThem
from logic.identity.tests.worlds import again, assign, credential, log_in, role, scope, unassign, with_credential

pytestmark = pytest.mark.usefixtures("cloud")


def blob(access="AK", secret="topsecret"):
    return json.dumps({"access": access, "secret": secret})


def key(caller, project=None):
    made = stored.create_ec2_key(caller, caller.user, project or caller.project)
    return msgspec.json.decode(made.blob)


def robot(caller, **fields):
    return authenticate(with_credential(credential(caller, **fields)).token)


def test_a_secret_is_kept_encrypted_and_told_again(demo):
    made = stored.create(demo, NewStored(type="cert", blob="topsecret"))
    row = StoredCredential.objects.get()
    assert "topsecret" not in repr(vars(row))
    assert queries.credential(demo, made.id).blob == "topsecret"


def test_anothers_credential_looks_unknown(demo, admin):
    made = stored.create(admin, NewStored(type="cert", blob="x"))
    for id in (made.id, "0" * 32):
        for attempt in (
            lambda id=id: queries.credential(demo, id),
            lambda id=id: stored.change(demo, id, "y", {}),
            lambda id=id: stored.delete(demo, id),
        ):
            with pytest.raises(NotFound):
                attempt()
    assert queries.credentials(demo) == []
    with pytest.raises(Forbidden):
        stored.create(demo, NewStored(type="cert", blob="x", user=admin.user))


def test_whose_it_is_and_for_what_never_changes(demo, admin):
    made = stored.create(demo, NewStored(type="ec2", blob=blob()))
    assert made.project == demo.project
    for same in ({"user": admin.user}, {"project": admin.project}, {"type": "cert"}):
        with pytest.raises(BadRequest):
            stored.change(demo, made.id, None, same)
    changed = stored.change(demo, made.id, blob("AK2"), {"user": demo.user, "type": "ec2"})
    assert (changed.id, json.loads(changed.blob)["access"]) == (made.id, "AK2")
    assert queries.ec2_key(demo, demo.user, stored.digest("AK2")).id == made.id


MORE = json.dumps({"access": "AK", "secret": "x", "trust_id": 1})


@pytest.mark.parametrize("wrong", ["", "x", "{}", '{"access": "a"}', blob(secret=""), MORE])
def test_an_ec2_key_is_told_completely(demo, wrong):
    with pytest.raises(BadRequest):
        stored.create(demo, NewStored(type="ec2", blob=wrong))
    assert not StoredCredential.objects.exists()


def test_an_access_key_is_there_once(demo, admin):
    first = stored.create(demo, NewStored(type="ec2", blob=blob("A")))
    with pytest.raises(Duplicate):
        stored.create(admin, NewStored(type="ec2", blob=blob("A")))
    stored.change(demo, first.id, blob("B"), {})
    for taken in ("A", "B"):  # the one is the id still, the other the key now
        with pytest.raises(Duplicate):
            stored.create(admin, NewStored(type="ec2", blob=blob(taken)))


def test_a_key_that_another_was_faster_to_make_is_not_written_over(demo, admin, monkeypatch):
    first = stored.create(demo, NewStored(type="ec2", blob=blob("A")))
    monkeypatch.setattr(QuerySet, "exists", lambda _: False)  # it was not there when it was looked for
    with pytest.raises(Duplicate):
        stored.create(admin, NewStored(type="ec2", blob=blob("A", "mine")))
    assert queries.credential(demo, first.id).blob == blob("A")


def test_what_anybody_makes_for_themself_has_an_end(demo, monkeypatch):
    monkeypatch.setattr(stored, "MAX_STORED", 1)
    monkeypatch.setattr(credentials, "MAX_CREDENTIALS", 1)
    monkeypatch.setattr(credentials, "MAX_RULES", 1)
    key(demo)
    credential(demo, name="one", access_rules=[NewRule(service="compute", method="GET", path="/")])
    for attempt in (
        lambda: key(demo),
        lambda: stored.create(demo, NewStored(type="cert", blob="x")),
        lambda: credential(demo, name="two"),
    ):
        with pytest.raises(TooManyOfThem):
            attempt()
    monkeypatch.setattr(credentials, "MAX_CREDENTIALS", 2)
    with pytest.raises(TooManyOfThem, match="access rules"):
        credential(demo, name="two", access_rules=[NewRule(service="image", method="GET", path="/")])


def test_a_token_for_a_project_makes_keys_for_that_project_only(demo, admin):
    assign(admin, demo.user, role("member"), project=admin.project)
    with pytest.raises(Forbidden):
        key(demo, admin.project)
    with pytest.raises(Forbidden):
        stored.create(demo, NewStored(type="ec2", blob=blob(), project=admin.project))
    unscoped = msgspec.structs.replace(demo, project="")
    assert key(unscoped, admin.project)
    unassign(admin, demo.user, role("member"), project=admin.project)
    for project in (admin.project, "0" * 32):
        with pytest.raises(NotFound):
            key(unscoped, project)


def test_a_restricted_application_credential_has_nothing_to_do_with_them(demo):
    made = key(demo)
    plain = robot(demo)
    for attempt in (
        lambda: key(plain),
        lambda: stored.create(plain, NewStored(type="cert", blob="x")),
        lambda: queries.credentials(plain),
        lambda: queries.ec2_keys(plain, plain.user),
        lambda: queries.ec2_key(plain, plain.user, stored.digest(made["access"])),
        lambda: stored.delete_ec2_key(plain, plain.user, made["access"]),
    ):
        with pytest.raises(Delegated):
            attempt()
    assert StoredCredential.objects.count() == 1


def test_an_unrestricted_one_sees_only_what_was_made_with_it(demo):
    key(demo)
    free = robot(demo, unrestricted=True)
    assert queries.ec2_keys(free, demo.user) == []
    mine = key(free)
    assert [json.loads(one.blob) for one in queries.ec2_keys(free, demo.user)] == [mine]
    assert len(queries.credentials(demo)) == 2


def test_an_administrators_one_makes_keys_for_itself_and_its_project_only(admin, demo):
    free = robot(admin, unrestricted=True)
    assert free.is_admin
    for attempt in (
        lambda: stored.create_ec2_key(free, demo.user, demo.project),
        lambda: stored.create_ec2_key(free, admin.user, demo.project),
        lambda: stored.create(free, NewStored(type="ec2", blob=blob(), user=demo.user, project=admin.project)),
        lambda: stored.create(free, NewStored(type="ec2", blob=blob(), project=demo.project)),
    ):
        with pytest.raises(Delegated):
            attempt()
    assert not StoredCredential.objects.exists()


def signed(made, *, at=None, secret=None, host="ec2.example:8788", signs="ec2.example:8788"):
    moment = (at or clock.now()).strftime("%Y%m%dT%H%M%SZ")
    credentials = f"{made['access']}/{moment[:8]}/RegionOne/ec2/aws4_request"
    headers = {
        "Host": signs,
        "X-Amz-Date": moment,
        "Authorization": f"AWS4-HMAC-SHA256 Credential={credentials}, SignedHeaders=host;x-amz-date, Signature=",
    }
    told = {
        "params": {"Action": "DescribeInstances"},
        "headers": headers,
        "verb": "POST",
        "path": "/",
        "body_hash": "0" * 64,
    }
    signature = Ec2Signer(secret or made["secret"]).generate({**told, "host": signs})
    return Signed(access=made["access"], signature=signature, host=host, **told)


def test_who_signs_a_request_has_a_token_for_the_keys_project(demo, admin):
    issued = issue_ec2_token(admin, signed(key(demo)))
    caller = authenticate(issued.token)
    assert (caller.user, caller.project, caller.roles) == (demo.user, demo.project, {"member"})
    assert issued.info.methods == ["ec2credential"]
    assert caller.credential


def signed_of_old(made, at, headers=()):
    """By the second version, in which headers are not signed."""
    params = {"SignatureVersion": "2", "SignatureMethod": "HmacSHA256", "Timestamp": f"{at:%Y-%m-%dT%H:%M:%SZ}"}
    told = {"params": params, "verb": "GET", "path": "/services/Cloud", "headers": dict(headers), "body_hash": ""}
    signature = Ec2Signer(made["secret"]).generate({**told, "headers": {}, "host": "ec2.example"})
    return Signed(access=made["access"], signature=signature, host="ec2.example:80", **told)


def test_version_two_of_signatures_counts_too(demo, admin):
    issued = issue_ec2_token(admin, signed_of_old(key(demo), clock.now()))
    assert authenticate(issued.token).project == demo.project


def test_an_old_signature_is_not_made_young_by_a_time_beside_it(demo, admin):
    old, now = clock.now() - datetime.timedelta(hours=1), f"{clock.now():%Y%m%dT%H%M%SZ}"
    for headers in ({}, {"X-Amz-Date": now}):
        with pytest.raises(LoginFailed):
            issue_ec2_token(admin, signed_of_old(key(demo), old, headers))


def test_a_project_without_a_role_of_ones_own_is_as_unknown_as_none(demo, admin):
    unscoped = authenticate(log_in(project=None).token)
    elsewhere = projects.create_project(admin, NewProject(name="elsewhere")).id
    for project in (elsewhere, "nowhere"):
        with pytest.raises(NotFound):
            stored.create(unscoped, NewStored(type="ec2", blob=blob(), project=project))


def test_checking_signatures_is_a_services_affair(demo, admin):
    made = key(demo)
    with pytest.raises(Forbidden):
        issue_ec2_token(demo, signed(made))
    service = Role.objects.get(name="service").pk
    assign(admin, demo.user, service, project=demo.project)
    assert issue_ec2_token(authenticate(log_in().token), signed(made)).token


def test_a_wrong_signature_and_an_unknown_key_are_one_answer(demo, admin):
    made = key(demo)
    hour = datetime.timedelta(hours=1)
    for wrong in (
        signed(made, secret="guessed"),
        signed({**made, "access": "unknown"}),
        signed(made, at=clock.now() - hour),
        signed(made, at=clock.now() + hour),
        Signed(access=made["access"], signature="", headers={"X-Amz-Date": f"{clock.now():%Y%m%dT%H%M%SZ}"}),
    ):
        with pytest.raises(LoginFailed):
            issue_ec2_token(admin, wrong)
    with pytest.raises(BadRequest):
        issue_ec2_token(admin, Signed(access=made["access"], signature="x"))
    assert not Token.objects.exists()


def test_a_keys_token_gives_nothing_but_itself(demo, admin):
    token = issue_ec2_token(admin, signed(key(demo))).token
    caller = authenticate(token)
    for attempt in (
        lambda: again(token, scope("demo")),
        lambda: again(token, Scope()),
        lambda: key(caller),
        lambda: credential(caller),
        lambda: users.change_password(caller, caller.user, "x", "y", "192.0.2.1"),
    ):
        with pytest.raises(Delegated):
            attempt()


def test_a_key_is_worth_what_the_credential_is_that_made_it(demo, admin):
    end = clock.now() + datetime.timedelta(minutes=5)
    rule = NewRule(service="compute", method="GET", path="/v2.1/servers")
    parent, secret = credential(demo, unrestricted=True, roles=["reader"], expires_at=end, access_rules=[rule])
    made = key(authenticate(with_credential((parent, secret)).token))
    issued = issue_ec2_token(admin, signed(made))
    caller = authenticate(issued.token)
    assert (caller.roles, issued.info.expires_at, len(caller.rules)) == ({"reader"}, end, 1)
    assert not caller.unrestricted
    credentials.delete_credential(demo, demo.user, parent.id)
    with pytest.raises(Unauthenticated):
        authenticate(issued.token)
    with pytest.raises(LoginFailed):
        issue_ec2_token(admin, signed(made))


def disable(demo, admin, made):
    users.change_user(admin, demo.user, users.UserChanges(enabled=False))


def lose_the_role(demo, admin, made):
    unassign(admin, demo.user, role("member"), project=demo.project)


def delete(demo, admin, made):
    stored.delete_ec2_key(demo, demo.user, made["access"])


@pytest.mark.parametrize("then", [disable, lose_the_role, delete])
def test_a_key_ends_with_what_it_stands_for(demo, admin, then):
    made = key(demo)
    token = issue_ec2_token(admin, signed(made)).token
    then(demo, admin, made)
    with pytest.raises(Unauthenticated):
        authenticate(token)
    with pytest.raises((LoginFailed, NoSuchScope)):
        issue_ec2_token(admin, signed(made))
