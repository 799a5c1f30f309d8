"""Rules by name: what the words mean, here and in oslo.policy's language, and what a site writes instead."""

import re
from pathlib import Path

import pytest

from logic.access import Caller
from logic.errors import Forbidden
from logic.identity import rules as identity
from logic.policy import PolicyError, Rule, allowed, permit, register
from logic.policy.deciding import used
from logic.policy.rules import RULES, WORDS

ROOT = Path(__file__).resolve().parents[3]
CALLERS = [
    Caller(user="u", project=project, domain=domain, system=system, roles=frozenset(roles))
    for project, domain, system in (("p", "", False), ("", "d", False), ("", "", True), ("", "", False))
    for roles in ((), ("reader",), ("member",), ("manager",), ("admin",), ("service",), ("other",))
]
TARGETS = [
    {},
    *({"user_id": id} for id in ("u", "other", "")),
    {"project_id": "p"},
    {"network:project_id": "p"},
    {"network:project_id": "q"},
    {"domain_id": "d"},
    {"domain_id": ""},
]

# A rule of each kind, and one for each word that identity has no use for.
WORDS_AND_MORE = (
    "identity:create_user",
    "identity:get_user",
    "identity:validate_token",
    "identity:get_role",
    "t:r",
    "t:m",
    "t:n",
)
register(
    [
        Rule("t:r", ("project_reader",), "read"),
        Rule("t:m", ("admin_required", "project_member"), "write"),
        Rule("t:n", ("admin_required", "network_owner"), "choose"),
    ]
)


def test_a_default_means_the_same_to_oslo_policy(site):
    cases = [(caller, target, name) for caller in CALLERS for target in TARGETS for name in WORDS_AND_MORE]
    ours = [RULES[name].holds(caller, target) for caller, target, name in cases]
    with site("{}"):
        theirs = [allowed(caller, name, **target) for caller, target, name in cases]
    assert theirs == ours
    assert set(ours) == {True, False}


def test_a_site_lets_others_do_what_it_says(site):
    auditor = Caller(user="u", project="p", roles=frozenset({"auditor"}))
    with pytest.raises(Forbidden, match="list users"):
        permit(auditor, "identity:list_users")
    with site('"identity:list_users": "rule:admin_required or role:auditor"'):
        permit(auditor, "identity:list_users")
        with pytest.raises(Forbidden):
            permit(auditor, "identity:create_user")


def test_a_word_that_a_site_changes_counts_in_every_rule_that_uses_it(site):
    boss, admin = (Caller(user="u", project="p", roles=frozenset({role})) for role in ("boss", "admin"))
    with site('admin_required: "role:boss"'):
        assert allowed(boss, "identity:create_user")
        assert not allowed(admin, "identity:create_user")


@pytest.mark.parametrize(
    ("text", "problem"),
    [
        ('"identity:create_usr": "@"', r"no rule is named identity:create_usr; did you mean identity:create_user\?"),
        ('"nova:fly": "@"', "no rule is named nova:fly"),
        ('"identity:create_user": 7', "no text"),
        ('"identity:create_user": "role:admin or or"', "no check that can be read"),
        ('"identity:create_user": "rule:nowhere"', "nowhere"),
        ('admin_required: "rule:admin_required"', "circle"),
        ("- a\n- b", "no table"),
        ("a: [", "no YAML"),
    ],
)
def test_what_cannot_be_meant_is_refused_at_start(site, text, problem):
    with pytest.raises(PolicyError, match=problem), site(text):
        pass
    assert not allowed(Caller(user="u"), "identity:create_user")


def test_a_file_that_is_not_there_is_told(tmp_path):
    with pytest.raises(PolicyError, match="cannot be read"), used(tmp_path / "policy.yaml"):
        pass


def test_every_rule_that_is_asked_for_is_there_and_every_one_that_is_there_is_asked_for():
    sources = [
        file
        for file in (ROOT / "logic" / "identity").rglob("*.py")
        if "tests" not in file.parts and file.name != "rules.py"
    ]
    asked = set(re.findall(r'"(identity:[a-z0-9_]+)"', "\n".join(file.read_text() for file in sources)))
    composed = {name for name in RULES if re.search(r"_grants?(_|$)|_grants?_for_", name)}
    assert asked <= set(RULES)
    assert {rule.name for rule in identity.RULES} - asked - composed == set()


def test_a_name_is_given_once():
    with pytest.raises(ValueError, match="identity:create_user"):
        register([Rule("identity:create_user", ("anybody",), "create a user")])
    with pytest.raises(ValueError, match="x:y"):
        register([Rule("x:y", ("no such word",), "x")])
    RULES.pop("x:y")
    assert "anybody" in WORDS
