"""The road of a server as a user walks it, with the real client: for the acceptance tests of both forms of the cloud."""

import json
import re
from pathlib import Path
from typing import Any

from synnefo.testing.clients.client import Client
from synnefo.testing.processes import until

PATIENCE = 90.0  # seconds one command, or one change, may take


class OpenStack:
    """The ``openstack`` command with a ``clouds.yaml``. Raises :class:`Failed` with what it printed."""

    def __init__(self, clouds: Path, cloud: str = "synnefo") -> None:
        self._client = Client(clouds, cloud)

    def run(self, *words: str, complain: bool = True) -> str:
        """Its output. It must say nothing on standard error: no warnings."""
        done = self._client.run(list(words))
        if complain and (done.code or done.complaints.strip()):
            raise Failed(f"openstack {' '.join(words)}: exit {done.code}\n{done.output}{done.complaints}")
        return done.output + ("" if complain else done.complaints)

    def json(self, *words: str) -> Any:
        """Its output as data. Who waits for a build is told its progress before."""
        return json.loads(re.sub(r"^\s*(Progress: \d+\s*)+", "", self.run(*words, "-f", "json")))

    def status(self, server: str) -> str:
        status: str = self.json("server", "show", server)["status"]
        return status

    def reaches(self, server: str, status: str) -> None:
        """Wait until a server says so."""
        until(lambda: self.status(server) == status, within=PATIENCE, what=f"{server} to be {status}")

    def holds(self, volume: str, status: str) -> None:
        """Wait until a volume says so."""

        def is_so() -> bool:
            said: str = self.json("volume", "show", volume)["status"]
            return said == status

        until(is_so, within=PATIENCE, what=f"volume {volume} to be {status}")


class Failed(Exception):  # noqa: N818 - what the command did
    """The command failed, or warned."""


def walk(cloud: OpenStack, name: str = "demo") -> None:
    """Create, show, stop, start, reboot both ways, rebuild, resize, rename, set metadata, delete."""
    image, flavor = "debian-12", "m1.small"
    assert image in [row["Name"] for row in cloud.json("image", "list")]
    assert flavor in [row["Name"] for row in cloud.json("flavor", "list")]
    made = cloud.json("server", "create", "--flavor", flavor, "--image", image, "--wait", name)
    assert made["status"] == "ACTIVE", made
    assert made["addresses"], made
    id = made["id"]
    cloud.run("server", "stop", id)
    cloud.reaches(id, "SHUTOFF")
    cloud.run("server", "start", id)
    cloud.reaches(id, "ACTIVE")
    cloud.run("server", "reboot", "--wait", id)
    cloud.run("server", "reboot", "--hard", "--wait", id)
    cloud.run("server", "rebuild", "--image", image, "--wait", id)
    cloud.reaches(id, "ACTIVE")
    resize(cloud, id, flavor)
    cloud.run("server", "set", "--name", f"{name}-renamed", "--property", "purpose=test", id)
    shown = cloud.json("server", "show", id)
    assert (shown["name"], shown["properties"]) == (f"{name}-renamed", {"purpose": "test"}), shown
    cloud.run("server", "delete", "--wait", id)
    assert id not in [row["ID"] for row in cloud.json("server", "list")]


def resize(cloud: OpenStack, id: str, flavor: str, other: str = "m1.medium") -> None:
    """To another flavor and back; there again, and stay; down it stays down; what is refused."""
    cloud.run("server", "resize", "--flavor", other, "--wait", id)
    shown = cloud.json("server", "show", id)
    assert (shown["status"], shown["flavor"]["name"]) == ("VERIFY_RESIZE", other), shown
    assert "Confirm or revert" in cloud.run("server", "stop", id, complain=False)
    cloud.run("server", "resize", "revert", id)
    cloud.reaches(id, "ACTIVE")
    assert cloud.json("server", "show", id)["flavor"]["name"] == flavor
    cloud.run("server", "stop", id)
    cloud.reaches(id, "SHUTOFF")
    cloud.run("server", "resize", "--flavor", other, "--wait", id)
    cloud.run("server", "resize", "confirm", id)
    shown = cloud.json("server", "show", id)
    assert (shown["status"], shown["flavor"]["name"]) == ("SHUTOFF", other), shown
    assert "must change flavor" in cloud.run("server", "resize", "--flavor", other, id, complain=False)
    assert "cannot shrink" in cloud.run("server", "resize", "--flavor", flavor, id, complain=False)
    cloud.run("server", "start", id)
    cloud.reaches(id, "ACTIVE")


def shelve(cloud: OpenStack, first: str, second: str, name: str = "data") -> None:
    """Make a volume, name it, put it on a server, take it off, put it on another, take it off, delete it; what is refused."""
    assert [row["Name"] for row in cloud.json("volume", "type", "list")] == ["default"]
    made = cloud.json("volume", "create", "--size", "1", "--description", "of the test", name)
    assert (made["status"], made["size"], made["type"]) == ("available", 1, "default"), made
    cloud.run("volume", "set", "--name", f"{name}-1", "--property", "purpose=test", name)
    volume = made["id"]
    shown = cloud.json("volume", "show", f"{name}-1")
    assert (shown["id"], shown["properties"]) == (volume, {"purpose": "test"}), shown
    for server in (first, second):
        cloud.reaches(server, "ACTIVE")
        cloud.run("server", "add", "volume", server, volume)
        cloud.holds(volume, "in-use")
        (attached,) = cloud.json("server", "volume", "list", server)
        assert attached["Volume ID"] == volume, attached
        assert "Invalid volume" in cloud.run("volume", "delete", volume, complain=False)
        assert "Invalid volume" in cloud.run("volume", "snapshot", "create", "--volume", volume, "s", complain=False)
        cloud.run("server", "remove", "volume", server, volume)
        cloud.holds(volume, "available")
        assert cloud.json("server", "volume", "list", server) == []
    cloud.run("volume", "delete", volume)
    until(lambda: cloud.json("volume", "list") == [], within=PATIENCE, what="the volume to be gone")
