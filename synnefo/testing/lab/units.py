"""What README.deploy asks of systemd on a node of the lab, where none runs: the units of ours are started as they say.

Run by ``commands/systemctl`` on the node. It understands what our units say of user, groups, rights, environment, credentials,
directories and readiness, and restarts Ganeti's own daemons. It keeps nothing alive, and shuts nothing in.
"""

import grp
import os
import pwd
import re
import shlex
import shutil
import subprocess
import sys
from collections import defaultdict
from collections.abc import Sequence
from pathlib import Path
from typing import Final

from logic.testing.supervising import Listener
from synnefo.testing.lab.daemons import UTIL
from synnefo.testing.processes import NotReady, give, is_alive, until

INSTALLED: Final = Path("/etc/systemd/system")
NOBODY: Final = "nobody"  # who a DynamicUser is here
NOT_MASTER: Final = 11  # how a daemon of the master's ends elsewhere, which Ganeti's units take for success
DIRECTORIES: Final = {"StateDirectory": "/var/lib", "LogsDirectory": "/var/log", "RuntimeDirectory": "/run"}
DEBIANS: Final = {  # services of other packages
    "postgresql": {"restart": "pg_ctlcluster 15 main restart"},
    "nginx": {"reload": "nginx -s reload"},
}
Unit = dict[str, list[str]]


def main(words: Sequence[str]) -> None:
    """Raises :class:`NotReady` for a unit that does not become ready, ``SystemExit`` for what is not understood."""
    match words:
        case ["daemon-reload"]:
            return
        case ["restart", name] if name.startswith("ganeti-"):
            subprocess.run([UTIL, "stop", name], check=True, timeout=60)
            if subprocess.run([UTIL, "start", name], check=False, timeout=60).returncode not in {0, NOT_MASTER}:
                raise NotReady(f"{name} did not start")
        case ["restart" | "reload" as verb, name] if name in DEBIANS:
            subprocess.run(shlex.split(DEBIANS[name][verb]), check=True, timeout=60)
        case ["enable", "--now", *names]:
            for name in names:
                start(name, parsed(_text(name)))
        case _:
            raise SystemExit(f"not understood: systemctl {shlex.join(words)}")


def _text(name: str) -> str:
    """Of a unit's file, or of the one that it is an instance of."""
    of, at, instance = name.partition("@")
    return (INSTALLED / f"{of}{at}.service").read_text().replace("%i", instance)


def parsed(text: str) -> Unit:
    """The lines of its section Service."""
    section = text.partition("[Service]\n")[2].partition("\n[")[0]
    found: Unit = defaultdict(list)
    for name, value in re.findall(r"^(\w+)=(.*)$", section, re.MULTILINE):
        found[name].append(value)
    return found


def start(name: str, unit: Unit) -> None:
    """Returns when it has said that it is ready."""
    user = _last(unit, "User", NOBODY)
    environment = {"PATH": os.environ["PATH"], **_environment(unit)}
    credentials = _credentials(name, unit, user)
    for line in unit["ExecStartPre"]:
        subprocess.run(shlex.split(line.lstrip("+")), check=True, timeout=20)
    for kind, place in DIRECTORIES.items():
        for directory in _last(unit, kind, "").split():
            (Path(place) / directory).mkdir(exist_ok=True)
            give(Path(place) / directory, user)
    line = re.sub(r"(?<= )\$(\w+)", lambda name: environment[name[1]], unit["ExecStart"][-1])  # of any number of words
    words = [_filled(word, environment, credentials) for word in shlex.split(line)]
    Path(f"/run/{name}.notify").unlink(missing_ok=True)  # of an earlier start
    with Listener(Path(f"/run/{name}.notify")) as listener, Path(f"/var/log/{name}.log").open("ab") as log:
        give(listener.path, user)
        process = subprocess.Popen(
            [*_as(user, unit), *words], env=environment | listener.environment, cwd=_last(unit, "WorkingDirectory", "/"),
            stdin=subprocess.DEVNULL, stdout=log, stderr=log, start_new_session=True,
        )  # fmt: skip
        patience = float(_last(unit, "TimeoutStartSec", "90"))
        until(lambda: listener.has("READY=1") or not is_alive(process.pid), within=patience, what=f"{name} to be ready")
        if not listener.has("READY=1"):
            raise NotReady(Path(f"/var/log/{name}.log").read_text(errors="replace"))


def _last(unit: Unit, name: str, otherwise: str) -> str:
    return (unit.get(name) or [otherwise])[-1]


def _environment(unit: Unit) -> dict[str, str]:
    """A file's lines win; one whose name has a dash before it may be missing."""
    lines = [word for line in unit["Environment"] for word in shlex.split(line)]
    for file in unit["EnvironmentFile"]:
        if not file.startswith("-") or Path(file[1:]).exists():
            lines += shlex.split(Path(file.removeprefix("-")).read_text(), comments=True)
    return dict(line.split("=", 1) for line in lines)


def _credentials(name: str, unit: Unit, user: str) -> Path:
    """A directory that only the user may read, with copies of the files."""
    place = Path("/run/credentials") / name
    shutil.rmtree(place, ignore_errors=True)
    place.mkdir(mode=0o700, parents=True)
    give(place, user)
    for line in unit["LoadCredential"]:
        credential, _, file = line.partition(":")
        shutil.copyfile(file, place / credential)
        (place / credential).chmod(0o400)
        give(place / credential, user)
    return place


def _filled(word: str, environment: dict[str, str], credentials: Path) -> str:
    return re.sub(r"\$\{(\w+)\}", lambda name: environment[name[1]], word).replace("%d", str(credentials))


def _as(user: str, unit: Unit) -> list[str]:
    """No more rights than the unit gives."""
    account = pwd.getpwnam(user)
    groups = [grp.getgrnam(name).gr_gid for name in _last(unit, "SupplementaryGroups", "").split()]
    mask = _last(unit, "UMask", "0022")
    rights = ",".join(
        f"+{name.removeprefix('CAP_').lower()}" for name in _last(unit, "AmbientCapabilities", "").split()
    )
    bound = ",".join(filter(None, ("-all", rights)))
    return [
        "sh", "-c", f'umask {mask}; exec "$@"', "sh", "setpriv", f"--reuid={user}", f"--regid={account.pw_gid}",
        f"--groups={','.join(map(str, [account.pw_gid, *groups]))}", "--no-new-privs", f"--bounding-set={bound}",
        f"--inh-caps={bound}", f"--ambient-caps={bound}",
    ]  # fmt: skip


if __name__ == "__main__":
    main(sys.argv[1:])
