"""``manage.py server-inspect SERVER``: everything about a server: its row, its ports, the commands that are not settled,
its timeline, and what its cluster says of it now. SERVER is an id, an instance's name, or a name
that only one server has."""

from typing import Any

import msgspec
from django.core.management.base import CommandParser

from logic.compute.models import Server
from logic.errors import BackendFailure
from logic.ledger import queries as ledger
from logic.ledger.resources import columns_of, state_of
from logic.network.models import Port
from logic.reconcile import servers
from synnefo.management import finding, timelines
from synnefo.management.asking import ask
from synnefo.management.tables import OperatorCommand

COMMANDS = ("verb", "status", "job", "attempts", "again", "holder", "error", "due_at", "lease_until", "id")
TIMELINE = ("what", "text", "actor", "job", "command", "request")

TOLD = frozenset({"observed", "mode", "verb"})


class Command(OperatorCommand):
    """Changes nothing. A cluster that does not answer is a line, not a failure. What a job tells again and again and is
    known already is one line of the timeline, with how many ``times`` and when ``last``."""

    help = __doc__

    def arguments(self, parser: CommandParser) -> None:
        parser.add_argument("server", metavar="SERVER", help="id, name of its instance on the cluster, or its own name")
        parser.add_argument("--lines", type=int, default=50, help="lines of the timeline at most, the newest")
        parser.add_argument("--no-ask", action="store_true", help="leave the cluster in peace")

    def handle(self, *args: Any, **options: Any) -> None:  # noqa: ARG002 - Django's signature
        row = finding.server(options["server"])
        found = _everything(row, lines=options["lines"], ask_cluster=not options["no_ask"])
        if self.json:
            self.print_facts(found)
            return
        self._section("Server", found["server"])
        self._section("Row", found["row"])
        self._section("Ports", found["ports"])
        self._section("Commands that are not settled", found["commands"])
        self._section("Timeline", [_readable(line) for line in found["timeline"]])
        self._section("What the cluster says now", found["cluster"])

    def _section(self, title: str, content: Any) -> None:
        self.stdout.write(f"\n{title}\n{'=' * len(title)}")
        if isinstance(content, dict):
            self.print_facts(content)
        elif content:
            headers = list(content[0])
            self.print_table(headers, [[row[name] for name in headers] for row in content])
        else:
            self.stdout.write("none")


def _everything(row: Server, *, lines: int, ask_cluster: bool) -> dict[str, Any]:
    ports = list(Port.objects.filter(device=row.pk).prefetch_related("addresses").order_by("created_at", "id"))
    commands = ledger.commands([row.pk, *(port.pk for port in ports)])
    return {
        "server": finding.shown(row),
        "row": {**columns_of(state_of(row)), "look_at": row.look_at, "number": row.number},
        "ports": [_port(port) for port in ports],
        "commands": [{name: getattr(one, name) for name in COMMANDS} for one in commands],
        "timeline": [
            {
                "at": one.line.at,
                "times": one.times,
                **{name: getattr(one.line, name) for name in TIMELINE},
                "changes": one.line.changes,
                "last": one.last,
            }
            for one in timelines.of_server(row.pk, limit=lines)
        ],
        "cluster": _answers(row) if ask_cluster and row.backend else [],
    }


def _readable(line: dict[str, Any]) -> dict[str, Any]:
    """``last`` only of what was told more than once."""
    return {**line, "changes": _short(line["changes"]), "last": line["last"] if line["times"] > 1 else None}


def _short(changes: dict[str, Any]) -> str:
    """What people look for in a line of the timeline."""
    return " ".join(f"{name}={value or '-'}" for name, value in changes.items() if name in TOLD)


def _port(row: Port) -> dict[str, Any]:
    ips = [one.ip for one in row.addresses.all()]
    return {
        "id": row.pk,
        "mac": row.mac,
        "ips": ips,
        "observed": row.observed,
        "verb": row.verb,
        "version": row.version,
    }


def _answers(row: Server) -> list[dict[str, Any]]:
    """Jobs of unsettled commands, then the instance; or why there is no answer."""
    targets = servers.targets([row.pk])
    try:
        answers = ask(row.backend.name, lambda backend: backend.observe(targets))
    except BackendFailure as error:
        return [{"answer": "none", "about": str(error)}]
    return [{"answer": str(plain.pop("type")), "about": plain} for plain in map(msgspec.to_builtins, answers)]
