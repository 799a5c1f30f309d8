"""What the processes measure, and what a PromQL expression speaks of: for the tests of rules, dashboard and pages."""

import re

import promql_parser as promql
from prometheus_client import REGISTRY

import ganeti.metrics
import logic.dispatcher.metrics
import logic.reconcile.metrics
import logic.reconcile.retention
import synnefo.api.kernel.handling
import synnefo.health
from logic.dispatcher.standing import families
from logic.ledger.standing import Held, Queued, Standing

COUNTING = (  # imported, they are in the registry
    ganeti.metrics,
    logic.dispatcher.metrics,
    logic.reconcile.metrics,
    logic.reconcile.metrics,
    logic.reconcile.retention,
    synnefo.api.kernel.handling,
    synnefo.health,
)
PROMETHEUS_OWN = {"up": {"job", "instance"}}
ALWAYS = {"job", "instance"}


def measured():
    """Names of all samples, each with its labels."""
    full = Standing(
        queued=[Queued(backend="b", status="pending", count=1, oldest=1.0)],
        due={"b": 0.0},
        late={"b": 0},
        unseen={"b": 0.0},
        leases=[Held(name="l", holder="h", epoch=1, lapsed=0.0)],
        parked=0,
        quarantined=0,
        inbox=0.0,
        silent=0,
        imports=0.0,
        unremoved=0,
        retention=0.0,
        ahead=0.0,
    )
    found = {"synnefo_database_up": set(), **PROMETHEUS_OWN}
    for family in families(full):
        found |= {one.name: set(one.labels) for one in family.samples}
    for collector in {id(one): one for one in REGISTRY._names_to_collectors.values()}.values():
        labels = set(getattr(collector, "_labelnames", ()))
        for family in collector.describe() if hasattr(collector, "describe") else ():
            suffixes = {"counter": ["_total"], "histogram": ["_bucket", "_sum", "_count"]}.get(family.type, [""])
            found |= {family.name + suffix: labels | ({"le"} if suffix == "_bucket" else set()) for suffix in suffixes}
    return {name: labels for name, labels in found.items() if name.startswith("synnefo_") or name in PROMETHEUS_OWN}


def selected(expression):
    """Each metric of an expression with the labels that it is chosen by."""
    text = re.sub(r"\[\$__rate_interval\]", "[5m]", expression)
    for name, matchers in re.findall(
        r"\b([a-z][a-z0-9_]*)(?:\{([^}]*)\})?(?=[\[\s),]|$)", promql.parse(text).prettify()
    ):
        if name.startswith("synnefo_") or name in PROMETHEUS_OWN:
            yield name, set(re.findall(r"(\w+)\s*[=!]", matchers))
