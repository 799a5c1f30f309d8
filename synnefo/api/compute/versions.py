"""Nova's microversions: which are spoken here, and what each one changed on the routes that exist here.

The numbers are those of Nova's REST API version history. A version is advertised when every change up to it is either
made (:class:`Since`, :data:`CHANGES`) or concerns what is not here (:data:`ELSEWHERE`); a test holds the two lists to
cover every number once, and another proves each change.
"""

from enum import IntEnum

from msgspec import Meta

from synnefo.api.kernel.answers import lives
from synnefo.api.services import COMPUTE as SERVICE
from synnefo.api.services import NOVA_VERSIONS

MINIMUM, MAXIMUM = NOVA_VERSIONS.minimum, NOVA_VERSIONS.maximum
COMPUTE = SERVICE.dialect


class Since(IntEnum):
    """The 2.N from which something is so."""

    KEYPAIR_TYPE = 2
    ATTRIBUTES = 3
    IP6_FILTER = 5
    REMOTE_CONSOLES = 6
    LOCKED = 9
    KEYPAIR_USER = 10
    FORCED_DOWN = 11
    GROUP_OWNER = 13
    STORAGE_KNOWN = 14
    SOFT_POLICIES = 15
    HOST_STATUS = 16
    CRASH_DUMP = 17
    DESCRIPTION = 19
    ACTIONS_OF_DELETED = 21
    FORCE_COMPLETE = 22
    SERVER_MIGRATIONS = 23
    ABORT = 24
    BLOCK_AUTO = 25
    TAGS = 26
    CPU_INFO = 28
    EVACUATION_FORCED = 29
    LIVE_FORCED = 30
    HYPERVISOR_PAGES = 33
    KEYPAIR_PAGES = 35
    NO_PROXIES = 36
    NETWORKS_REQUIRED = 37
    STATUS_CHECKED = 38
    NO_IMAGE_METADATA = 39
    AGGREGATE_UUID = 41
    NO_HOSTS = 43
    NO_ADDRESS_ACTIONS = 44
    USAGE_PAGES = 40
    IMAGE_TOLD = 45
    FLAVOR_EMBEDDED = 47
    CLASS_GROUPS = 50
    EVENTS = 51
    TAGS_AT_CREATION = 52
    UUIDS = 53
    REBUILD_KEY = 54
    FLAVOR_DESCRIPTION = 55
    COLD_HOST = 56
    NO_PERSONALITY = 57
    ACTION_PAGES = 58
    MIGRATION_PAGES = 59
    FLAVOR_SPECS = 61
    EVENT_HOSTS = 62
    CERTIFICATES = 63
    CHANGES_BEFORE = 66
    GROUP_POLICY = 64
    VOLUME_TYPE = 67
    NEVER_FORCED = 68
    INTERFACE_TAG = 70
    SERVER_GROUPS = 71
    LOCKED_REASON = 73
    HOST_WANTED = 74
    STRICT = 75
    UNSHELVED_TO_ZONE = 77
    TOPOLOGY = 78
    ATTACHMENT_FLAG = 79
    MIGRATION_OWNER = 80
    ATTACHMENT_CHANGED = 85
    SPECS_CHECKED = 86
    FILTERS_FOR_ALL = 83
    EVENT_DETAILS = 84
    RESCUED_VOLUME = 87
    HYPERVISOR_DIET = 88
    ATTACHMENT_IDS = 89
    HOSTNAME = 90
    UNSHELVED_TO_HOST = 91
    DOMAIN_NAMES = 94
    EVACUATED_DOWN = 95
    NO_GENERATED_KEYS = 92
    REBUILT_VOLUME = 93
    PINNED_ZONE = 96
    SHARES = 97
    IMAGE_PROPERTIES = 98
    SPICE_DIRECT = 99
    HINTS = 100


def since(minor: int, *, until: int = 0, when: str = "") -> Meta:
    """Of a key of an answer that came with 2.``minor`` (0: always), is there below 2.``until`` (0: for ever), and depends on
    ``when``."""
    return lives(since=(2, minor) if minor else None, until=(2, until) if until else None, when=when)


CHANGES: dict[int, str] = {
    2: "key pairs have a type; making one answers 201 and deleting one 204",
    3: "admins see a server's reservation, launch index, host name, root device and user data",
    5: "everybody may filter servers by ip6",
    6: "remote-consoles is an address; the old console actions are unknown",
    9: "a server says whether it is locked",
    10: "admins name the user of a key pair",
    11: "os-services say forced_down",
    13: "server groups say whose they are",
    14: "evacuations take no onSharedStorage",
    15: "soft policies of server groups",
    16: "admins see host_status",
    17: "trigger_crash_dump is a known action",
    19: "servers have a description",
    21: "os-instance-actions tells of deleted servers",
    22: "a live migration under way is an address, and force_complete a known action",
    23: "live migrations under way are listed by server; os-migrations tell their type",
    24: "to abort a live migration is known",
    25: "block_migration may be auto; disk_over_commit is unknown",
    26: "servers have tags and can be filtered by them",
    28: "a hypervisor's cpu_info is an object",
    29: "evacuations may be forced",
    30: "live migrations may be forced",
    33: "os-hypervisors has pages",
    35: "os-keypairs has pages",
    36: "the images of old clients, and quotas and limits of networks, are gone",
    37: "networks must be given at creation; auto and none",
    38: "an unknown status in a filter is refused",
    39: "the limit of image metadata is gone",
    40: "usage has pages",
    41: "aggregates have a UUID",
    43: "os-hosts is gone",
    44: "the actions for fixed and floating addresses are unknown",
    45: "createImage and createBackup answer with the image's id, not with its address",
    47: "a server shows what its flavor was, not a link",
    50: "quota classes have server groups, and nothing of networks",
    51: "everybody sees the events of an instance action",
    52: "tags at creation",
    53: "services and hypervisors have UUIDs, with their servers in the detail on request",
    54: "a rebuild takes key_name, and shows it",
    55: "flavors have a description that can be changed",
    56: "a cold migration may name a host",
    57: "personality and the limits and quotas of injected files are gone; a rebuild takes user_data",
    58: "os-instance-actions has pages, changes-since and updated_at",
    59: "os-migrations has pages, changes-since and UUIDs",
    61: "flavors show their extra specs",
    62: "events show the host (hashed for tenants)",
    63: "trusted_image_certificates",
    64: "a server group has one policy, with rules",
    66: "changes-before",
    67: "of which type a volume is that a server is made with",
    68: "nothing is forced",
    70: "interfaces show their tag",
    71: "a server shows its server groups",
    73: "a server shows why it is locked; servers can be filtered by that",
    74: "admins name the host at creation",
    75: "unknown parameters are refused; PUT answers the full view; swap is 0; hypervisors always list servers",
    77: "a shelved server is made again in a zone",
    78: "a server's topology",
    79: "volumes of a server say whether they go with it",
    80: "os-migrations tell whose they are, and may be filtered by that",
    83: "everybody may use more filters",
    84: "events have details",
    85: "it may be changed whether a volume of a server goes with it",
    86: "extra specs of Nova's names are refused when malformed or unknown",
    87: "servers that boot from a volume can be rescued",
    88: "hypervisors without usage, with uptime; statistics and uptime are no addresses any more",
    89: "volumes of a server have an attachment_id instead of an id",
    90: "everybody sees a server's hostname",
    91: "a shelved server is made again on a host, or in any zone",
    92: "key pairs are not generated any more; their names may hold @ and dots",
    93: "servers that boot from a volume can be rebuilt",
    94: "a hostname may be a domain name",
    95: "what is evacuated is down afterwards",
    96: "a server shows the zone it was asked to be in",
    97: "shares is an address; there are none",
    98: "a server shows what its image said of servers",
    99: "spice-direct is a known type of console",
    100: "a server shows what was asked of its place",
}

ELSEWHERE: dict[int, str] = {
    **dict.fromkeys(
        (4, 7, 8, 12), "fixed IPs, tenants of flavors, MKS consoles (known, and unavailable), virtual interfaces"
    ),
    **dict.fromkeys((34, 65), "checks and queues of live migrations: so at every version"),
    **dict.fromkeys((20, 49, 60), "volumes of several servers, tags of devices"),
    **dict.fromkeys((32, 42), "tags of devices: refused at every version"),
    **dict.fromkeys((18, 27, 46), "addresses without a project, the new header, the request id: so at every version"),
    **dict.fromkeys((31, 48), "console tokens; diagnostics have one shape at every version"),
    **dict.fromkeys((69, 72), "cells, ports with resource requests"),
    **dict.fromkeys((76, 81, 82), "external events, image caches"),
}
