"""``manage.py backend-node-key NAME --output FILE``: a new key for the nodes of a cluster, in a file that only you can read.

Their agents show it when they ask what is wanted of the interfaces on their node. Carry it to every node of the cluster. The
key before it is good until yet another is made, so that none of them stands still meanwhile; with ``--alone`` it is not.
"""

from pathlib import Path
from typing import Any

from django.core.management.base import CommandParser

from logic.errors import Conflict
from logic.placement import nodekeys
from synnefo.management.backends import backend
from synnefo.management.tables import OperatorCommand
from synnefo.standalone.clouds import write_private


class Command(OperatorCommand):
    """The key itself is not printed."""

    help = __doc__

    def arguments(self, parser: CommandParser) -> None:
        parser.add_argument("name", metavar="NAME", help="as in backend-list")
        parser.add_argument("--output", required=True, type=Path, metavar="FILE", help="where the key goes, a new file")
        parser.add_argument("--alone", action="store_true", help="no older key is good from now on")

    def handle(self, *args: Any, **options: Any) -> None:  # noqa: ARG002 - Django's signature
        name, file = backend(options["name"]).name, options["output"]
        if file.exists():
            raise Conflict(reason=f"{file} is there already. Nothing was changed.")
        try:
            write_private(file, "\n")  # before anything is changed: can it be written?
        except OSError as error:
            raise Conflict(reason=f"Cannot write {file}: {error.strerror}. Nothing was changed.") from error
        write_private(file, nodekeys.make(name, alone=options["alone"]) + "\n")
        self.print_facts({"cluster": name, "key": file})
