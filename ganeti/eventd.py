"""The event daemon: runs on Ganeti's master candidates and tells what Ganeti's jobs come to.

Of a cluster's candidates the master speaks (``mastership``); two that speak at once do no harm: the same fact has the same
key. No Django, no Ganeti library. ``run`` is also what the embedded cloud and the simulation start, with their own directory
and bus; ``main`` is the command line (``python -m ganeti.eventd --help``). The other parts: ``watching`` (files → messages),
``publishing`` (messages → broker), ``spool``, ``cursor``, ``directory``.
"""

import argparse
import asyncio
import faulthandler
import fcntl
import os
import signal
import sys
from collections.abc import Callable, Sequence
from pathlib import Path
from typing import Final, TextIO
from urllib.parse import SplitResult, unquote, urlsplit

import msgspec
import structlog

from ganeti import metrics
from ganeti.cursor import Cursor
from ganeti.directory import Directory, QueueDirectory
from ganeti.mastership import Always, Mastership, names_of_this_machine
from ganeti.publishing import Pace, Shipping
from ganeti.showing import Sight, listening
from ganeti.spool import Parcel, Spool
from ganeti.vocabulary import number_of
from ganeti.watching import Watching
from logic import clock, decoding, failpoints, logs
from logic.bus import Bus
from logic.bus.topology import prefix_of
from logic.errors import Malformed
from logic.messages import codec
from logic.messages.observations import BuildProgress, NicSeen
from logic.supervision import Supervisor, supervised

log = structlog.get_logger(__name__)
QUEUE_DIR: Final = Path("/var/lib/ganeti/queue")
CONFIG_DATA: Final = Path("/var/lib/ganeti/config.data")
SPOOL_DIR: Final = Path("/var/spool/synnefo/ganeti")  # the hook's too
STATE_DIR: Final = Path("/var/lib/synnefo/eventd")
URL_VARIABLE: Final = "SYNNEFO_AMQP_URL"
ALONE: Final = Supervisor("")
AGAIN: Final = 5.0  # seconds until a directory that is gone is opened again


class Options(msgspec.Struct, frozen=True, kw_only=True):
    """``cluster`` is our name of the backend, which messages are routed by; ``incarnation`` Ganeti's UUID of the
    cluster; ``prefix`` the installation's ``BACKEND_PREFIX_ID``; ``rescan`` in seconds; ``mastership`` says when to speak;
    ``/health`` and ``/metrics`` are answered unless ``metrics_port`` is 0."""

    cluster: str
    incarnation: str
    prefix: str = "snf-"
    spool_dir: Path = SPOOL_DIR
    state_dir: Path = STATE_DIR
    rescan: float = 60.0
    mastership: Mastership = Always()
    pace: Pace = Pace()
    metrics_address: str = "127.0.0.1"
    metrics_port: int = 0


async def run(
    options: Options, *, bus: Bus, directory: Callable[[], Directory], supervisor: Supervisor = ALONE
) -> None:
    """Until cancelled; then the cursor is written and the publisher closed. ``directory`` opens the job queue: again
    whenever it has been lost. ``supervisor`` hears how it is. Raises ``OSError`` when spool, state or the port for metrics
    cannot be used."""
    options.state_dir.mkdir(mode=0o750, parents=True, exist_ok=True)
    cursor = Cursor(options.state_dir / f"cursor-{options.cluster}.json", options.incarnation)
    shipping = Shipping(
        bus,
        Spool(options.spool_dir),
        prefix=options.prefix,
        cluster=options.cluster,
        prepare=lambda parcel: addressed(parcel, options),
        pace=options.pace,
    )
    metrics.begin(options.cluster)
    sight = Sight(options.cluster)
    async with (
        listening(options.metrics_address, options.metrics_port, shipping, sight),
        supervised(supervisor, lambda: {"queue": sight.read, "broker": shipping.connected}),
        asyncio.TaskGroup() as tasks,
    ):
        tasks.create_task(shipping.run())
        tasks.create_task(_watch(options, cursor, shipping, directory, sight))


async def _watch(
    options: Options, cursor: Cursor, shipping: Shipping, opened: Callable[[], Directory], sight: Sight
) -> None:
    while True:
        await _standing_by(options, sight)
        try:
            directory = opened()
            sight.becomes(clear=True)
            try:
                await _as_master(_watching(options, cursor, shipping, directory, sight), options.mastership)
            finally:
                sight.becomes(clear=False)
                directory.close()
        except OSError as error:
            log.warning("eventd.directory_lost", cluster=options.cluster, error=str(error))
            await asyncio.sleep(clock.jitter(AGAIN / 2, AGAIN))


async def _standing_by(options: Options, sight: Sight) -> None:
    """Silent until this machine is the master. What is in the spool goes out meanwhile: it was told while it was."""
    if not options.mastership.is_ours:
        log.info("eventd.stands_by", cluster=options.cluster)
        sight.stands_by()
        await options.mastership.becomes(ours=True)
    metrics.MASTER.labels(options.cluster).set(1)


async def _as_master(watching: Watching, mastership: Mastership) -> None:
    """Until another machine is the master. Raises what ends the watching."""
    tasks = [asyncio.create_task(one) for one in (watching.run(), mastership.becomes(ours=False))]
    try:
        done, _ = await asyncio.wait(tasks, return_when=asyncio.FIRST_COMPLETED)
        for task in done:
            task.result()
    finally:
        for task in tasks:
            task.cancel()
        await asyncio.gather(*tasks, return_exceptions=True)


def _watching(options: Options, cursor: Cursor, shipping: Shipping, directory: Directory, sight: Sight) -> Watching:
    return Watching(
        directory,
        cursor,
        shipping,
        cluster=options.cluster,
        incarnation=options.incarnation,
        prefix=options.prefix,
        looked=sight.looked,
        rescan=options.rescan,
    )


def addressed(parcel: Parcel, options: Options) -> bytes | None:
    """A spooled message in its final form. The hook and the OS definition do not know our name of the cluster, nor which
    instances are ours. What is no message at all goes as it is: the dispatcher keeps it in its quarantine."""
    if parcel.subject == "op":
        return parcel.body
    try:
        seen = codec.decode(parcel.body)
    except Malformed:
        return parcel.body
    if not isinstance(seen, NicSeen | BuildProgress) or number_of(options.prefix, seen.instance) is None:
        return None
    return codec.encode(msgspec.structs.replace(seen, cluster=options.cluster, incarnation=options.incarnation))


class _Cluster(msgspec.Struct):
    uuid: str


class _Config(msgspec.Struct):
    cluster: _Cluster


def incarnation_of(config_data: Path) -> str:
    """The cluster's UUID in Ganeti's ``config.data``. Raises ``ValueError`` when it cannot be read."""
    try:
        return decoding.decode(config_data.read_bytes(), _Config).cluster.uuid
    except (OSError, msgspec.DecodeError) as error:
        raise ValueError(f"cannot read the cluster's UUID from {config_data}: {error}.") from error


def _incarnation(given: argparse.Namespace) -> str:
    """Raises ``SystemExit`` with advice."""
    try:
        return given.incarnation or incarnation_of(given.config_data)
    except ValueError as error:
        raise SystemExit(f"{error} Give it as --incarnation.") from error


def parser() -> argparse.ArgumentParser:
    """The command line."""
    made = argparse.ArgumentParser(
        prog="python -m ganeti.eventd",
        description="Tell Synnefo what the jobs of this Ganeti cluster come to. Runs on every master candidate.",
        formatter_class=argparse.ArgumentDefaultsHelpFormatter,
    )
    made.add_argument("--cluster", required=True, help="name of this cluster in Synnefo (manage.py backend-list)")
    made.add_argument("--prefix", default="snf-", help="BACKEND_PREFIX_ID of the installation")
    made.add_argument(
        "--amqp-url-file", type=Path, help=f"file with the broker's URLs; else the variable {URL_VARIABLE}"
    )
    made.add_argument("--queue-dir", type=Path, default=QUEUE_DIR, help="Ganeti's job queue")
    made.add_argument(
        "--spool-dir", type=Path, default=SPOOL_DIR, help="messages on their way; the hook writes here too"
    )
    made.add_argument("--state-dir", type=Path, default=STATE_DIR, help="what has been told already")
    made.add_argument("--config-data", type=Path, default=CONFIG_DATA, help="where to read the cluster's UUID")
    made.add_argument("--node", default="", help="name of this machine in Ganeti; else its host name")
    made.add_argument("--incarnation", default="", help="the cluster's UUID, when config.data may not be read")
    made.add_argument("--metrics-port", type=int, default=0, help="/health and /metrics on this port; 0: nowhere")
    made.add_argument("--metrics-address", default="127.0.0.1", help="and on this address")
    made.add_argument("--rescan", type=float, default=60.0, help="seconds between looks at the whole queue")
    return made


def main(arguments: Sequence[str] | None = None) -> int:
    """Run in the foreground until SIGTERM or SIGINT."""
    given = parser().parse_args(arguments)
    if not given.queue_dir.is_dir():
        raise SystemExit(f"{given.queue_dir} is no directory. Does this machine run Ganeti? See --queue-dir.")
    options = Options(
        cluster=given.cluster,
        incarnation=_incarnation(given),
        prefix=given.prefix,
        spool_dir=given.spool_dir,
        state_dir=given.state_dir,
        rescan=given.rescan,
        mastership=Mastership(given.config_data.parent, frozenset(given.node.split()) or names_of_this_machine()),
        metrics_address=given.metrics_address,
        metrics_port=given.metrics_port,
    )
    urls = urls_of(given.amqp_url_file)
    logs.configure("eventd", secrets=passwords_of(urls))
    faulthandler.enable()  # systemd ends one that hangs with SIGABRT: where it hung is in the journal then
    try:
        failpoints.obey(os.environ)
    except ValueError as error:
        raise SystemExit(str(error)) from error
    try:
        held = _alone(options.state_dir)
    except OSError as error:
        raise SystemExit(f"cannot use {options.state_dir}: {error.strerror}. Does another eventd run there?") from error
    try:
        with held:
            asyncio.run(_until_signalled(options, urls, given.queue_dir))
    except OSError as error:
        raise SystemExit(f"cannot go on: {error}") from error
    return 0


def urls_of(file: Path | None) -> list[str]:
    """The broker's URLs, one for each of its hosts, a line each. They hold a password and so are never an argument.
    Raises ``SystemExit`` with advice."""
    try:
        urls = (file.read_text() if file else os.environ.get(URL_VARIABLE, "")).split()
    except OSError as error:
        raise SystemExit(f"cannot read the broker's URL from {file}: {error.strerror}") from error
    if not urls:
        raise SystemExit(f"give the broker's URL in {URL_VARIABLE} or with --amqp-url-file")
    return urls


def passwords_of(urls: Sequence[str]) -> set[str]:
    """What no line of the log may hold, as it is written in the URLs and as it is meant."""
    written = {password for url in urls if (password := _parts(url).password)}
    return written | {unquote(password) for password in written}


def _parts(url: str) -> SplitResult:
    """Nothing of a text that cannot be a URL: the bus refuses it."""
    try:
        return urlsplit(url)
    except ValueError:
        return urlsplit("")


def _alone(state_dir: Path) -> TextIO:
    """Hold the state directory until the file is closed. Raises ``OSError`` when another process does."""
    state_dir.mkdir(mode=0o750, parents=True, exist_ok=True)
    held = (state_dir / "lock").open("w")
    try:
        fcntl.flock(held, fcntl.LOCK_EX | fcntl.LOCK_NB)
    except OSError:
        held.close()
        raise
    return held


async def _until_signalled(options: Options, urls: list[str], queue_dir: Path) -> None:
    from logic.bus.amqp import AmqpBus  # noqa: PLC0415 - the AMQP client is dear, and only the command line needs it

    bus, supervisor = AmqpBus(urls, prefix_of(options.prefix)), Supervisor.of(os.environ)
    watched = run(options, bus=bus, directory=lambda: QueueDirectory(queue_dir), supervisor=supervisor)
    running = asyncio.ensure_future(watched)

    def end() -> None:
        supervisor.stopping()
        running.cancel()

    loop = asyncio.get_running_loop()
    for number in (signal.SIGTERM, signal.SIGINT):
        loop.add_signal_handler(number, end)
    await asyncio.wait({running})
    await bus.close()
    if not running.cancelled():
        running.result()


if __name__ == "__main__":
    sys.exit(main())
