#!/usr/bin/env python3
"""Operator commands: ``manage.py help``."""

import gc
import os
import signal
import sys

YOUNG = (
    20_000  # objects between two collections: nearly all that is made while programs start stays, and is walked in vain
)
STOPPED = {"standalone": 0}  # exit codes of Ctrl-C; else as the shell's
INTERRUPTED = 130


def main() -> None:
    gc.set_threshold(YOUNG, 20, 20)
    if signal.getsignal(signal.SIGINT) is signal.default_int_handler:  # not where it is ignored: behind a script's &
        signal.signal(signal.SIGINT, leave)
    os.environ.setdefault("DJANGO_SETTINGS_MODULE", "synnefo.settings")
    from synnefo.management.utility import Utility  # noqa: PLC0415 - settings come first

    Utility(sys.argv).execute()


def leave(*_: object) -> None:
    """Ctrl-C, from the first import on and until a program has its own way to stop: at once, with no traceback of
    whatever was being imported. What is not committed is undone by whoever keeps it, as after ``kill -9``."""
    os.write(sys.stderr.fileno(), b"Stopped.\n")
    os._exit(STOPPED.get(sys.argv[1], INTERRUPTED) if sys.argv[1:] else INTERRUPTED)


if __name__ == "__main__":
    main()
