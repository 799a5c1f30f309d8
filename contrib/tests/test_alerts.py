"""Alert rules: each rises with its trouble, after its patience, and clears with it."""

import re

import msgspec
import promql_parser as promql
import pytest

from contrib.tests.measured import ALWAYS, measured, selected
from synnefo.testing.alerts import RULES, Watch, rules
from synnefo.testing.promql import Evaluation
from synnefo.testing.scrapes import Scrapes

STEP = 15.0


def test_alerts_have_different_names_and_say_how_bad_they_are():
    names = [rule.alert for rule in rules()]
    assert len(names) == len(set(names)) > 20
    for rule in rules():
        assert rule.alert.startswith("Synnefo")
        assert rule.labels["severity"] in {"critical", "warning"}
        assert rule.annotations["page"] == f"docs/operations/alerts/{rule.alert}.md"
        assert rule.patience >= 0


def test_what_a_summary_names_is_a_label_of_its_alert():
    known = measured()
    for rule in rules():
        grouped = re.findall(r"by \((\w+)\)", rule.expr)
        labels = set(grouped) if grouped else set().union(*(known[name] for name, _ in selected(rule.expr))) | ALWAYS
        assert set(re.findall(r"\$labels\.(\w+)", rule.annotations["summary"])) <= labels, rule.alert


def test_a_rule_with_a_word_that_prometheus_does_not_know_is_refused(tmp_path):
    (tmp_path / "wrong.yml").write_text(RULES.read_text().replace("        for:", "        fro:", 1))
    with pytest.raises(msgspec.ValidationError, match="fro"):
        rules(tmp_path / "wrong.yml")


def settled(outcome, count):
    return f'synnefo_commands_settled_total{{backend="b",outcome="{outcome}"}} {count}'


# For each alert: what a process says while all is well, and while it is not. ``{n}`` counts up with each scrape.
TROUBLE = {
    "SynnefoProcessDown": ("", None),
    "SynnefoNoDispatcher": ("", None),
    "SynnefoDatabaseAway": (
        "synnefo_database_up 1\nsynnefo_api_database_up 1",
        "synnefo_database_up 1\nsynnefo_api_database_up 0",
    ),
    "SynnefoBrokerAway": (
        "synnefo_bus_connected 1\nsynnefo_bus_answers 1",
        "synnefo_bus_connected 1\nsynnefo_bus_answers 0",
    ),
    "SynnefoEventdSilent": ('synnefo_eventd_connected{cluster="c"} 1', 'synnefo_eventd_connected{cluster="c"} 0'),
    "SynnefoEventdBlind": ('synnefo_eventd_watching{cluster="c"} 1', 'synnefo_eventd_watching{cluster="c"} 0'),
    "SynnefoSpoolFull": (
        'synnefo_eventd_spool_full_total{cluster="c"} 3',
        'synnefo_eventd_spool_full_total{cluster="c"} {n}',
    ),
    "SynnefoEventsPileUp": ('synnefo_queue_messages{cluster="c"} 3', 'synnefo_queue_messages{cluster="c"} 9000'),
    "SynnefoEventsSlow": (
        "synnefo_apply_seconds_sum {n}\nsynnefo_apply_seconds_count {n}00",
        "synnefo_apply_seconds_sum {n}0\nsynnefo_apply_seconds_count {n}",
    ),
    "SynnefoQuarantine": ("synnefo_quarantined_messages 0", "synnefo_quarantined_messages 1"),
    "SynnefoParked": ("synnefo_parked_messages 5", "synnefo_parked_messages 500"),
    "SynnefoRoutersSilent": ("synnefo_routers_silent 0", "synnefo_routers_silent 2"),
    "SynnefoImportsWait": ("synnefo_image_import_oldest_due_seconds 5", "synnefo_image_import_oldest_due_seconds 900"),
    "SynnefoImagesUnremoved": ("synnefo_image_contents_unremoved 0", "synnefo_image_contents_unremoved 2"),
    "SynnefoCommandsWait": (
        'synnefo_command_oldest_due_seconds{backend="b"} 0',
        'synnefo_command_oldest_due_seconds{backend="b"} 100',
    ),
    "SynnefoCommandsLate": (
        'synnefo_commands_past_deadline{backend="b"} 0',
        'synnefo_commands_past_deadline{backend="b"} 1',
    ),
    "SynnefoCommandHangs": (
        'synnefo_command_oldest_seconds{backend="b",status="accepted"} 1800',
        'synnefo_command_oldest_seconds{backend="b",status="accepted"} 4000',
    ),
    "SynnefoCommandsFail": (  # a few that fail are the affair of their users
        settled("success", "{n}0") + "\n" + settled("error", "{n}"),
        settled("success", "9000") + "\n" + settled("error", "{n}"),
    ),
    "SynnefoClusterAway": (
        'synnefo_backend_unreachable{backend="b"} 0',
        'synnefo_backend_unreachable{backend="b"} 1',
    ),
    "SynnefoClusterUnseen": (
        'synnefo_backend_unseen_seconds{backend="b"} 60',
        'synnefo_backend_unseen_seconds{backend="b"} 900',
    ),
    "SynnefoClusterAnother": (
        'synnefo_looks_total{backend="b",answer="reincarnated"} 0',
        'synnefo_looks_total{backend="b",answer="reincarnated"} {n}',
    ),
    "SynnefoDrift": (
        'synnefo_drift{backend="b",kind="status"} 2\nsynnefo_drift{backend="b",kind="orphan"} 50',
        'synnefo_drift{backend="b",kind="status"} 7\nsynnefo_drift{backend="b",kind="missing"} 8',
    ),
    "SynnefoOrphans": (
        'synnefo_drift{backend="b",kind="orphan"} 0\nsynnefo_drift{backend="b",kind="missing"} 5',
        'synnefo_drift{backend="b",kind="orphan"} 1',
    ),
    "SynnefoNobodyReconciles": (
        'synnefo_lease_lapsed_seconds{lease="reconcile"} 0',
        'synnefo_lease_lapsed_seconds{lease="reconcile"} 90',
    ),
    "SynnefoDatabaseRepeats": (
        'synnefo_database_retries_total{what="apply"} 3',
        'synnefo_database_retries_total{what="apply"} {n}0',
    ),
    "SynnefoRedeliveries": (
        'synnefo_redelivered_total{cluster="c"} 10',
        'synnefo_redelivered_total{cluster="c"} {n}000',
    ),
    "SynnefoOwnFault": ('synnefo_own_faults_total{where="worker"} 1', 'synnefo_own_faults_total{where="worker"} {n}'),
    "SynnefoApiFails": (
        'synnefo_api_request_seconds_count{status="200"} {n}00\nsynnefo_api_request_seconds_count{status="500"} {n}',
        'synnefo_api_request_seconds_count{status="200"} {n}00\nsynnefo_api_request_seconds_count{status="503"} {n}0',
    ),
    "SynnefoApiSlow": (
        "synnefo_api_request_seconds_sum {n}\nsynnefo_api_request_seconds_count {n}0",
        "synnefo_api_request_seconds_sum {n}0\nsynnefo_api_request_seconds_count {n}",
    ),
    "SynnefoClockSkew": ("synnefo_clock_ahead_seconds 0.01", "synnefo_clock_ahead_seconds -90"),
    "SynnefoRetentionBehind": (
        "synnefo_inbox_oldest_seconds 90000\nsynnefo_retention_seconds 86400",
        "synnefo_inbox_oldest_seconds 900000\nsynnefo_retention_seconds 86400",
    ),
}


def test_there_is_trouble_for_each_alert():
    assert set(TROUBLE) == {rule.alert for rule in rules()}


@pytest.mark.parametrize("rule", rules(), ids=lambda rule: rule.alert)
def test_an_alert_rises_with_its_trouble_after_its_patience_and_clears_with_it(rule):
    well, unwell = TROUBLE[rule.alert]
    watch, now, count = Watch(rules()), 0.0, 100

    def say(text, seconds):
        nonlocal now, count
        until = now + seconds
        while now < until:
            now, count = now + STEP, count + 1
            watch.scrape(
                now, "synnefo-dispatcher", "one", None if text is None else text.replace("{n}", str(count)) + "\n"
            )
            watch.evaluate(now)

    say(well, 900)
    assert rule.alert not in watch.names()
    say(unwell, STEP * 8)
    if rule.patience > STEP * 8:
        assert rule.alert not in watch.names(firing=True)
    say(unwell, rule.patience + 900)
    assert rule.alert in watch.names(firing=True)
    say(well, 900)
    assert rule.alert not in watch.names()


def test_haste_makes_hours_minutes():
    watch = Watch([rule for rule in rules() if rule.alert == "SynnefoCommandsLate"], haste=20)
    for now in (0.0, 10.0, 20.0):
        watch.scrape(now, "synnefo-dispatcher", "one", 'synnefo_commands_past_deadline{backend="b"} 1\n')
        watch.evaluate(now)
    (alert,) = watch.evaluate(20.0)
    assert (alert.firing, alert.since, alert.labels) == (True, 0.0, {"backend": "b"})


def test_prometheus_scrapes_the_jobs_that_the_rules_name():
    config = msgspec.yaml.decode((RULES.parent / "prometheus.yml").read_bytes())
    assert RULES.name in config["rule_files"]
    jobs = {one["job_name"] for one in config["scrape_configs"]}
    assert jobs == {"synnefo-api", "synnefo-dispatcher", "synnefo-eventd", "synnefo-console-log"}
    named = set(re.findall(r'job="([^"]+)"', RULES.read_text()))
    assert named <= jobs


def test_every_rule_can_be_evaluated_here():
    for rule in rules():
        Evaluation(Scrapes(), 0.0).value(promql.parse(rule.expr))
