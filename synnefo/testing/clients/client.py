"""``openstack`` with a ``clouds.yaml``: one process for all that is asked of one of its clouds, started with the first.

Two clouds are two processes, since the SDK keeps in a process who it was.
"""

import json
import os
import select
import subprocess
import sys
from pathlib import Path
from typing import Self

import msgspec

PATIENCE = 180.0  # seconds that one command may take: a guest may be shut down for it


class Done(msgspec.Struct, frozen=True):
    """What a command came to."""

    code: int
    output: str
    complaints: str


class Client:
    """Ends with its caller's process at the latest. Raises ``TimeoutError`` when a command takes too long."""

    def __init__(self, clouds: Path, cloud: str) -> None:
        self._cloud = cloud
        self._environment = {
            "OS_CLIENT_CONFIG_FILE": str(clouds),
            "PATH": os.environ["PATH"],
            "HOME": str(clouds.parent),
            "PYTHONPATH": str(Path(__file__).resolve().parents[3]),
        }
        self._process: subprocess.Popen[str] | None = None

    def run(self, words: list[str]) -> Done:
        """``openstack --os-cloud CLOUD WORDS``."""
        if self._process is None:
            self._process = self._start()
        process = self._process
        assert process.stdin
        assert process.stdout
        process.stdin.write(json.dumps(["--os-cloud", self._cloud, *words]) + "\n")
        process.stdin.flush()
        if not select.select([process.stdout], [], [], PATIENCE)[0]:
            self.close()
            raise TimeoutError(f"openstack {' '.join(words)}: not within {PATIENCE:g} s")
        answer = process.stdout.readline()
        assert answer, "the process of the clients has ended"
        return Done(*json.loads(answer))

    def _start(self) -> "subprocess.Popen[str]":
        return subprocess.Popen(
            [sys.executable, "-m", "synnefo.testing.clients.serving"],
            env=self._environment,
            stdin=subprocess.PIPE,
            stdout=subprocess.PIPE,
            text=True,
        )

    def close(self) -> None:
        if self._process is not None:
            self._process.kill()
            self._process.communicate()
            self._process = None

    def __del__(self) -> None:
        self.close()

    def __enter__(self) -> Self:
        return self

    def __exit__(self, *_: object) -> None:
        self.close()
