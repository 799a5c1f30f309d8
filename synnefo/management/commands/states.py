"""``manage.py states``: draw ``docs/states/server.md`` from the tables of ``logic.compute.states``, ``network.md`` from those of
``logic.network.connection_states``, and ``volume.md`` from those of ``logic.volume.states``."""

from collections.abc import Callable
from pathlib import Path
from typing import Any

from django.conf import settings
from django.core.management.base import BaseCommand

from logic.compute.endings import LEFT, PAUSED
from logic.compute.reactions import EFFECT
from logic.compute.resized import RESIZES, REVERTS
from logic.compute.states import AT_REST, IN_FLIGHT, MAY, NOVA_STATUS, OF_MODE, SUPERSEDES, Mode, Observed, Phase
from logic.network import connection_states as networks
from logic.volume import states as volumes

ENDS: dict[str, Phase] = {
    "create": Phase.ACTIVE,
    "start": AT_REST[EFFECT["OP_INSTANCE_STARTUP"]],
    "stop": AT_REST[EFFECT["OP_INSTANCE_SHUTDOWN"]],
    "reboot": AT_REST[EFFECT["OP_INSTANCE_REBOOT"]],
    "reboot-hard": AT_REST[EFFECT["OP_INSTANCE_REBOOT"]],
    "rebuild": AT_REST[EFFECT["OP_INSTANCE_STARTUP"]],
    "rebuild-stopped": AT_REST[Observed.STOPPED],
    **dict.fromkeys(sorted(RESIZES), Phase.RESIZED),
    "revert": AT_REST[EFFECT["OP_INSTANCE_REBOOT"]],
    "revert-stopped": AT_REST[Observed.STOPPED],
    **{verb: AT_REST[observed] for verb, observed in PAUSED.items()},
    **{verb: OF_MODE[mode] for verb, mode in LEFT.items() if mode != Mode.RESIZED},
    "shelve-image": Phase.LEAVING,
    "unshelve-anew": Phase.ACTIVE,
    "migrate-live": Phase.ACTIVE,
    "migrate": Phase.RESIZED,
    "revert-move": Phase.ACTIVE,
    "evacuate": Phase.ACTIVE,
    "evacuate-stopped": Phase.STOPPED,
    "unshelve": AT_REST[EFFECT["OP_INSTANCE_STARTUP"]],
    "unrescue": AT_REST[EFFECT["OP_INSTANCE_REBOOT"]],
    "capture": Phase.ACTIVE,
    "delete": AT_REST[Observed.GONE],
    "delete-force": AT_REST[Observed.GONE],
}
# What becomes of a resize that has done nothing.
UNDONE: dict[str, Phase] = {
    "resize": Phase.ACTIVE,
    "resize-stopped": Phase.STOPPED,
    **dict.fromkeys(sorted(REVERTS), Phase.RESIZED),
    "pause": Phase.ACTIVE,
    "password": Phase.ACTIVE,
    "unpause": Phase.PAUSED,
    "shelve": Phase.ACTIVE,
    "shelve-off": Phase.ACTIVE,
    "shelve-image": Phase.SHELVED,
    "offload": Phase.SHELVED,
    "unshelve": Phase.SHELVED,
    "unshelve-anew": Phase.OFFLOADED,
    "rescue": Phase.ACTIVE,
    "unrescue": Phase.RESCUED,
    "capture": Phase.ACTIVE,
    "migrate-live": Phase.ACTIVE,
    "migrate": Phase.ACTIVE,
    "revert-move": Phase.RESIZED,
    "evacuate": Phase.CRASHED,
    "evacuate-stopped": Phase.CRASHED,
}


class Command(BaseCommand):
    """Writes the pages, or with ``--check`` fails when one differs."""

    help = __doc__

    def add_arguments(self, parser: Any) -> None:
        parser.add_argument("--check", action="store_true", help="write nothing; exit 1 when the page is out of date")

    def handle(self, *args: Any, **options: Any) -> None:  # noqa: ARG002 - Django's signature
        for name, drawn in PAGES.items():
            target = Path(settings.BASE_DIR) / name
            if options["check"]:
                self._check(name, target, drawn())
            else:
                target.parent.mkdir(exist_ok=True)
                target.write_text(drawn())

    def _check(self, name: str, target: Path, page: str) -> None:
        if not target.exists() or target.read_text() != page:
            self.stderr.write(f"{name} is out of date: run manage.py states")
            raise SystemExit(1)


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

Observations move a server too: a look finds it running, paused, stopped or crashed, whatever was asked of it.

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
    edges += ["  building --> in_error: create failed", "  rebuilding --> in_error: rebuild failed"]
    restarting = ("resize", "revert", "rescue", "unrescue")
    edges += [f"  {_id(IN_FLIGHT[verb])} --> in_error: {verb} failed to restart it" for verb in restarting]
    edges += [f"  {_id(IN_FLIGHT[verb])} --> {_id(end)}: {verb} failed before" for verb, end in UNDONE.items()]
    edges += [f"  {_id(Phase.RESIZED)} --> {_id(end)}: confirmed" for end in (Phase.ACTIVE, Phase.STOPPED)]
    edges += [f"  {_id(end)} --> {_id(Phase.SHELVED)}: shelved" for end in (Phase.STOPPED, Phase.CRASHED)]
    edges.append("  deleted --> [*]")
    return list(dict.fromkeys(edges))


def _id(phase: Phase) -> str:
    return phase.value.replace(" ", "_")


def network_page() -> str:
    """The same of networks on clusters."""
    return f"""# The life of a network on a cluster

Drawn by `manage.py states` from the tables of `logic/network/connection_states.py`; do not edit.

```mermaid
stateDiagram-v2
{chr(10).join(_network_edges())}
```

A network with a flavor has such a life on each cluster that a server of it has gone to. A command that failed leaves it
where it was, with its fault; the next server that needs it there, or a complete look at the cluster, asks for it again.
"""


def _network_edges() -> list[str]:
    edges = ["  [*] --> absent: its first server goes there"]
    for verb, phases in networks.MAY.items():
        froms = [phase for phase in networks.AT_REST.values() if phase in phases]
        froms += [networks.IN_FLIGHT[one] for one in sorted(networks.SUPERSEDES.get(verb, ()))]
        edges += [f"  {_word(phase)} --> {_word(networks.IN_FLIGHT[verb])}: {verb}" for phase in froms]
        edges.append(
            f"  {_word(networks.IN_FLIGHT[verb])} --> {_word(networks.AT_REST[networks.DONE[verb]])}: {verb} succeeded"
        )
    return [*edges, "  connected --> absent: two looks do not find it"]


def _word(phase: str) -> str:
    return phase.replace(" ", "_")


def volume_page() -> str:
    """The same of volumes."""
    words = "\n".join(f"| {phase.value} | {volumes.CINDER_STATUS[phase]} |" for phase in volumes.Phase)
    return f"""# The life of a volume

Drawn by `manage.py states` from the tables of `logic/volume/states.py`; do not edit.

```mermaid
stateDiagram-v2
{chr(10).join(_volume_edges())}
```

A volume is available before its first server, when it is only a row, and after each. A command that failed leaves it where
its disk is, with its fault; one that could not be deleted is `error_deleting` to Cinder, and may be deleted again.

| phase | Cinder's status |
| --- | --- |
{words}
"""


def _volume_edges() -> list[str]:
    edges = ["  [*] --> available: create"]
    for verb, phases in volumes.MAY.items():
        during = _word(volumes.IN_FLIGHT[verb])
        edges += [f"  {_word(phase)} --> {during}: {verb}" for phase in volumes.Phase if phase in phases]
        stays = [phase for phase in volumes.Phase if phase in phases]
        ends = [volumes.AT_REST[volumes.DONE[verb]]] if verb in volumes.DONE else stays
        edges += [f"  {during} --> {_word(end)}: {verb} succeeded" for end in ends]
    edges += [
        f"  {_word(one)} --> in_error: two looks do not find its disk"
        for one in dict.fromkeys(volumes.AT_REST.values())
        if one is not volumes.Phase.GONE
    ]
    return [
        *edges,
        "  available --> deleted: deleted before its first server",
        "  available --> being_attached: a server is made with it",
        "  being_attached --> attached_to_a_server: its server is made",
        "  being_attached --> available: its server could not be made",
        "  being_deleted --> in_error: delete failed",
    ]


PAGES: dict[str, Callable[[], str]] = {
    "docs/states/server.md": page,
    "docs/states/network.md": network_page,
    "docs/states/volume.md": volume_page,
}
