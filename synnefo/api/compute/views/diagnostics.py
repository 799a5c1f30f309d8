"""What a server is made of, for administrators; in the shape of 2.48 at every version. What is counted inside of guests no
cluster says, and is null.
"""

from typing import Any, Final, TypedDict

from logic.access import require
from logic.compute import queries
from logic.compute.infos import ServerInfo
from logic.errors import WrongState
from logic.volume import queries as volumes
from synnefo.api.kernel.answers import of_keys
from synnefo.api.kernel.calls import Answer, Call
from synnefo.api.kernel.describing import describes

STATES = {1: "running", 3: "paused", 4: "shutdown", 6: "crashed"}  # of Nova's power states
AWAY: Final = "shelved_offloaded"  # of which there is no guest to ask
DRIVER = "libvirt"  # clients know a closed list of words; this is the one whose guests are KVM's, as on our clusters
_NIC: Final = [f"{way}_{what}" for way in ("rx", "tx") for what in ("octets", "errors", "drop", "packets", "rate")]
_DISK = ("read_bytes", "read_requests", "write_bytes", "write_requests", "errors_count")
NicDetails: Any = of_keys("NicDetails", {"mac_address": str, **dict.fromkeys(_NIC, None)})
DiskDetails: Any = of_keys("DiskDetails", dict.fromkeys(_DISK, None))


class Memory(TypedDict):
    """In MiB."""

    maximum: int
    used: None


class Processor(TypedDict):
    id: int
    time: None
    utilisation: None


class Diagnostics(TypedDict):
    state: str
    driver: str
    hypervisor: str
    hypervisor_os: None
    uptime: None
    config_drive: bool
    num_cpus: int
    num_nics: int
    num_disks: int
    memory_details: Memory
    cpu_details: list[Processor]
    nic_details: list[NicDetails]
    disk_details: list[DiskDetails]


@describes(gives=Diagnostics, refuses=[409])
def show_diagnostics(call: Call, server_id: str) -> Answer:
    (server,) = volumes.shown([queries.server(call.caller, server_id)])
    require(call.caller, "admin", "diagnose a server")
    if server.vm_state == AWAY:
        advice = "It is on no cluster. Unshelve it first."
        raise WrongState(action="diagnose", kind="server", id=server.id, state=server.vm_state, advice=advice)
    return Answer(200, _shown(server))


def _shown(server: ServerInfo) -> dict[str, Any]:
    macs = list(dict.fromkeys(one.mac for one in server.addresses))
    root = server.flavor.disk and not server.root_volume  # which is among its volumes
    disks = sum(map(bool, (root, server.flavor.ephemeral, server.flavor.swap))) + len(server.volumes)
    return {
        "state": STATES.get(server.power, "pending"),
        "driver": DRIVER,
        "hypervisor": "ganeti",
        "hypervisor_os": None,
        "uptime": None,
        "config_drive": server.config_drive,
        "num_cpus": server.flavor.vcpus,
        "num_nics": len(macs),
        "num_disks": disks,
        "memory_details": {"maximum": server.flavor.ram, "used": None},
        "cpu_details": [{"id": place, "time": None, "utilisation": None} for place in range(server.flavor.vcpus)],
        "nic_details": [{"mac_address": mac, **dict.fromkeys(_NIC)} for mac in macs],
        "disk_details": [dict.fromkeys(_DISK) for _ in range(disks)],
    }
