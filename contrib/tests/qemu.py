"""A QEMU without acceleration, for tests that boot something: its serial line is read as it comes, QMP gives it orders."""

import json
import os
import re
import select
import socket
import subprocess
import time
from collections.abc import Sequence
from pathlib import Path
from typing import Any, Self

PATIENCE = 120.0  # seconds until a test gives up; nothing is decided by it otherwise


class Qemu:
    """``disks`` are raw files, in the order in which the guest sees them."""

    def __init__(self, folder: Path, disks: Sequence[Path], *more: str) -> None:
        self._qmp_path = folder / "qmp"
        drives = [word for disk in disks for word in ("-drive", f"file={disk},if=virtio,format=raw")]
        self._process = subprocess.Popen(
            ["nice", "-n", "10", "qemu-system-x86_64", "-accel", "tcg", "-m", "128", "-nodefaults", "-display", "none", "-vga",
             "std", "-serial", "stdio", "-qmp", f"unix:{self._qmp_path},server=on,wait=off", *drives, *more],
            stdin=subprocess.PIPE,
            stdout=subprocess.PIPE,
            stderr=subprocess.STDOUT,
            bufsize=0,
        )  # fmt: skip
        self.console = ""
        self._qmp: Any = None

    def __enter__(self) -> Self:
        return self

    def __exit__(self, *_: object) -> None:
        self._process.kill()
        self._process.communicate()
        if self._qmp:
            self._qmp.close()

    def until(self, pattern: str) -> re.Match[str]:
        """Read the console until it has said this; what it said so far counts."""
        give_up = time.monotonic() + PATIENCE
        while not (found := re.search(pattern, self.console, re.MULTILINE)):
            assert time.monotonic() < give_up, f"never said {pattern!r}:\n{self.console}"
            assert self._read(), f"ended before it said {pattern!r}:\n{self.console}"
        return found

    def _read(self) -> bool:
        output = self._process.stdout
        assert output
        if select.select([output], [], [], 1.0)[0]:
            some = os.read(output.fileno(), 65536)
            self.console += some.decode("utf-8", "replace").replace("\r", "")
            return bool(some)
        return True

    def order(self, name: str, **arguments: Any) -> Any:
        """What QMP answers to a command."""
        if self._qmp is None:
            connection = socket.socket(socket.AF_UNIX)
            connection.connect(str(self._qmp_path))
            self._qmp = connection.makefile("rw", encoding="utf-8")
            connection.close()
            self._qmp.readline()
            self.order("qmp_capabilities")
        self._qmp.write(json.dumps({"execute": name, "arguments": arguments}) + "\n")
        self._qmp.flush()
        while "event" in (answer := json.loads(self._qmp.readline())):
            pass
        assert "return" in answer, answer
        return answer["return"]

    def wait(self) -> int:
        """Until it is off by itself."""
        while self._read():
            pass
        return self._process.wait(PATIENCE)
