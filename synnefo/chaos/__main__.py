"""``python -m synnefo.chaos``: start the cloud, shoot at it, check it. The last line is one JSON object.

Exit code 1 when anything is lost, wrong, duplicated or stuck, or a fault raised no alert; then seed, history and logs stay in a
directory it names.
"""

import argparse
import asyncio
import json
import os
import shutil
import sys
import tempfile
from pathlib import Path
from typing import Any

import uvloop

from synnefo.chaos import disks

WORDS = ("lost", "wrong", "duplicated", "stuck", "silent")
MODEST = ("max_wal_size=160MB", "min_wal_size=80MB")  # its file system is small


def main() -> int:
    """0 when nothing was found."""
    options = _parser().parse_args()
    disks.enter_namespace("synnefo.chaos", sys.argv[1:])
    root = Path(tempfile.mkdtemp(prefix="synnefo-chaos-"))
    root.chmod(0o711)  # the database's user passes through
    try:
        report = _played(root, options)
    except BaseException:
        print(f"seed {options.seed}: the run broke off; history and logs are in {root}")
        raise
    finally:
        disks.release(root / "disk")
    failed = any(report[word] for word in WORDS)
    for sentence in report.pop("findings"):
        print(sentence)
    if failed:
        print(f"seed {options.seed}: history and logs are in {root}")
    else:
        shutil.rmtree(root, ignore_errors=True)
    print(json.dumps(report))
    return int(failed)


def _parser() -> argparse.ArgumentParser:
    parser = argparse.ArgumentParser(prog="python -m synnefo.chaos", description=__doc__)
    parser.add_argument("--events", type=int, default=2_000, help="events from the clusters (default %(default)s)")
    parser.add_argument("--faults", type=int, default=20, help="how many (default %(default)s)")
    parser.add_argument("--seed", type=int, default=1, help="which faults, when, and what tenants ask")
    parser.add_argument(
        "--minutes", type=float, default=0.0, help="end work and faults after that; 0: a generous bound"
    )
    parser.add_argument(
        "--only", action="append", default=[], metavar="KIND", help="faults of this kind; repeat for more"
    )
    return parser


def _played(root: Path, options: argparse.Namespace) -> dict[str, Any]:
    """The report of a run in this directory."""
    os.environ |= {"SYNNEFO_VAR": str(root / "var"), "SYNNEFO_SETTINGS_DIR": ""}
    os.environ.setdefault("DJANGO_SETTINGS_MODULE", "synnefo.settings")
    import django

    django.setup()
    from synnefo import logging
    from synnefo.chaos import cloud
    from synnefo.testing import databases
    from synnefo.testing.postgres import PostgresServer
    from synnefo.testing.rabbitmq import RabbitServer

    logging.set_up("chaos")
    (root / "seed").write_text(f"{options.seed}\n")
    disk = disks.small(root / "disk")
    with PostgresServer(parent=disk, settings=MODEST) as postgres, RabbitServer() as rabbit:
        postgres.create_database(cloud.DATABASE)
        entry = postgres.django(cloud.DATABASE)
        databases.migrate(entry)
        entry |= {"CONN_HEALTH_CHECKS": True, "CONN_MAX_AGE": None}
        with databases.replaced(entry), asyncio.Runner(loop_factory=uvloop.new_event_loop) as runner:
            return runner.run(_run(root, options, disk, postgres, rabbit))


async def _run(
    root: Path, options: argparse.Namespace, disk: Path | None, postgres: Any, rabbit: Any
) -> dict[str, Any]:
    from logic.db import with_connection
    from logic.offload import Threads
    from synnefo.chaos.cloud import Cloud
    from synnefo.chaos.history import History
    from synnefo.chaos.kinds import table
    from synnefo.chaos.running import Run, Wanted

    seconds = options.minutes * 60 or 120 + options.events / 10 + options.faults * 30
    kinds = {name: kind for name, kind in table.possible(disk=disk).items() if name in options.only or not options.only}
    wanted = Wanted(kinds, options.events, options.faults, options.seed, seconds)
    offload = Threads(readers=4, writers=1, callers=12, around=with_connection)
    history = History(root / "history.jsonl")
    made = Cloud(root, postgres=postgres, rabbit=rabbit, offload=offload, seed=options.seed, disk=disk, history=history)
    try:
        await made.start()
        return await Run(made, history, wanted).play()
    finally:
        await made.stop()
        offload.close()
        history.close()


if __name__ == "__main__":
    sys.exit(main())
