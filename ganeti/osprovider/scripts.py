"""The scripts of Ganeti's OS interface: what ``contrib/ganeti-os/synnefo-image/{create,verify,…}`` run, by their names.

Ganeti keeps what a script prints in a log on the node and tells the job its last lines: so a script prints sentences of
``troubles`` and nothing of its environment, and an error nobody thought of is told by its kind and its place alone.
"""

import os
import sys
from collections.abc import Callable, Mapping
from pathlib import Path
from typing import IO, Final

from ganeti.osprovider import asking, blank, configdrive, orders, sending, settings, sources, writing
from ganeti.osprovider.progress import Progress
from ganeti.osprovider.troubles import Trouble

NAME: Final = "synnefo-image"
BLOCK: Final = 1024 * 1024


def main(script: str, environment: Mapping[str, str]) -> int:
    """The exit code of the script of this name."""
    try:
        SCRIPTS[script](environment)
    except Trouble as trouble:
        sys.stderr.write(f"{NAME}: {trouble}\n")
    except OSError as error:
        sys.stderr.write(f"{NAME}: {error.strerror or type(error).__name__}: {error.filename or _place(error)}\n")
    except Exception as error:  # noqa: BLE001 - its text may hold what must not be told
        sys.stderr.write(f"{NAME}: {type(error).__name__} at {_place(error)}; please report this\n")
    else:
        return 0
    return 1


def _place(error: BaseException) -> str:
    trace, place = error.__traceback__, ""
    while trace:
        place = f"{Path(trace.tb_frame.f_code.co_filename).name}:{trace.tb_lineno}"
        trace = trace.tb_next
    return place


def create(environment: Mapping[str, str]) -> None:
    """Write the image to the first disk, and the metadata to the disk made for it."""
    order = orders.creation(environment)
    ours = _settings(environment)
    progress = Progress(order.instance, ours)
    try:
        _make(order, ours, progress)
    except Trouble as trouble:
        progress.failed(str(trouble))
        raise
    finally:
        progress.close()


def _settings(environment: Mapping[str, str]) -> settings.Settings:
    return settings.read(Path(environment.get(settings.FILE_VARIABLE) or settings.FILE))


def _make(order: orders.Order, ours: settings.Settings, progress: Progress) -> None:
    if order.image is None:
        _leave_metadata(order, ours)
    else:
        _write(order, order.image, ours, progress)
    if order.ephemeral:
        blank.ephemeral(order.ephemeral)
    if order.swap:
        blank.swap(order.swap)
    what = order.image.name if order.image else "metadata alone"
    sys.stdout.write(f"{NAME}: {what} is on the disk of {order.instance}\n")


def _write(order: orders.Order, wanted: orders.Image, ours: settings.Settings, progress: Progress) -> None:
    """The metadata is left once the image is found."""
    progress.info(f"looking for the image {wanted.name}")
    with sources.found(wanted, ours) as image:
        _leave_metadata(order, ours)
        writing.write(image, wanted.format, order.root, progress.copied)


def _leave_metadata(order: orders.Order, ours: settings.Settings) -> None:
    if order.config:
        configdrive.leave(_metadata(order, order.config, ours), order.config)


def _metadata(order: orders.Order, drive: orders.Disk, ours: settings.Settings) -> orders.Metadata:
    """With the secrets of a system that is installed again, which Ganeti cannot carry: as an API tells them, or else the user
    data that it has already."""
    told = asking.secrets(order.asked, ours) if order.asked else None
    if told is not None:
        return orders.with_secrets(order.metadata, told)
    return configdrive.kept(order.metadata, drive) if order.again and not order.metadata.user_data else order.metadata


def verify(environment: Mapping[str, str]) -> None:
    """Are these parameters ones that ``create`` would take?"""
    orders.verified(environment)


def export(environment: Mapping[str, str]) -> None:
    """A disk to whoever has asked for it: to the API if that has, and then Ganeti keeps a line about it in the disk's place; else
    to standard output, its size first, where Ganeti asks for it."""
    device, ours = _device(environment, "EXPORT"), _settings(environment)
    instance = orders.instance(environment) if ours.apis else ""
    asked = sending.asked(instance, ours)
    if asked.ours:
        _keep(environment, _sent(environment, asked, device, ours))
        return
    with device.open("rb") as disk:
        _announce(environment, disk.seek(0, os.SEEK_END))
        disk.seek(0)
        _pour(disk, sys.stdout.buffer)


def _sent(environment: Mapping[str, str], asked: sending.Asked, device: Path, ours: settings.Settings) -> str:
    """What became of it."""
    index = environment.get("EXPORT_INDEX", "0")
    if not asked.is_of(int(index), environment.get(f"DISK_{index}_NAME", "")):
        return "the cloud has not asked for this disk"
    sent = sending.send(orders.instance(environment), asked, device, ours)
    return (
        f"the cloud has this disk, {sent} bytes of {asked.format}"
        if sent
        else "the cloud does not want this disk any more"
    )


def _keep(environment: Mapping[str, str], told: str) -> None:
    line = f"{NAME}: {told}\n".encode()
    _announce(environment, len(line))
    sys.stdout.buffer.write(line)
    sys.stdout.buffer.flush()


def _announce(environment: Mapping[str, str], size: int) -> None:
    if asked := environment.get("EXP_SIZE_FD", ""):
        os.write(int(asked), b"%d\n" % size)


def restore(environment: Mapping[str, str]) -> None:
    """``import``: a disk from standard input, onto one that is as large."""
    with _device(environment, "IMPORT").open("r+b") as disk:
        _pour(sys.stdin.buffer, disk)
        disk.flush()
        os.fsync(disk.fileno())


def rename(_: Mapping[str, str]) -> None:
    """A guest's name is its own affair: what it learned when it was made stays."""


def _device(environment: Mapping[str, str], what: str) -> Path:
    path = environment.get(f"{what}_DISK_PATH") or environment.get(f"{what}_DEVICE", "")
    if not path.startswith("/"):
        raise Trouble(f"{what}_DEVICE is missing: is this run by Ganeti?")
    return Path(path)


def _pour(source: IO[bytes], target: IO[bytes]) -> None:
    while block := source.read(BLOCK):
        target.write(block)
    target.flush()


SCRIPTS: Final[dict[str, Callable[[Mapping[str, str]], None]]] = {
    "create": create,
    "verify": verify,
    "export": export,
    "import": restore,
    "rename": rename,
}
