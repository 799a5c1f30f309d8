"""``manage.py states``: draw ``docs/states/server.md`` from the tables of ``logic.compute.states``."""

from pathlib import Path
from typing import Any

from django.conf import settings
from django.core.management.base import BaseCommand

from logic.compute.reactions import EFFECT
from logic.compute.states import AT_REST, IN_FLIGHT, MAY, NOVA_STATUS, SUPERSEDES, Observed, Phase

TARGET = Path("docs/states/server.md")
ENDS: dict[str, Phase] = {
    "create": Phase.ACTIVE,
    "start": AT_REST[EFFECT["OP_INSTANCE_STARTUP"]],
    "stop": AT_REST[EFFECT["OP_INSTANCE_SHUTDOWN"]],
    "reboot": AT_REST[EFFECT["OP_INSTANCE_REBOOT"]],
    "reboot-hard": AT_REST[EFFECT["OP_INSTANCE_REBOOT"]],
    "delete": AT_REST[Observed.GONE],
    "delete-force": AT_REST[Observed.GONE],
}


class Command(BaseCommand):
    """Writes the page, or with ``--check`` fails when it differs."""

    help = __doc__

    def add_arguments(self, parser: Any) -> None:
        parser.add_argument("--check", action="store_true", help="write nothing; exit 1 when the page is out of date")

    def handle(self, *args: Any, **options: Any) -> None:  # noqa: ARG002 - Django's signature
        target = Path(settings.BASE_DIR) / TARGET
        if options["check"]:
            if not target.exists() or target.read_text() != page():
                self.stderr.write(f"{TARGET} is out of date: run manage.py states")
                raise SystemExit(1)
            return
        target.parent.mkdir(exist_ok=True)
        target.write_text(page())


def page() -> str:
    """The page as Markdown with a Mermaid diagram."""
    words = "\n".join(f"| {phase.value} | {NOVA_STATUS.get(phase, 'as before')} |" for phase in Phase)
    over = "\n".join(f"| {verb} | {', '.join(sorted(SUPERSEDES[verb]))} |" for verb in sorted(SUPERSEDES))
    return f"""# The life of a server

Drawn by `manage.py states` from the tables of `logic/compute/states.py`; do not edit.

```mermaid
stateDiagram-v2
{chr(10).join(_edges())}
```

Observations move a server too: a look finds it running, stopped or crashed, whatever was asked of it.

| phase | Nova's status |
| --- | --- |
{words}

| verb | overtakes |
| --- | --- |
{over}
"""


def _edges() -> list[str]:
    edges = ["  [*] --> building: create"]
    for verb, phases in MAY.items():
        edges += [f"  {_id(phase)} --> {_id(IN_FLIGHT[verb])}: {verb}" for phase in Phase if phase in phases]
    for verb, overtaken in SUPERSEDES.items():
        froms = sorted({_id(IN_FLIGHT[one]) for one in overtaken} - {_id(IN_FLIGHT[verb])})
        edges += [f"  {one} --> {_id(IN_FLIGHT[verb])}: {verb}" for one in froms]
    for verb, end in ENDS.items():
        edges.append(f"  {_id(IN_FLIGHT[verb])} --> {_id(end)}: {verb} succeeded")
    edges.append("  building --> in_error: create failed")
    edges.append("  deleted --> [*]")
    return list(dict.fromkeys(edges))


def _id(phase: Phase) -> str:
    return phase.value.replace(" ", "_")
