"""How a program of the simulation starts: one order of sets for every process, Django, a database in memory."""

import os
import sys

SETTINGS = "synnefo.settings"


def start(module: str) -> None:
    """Before anything else is imported; ``module`` is what ``python -m`` was given."""
    if os.environ.get("PYTHONHASHSEED") != "0":  # sets of strings must come in the same order in every process
        os.execve(sys.executable, [sys.executable, "-m", module, *sys.argv[1:]],  # noqa: S606
                  {**os.environ, "PYTHONHASHSEED": "0"})  # fmt: skip
    os.environ.setdefault("DJANGO_SETTINGS_MODULE", SETTINGS)
    os.environ.setdefault("SYNNEFO_GANETI_RESCUE_IMAGE", "/srv/rescue.iso")  # no simulated guest reads it
    import django  # noqa: PLC0415 - settings come first

    django.setup()
    from synnefo.simulation import database  # noqa: PLC0415

    database.use_memory()
