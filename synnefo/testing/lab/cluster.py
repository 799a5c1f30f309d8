"""A Ganeti cluster of the lab: made anew when it is entered, gone when it is left.

Called by tests and by ``holding``. Its remote API answers at ``endpoint`` over TLS; ``user`` may write.
"""

import contextlib
import functools
import os
import shutil
import ssl
import tempfile
from pathlib import Path
from typing import Any, Final, Self

from ganeti.rapi import RapiClient, RequestsTransport
from logic import clock
from logic.errors import Refusal, Transient
from synnefo.testing.lab import daemons, joining, sight
from synnefo.testing.lab.network import INNER, Wires
from synnefo.testing.lab.node import DOMAIN, QEMU, SPACES, Node
from synnefo.testing.packages import Missing, require
from synnefo.testing.processes import NotReady, until
from synnefo.testing.running import run

PACKAGES: Final = ("ganeti", "ganeti-3.0", "ganeti-os-noop", "qemu-system-x86", "tini", "fping", "iproute2")
USER: Final = "synnefo"
PORT: Final = 5080
MOST: Final = 8192  # MiB of memory that an instance may have


def limits(memory: int = MOST) -> str:
    """The bounds of an instance, as Ganeti's policy is told them."""
    least = "min:memory-size=16,disk-size=4,disk-count=0,cpu-count=1,nic-count=0,spindle-use=0"
    most = f"max:memory-size={memory},disk-size=102400,disk-count=16,cpu-count=8,nic-count=8,spindle-use=12"
    return f"--ipolicy-bounds-specs={least}/{most}"


@functools.cache
def why_not() -> str:
    """Why there can be no lab on this machine; empty when there can."""
    if os.geteuid() != 0:
        return "Ganeti needs root: its nodes are namespaces of this machine"
    try:
        for package in PACKAGES:
            require(package)
        run(["unshare", *SPACES, "--fork", "true"], within=10.0)
    except (Missing, NotReady) as error:
        return str(error)
    return ""


class Lab:
    """A context manager. ``nodes`` is how many there are; ``root``, where its files are, is a new directory unless given."""

    def __init__(self, *, nodes: int = 1, root: Path | None = None) -> None:
        if reason := why_not():
            raise NotReady(reason)
        self.root = (root or Path(tempfile.mkdtemp(prefix="synnefo-lab-"))).resolve()
        self.nodes = [Node(number, self.root) for number in range(1, nodes + 1)]
        self.master = self.nodes[0]
        self.user, self.password = USER, clock.new_token(24)
        self._wires: Wires | None = None

    @property
    def bridge(self) -> str:
        """On this machine, with all nodes behind it."""
        assert self._wires, "it has been entered"
        return self._wires.bridge

    @property
    def gateway(self) -> str:
        """This machine's address on it."""
        assert self._wires, "it has been entered"
        return self._wires.ours

    @property
    def addresses(self) -> dict[str, str]:
        """Of the nodes, by name."""
        assert self._wires, "it has been entered"
        return {node.name: self._wires.address(node.number) for node in self.nodes}

    @property
    def subnet(self) -> dict[str, Any]:
        """Of the guests on the nodes' bridges, as the columns of a subnet of ours: this machine is their gateway."""
        assert self._wires, "it has been entered"
        return self._wires.subnet

    @property
    def endpoint(self) -> str:
        """Of the remote API: the cluster's own address, which goes with the master. Where there is but one node it is that
        one's, for the cluster's comes up seconds later."""
        assert self._wires, "it has been entered"
        return f"https://{self._wires.cluster if self.nodes[1:] else self._wires.address(1)}:{PORT}"

    @property
    def queue(self) -> Path:
        """The master's job queue, as seen from this machine."""
        return self.master.root / "lib" / "queue"

    @property
    def certificate(self) -> Path:
        """Of the remote API; it is its own authority, and its name proves nothing."""
        return self.root / "rapi.pem"

    def __enter__(self) -> Self:
        try:
            self._begin()
        except BaseException:
            self.__exit__()
            raise
        return self

    def _begin(self) -> None:
        self._clear()
        self._wires = wires = Wires.lay()
        shared = self.root / "shared"
        shared.mkdir(parents=True)
        secrets = joining.make_keys(self.root / "keys")
        (self.root / "wires").write_text(str(wires.number))
        for node in self.nodes:
            node.start()
            sight.give(node, wires, shared, secrets)
            wires.plug(node)
        self._init()
        joining.join(self.master, self.nodes[1:], self.addresses)
        self._admit()
        until(self._answers, within=30.0, what="Ganeti's remote API")

    def allow(self, *, memory: int = MOST) -> None:
        """Instances may have so much memory."""
        self.master.run("gnt-cluster", "modify", limits(memory))

    def _init(self) -> None:
        kvm = f"kvm:kvm_path={QEMU},kvm_flag=disabled,kernel_path=,vnc_bind_address=0.0.0.0,serial_console=true"
        self.master.run(
            "gnt-cluster", "init",
            "--enabled-hypervisors=fake,kvm", "-H", kvm,
            "--enabled-disk-templates=file,sharedfile,diskless",
            f"--file-storage-dir={sight.STORAGE}", f"--shared-file-storage-dir={sight.SHARED}",
            "--no-ssh-init", "--no-etc-hosts", f"--master-netdev={INNER}", "--master-netmask=24",
            f"--nic-parameters=mode=bridged,link={INNER}",
            "--backend-parameters=minmem=128M,maxmem=128M,vcpus=1",
            limits(), "--ipolicy-vcpu-ratio=64", "--ipolicy-spindle-ratio=1024",
            f"cluster.{DOMAIN}",
            within=120.0,
        )  # fmt: skip
        daemons.start(self.master)

    def _admit(self) -> None:
        """The user of ours, who is known from the moment the file is there; and whom to trust."""
        for node in self.nodes:
            (node.root / "lib" / "rapi" / "users").write_text(f"{USER} {self.password} write\n")
            node.run("chown", "gnt-rapi:gnt-masterd", "/var/lib/ganeti/rapi/users")
            node.run("chmod", "640", "/var/lib/ganeti/rapi/users")
        pem = self.master.run("openssl", "x509", "-in", "/var/lib/ganeti/rapi.pem")
        ssl.PEM_cert_to_DER_cert(pem)
        self.certificate.write_text(pem)

    def client(self) -> RapiClient:
        """What the adapter asks it through."""
        return RapiClient(RequestsTransport(self.endpoint, USER, self.password, ca_file=str(self.certificate)))

    def fail_over(self, node: Node, script: str) -> None:
        """By a shell's commands, after which it is the master. Raises :class:`NotReady` when they fail."""
        node.run("sh", "-ec", script, within=180.0)
        self.master = node

    def connect(self, name: str, cidr: str, gateway: str) -> None:
        """Have a network of Ganeti's on the nodes' bridge, unless it is there."""
        if name not in self.master.run("gnt-network", "list", "--no-headers", "-o", "name").split():
            self.master.run("gnt-network", "add", f"--network={cidr}", f"--gateway={gateway}", name)
            parameters = f"mode=bridged,link={INNER}"
            self.master.run("gnt-network", "connect", "--no-conflicts-check", f"--nic-parameters={parameters}", name)

    def _answers(self) -> bool:
        try:
            self.client().info()
        except (Transient, Refusal):
            return False
        return True

    def _clear(self) -> None:
        """What one that was killed has left here: its processes ended with it."""
        with contextlib.suppress(FileNotFoundError):
            Wires(int((self.root / "wires").read_text())).remove()
        shutil.rmtree(self.root, ignore_errors=True)

    def __exit__(self, *_: object) -> None:
        for node in self.nodes:
            node.stop()
        if self._wires:
            self._wires.remove()
        shutil.rmtree(self.root, ignore_errors=True)
