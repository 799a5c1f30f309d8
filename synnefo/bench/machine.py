"""What a run was measured on, as the first line."""

import os
import platform
from pathlib import Path

from synnefo.bench.figures import Figure, alone
from synnefo.bench.programs import MACHINE


def machine() -> Figure:
    """Cores, processor, memory, and how busy the others keep it before anything is measured."""
    return alone(
        MACHINE,
        "cores",
        [float(os.cpu_count() or 0)],
        processor=_field("/proc/cpuinfo", "model name"),
        memory=_field("/proc/meminfo", "MemTotal"),
        python=platform.python_version(),
        load_before=round(os.getloadavg()[0], 1),
    )


def _field(path: str, name: str) -> str:
    lines = Path(path).read_text().splitlines()
    return next((line.partition(":")[2].strip() for line in lines if line.startswith(name)), "unknown")
