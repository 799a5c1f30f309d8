"""One machine with every role: README.deploy from its first chapter to its last but those of MariaDB and vncauthproxy, as it
stands, on the master of a lab. Nothing of the cloud runs anywhere else: it ends with the node.

Called by the forms of the cloud that clients walk through. What differs from a machine of Debian's is in ``deploying``; what an
operator has to bring is here: a certificate, names of images and networks, a few settings.
"""

import json
from pathlib import Path
from typing import Any, Final, Self

import msgspec

from logic import clock
from synnefo.standalone import clouds
from synnefo.testing.certificates import Authority
from synnefo.testing.embedded import ROOT
from synnefo.testing.guests import guest
from synnefo.testing.lab import deploying, ours
from synnefo.testing.lab.cluster import Lab
from synnefo.testing.lab.node import QEMU
from synnefo.testing.processes import TAIL
from synnefo.testing.readme import block, blocks, shell

CLUSTER: Final = "ganeti1"  # as README.deploy has it
RESCUE: Final = "/srv/rescue.iso"
TENANTS: Final = "prv0"  # the bridge of their networks
SETTINGS: Final[dict[str, object]] = {
    **ours.SETTINGS,
    "GANETI_SHUTDOWN_TIMEOUT": 20,
    "GANETI_RESCUE_IMAGE": RESCUE,
    "SECURITY_GROUPS": True,
    "ROUTERS": "nodes",
    "NODES_ASK_SECRETS": True,
    "NODES_BRING_DISKS": True,
    "NODES_PAUSE": True,
    "NODES_SET_PASSWORDS": True,
    "RECONCILE_INTERVAL": 10.0,
}
MANAGE: Final = block("4.", "manage() {")


class Whole:
    """A context manager. ``clouds`` is where ``clouds.yaml`` is, for clients of this machine; ``names`` what chapter 1 sets."""

    def __init__(self, lab: Lab) -> None:
        self.lab, self.node = lab, lab.master
        self.address = lab.addresses[lab.master.name]
        self.names = {"DB_HOST": self.address, "MQ_HOST": self.address, "API_HOST": self.address,
                      "INSIDE": lab.subnet["cidr"], "CLUSTER": CLUSTER}  # fmt: skip
        self.url = f"https://{self.address}"
        self.who = clouds.Credentials("demo", clock.new_token(12), "demo", clock.new_token(12))
        self.walked: list[str] = []  # what has been carried out
        self._authority = Authority()

    @property
    def clouds(self) -> Path:
        return self.lab.root / "clouds.yaml"

    @property
    def authority(self) -> Path:
        """Whom clients trust."""
        return self.lab.root / "authority.pem"

    def carry_out(self, script: str) -> str:
        self.walked.append(script)
        return deploying.carry_out(self.node, script, **self.names)

    def manage(self, *words: str) -> str:
        """An operator command, to its end. Raises when it fails."""
        return self.carry_out(MANAGE + f"manage {' '.join(words)}\n")

    def __enter__(self) -> Self:
        self._bring()
        self.carry_out(shell("2."))
        self.carry_out(shell("3."))
        self._software()
        self._first()
        self.carry_out(shell("6."))
        self.carry_out(shell("7."))
        self._master()
        self._cluster()
        self._agents()
        self._name()
        return self

    def __exit__(self, *_: object) -> None:
        """Its end is the lab's."""

    def last_words(self) -> dict[str, str]:
        """The end of each program's log."""
        logs = self.node.run("sh", "-c", "ls /var/log/synnefo*.log /var/log/synnefo/*.log").split()
        return {Path(log).stem: self.node.run("tail", "-c", str(TAIL), log) for log in logs}

    def _bring(self) -> None:
        """The checkout with what it needs, which are this machine's, and what is not in the page: a certificate, the bridge of
        tenants' networks."""
        deploying.software(self.node)
        made = self._authority.certificate_for(self.address)
        self.authority.write_bytes(self._authority.pem)
        self._write("/usr/local/share/ca-certificates/lab.crt", self._authority.pem)
        self.node.run("update-ca-certificates")
        self._write("/etc/ssl/synnefo/fullchain.pem", made.certificate)
        self._write("/etc/ssl/synnefo/privkey.pem", made.key)
        self.node.run("ip", "link", "add", TENANTS, "type", "bridge")
        self.node.run("ip", "link", "set", TENANTS, "up")

    def _write(self, place: str, content: bytes) -> None:
        """By way of a directory that this machine sees too."""
        (self.node.root / "run" / "carried").write_bytes(content)
        self.node.run("install", "-D", "-m", "0644", "/run/carried", place)

    def _software(self) -> None:
        """Chapter 4, but for what is there already."""
        for one in blocks():
            if one.section.startswith("4.") and one.kind == "sh" and "git clone" not in one.text and one.text != MANAGE:
                self.carry_out(MANAGE + one.text)
        lines = "".join(f"{name} = {value!r}\n" for name, value in SETTINGS.items())
        self._write("/etc/synnefo/settings.d/60-lab.conf", lines.encode())

    def _first(self) -> None:
        """Chapter 5, and a tenant."""
        self.carry_out(MANAGE + shell("5."))
        self._write("/etc/synnefo/lab.json", json.dumps(_fixture(self.lab)).encode())
        self._write("/etc/synnefo/demo-password", self.who.password.encode())
        self.manage("loaddata", "/etc/synnefo/lab.json")
        admin = "/var/lib/synnefo/first/admin-password"
        self.manage("bootstrap", f"--admin-password-file={admin}", "--demo-password-file=/etc/synnefo/demo-password")
        self.who = msgspec.structs.replace(self.who, admin_password=self.node.run("cat", admin).strip())

    def _master(self) -> None:
        """Chapters 8 and 9, and an image. The lab's user of the remote API is that of the dispatchers; its nodes have no hardware
        that speeds guests up."""
        self._write(f"/root/synnefo/{CLUSTER}.rapi-password", self.lab.password.encode())
        self.carry_out(shell("8."))
        self.carry_out(shell("9."))
        self.node.run("sh", "-c", f"echo KVM={QEMU} > /etc/default/synnefo-kvm")
        deploying.logs(self.node)
        ours.bring(self.node, ours.IMAGE, guest().raw)
        self.node.run("ln", f"{ours.IMAGES}/{ours.IMAGE}", RESCUE)

    def _cluster(self) -> None:
        """Chapter 10."""
        self.carry_out(MANAGE + shell("10.").replace("https://$CLUSTER.example.org:5080", self.lab.endpoint))

    def _agents(self) -> None:
        """Chapters 15 to 17."""
        self.carry_out(MANAGE + block("15.", "manage backend-node-key"))
        self.node.run("mv", f"/var/lib/synnefo/{CLUSTER}.node-key", "/root/synnefo/")
        self.carry_out(block("15.", "enable --now synnefo-interfaces"))
        self.carry_out(shell("16."))
        self.carry_out(shell("17."))

    def _name(self) -> None:
        """``clouds.yaml``, as chapter 11 has it."""
        text = clouds.clouds_yaml(self.who, self.url, "RegionOne")
        clouds.write_private(
            self.clouds, text.replace("    region_name", f"    cacert: {self.authority}\n    region_name")
        )


def _fixture(lab: Lab) -> list[dict[str, Any]]:
    """The fixtures' rows as the lab has them: every image is its guest, the default network and the outside are its wire."""
    wire = lab.subnet["cidr"].rpartition(".")[0]
    outside = {**lab.subnet, "pools": [[f"{wire}.210", f"{wire}.249"]]}
    images = [_with(row, backend_name=ours.IMAGE) for row in _rows("images")]
    inside = [
        _with(row, **(lab.subnet if "cidr" in row["fields"] else {"flavor": "CUSTOM"})) for row in _rows("networks")
    ]
    return [*images, *inside, *(_with(row, **(outside if "cidr" in row["fields"] else {})) for row in _rows("outside"))]


def _rows(name: str) -> list[dict[str, Any]]:
    rows: list[dict[str, Any]] = json.loads((ROOT / "fixtures" / f"{name}.json").read_text())
    return rows


def _with(row: dict[str, Any], **fields: Any) -> dict[str, Any]:
    return {**row, "fields": row["fields"] | fields}
