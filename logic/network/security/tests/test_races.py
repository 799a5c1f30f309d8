"""Requests at the same time: one default group, no rule twice, no group that goes while somebody is put into it."""

import pytest

from logic.errors import BadRequest, QuotaExceeded
from logic.ledger.tests.test_side_by_side import together
from logic.network.models import PortGroup, SecurityGroup, SecurityRule
from logic.network.security import commands, defaults, queries, refusals
from logic.network.security.tests.test_commands import made, ssh
from logic.network.security.tests.test_members import asked
from logic.testing.worlds import ALICE, furnish

pytestmark = [pytest.mark.django_db(transaction=True), pytest.mark.every_database]
TOGETHER = 6


@pytest.fixture(autouse=True)
def world(settings):
    settings.SECURITY_GROUPS = True
    return furnish()


def errors(results):
    return [one for one in results if isinstance(one, Exception)]


def test_the_first_looks_of_a_project_and_its_first_servers_make_one_default_group():
    results = together(*[lambda: queries.groups(ALICE), asked] * (TOGETHER // 2))
    assert not errors(results)
    assert SecurityGroup.objects.get().pk == defaults.id_of(ALICE.project)
    assert SecurityRule.objects.count() == 4
    assert PortGroup.objects.count() == TOGETHER // 2


def test_the_last_place_of_a_quota_goes_to_one_group_and_to_one_rule(settings):
    settings.QUOTAS = {"security_groups": 1, "security_group_rules": 3}
    results = together(*[made] * TOGETHER)
    assert [type(one) for one in errors(results)] == [QuotaExceeded] * (TOGETHER - 1)
    (id,) = [one for one in results if isinstance(one, str)]
    attempts = [lambda n=n: commands.create_rules(ALICE, [ssh(id, port_max=22 + n)]) for n in range(TOGETHER)]
    assert [type(one) for one in errors(together(*attempts))] == [QuotaExceeded] * (TOGETHER - 1)


def test_of_the_same_rule_at_the_same_time_one_is_made(settings):
    settings.QUOTAS = {}
    id = made()
    results = together(*[lambda: commands.create_rules(ALICE, [ssh(id)])] * TOGETHER)
    assert [type(one) for one in errors(results)] == [refusals.SecurityGroupRuleExists] * (TOGETHER - 1)
    assert SecurityGroup.objects.get(pk=id).revision == 2


def test_a_group_is_deleted_or_has_the_new_server_and_never_both(settings):
    settings.QUOTAS = {}
    for _ in range(5):
        id = made()
        deleted, server = together(lambda id=id: commands.delete_group(ALICE, id), lambda id=id: asked(id))
        if isinstance(server, Exception):
            assert (type(server), deleted) == (BadRequest, None)
        else:
            assert isinstance(deleted, refusals.SecurityGroupInUse)
            assert PortGroup.objects.filter(port__device=server, group=id).exists()
