"""PromQL as our rules use it, over what was scraped."""

import math

import promql_parser as promql
import pytest

from synnefo.testing.promql import Evaluation, NotEvaluated
from synnefo.testing.scrapes import Scrapes, scraped


def scrapes(*texts, every=10.0, instance="i"):
    """One target, scraped every ten seconds; None: it did not answer."""
    made = Scrapes()
    for number, text in enumerate(texts):
        made.add(number * every, "job", instance, text)
    return made


def found(expression, *texts, at=None, haste=1.0):
    """The result's values by their labels, without those of the target."""
    evaluation = Evaluation(scrapes(*texts), (len(texts) - 1) * 10.0 if at is None else at, haste)
    value = evaluation.value(promql.parse(expression))
    if not isinstance(value, dict):
        return value
    own = {"job", "instance"}
    return {tuple(sorted(v for n, v in labels if n not in own)): one for labels, one in value.items()}


@pytest.mark.parametrize(
    ("expression", "result"),
    [
        ("a", {("x",): 1, ("y",): 5}),
        ('a{l="x"}', {("x",): 1}),
        ('a{l!="x"}', {("y",): 5}),
        ('a{l=~"x|z"}', {("x",): 1}),
        ('a{l!~"x|z"}', {("y",): 5}),
        ('a{l=~"."}', {("x",): 1, ("y",): 5}),
        ('a{none=""}', {("x",): 1, ("y",): 5}),
        ("a > 1", {("y",): 5}),
        ("a == 1", {("x",): 1}),
        ("a - 4", {("x",): -3, ("y",): 1}),
        ("4 - a", {("x",): 3, ("y",): -1}),
        ("abs(a - 4)", {("x",): 3, ("y",): 1}),
        ("sum(a)", {(): 6}),
        ("max(a) > 4", {(): 5}),
        ("max(a) > max(b) + 4", {}),
        ("count(a)", {(): 2}),
        ("sum by (l) (a)", {("x",): 1, ("y",): 5}),
        ("a / b", {("x",): 0.5}),
        ("a > 4 or b > 1", {("y",): 5, ("x",): 2}),
        ("a and b", {("x",): 1}),
        ("a unless b", {("y",): 5}),
        ("2 * (a)", {("x",): 2, ("y",): 10}),
        ("none > 0", {}),
        ("time() - a", {("x",): -1, ("y",): -5}),
        ("up", {(): 1}),
    ],
)
def test_an_expression_is_what_prometheus_says_it_is(expression, result):
    assert found(expression, 'a{l="x"} 1\na{l="y"} 5\nb{l="x"} 2\n') == result


def test_a_division_by_nothing_is_no_number():
    assert math.isnan(found("a / b", "a 1\nb 0\n")[()])


def test_an_increase_is_what_was_added_over_the_window_restarts_included():
    texts = [f"c_total {value}\n" for value in (5, 7, 8, 2, 3)]
    assert found("increase(c_total[1m])", *texts) == {(): 2 + 1 + 2 + 1}
    assert found("increase(c_total[20s])", *texts) == {(): 2 + 1}
    assert found("rate(c_total[20s])", *texts) == {(): 3 / 20}
    assert found("increase(c_total[40s])", *texts, haste=2.0) == {(): 2 + 1}


def test_one_sample_is_no_increase():
    assert found("increase(c_total[1m])", "c_total 5\n") == {}


def test_a_series_that_is_gone_from_the_newest_scrape_is_over():
    assert found("a", "a 1\n", "b 1\n") == {}


def test_a_target_that_does_not_answer_is_down_and_says_nothing():
    assert found("up == 0", "a 1\n", None) == {(): 0}
    assert found("a", "a 1\n", None) == {}


def test_the_past_can_be_asked():
    assert found("a", "a 1\n", "a 2\n", at=5.0) == {(): 1}


@pytest.mark.parametrize(
    "expression",
    ["histogram_quantile(0.9, a)", "a offset 5m", "sum without (l) (a)", "a > on(l) b", "avg(a)", "-a", "1 or a"],
)
def test_what_is_not_evaluated_says_so(expression):
    with pytest.raises((NotEvaluated, ValueError)):
        found(expression, "a 1\nb 2\n")


def test_who_does_not_answer_a_scrape_gives_none():
    assert scraped("http://127.0.0.1:9/metrics") is None
