"""Which Ganeti can what: the one table of what differs between its versions, and what we need of any of them.

Asked by the adapter ``logic.backends.ganeti`` (which words an order takes; is the cluster of use at all) and by the simulator
(which parameters it knows). A version is told by ``/2/info``; the words of ``/2/features`` are the remote API's own and are
needed whatever the version says. What differs and is not asked by anybody of ours is not here.
"""

import re
from collections.abc import Collection, Mapping
from typing import Final

import msgspec

from ganeti.vocabulary import OP_SET_PARAMS


class Version(msgspec.Struct, frozen=True, order=True):
    """Pre-releases count as what they lead to: Debian shipped 2.16.0~rc2 for years."""

    major: int
    minor: int
    micro: int = 0

    def __str__(self) -> str:
        return f"{self.major}.{self.minor}"


class Trait(msgspec.Struct, frozen=True, kw_only=True):
    """Something that a Ganeti can ``since`` a version and ``before`` another (None: for good)."""

    about: str
    since: Version
    before: Version | None = None


OLDEST: Final = Version(2, 16)
NEWEST: Final = Version(3, 1)  # that we know; a newer one is taken for it
API: Final = 2

SECRETS: Final = "secret-parameters"
ATTACHING: Final = "disks-attach"
BRIDGE_VLANS: Final = "vlans-on-bridges"
HOTPLUG_IF_POSSIBLE: Final = "hotplug-if-possible"
HOTPLUG_WHERE_IT_CAN: Final = "hotplug-where-it-can"

# The table. The first two are why nothing below 2.16 is of use to us (NEWS of 2.16.0: secret parameters are not written into
# job files any more, disks of all templates can be attached and detached). The last was read in the source of 3.1.1.
TRAITS: Final[Mapping[str, Trait]] = {
    SECRETS: Trait(about="passwords and user data reach the node and no job file", since=OLDEST),
    ATTACHING: Trait(about="a disk is detached from one instance and attached to another by its uuid", since=OLDEST),
    BRIDGE_VLANS: Trait(about="an interface on a bridge has a VLAN", since=Version(3, 0)),
    HOTPLUG_IF_POSSIBLE: Trait(
        about="a modification says hotplug_if_possible to change the running guest too where its hypervisor can",
        since=OLDEST,
        before=Version(3, 1),
    ),
    HOTPLUG_WHERE_IT_CAN: Trait(
        about="hotplug itself means that, is the default, and hotplug_if_possible is refused", since=Version(3, 1)
    ),
}

# Parameters that a trait brings or takes away: opcode → parameter → trait.
PARAMETERS: Final[Mapping[str, Mapping[str, str]]] = {OP_SET_PARAMS: {"hotplug_if_possible": HOTPLUG_IF_POSSIBLE}}

# The words of ``/2/features`` that we cannot do without, and what for.
NEEDED: Final[Mapping[str, str]] = {"instance-create-reqv1": "making servers"}

_VERSION: Final = re.compile(r"([0-9]{1,4})\.([0-9]{1,4})(?:\.([0-9]{1,4}))?(?![0-9])")


def read(text: str) -> Version | None:
    """``3.0.2``, ``2.16.0~rc2``; None for what is no version."""
    found = _VERSION.match(text)
    return Version(*(int(part or 0) for part in found.groups())) if found else None


def can(text: str, trait: str) -> bool:
    """Has a Ganeti that calls itself so this trait? What does not say which it is, is taken for the oldest."""
    version, row = read(text) or OLDEST, TRAITS[trait]
    return row.since <= version and (row.before is None or version < row.before)


def hotplug(text: str) -> dict[str, bool]:
    """The parameter of a modification that changes a running instance where its hypervisor can, and its configuration in any
    case."""
    return {"hotplug_if_possible": True} if can(text, HOTPLUG_IF_POSSIBLE) else {"hotplug": True}


def knows(text: str, opcode: str, parameter: str) -> bool:
    """Does the opcode have the parameter there? Those that the table does not name, all versions have."""
    trait = PARAMETERS.get(opcode, {}).get(parameter)
    return trait is None or can(text, trait)


def refusal(text: str, features: Collection[str], *, api: int = API) -> str:
    """Why a cluster is of no use to us, in a sentence with what to do; empty when it is."""
    version = read(text)
    if api != API:
        return f"Its remote API is of version {api}; Synnefo speaks version {API}."
    if version is None:
        return f"It does not say which Ganeti it is, but {text[:40]!r}; Synnefo needs {OLDEST} or newer."
    if version < OLDEST:
        return f"It runs Ganeti {text[:40]}; Synnefo needs {OLDEST} or newer. See `gnt-cluster upgrade` on its master."
    if missing := [word for word in NEEDED if word not in features]:
        wanted = " and ".join(f"{word} (for {NEEDED[word]})" for word in missing)
        return f"Its remote API lacks {wanted}, though it calls itself Ganeti {text[:40]}."
    return ""
