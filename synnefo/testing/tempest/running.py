"""Start the suite and read what came of each test."""

import os
import subprocess
import xml.etree.ElementTree as ET
from collections.abc import Sequence
from pathlib import Path
from typing import Literal

import msgspec

Outcome = Literal["passed", "failed", "skipped"]


class Result(msgspec.Struct, frozen=True):
    """One test, or the set-up of a class (``setUpClass (…)``); ``why`` of one that did not pass."""

    name: str
    outcome: Outcome
    why: str = ""


class Suite:
    """The suite in its own virtual environment (``programs``, a directory), with a configuration in ``folder``."""

    def __init__(self, programs: Path, folder: Path) -> None:
        self._programs = programs
        self.folder = folder / "suite"  # beside its home, since it wants an empty one
        self._environment = {
            "PATH": f"{programs}:{os.environ['PATH']}",
            "HOME": str(folder),
            "LANG": "C.UTF-8",
        }

    def prepare(self, conf: str) -> None:
        """Make the folder ready."""
        self.folder.mkdir()
        self._call("tempest", "init", str(self.folder))
        (self.folder / "etc" / "tempest.conf").write_text(conf)
        self._environment |= {"TEMPEST_CONFIG_DIR": str(self.folder / "etc"), "TEMPEST_CONFIG": "tempest.conf"}

    def run(self, names: Sequence[str], *, workers: int, within: float) -> list[Result]:
        """All of them, printing as it goes; raises ``subprocess.TimeoutExpired`` after ``within`` seconds."""
        listed = self.folder / "wanted.txt"
        listed.write_text("".join(f"{name}\n" for name in names))
        command = [str(self._programs / "tempest"), "run", "--concurrency", str(workers), "--load-list", str(listed)]
        subprocess.run(command, cwd=self.folder, env=self._environment, timeout=within, check=False)
        stream = self._call("stestr", "last", "--subunit")
        return results(self._call("subunit2junitxml", given=stream))

    def _call(self, program: str, *words: str, given: bytes = b"") -> bytes:
        done = subprocess.run(
            [str(self._programs / program), *words],
            cwd=self.folder,
            env=self._environment,
            input=given,
            capture_output=True,
            timeout=300,
            check=False,
        )
        return done.stdout


def results(junit: bytes) -> list[Result]:
    """Out of the suite's report. Names are whole, with their brackets."""
    return [_result(case) for case in ET.fromstring(junit).iter("testcase")]


def _result(case: ET.Element) -> Result:
    whole = ".".join(part for part in (case.get("classname"), case.get("name")) if part)
    bad = next((found for kind in ("failure", "error") if (found := case.find(kind)) is not None), None)
    if bad is not None:
        return Result(whole, "failed", (bad.text or "").strip())
    skipped = case.find("skipped")
    return Result(whole, "skipped", (skipped.text or "").strip()) if skipped is not None else Result(whole, "passed")
