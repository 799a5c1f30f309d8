"""A volume's disk given up for other content: set aside, and removed (docs/decisions/0044).

Called by ``ganeti_ordering``. First the disk is named as one that is to be filled (``ganeti_filling``), so that nobody takes it
for the volume's any more; only then it is removed with its keeper, by the job of the command. So either the disk is there as it
was, or the volume has none: what could not be removed is made anew by the next attachment, and goes with the volume. Everything
here blocks.
"""

from collections.abc import Iterator

from ganeti import vocabulary
from ganeti.replies import Housed
from logic.backends import ganeti_volumes as volumes
from logic.backends.ganeti_volumes import Desk
from logic.messages.commands import ClearVolume


def clear(desk: Desk, command: ClearVolume) -> int:
    """Whatever of it is done already is not done again. That there is no keeper is success: the job says that nobody knows it.
    Raises :class:`Rejected` while an instance has the disk."""
    name = desk.name()
    desk.await_quiet(name, *([command.instance] if command.instance else []))
    keeper = desk.found(name)
    if keeper is None or name not in keeper.disk_names:
        desk.nobodys(name)
    needs: list[int] = []
    if keeper:
        volumes.check_keeper(keeper, command.resource)
        for change in _steps(desk, keeper, name):
            needs = [volumes.moved(desk, keeper, change, desk.part, depends=desk.depends, needs=needs)]
    return desk.client.remove(name, shutdown_timeout=0, reason=desk.whole, depends=desk.depends, needs=needs)


def _steps(desk: Desk, keeper: Housed, name: str) -> Iterator[tuple[str, str | int, dict[str, str]]]:
    """What is done to its keeper first."""
    aside, kept = vocabulary.filling_name(desk.prefix, desk.command.resource), name in keeper.disk_names
    if aside in keeper.disk_names and not kept:
        return
    if aside in keeper.disk_names:  # left by an earlier one
        yield "remove", aside, {}
    if not kept:  # left between two instances
        yield "attach", -1, {"name": name}
    yield "modify", name, {"name": aside}
