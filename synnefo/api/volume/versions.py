"""Cinder's microversions: which are spoken here, and what each one changed on the routes that exist here.

The numbers are those of Cinder's REST API version history. A version is advertised when every change up to it is either made
(:data:`CHANGES`) or concerns what is not here (:data:`ELSEWHERE`); a test holds the two lists to cover every number once.
"""

from enum import IntEnum

from msgspec import Meta

from synnefo.api.kernel.answers import lives


class Since(IntEnum):
    """The 3.N from which something is so."""

    MESSAGES = 3
    CLUSTERS = 7
    BACKUP_CHANGES = 9
    GROUP_TYPES = 11
    SUMMARY = 12
    GROUPS = 13
    GROUP_SNAPSHOTS = 14
    ETAGS = 15
    BACKUP_PROJECT = 18
    GROUP_SNAPSHOT_STATUS = 19
    GROUP_STATUS = 20
    PROVIDER = 21
    SNAPSHOT_DOCUMENTS = 22
    FORCED_DELETION = 23
    VOLUMES_OF_GROUPS = 25
    ATTACHMENTS = 27
    FILTERS_CHECKED = 31
    RESOURCE_FILTERS = 33
    LIKE = 34
    POOLS_OF_TYPE = 35
    SUMMARY_METADATA = 36
    GROUP_REPLICATION = 38
    LIMITS_OF_PROJECT = 39
    REVERT = 40
    SNAPSHOT_USER = 41
    EXTEND_ATTACHED = 42
    BACKUP_METADATA = 43
    ATTACHMENT_COMPLETE = 44
    COUNTS = 45
    FROM_BACKUP = 47
    SHARED_TARGETS = 48
    BACKEND_STATE = 49
    BACKUP_ZONE = 51
    TYPE_FILTERS = 52
    STRICT = 53
    ATTACH_MODE = 54
    TRANSFERS = 55
    BACKUP_USER = 56
    TRANSFER_PROJECTS = 57
    GROUP_PROJECT = 58
    TRANSFER_PAGES = 59
    TIMES = 60
    CLUSTER_NAME = 61
    DEFAULT_TYPES = 62
    TYPE_ID = 63
    CONSUMES_QUOTA = 65
    NO_FORCE = 66
    REIMAGE = 68
    TARGETS_UNKNOWN = 69


def since(minor: int, *, until: int = 0, when: str = "") -> Meta:
    """Of a key of an answer that came with 3.``minor`` (0: always), is there below 3.``until`` (0: for ever), and depends on
    ``when``."""
    return lives(since=(3, minor) if minor else None, until=(3, until) if until else None, when=when)


CHANGES: dict[int, str] = {
    2: "a list is narrowed by bootable",
    3: "messages",
    4: "a list is narrowed by what is said of images",
    5: "messages have pages",
    7: "services name their cluster",
    9: "backups are renamed",
    10: "a list is narrowed by the group of volumes",
    11: "types of groups",
    12: "a summary of all volumes",
    13: "groups of volumes, and a volume names its own",
    14: "snapshots of groups, groups made of others, and a snapshot names its group snapshot",
    15: "metadata has a tag, and is changed only if it is still so",
    18: "a backup names its project",
    19: "the status of a group snapshot is reset",
    20: "the status of a group is reset",
    21: "administrators see the provider's id",
    22: "snapshots are found by their metadata",
    23: "volumes are deleted by force with a parameter",
    25: "a group tells its volumes",
    27: "attachments",
    28: "pools are narrowed",
    29: "groups have pages, orders and filters",
    30: "snapshots are sorted by name",
    31: "what a list cannot be narrowed by is refused",
    33: "what lists can be narrowed by is told",
    34: "a list is narrowed by parts of words",
    35: "pools of a type",
    36: "the summary has all metadata",
    37: "backups are sorted by name",
    38: "a group tells that it is not replicated",
    39: "administrators see another project's limits",
    40: "a volume goes back to its newest snapshot",
    41: "a snapshot names its user",
    42: "a volume that is on a server is made larger",
    43: "backups have metadata",
    44: "an attachment is completed",
    45: "a list says how many there are",
    47: "a volume is made of a backup",
    48: "a volume says that its targets are not shared, and names its service",
    49: "services tell the state of their backend",
    51: "a backup has a zone",
    52: "types are narrowed by their extra specs",
    53: "unknown fields of some bodies are refused",
    54: "an attachment has a mode",
    55: "volumes are transferred with their snapshots, at an address of its own",
    56: "a backup names its user",
    57: "a transfer names its projects",
    58: "groups and their snapshots name their project",
    59: "transfers have pages and orders",
    60: "a list is narrowed by times",
    61: "administrators see the cluster of a volume",
    62: "projects have default types",
    63: "a volume names the id of its type",
    65: "volumes and snapshots say that they count",
    66: "snapshots of a volume in use need no force, and must not be told that there is none",
    67: "addresses without a project (so at every version)",
    68: "a volume begins with another image",
    69: "whether targets are shared may be unknown",
}

ELSEWHERE: dict[int, str] = {
    1: "fields of an upload to an image that are understood at every version",
    6: "consistency groups, of before groups",
    **dict.fromkeys((8, 16, 17, 24, 26), "volumes that are managed, clusters of Cinder's own, their work and failover"),
    32: "levels of logs, which are settings here",
    46: "images without bytes, which Nova makes of a server's volumes",
    50: "volumes on several servers: refused at every version",
    **dict.fromkeys((64, 70), "keys of encrypted volumes: none is"),
    71: "an answer of drivers to what Nova has done, which is nobody's to give here",
}
