"""``python -m ganeti.simulator --dir DIR``: a Ganeti in a directory, its remote API over HTTPS.

Prints one line when it is ready. SIGTERM and SIGINT stop it; the next start finds everything as it was. ``--help``
tells the options.
"""

import argparse
import asyncio
import os
import signal
import sys
from collections.abc import Sequence
from contextlib import suppress
from pathlib import Path

import msgspec
import structlog

from ganeti import versions
from ganeti.simulator import addresses, certificate, running
from ganeti.simulator.cluster import Cluster
from ganeti.simulator.errors import OpError
from ganeti.simulator.faults import Rates
from ganeti.simulator.hooks import DirectoryRunner
from ganeti.simulator.opening import DirectoryInUse, opened
from ganeti.simulator.script import Script
from ganeti.simulator.server import Server
from ganeti.simulator.settings import NetworkSpec, NodeSpec, Pace, Settings
from ganeti.simulator.simulator import Simulator
from ganeti.simulator.users import Users, first_user
from logic import decoding
from logic.offload import Threads

_PORTS = 65536


def main(arguments: Sequence[str] | None = None) -> int:
    """Run until a signal. Returns the exit status."""
    given = _parser().parse_args(arguments)
    try:
        with opened(given.dir, _settings(given), seed=given.seed, rates=given.faults) as cluster:
            asyncio.run(_run(cluster, given))
    except (DirectoryInUse, OSError, ValueError) as error:
        sys.stderr.write(f"ganeti.simulator: {error}\n")
        return 1
    return 0


async def _run(cluster: Cluster, given: argparse.Namespace) -> None:
    structlog.configure(logger_factory=structlog.PrintLoggerFactory(sys.stderr))
    simulator = Simulator(cluster)
    if given.kill_jobs:
        simulator.kill_jobs()
    users = given.users or given.dir / "users"
    first_user(users)
    context, path = certificate.context(given.dir)
    offload = Threads(readers=1, writers=1, callers=8)
    script = Script(given.script, simulator.faults) if given.script else None
    server = await Server(simulator, Users(users), offload, script).start(given.host, given.port, context)
    port = server.sockets[0].getsockname()[1]
    print(  # noqa: T201 - a command line
        f"ganeti.simulator is ready: https://{given.host}:{port} certificate={path} users={users} cluster={simulator.uuid}",
        flush=True,
    )
    hooks = DirectoryRunner(given.hooks_dir, extra=_extra(given.hook_env)) if given.hooks_dir else None
    work = asyncio.ensure_future(running.run(simulator, offload, hooks=hooks))
    for number in (signal.SIGTERM, signal.SIGINT):
        asyncio.get_running_loop().add_signal_handler(number, work.cancel)
    try:
        with suppress(asyncio.CancelledError):
            await work
    finally:
        server.close()
        simulator.close()
        offload.close()


def _parser() -> argparse.ArgumentParser:
    parser = argparse.ArgumentParser(
        prog="python -m ganeti.simulator", description="A small Ganeti for laptops and tests."
    )
    add = parser.add_argument
    add("--dir", type=Path, required=True, help="where the cluster lives: state, job queue, certificate, users")
    add("--host", default="127.0.0.1", help="address to listen on (default %(default)s)")
    add("--port", type=_port, default=5080, help="port to listen on, 0 for a free one (default %(default)s)")
    add("--users", type=Path, help="lines 'user password write|read' (default DIR/users, made with one user)")
    add("--node", action="append", help="a node's name; repeat for more, the first is the master (default: this host)")
    add("--network", action="append", default=[], type=_network, help="NAME=SUBNET[,GATEWAY], there from the start")
    add("--hooks-dir", type=Path, help="run the executables of HOOKS_DIR/<path>-post.d")
    add("--hook-env", action="append", default=[], help="NAME=VALUE, added to the environment of hooks")
    add("--speed", type=float, default=1.0, help="times as fast as a real cluster (default %(default)s)")
    add("--ganeti-version", default="3.0.2", type=_version, help="the Ganeti it is taken for (default %(default)s)")
    add("--seed", help="what chance is drawn from; default: another each time")
    add("--faults", type=_rates, default=Rates(), help="rates by kind, e.g. fail=0.1,cut=0.05,seconds=3")
    add("--script", type=Path, help="JSON file of planned faults, read again whenever it changes")
    add(
        "--archive-after",
        type=float,
        default=6 * 3600.0,
        help="seconds until an ended job leaves the list (%(default)g)",
    )
    add("--kill-jobs", action="store_true", help="jobs that were working at the last stop have died")
    add("--user-shutdown", action="store_true", help="tell guests that power themselves off from those that die")
    return parser


def _settings(given: argparse.Namespace) -> Settings:
    if given.speed <= 0:
        raise ValueError("--speed must be above nought")
    names = given.node or [os.uname().nodename]
    return Settings(
        version=given.ganeti_version,
        nodes=tuple(NodeSpec(name=name) for name in names),
        networks=tuple(given.network),
        hooks=given.hooks_dir is not None,
        user_shutdown=given.user_shutdown,
        archive_after=given.archive_after,
        pace=Pace(factor=1 / given.speed),
    )


def _port(text: str) -> int:
    number = int(text)
    if not 0 <= number < _PORTS:
        raise argparse.ArgumentTypeError(f"{text} is no port")
    return number


def _version(text: str) -> str:
    if versions.read(text) is None:
        raise argparse.ArgumentTypeError(f"{text!r} is no version, such as 3.1.1")
    return text


def _network(text: str) -> NetworkSpec:
    name, _, rest = text.partition("=")
    subnet, _, gateway = rest.partition(",")
    if not name or not subnet:
        raise argparse.ArgumentTypeError(f"{text!r} is not NAME=SUBNET[,GATEWAY]")
    try:
        addresses.subnet(subnet)
        return NetworkSpec(name=name, network=subnet, gateway=addresses.member(subnet, gateway) if gateway else None)
    except OpError as error:
        raise argparse.ArgumentTypeError(str(error)) from error


def _rates(text: str) -> Rates:
    try:
        pairs = dict(part.split("=", 1) for part in text.split(",") if part)
        return decoding.convert(pairs, Rates, strict=False)
    except (ValueError, msgspec.ValidationError) as error:
        raise argparse.ArgumentTypeError(f"{text!r}: {error}") from error


def _extra(pairs: Sequence[str]) -> dict[str, str]:
    return dict(pair.split("=", 1) for pair in pairs if "=" in pair)


if __name__ == "__main__":
    sys.exit(main())
