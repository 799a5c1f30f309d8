"""The embedded cloud as a separate process, as ``make run`` starts it."""

import re
import socket
import sys
import tempfile
from collections.abc import Mapping
from pathlib import Path
from typing import Self

from synnefo.testing.processes import TAIL, Daemon, spare_port
from synnefo.testing.running import run

ROOT = Path(__file__).resolve().parents[2]
READY = re.compile(r"^Synnefo is ready", re.MULTILINE)


class EmbeddedCloud:
    """``var`` survives ``stop`` and ``kill``; leaving the context forgets it. ``options`` of the command, ``settings`` beside
    the usual ones. What is put into ``environment`` holds from the next start on."""

    def __init__(self, *options: str, settings: Mapping[str, str] | None = None) -> None:
        self._folder = tempfile.TemporaryDirectory(prefix="synnefo-embedded-")
        self.var = Path(self._folder.name) / "var"
        self.port = spare_port()
        self.url = f"http://127.0.0.1:{self.port}"
        self.log = Path(self._folder.name) / "log"
        self._starts = 0
        self.environment = {
            "SYNNEFO_VAR": str(self.var),
            "SYNNEFO_SETTINGS_DIR": "",
            "PATH": "/usr/bin:/bin",
            **{f"SYNNEFO_{name}": value for name, value in (settings or {}).items()},
        }
        self.daemon = Daemon(
            [sys.executable, "manage.py", "standalone", "--port", str(self.port), *options],
            user="root",
            log=self.log,
            ready=self._is_ready,
            environment=self.environment,
            directory=ROOT,
            within=120.0,
        )

    def _is_ready(self) -> bool:
        return len(READY.findall(self.log.read_text(errors="replace"))) >= self._starts

    def start(self) -> None:
        self._starts += 1
        self.daemon.start()

    def manage(self, *words: str) -> str:
        """An operator command, to its end. Raises when it fails."""
        return run([sys.executable, "manage.py", *words], within=120, environment=self.environment, directory=ROOT)

    @property
    def clouds(self) -> Path:
        return self.var / "clouds.yaml"

    def last_words(self) -> dict[str, str]:
        """The end of what it printed, and of its logs."""
        logs = [self.log, *(self.var / "log").glob("*.log")]
        return {log.stem: log.read_text(errors="replace")[-TAIL:] for log in logs if log.exists()}

    def listens(self) -> bool:
        with socket.socket() as probe:
            return probe.connect_ex(("127.0.0.1", self.port)) == 0

    def __enter__(self) -> Self:
        self.start()
        return self

    def __exit__(self, *_: object) -> None:
        self.daemon.kill()
        self._folder.cleanup()
