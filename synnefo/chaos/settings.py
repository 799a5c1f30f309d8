"""``settings.d`` of each program of a run: what a site would write, with the addresses of the program's own links.

The bounds are tighter than a site's, so that a run is short: a lease and a call of seconds, a full look every five.
"""

from pathlib import Path
from typing import Any, Final

CALL_TIMEOUT: Final = 4.0
LEASE: Final = 6.0
INTERVAL: Final = 5.0
QUOTAS: Final = {"servers": 500, "cores": 2000, "ram": 4_000_000, "ports": 2000, "key_pairs": 100}


def write(folder: Path, *, database: dict[str, Any], broker: str, var: Path, logs: Path) -> Path:
    """The directory for ``SYNNEFO_SETTINGS_DIR``."""
    folder.mkdir(parents=True)
    logs.mkdir(parents=True, exist_ok=True)
    names = ("ENGINE", "NAME", "USER", "PASSWORD", "HOST", "PORT")
    values = {
        "DATABASES": {"default": {name: str(database[name]) for name in names}},
        "AMQP_HOSTS": [broker],
        "BUS": "amqp",
        "VAR_DIR": str(var),
        "LOG_DIR": str(logs),
        "GANETI_DISK_TEMPLATE": "file",
        "GANETI_CALL_TIMEOUT": CALL_TIMEOUT,
        "COMMAND_LEASE": LEASE,
        "RECONCILE_INTERVAL": INTERVAL,
        "TOKEN_LIFETIME": 24 * 3600,
        "QUOTAS": QUOTAS,
    }
    site = folder / "50-site.conf"
    site.touch(mode=0o600)
    site.write_text("".join(f"{name} = {value!r}\n" for name, value in values.items()))
    return folder
