"""What compute tells of itself: frozen structs that cross every border. Made by ``queries`` and ``rows``; read by ``commands``,
the API facades and operator commands."""

import datetime
from typing import Any

import msgspec

from logic.network.queries import AddressInfo


class FlavorInfo(msgspec.Struct, frozen=True, kw_only=True):
    """A flavor. ``ram`` and ``swap`` MiB, ``disk`` and ``ephemeral`` GiB."""

    id: str
    name: str
    vcpus: int
    ram: int
    disk: int
    is_public: bool
    disabled: bool
    description: str | None
    extra_specs: dict[str, str]
    ephemeral: int = 0
    swap: int = 0
    rxtx_factor: float = 1.0


class KeyPairInfo(msgspec.Struct, frozen=True, kw_only=True):
    id: int
    user: str
    name: str
    type: str
    public_key: str
    fingerprint: str
    created_at: datetime.datetime


class GroupInfo(msgspec.Struct, frozen=True, kw_only=True):
    """A server group. ``members`` are the ids of its living servers."""

    id: str
    project: str
    user: str
    name: str
    policy: str
    per_host: int | None
    members: list[str]


class Fault(msgspec.Struct, frozen=True, kw_only=True):
    """Why a server is in error: ``message`` is for the tenant."""

    message: str
    code: str
    at: datetime.datetime


class ServerInfo(msgspec.Struct, frozen=True, kw_only=True):
    """A server as the API tells it. ``status``, ``task``, ``vm_state`` and ``power`` are Nova's words; ``host`` the
    cluster with Nova's word for how it is, ``instance`` its name there; ``flavor`` what it was made from; ``progress``
    is the percent of its image that is on its disk while it is built; ``imported`` that it is read-only until an operator
    confirms its import, ``locked_by`` who has locked it (empty: nobody); ``hostname`` what its guest is called;
    ``security_groups`` are names, None in a cloud without; ``has_volumes`` that there may be some on it, and ``volumes`` their
    ids, each with whether it is deleted with the server, where somebody has looked (``logic.volume.queries.shown``)."""

    id: str
    name: str
    description: str | None
    project: str
    user: str
    status: str
    task: str | None
    vm_state: str
    power: int
    flavor: FlavorInfo
    image: str
    key_name: str
    metadata: dict[str, str]
    addresses: list[AddressInfo]
    security_groups: list[str] | None = None
    availability_zone: str
    pinned_zone: str
    user_data: str
    reservation: str
    launch_index: int
    progress: int = 0
    host: str
    host_status: str
    instance: str
    imported: bool = False
    locked_by: str = ""
    locked_reason: str | None = None
    tags: list[str] = []
    hostname: str = ""
    access_ip_v4: str = ""
    access_ip_v6: str = ""
    group: str = ""
    hints: dict[str, Any] = {}
    image_properties: dict[str, str] = {}
    disk_config: str = "AUTO"
    root_volume: str = ""
    config_drive: bool = False
    fault: Fault | None
    created_at: datetime.datetime
    updated_at: datetime.datetime
    launched_at: datetime.datetime | None
    terminated_at: datetime.datetime | None
    has_volumes: bool = False
    volumes: tuple[tuple[str, bool], ...] = ()

    @property
    def locked(self) -> bool:
        return self.imported or bool(self.locked_by)
