"""Groups and rules: made, changed, deleted, counted; and nothing of another tenant's."""

import pytest

from logic.errors import BadRequest, Forbidden, NotFound, NotSupported, QuotaExceeded
from logic.network.models import SecurityGroup, SecurityRule
from logic.network.security import commands, defaults, queries, refusals
from logic.network.security.commands import NewGroup
from logic.network.security.rules import MOST_RULES, NewRule
from logic.quota import queries as quota
from logic.quota.commands import fold
from logic.testing.worlds import ADMIN, ALICE, BOB, READER, create, furnish

pytestmark = [pytest.mark.django_db, pytest.mark.every_database]


@pytest.fixture(autouse=True)
def world(settings):
    settings.SECURITY_GROUPS = True
    return furnish()


def made(caller=ALICE, name="web", **more):
    (id,) = commands.create_groups(caller, [NewGroup(name=name, **more)])
    return id


def ssh(group, **more):
    return NewRule(**{"group": group, "direction": "ingress", "protocol": "tcp", "port_min": 22, "port_max": 22} | more)


def held(project=ALICE.project):
    used = quota.usage(project)
    return used.get("security_groups", 0), used.get("security_group_rules", 0)


def test_a_project_has_its_default_group_from_its_first_look_on_and_once():
    for _ in range(2):
        (group,) = queries.groups(ALICE)
    assert (group.name, group.is_default, group.project) == ("default", True, ALICE.project)
    assert {(one.direction, one.ethertype, one.remote_group) for one in group.rules} == {
        ("egress", "IPv4", ""),
        ("egress", "IPv6", ""),
        ("ingress", "IPv4", group.id),
        ("ingress", "IPv6", group.id),
    }
    assert held() == (1, 4)
    assert SecurityGroup.objects.count() == 1


def test_rules_of_the_default_group_that_were_deleted_stay_so():
    (group,) = queries.groups(ALICE)
    for one in group.rules:
        commands.delete_rule(ALICE, one.id)
    assert queries.group(ALICE, group.id).rules == []
    assert held() == (1, 0)


def test_the_default_group_stays_as_it_is_called_and_can_be_described():
    id = queries.groups(ALICE)[0].id
    with pytest.raises(refusals.SecurityGroupCannotRemoveDefault):
        commands.delete_group(ALICE, id)
    with pytest.raises(refusals.SecurityGroupCannotUpdateDefault):
        commands.update_group(ALICE, id, name="other")
    commands.update_group(ALICE, id, name="default", description="ours")
    assert queries.group(ALICE, id).description == "ours"


@pytest.mark.parametrize("folded", [(), ("before",), ("after",), ("before", "after")])
def test_an_administrator_clears_the_default_group_of_a_project_away(folded):
    (group,) = queries.groups(ALICE)
    if "before" in folded:
        fold()
    commands.delete_group(ADMIN, group.id)
    if "after" in folded:
        fold()
    assert held() == (0, 0)
    (again,) = queries.groups(ALICE)
    assert (again.name, len(again.rules)) == ("default", len(group.rules))
    assert held() == (1, len(group.rules))


def test_no_other_group_is_called_default():
    with pytest.raises(refusals.SecurityGroupDefaultAlreadyExists):
        made(name="default")
    with pytest.raises(refusals.SecurityGroupDefaultAlreadyExists):
        commands.update_group(ALICE, made(), name="default")


def test_a_new_group_lets_everything_out_and_names_may_repeat():
    group = queries.group(ALICE, made(description="servers of pages"))
    assert {(one.direction, one.ethertype) for one in group.rules} == {("egress", "IPv4"), ("egress", "IPv6")}
    assert (group.name, group.description, group.revision) == ("web", "servers of pages", 1)
    assert made() != group.id
    assert held() == (2, 4)


def test_each_change_of_a_group_or_its_rules_is_another_revision():
    id = made()
    commands.update_group(ALICE, id, name="pages")
    (rule,) = commands.create_rules(ALICE, [ssh(id)])
    commands.delete_rule(ALICE, rule)
    group = queries.group(ALICE, id)
    assert (group.name, group.revision) == ("pages", 4)
    assert group.updated_at > group.created_at


def test_the_same_rule_twice_is_refused_in_one_request_and_in_two():
    id = made()
    with pytest.raises(refusals.DuplicateSecurityGroupRuleInPost):
        commands.create_rules(ALICE, [ssh(id), ssh(id, protocol="6")])
    (first,) = commands.create_rules(ALICE, [ssh(id)])
    with pytest.raises(refusals.SecurityGroupRuleExists) as refusal:
        commands.create_rules(ALICE, [ssh(id, port_min=80, port_max=80), ssh(id, remote_prefix="0.0.0.0/0")])
    assert first in refusal.value.sentence
    assert held() == (1, 3)


def test_the_rules_of_a_request_are_of_one_group():
    with pytest.raises(refusals.SecurityGroupNotSingleGroupRules):
        commands.create_rules(ALICE, [ssh(made()), ssh(made())])


def test_a_group_has_no_more_rules_than_nodes_take(settings):
    settings.QUOTAS = {}
    id = made()
    many = [ssh(id, port_min=1, port_max=last) for last in range(1, MOST_RULES - 1)]
    commands.create_rules(ALICE, many)
    with pytest.raises(refusals.SecurityGroupRulesTooMany):
        commands.create_rules(ALICE, [ssh(id)])


def test_quota_counts_groups_and_rules_and_is_given_back_with_them(settings):
    settings.QUOTAS = {"security_groups": 1, "security_group_rules": 3}
    id = made()
    with pytest.raises(QuotaExceeded):
        made()
    (rule,) = commands.create_rules(ALICE, [ssh(id)])
    with pytest.raises(QuotaExceeded):
        commands.create_rules(ALICE, [ssh(id, port_max=23)])
    commands.delete_rule(ALICE, rule)
    commands.create_rules(ALICE, [ssh(id)])
    commands.delete_group(ALICE, id)
    assert held() == (0, 0)
    assert not SecurityRule.objects.exists()
    made()


def test_the_default_group_is_there_however_little_quota_allows(settings):
    settings.QUOTAS = {"security_groups": 0, "security_group_rules": 0}
    assert [one.name for one in queries.groups(ALICE)] == ["default"]
    with pytest.raises(QuotaExceeded):
        made()


def test_rules_about_the_members_of_a_group_go_with_it():
    friends, id = made(name="friends"), made()
    commands.create_rules(ALICE, [ssh(id, remote_group=friends)])
    commands.delete_group(ALICE, friends)
    assert len(queries.group(ALICE, id).rules) == 2
    assert held() == (1, 2)


def test_a_group_with_a_server_is_in_use_until_the_server_is_gone():
    server = create()
    id = made()
    from logic.network.security import members

    members.add_to_server(ALICE, server.pk, id)
    with pytest.raises(refusals.SecurityGroupInUse):
        commands.delete_group(ALICE, id)
    members.remove_from_server(ALICE, server.pk, id)
    commands.delete_group(ALICE, id)


def test_the_members_of_the_default_group_can_be_meant_before_anybody_looked_at_it():
    (rule,) = commands.create_rules(ALICE, [ssh(made(), remote_group=defaults.id_of(ALICE.project))])
    assert queries.rule(ALICE, rule).remote_name == "default"


THEIRS = [
    lambda id, rule: queries.group(ALICE, id),
    lambda id, rule: queries.rule(ALICE, rule),
    lambda id, rule: queries.groups(ALICE, marker=id),
    lambda id, rule: queries.rules(ALICE, marker=rule),
    lambda id, rule: commands.update_group(ALICE, id, name="mine"),
    lambda id, rule: commands.delete_group(ALICE, id),
    lambda id, rule: commands.delete_rule(ALICE, rule),
    lambda id, rule: commands.create_rules(ALICE, [ssh(id)]),
    lambda id, rule: commands.create_rules(ALICE, [ssh(made(), remote_group=id)]),
    lambda id, rule: commands.create_rules(ALICE, [ssh(made(), project=BOB.project)]),
]


@pytest.mark.parametrize("attempt", THEIRS)
def test_another_tenants_group_and_rule_are_as_unknown_as_what_never_was(attempt):
    id = made(BOB)
    (rule,) = commands.create_rules(BOB, [ssh(id)])
    before = list(SecurityGroup.objects.filter(pk=id).values())
    for given in ((id, rule), ("nowhere", "nowhere")):
        with pytest.raises(NotFound):
            attempt(*given)
    assert list(SecurityGroup.objects.filter(pk=id).values()) == before
    assert SecurityRule.objects.filter(pk=rule).exists()


def test_a_remote_group_is_of_the_groups_own_project_for_admins_too():
    with pytest.raises(NotFound):
        commands.create_rules(ADMIN, [ssh(made(), remote_group=made(BOB))])


def test_lists_have_a_projects_own_and_for_admins_all():
    mine, theirs = made(), made(BOB)
    assert {one.id for one in queries.groups(ALICE)} == {mine, defaults.id_of(ALICE.project)}
    assert {mine, theirs} <= {one.id for one in queries.groups(ADMIN)}
    assert {one.project for one in queries.rules(ALICE)} == {ALICE.project}
    assert queries.rules(ALICE, group=[theirs]) == queries.rules(ALICE, group__project=[BOB.project]) == []
    assert {one.group for one in queries.rules(ALICE, group=[mine, theirs])} == {mine}
    assert {one.group for one in queries.rules(ADMIN, group__project=[BOB.project])} == {theirs}


def test_only_admins_make_groups_for_others():
    with pytest.raises(Forbidden):
        made(project=BOB.project)
    assert queries.group(BOB, made(ADMIN, project=BOB.project)).project == BOB.project
    assert held(BOB.project) == (1, 2)


def test_readers_change_nothing():
    id = made()
    for attempt in (
        lambda: made(READER),
        lambda: commands.update_group(READER, id, name="x"),
        lambda: commands.create_rules(READER, [ssh(id)]),
        lambda: commands.delete_rule(READER, queries.rules(READER)[0].id),
        lambda: commands.delete_group(READER, id),
    ):
        with pytest.raises(Forbidden):
            attempt()


def test_texts_that_no_column_holds_are_refused():
    for more in ({"name": "x" * 256}, {"description": "x" * 256}):
        with pytest.raises(BadRequest):
            made(**more)


def test_a_cloud_without_security_groups_has_none_and_makes_none(settings):
    id = made()
    settings.SECURITY_GROUPS = False
    assert queries.groups(ALICE) == queries.rules(ALICE) == []
    with pytest.raises(NotSupported):
        made()
    with pytest.raises(NotFound):
        commands.delete_group(ALICE, id)
