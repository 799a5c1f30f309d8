"""``manage.py server-import BACKEND INSTANCE --project PROJECT``: take an instance that Synnefo does not know into the
database, as a server of that project.

Its cluster is told by a job: the instance gets the tag of its new server, and each interface on one of our networks the
name of its new port; the guest notices nothing. The name of an instance that is ours is the prefix and a number no other
server has had; one with another name is refused with what to do. The project is charged. ``--dry-run`` says what would be
made. If anything fails, nothing is left: neither rows nor marks.
"""

from collections.abc import Iterator
from typing import Any

from django.core.management.base import CommandParser

from logic.access import operator
from logic.compute.adopting import Plan, Wanted
from synnefo.management import importing
from synnefo.management.owners import project_id, user_id
from synnefo.management.tables import OperatorCommand


class Command(OperatorCommand):
    """Prints what was made, or would be. Exit 0 when it is, or could be."""

    help = __doc__

    def arguments(self, parser: CommandParser) -> None:
        parser.add_argument("backend", metavar="BACKEND", help="the cluster")
        parser.add_argument("instance", metavar="INSTANCE", help="its name there")
        parser.add_argument("--project", required=True, metavar="PROJECT", help="whose it becomes: id or name")
        parser.add_argument("--user", default="", metavar="USER", help="who shall count as its maker: id or name")
        parser.add_argument("--name", default="", metavar="NAME", help="the server's name; otherwise the instance's")
        parser.add_argument("--flavor", default="", metavar="FLAVOR", help="id or name; otherwise the one of its size")
        parser.add_argument("--dry-run", action="store_true", help="change nothing, anywhere")

    def handle(self, *args: Any, **options: Any) -> None:  # noqa: ARG002 - Django's signature
        wanted = Wanted(
            backend=options["backend"],
            project=project_id(options["project"]),
            user=user_id(options["user"]) if options["user"] else operator().user,
            name=options["name"],
            flavor=options["flavor"],
        )
        made = importing.planned(wanted, options["instance"])
        if not options["dry_run"]:
            importing.carry_out(made)
        self.print_facts({**_facts(made), "imported": not options["dry_run"]})


def _facts(made: Plan) -> dict[str, object]:
    return {
        "id": made.server,
        "name": made.name,
        "instance": made.found.instance,
        "project": made.wanted.project,
        "status": made.found.status,
        "flavor": made.flavor,
        "vcpus": made.found.vcpus,
        "ram": made.found.memory,
        "disk": made.disk,
        "ports": list(_ports(made)),
    }


def _ports(made: Plan) -> Iterator[dict[str, str]]:
    """An interface without a port stays as it is."""
    for plug in made.plugs:
        yield {"mac": plug.nic.mac, "ip": plug.nic.ip, "port": plug.port, "network": plug.network}
