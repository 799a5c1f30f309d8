"""``manage.py quota-show`` and ``quota-set``."""

import pytest
from django.core.management.base import CommandError

from logic.identity.models import Domain, Project
from logic.quota.models import Limit, UserLimit
from logic.testing.worlds import ALICE, create, furnish
from synnefo.management.tests.clusters import data, printed

pytestmark = pytest.mark.django_db


@pytest.fixture(autouse=True)
def projects(settings):
    settings.QUOTAS = {"servers": 10, "cores": 20, "ports": 50}
    furnish()
    domain = Domain.objects.create(id="default", name="Default")
    Project.objects.create(id=ALICE.project, name="alices", domain=domain)
    return domain


def limits(*words):
    return {row["resource"]: row["limit"] for row in data(*words)}


def test_a_quota_is_shown_with_what_is_used_of_it():
    create()
    rows = {row["resource"]: row for row in data("quota-show", ALICE.project)}
    assert rows["servers"] == {"resource": "servers", "limit": 10, "used": 1, "default": 10}


def test_a_project_may_be_named():
    assert data("quota-show", "alices") == data("quota-show", ALICE.project)


def test_limits_are_set_one_by_one_and_given_up_together():
    found = limits("quota-set", "alices", "servers=3", "cores=-1")
    assert (found["servers"], found["cores"], found["ports"]) == (3, -1, 50)
    assert limits("quota-show", "alices") == found
    UserLimit.objects.create(project=ALICE.project, who=ALICE.user, resource="servers", amount=1)
    assert limits("quota-set", "alices", "--reset")["servers"] == 10
    assert not UserLimit.objects.exists()
    assert not Limit.objects.exists()


@pytest.mark.parametrize(
    ("words", "said"),
    [
        (["server=3"], "did you mean servers"),
        (["bananas=3"], "there are cores, ports, servers"),
        (["servers=many"], "whole number"),
        (["servers"], "whole number"),
        (["servers=-2"], "whole number"),
        (["servers=3", "cores=x"], "whole number"),
        ([], "--reset"),
        (["servers=3", "--reset"], "--reset"),
    ],
)
def test_what_makes_no_sense_is_refused_and_nothing_is_set(words, said):
    with pytest.raises(CommandError, match=said):
        printed("quota-set", "alices", *words)
    assert not Limit.objects.exists()


@pytest.mark.parametrize("command", [["quota-show", "nobody"], ["quota-set", "nobody", "servers=1"]])
def test_an_unknown_project_is_not_found(command):
    with pytest.raises(CommandError, match="No project"):
        printed(*command)
    assert not Limit.objects.exists()


def test_a_name_that_two_domains_have_is_not_guessed():
    other = Domain.objects.create(id="other", name="Other")
    Project.objects.create(id="d" * 32, name="alices", domain=other)
    with pytest.raises(CommandError, match=f"{ALICE.project}|{'d' * 32}"):
        printed("quota-set", "alices", "servers=1")
    assert not Limit.objects.exists()
