"""One machine of the lab: a process that holds namespaces of its own for network, mounts, host name and processes.

``cluster`` starts and ends nodes; everybody runs commands on them. When the holder ends, by whatever means, the kernel ends
all that runs on the node: Ganeti's daemons, its jobs, and its guests.
"""

import contextlib
import subprocess
from pathlib import Path
from typing import Final

from synnefo.testing.processes import NotReady, is_alive, until
from synnefo.testing.running import run

QEMU: Final = "/usr/bin/qemu-system-x86_64"  # not /usr/bin/kvm: under that name QEMU tries /dev/kvm first
DOMAIN: Final = "ganeti.test"
SPACES: Final = ("--uts", "--mount", "--net", "--pid")
INIT: Final = ("tini", "-s", "--", "sleep", "infinity")  # collects what daemons leave behind, as an init does
ENVIRONMENT: Final = {"HOME": "/root", "LANG": "C.UTF-8", "PATH": "/usr/sbin:/usr/bin:/sbin:/bin"}


class Node:
    """The node of a number, 1 to 9; node 1 is the first master. ``root`` has its files."""

    def __init__(self, number: int, root: Path) -> None:
        self.number, self.root = number, root / f"node{number}"
        self.name = f"node{number}.{DOMAIN}"
        self._holder: subprocess.Popen[bytes] | None = None
        self.pid = 0

    @property
    def is_up(self) -> bool:
        return self._holder is not None

    def start(self) -> None:
        """Its namespaces, empty. Raises :class:`NotReady`."""
        self.root.mkdir(parents=True, exist_ok=True)
        with (self.root / "holder.log").open("wb") as log:
            self._holder = subprocess.Popen(
                ["setpriv", "--pdeathsig=KILL", "unshare", *SPACES, "--fork", "--kill-child=KILL", "--mount-proc", *INIT],
                env=ENVIRONMENT, cwd="/", stdin=subprocess.DEVNULL, stdout=log, stderr=log, start_new_session=True,
            )  # fmt: skip
        until(self._is_up, within=10.0, what=f"the namespaces of {self.name}")
        self.run("hostname", self.name)
        self.run("ip", "link", "set", "lo", "up")

    def _is_up(self) -> bool:
        holder = self._holder
        assert holder, "it has been started"
        if holder.poll() is not None:
            raise NotReady((self.root / "holder.log").read_text(errors="replace"))
        with contextlib.suppress(OSError, ValueError):
            self.pid = int(Path(f"/proc/{holder.pid}/task/{holder.pid}/children").read_text())
            return Path(f"/proc/{self.pid}/comm").read_text().strip() == INIT[0]
        return False

    def command(self, *words: str) -> list[str]:
        """The command line, as run from outside, that runs ``words`` on the node with a clean environment."""
        clean = [f"{name}={value}" for name, value in ENVIRONMENT.items()]
        return ["nsenter", "-t", str(self.pid), "-u", "-m", "-n", "-p", "--", "env", "-i", *clean, *words]

    def run(self, *words: str, within: float = 60.0) -> str:
        """What it printed. Raises :class:`NotReady` with its complaint when it fails or takes longer, in seconds."""
        return run(self.command(*words), within=within)

    def stop(self) -> None:
        """All that runs there is ended."""
        if self._holder:
            self._holder.kill()
            self._holder.wait()
            until(lambda: not is_alive(self.pid), within=10.0, what=f"the end of {self.name}")
            self._holder = None
