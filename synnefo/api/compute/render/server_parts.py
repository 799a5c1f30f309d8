"""What is inside of a server's answer, for the tables of ``servers`` and for what is made of them in ``server_answers``."""

from typing import Annotated, NotRequired, TypedDict

from synnefo.api.compute.versions import Since, since
from synnefo.api.kernel.answers import Links
from synnefo.api.kernel.times import Moment


class ServerAddress(TypedDict):
    """Of a server, in one of its networks."""

    version: int
    addr: str


_Extended = TypedDict(
    "_Extended",
    {
        "OS-EXT-IPS:type": NotRequired[Annotated[str, since(0, when="but where below 2.75 a change is answered")]],
        "OS-EXT-IPS-MAC:mac_addr": NotRequired[
            Annotated[str, since(0, when="but where below 2.75 a change is answered")]
        ],
    },
)


class ServerAddressInFull(ServerAddress, _Extended):
    pass


class GroupName(TypedDict):
    name: str


class VolumeOfServer(TypedDict):
    id: str
    delete_on_termination: NotRequired[Annotated[bool, since(Since.ATTRIBUTES)]]


class ImageOfServer(TypedDict):
    id: str
    links: Links
    properties: NotRequired[Annotated[dict[str, str], since(Since.IMAGE_PROPERTIES)]]


class FlavorOfServer(TypedDict):
    """A link to it, and later what it was when the server was made of it."""

    id: NotRequired[Annotated[str, since(0, until=Since.FLAVOR_EMBEDDED)]]
    links: NotRequired[Annotated[Links, since(0, until=Since.FLAVOR_EMBEDDED)]]
    vcpus: NotRequired[Annotated[int, since(Since.FLAVOR_EMBEDDED)]]
    ram: NotRequired[Annotated[int, since(Since.FLAVOR_EMBEDDED)]]
    disk: NotRequired[Annotated[int, since(Since.FLAVOR_EMBEDDED)]]
    ephemeral: NotRequired[Annotated[int, since(Since.FLAVOR_EMBEDDED)]]
    swap: NotRequired[Annotated[int, since(Since.FLAVOR_EMBEDDED)]]
    original_name: NotRequired[Annotated[str, since(Since.FLAVOR_EMBEDDED)]]
    extra_specs: NotRequired[Annotated[dict[str, str], since(Since.FLAVOR_EMBEDDED)]]


class Fault(TypedDict):
    """Why a server is in error."""

    code: int
    created: Moment
    message: str
