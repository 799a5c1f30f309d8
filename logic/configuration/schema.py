"""Every setting there is: type, unit, default and reason. A name that is not here is refused.

The comments in ``settings.d`` say the same to operators; a test keeps the defaults there equal to those here. Times are
in seconds, sizes in bytes, unless the line says otherwise. Names are the ancestor's where they still mean something.
"""

from typing import Annotated, Any, Literal

import msgspec
from msgspec import Meta


def about(reason: str, *, unit: str = "", form: str = "", **bounds: Any) -> Meta:
    """A setting's reason; ``form`` says in words what ``bounds`` (``ge``, ``pattern``…) check."""
    return Meta(description=reason, extra={"unit": unit, "form": form, "secret": False}, **bounds)


def secret(reason: str) -> Meta:
    """A setting that is never shown. It may come from a file instead, named by the same name with ``_FILE``."""
    return Meta(description=reason, extra={"unit": "", "form": "", "secret": True})


def seconds(reason: str, **bounds: Any) -> Meta:
    return about(reason, unit="seconds", **bounds)


class Database(msgspec.Struct, frozen=True, forbid_unknown_fields=True):
    """One of ``DATABASES``, in Django's words. The password is better kept in ``DATABASE_PASSWORD_FILE``."""

    ENGINE: Literal[
        "sqlite",
        "postgresql",
        "mariadb",
        "django.db.backends.sqlite3",
        "django.db.backends.postgresql",
        "synnefo.mariadb",
    ]
    NAME: str = ""
    USER: str = ""
    PASSWORD: str = ""
    HOST: str = ""
    PORT: int | str = ""
    OPTIONS: dict[str, Any] = {}

    def __repr__(self) -> str:
        return f"Database({self.ENGINE}, {self.NAME})"


Amount = Annotated[int, Meta(ge=-1)]


class Quotas(msgspec.Struct, frozen=True, forbid_unknown_fields=True):
    """What a project may have; a resource that is left out keeps its default. -1: any number. ``ram`` and
    ``image_size_total`` in MiB, ``gigabytes`` of volumes and their snapshots in GiB, ``backup_gigabytes`` of their backups;
    ``per_volume_gigabytes`` is the largest volume, ``groups`` are those of volumes."""

    servers: Amount = 10
    cores: Amount = 20
    ram: Amount = 51200
    ports: Amount = 100
    key_pairs: Amount = 100
    server_groups: Amount = 10
    server_group_members: Amount = 10
    floating_ips: Amount = 50
    routers: Amount = 10
    security_groups: Amount = 10
    security_group_rules: Amount = 100
    volumes: Amount = 10
    gigabytes: Amount = 1000
    per_volume_gigabytes: Amount = -1
    snapshots: Amount = 10
    backups: Amount = 10
    backup_gigabytes: Amount = 1000
    groups: Amount = 10
    networks: Amount = 100
    subnets: Amount = 100
    subnetpools: Amount = -1
    rbac_policies: Amount = 10
    address_groups: Amount = 10
    image_count_total: Amount = 100
    image_size_total: Amount = 102400
    image_count_uploading: Amount = 10


class ImageStore(msgspec.Struct, frozen=True, forbid_unknown_fields=True):
    """One of ``IMAGE_STORES``: a directory (``path``; empty: IMAGES_DIR), or a bucket of a service that speaks S3. ``endpoint``
    is empty for AWS's own; ``prefix`` begins the names of objects. A part of an upload is held in memory: ``part_mib``, of which
    10000 make the largest image. Raises ``ValueError``."""

    kind: Literal["directory", "s3"] = "directory"
    description: str = ""
    path: str = ""
    endpoint: Annotated[str, Meta(pattern=r"^(https?://[^@/?#]+/?)?\Z")] = ""
    bucket: str = ""
    prefix: str = ""
    region: str = "us-east-1"
    access_key: str = ""
    secret_key_file: str = ""
    ca_file: str = ""
    addressing: Literal["auto", "path", "virtual"] = "auto"
    part_mib: Annotated[int, Meta(ge=5, le=512)] = 16

    def __post_init__(self) -> None:
        needed = ("bucket", "access_key", "secret_key_file") if self.kind == "s3" else ()
        if missing := [name for name in needed if not getattr(self, name)]:
            raise ValueError(f"a store of the kind s3 needs {', '.join(missing)}")


StoreName = Annotated[str, Meta(pattern=r"^[A-Za-z0-9][A-Za-z0-9_.-]{0,31}\Z")]
Threads = Annotated[int, Meta(ge=1, le=256)]


class Values(msgspec.Struct, frozen=True, kw_only=True):
    """The settings, in the order of the files of ``settings.d``."""

    # 00-synnefo.conf
    REGION: Annotated[str, about("The region that the catalog names.", min_length=1)] = "RegionOne"
    BACKEND_PREFIX_ID: Annotated[
        str,
        about(
            "Begins the name of every instance of ours on the clusters; without its dash, our names on the broker.",
            form="lower-case letters and digits that end in a dash, such as 'snf-'",
            pattern=r"^[a-z][a-z0-9]{0,15}-\Z",
        ),
    ] = "snf-"
    VAR_DIR: Annotated[str, about("What this machine keeps between starts. Empty: var/ beside the code.")] = ""
    SECRET_KEYS_FILE: Annotated[
        str,
        about("Keys that encrypt stored credentials: made at first start, the same file on every node, backed up."
              " Empty: secret-keys in VAR_DIR."),
    ] = ""  # fmt: skip

    # 10-database.conf
    DATABASES: Annotated[
        dict[str, Database],
        about(
            "As in Django. Empty: SQLite in VAR_DIR, which suits one process.",
            form="{'default': {'ENGINE': 'postgresql', 'NAME': …, 'USER': …, 'HOST': …}}; or 'mariadb', or 'sqlite'",
        ),
    ] = {}
    DATABASE_PASSWORD: Annotated[str, secret("Password of the default database.")] = ""
    DATABASE_STATEMENT_TIMEOUT: Annotated[
        int, seconds("A statement that takes longer is cancelled. 0: never, for long migrations.", ge=0)
    ] = 60

    # 20-amqp.conf
    BUS: Annotated[Literal["amqp", "memory"], about("Where observations travel: RabbitMQ, or within one process.")] = (
        "amqp"
    )
    RABBIT_HOST: Annotated[str, about("The broker, when it is only one. HOST or HOST:PORT.")] = "localhost"
    RABBIT_USERNAME: Annotated[str, about("Who we are to the broker.")] = "synnefo"
    RABBIT_PASSWORD: Annotated[str, secret("Password of RABBIT_USERNAME.")] = ""
    RABBIT_VHOST: Annotated[str, about("The broker's virtual host.")] = "/"
    AMQP_HOSTS: Annotated[
        list[str], about("Every broker of the RabbitMQ cluster, as amqp:// or amqps:// URLs. Wins over RABBIT_*.")
    ] = []
    PREFETCH: Annotated[
        int,
        about(
            "Messages of one cluster a dispatcher may hold unacknowledged; several batches.",
            unit="messages",
            ge=1,
            le=65535,
        ),
    ] = 1000

    # 30-ganeti.conf
    GANETI_OS_PROVIDER: Annotated[str, about("The OS definition on the nodes that writes images.")] = (
        "snf-image+default"
    )
    GANETI_DISK_TEMPLATE: Annotated[str, about("For clusters whose backend row names none.")] = "plain"
    GANETI_HYPERVISOR: Annotated[
        str, about("For clusters whose backend row names none. Empty: each cluster's default.")
    ] = ""
    GANETI_NIC_LINK: Annotated[
        str, about("Of networks and clusters that do not name theirs. Empty: each cluster's default.")
    ] = ""
    TENANT_NETWORK_FLAVOR: Annotated[
        Literal["MAC_FILTERED", "PHYSICAL_VLAN"],
        about(
            "What a tenant's network is: one by the first bytes of its MACs on a shared bridge, or a bridge of its own."
        ),
    ] = "MAC_FILTERED"
    TENANT_NETWORK_LINKS: Annotated[
        list[str],
        about(
            "Bridges on all nodes: MAC_FILTERED networks share the first, PHYSICAL_VLAN ones have one each."
            " Empty: only operators make networks."
        ),
    ] = msgspec.field(default_factory=lambda: ["prv0"])
    TENANT_MAC_BASE: Annotated[
        str,
        about(
            "First byte of the MACs of MAC_FILTERED networks; each has two more of its own.",
            form="two hexadecimal digits of which the second is 2, 6, a or e, such as 'aa'",
            pattern=r"^[0-9a-f][26ae]\Z",
        ),
    ] = "aa"
    GANETI_CALL_TIMEOUT: Annotated[
        float, seconds("Bound of one call to a cluster's remote API. Shorter than COMMAND_LEASE.", gt=0)
    ] = 30.0
    GANETI_SHUTDOWN_TIMEOUT: Annotated[
        int, seconds("A guest that is asked to stop is killed after this; Ganeti's own default.", ge=0)
    ] = 120
    GANETI_RESCUE_IMAGE: Annotated[
        str,
        about(
            "Path of an optical disk's image on every node, that rescued servers boot (KVM). Empty: none is rescued."
        ),
    ] = ""
    NODES_ASK_SECRETS: Annotated[
        bool,
        about(
            "Nodes ask the APIs for a rebuilt server's password and user data: where all of them do (synnefo-image, APIS)."
        ),
    ] = False
    NODES_BRING_DISKS: Annotated[
        bool,
        about(
            "Images are made of servers: all nodes bring what is on disks when it is asked for (synnefo-image, APIS)."
        ),
    ] = False
    SHELVED_OFFLOAD_TIME: Annotated[
        int,
        seconds(
            "Seconds after which a shelved server leaves its cluster as an image, where NODES_BRING_DISKS; -1: never by itself.",
            ge=-1,
        ),
    ] = 0
    NODES_PAUSE: Annotated[
        bool,
        about(
            "Servers are paused, and nodes asked who is: where all have snf-kvm, snf-pause-hook and snf-console-log (KVM)."
        ),
    ] = False
    NODES_SET_PASSWORDS: Annotated[
        bool,
        about(
            "Passwords are set in guests that have QEMU's agent: where all nodes have snf-password-hook and APIS (KVM)."
        ),
    ] = False
    GANETI_QUEUE_DIR: Annotated[str, about("Ganeti's job files, on its master.")] = "/var/lib/ganeti/queue"

    # 40-api.conf
    PUBLIC_URL: Annotated[
        str,
        about(
            "The origin in links and in the catalog. Empty: the host that the client used.",
            form="http:// or https:// and a host, without a path or a slash at the end",
            pattern=r"^(https?://[^/\s]+)?\Z",
        ),
    ] = ""
    ALLOWED_HOSTS: Annotated[list[str], about("Hosts that requests may name. Narrow it when PUBLIC_URL is empty.")] = (
        msgspec.field(default_factory=lambda: ["*"])
    )
    TRUST_FORWARDED_HEADERS: Annotated[
        bool, about("Believe X-Forwarded-For, -Proto and -Host: only behind a proxy that sets all three.")
    ] = False
    MAX_BODY_BYTES: Annotated[
        int, about("A larger request body is refused unread, image uploads excepted.", unit="bytes", ge=1024)
    ] = 1_048_576
    MAX_PAGE: Annotated[int, about("Items a listing answers with at most.", unit="items", ge=1)] = 1000
    MAX_METADATA_ITEMS: Annotated[int, about("Metadata items of one server.", unit="items", ge=0)] = 128
    ENABLE_INSTANCE_PASSWORD: Annotated[
        bool,
        about(
            "Each new server is told a password, which is in its answer; where the OS definition brings it to guests."
        ),
    ] = True
    SECURITY_GROUPS: Annotated[
        bool,
        about(
            "Tenants have security groups and floating addresses: only where the nodes of each cluster ask for them."
        ),
    ] = False
    ROUTERS: Annotated[
        Literal["none", "nodes", "simulated"],
        about("Who carries tenants' routers: nobody, so that there are none; nodes that ask for them; nobody has to."),
    ] = "none"
    ROUTERS_ANYWHERE: Annotated[
        bool, about("Bridges of one name are one network on all clusters: any cluster's nodes carry any router.")
    ] = False
    TOKEN_LIFETIME: Annotated[
        int, seconds("A token is good this long; roles are looked up at each request anyway.", ge=60)
    ] = 3600
    LOGIN_FAILURES_PER_ADDRESS: Annotated[
        int,
        about(
            "Failed logins a minute from one address, whoever they are for; the rest are answered 429.",
            unit="logins",
            ge=1,
        ),
    ] = 100
    LOCKOUT_FAILURES: Annotated[
        int, about("So many failed from anywhere lock an account for a while; 0: none is locked.", unit="logins", ge=0)
    ] = 0
    LOCKOUT_SECONDS: Annotated[int, seconds("How long failures are counted, and an account is locked.", ge=1)] = 900
    POLICY_FILE: Annotated[
        str, about("Rules of the site's own, as oslo.policy reads them; empty: policy.yaml in the site's directory.")
    ] = ""
    API_LOCK_TIMEOUT: Annotated[
        float, seconds("A request that waits longer for what another transaction holds is answered 503.", ge=1)
    ] = 5.0
    READERS: Annotated[Threads, about("Threads for reading the database, a process.", unit="threads")] = 4
    WRITERS: Annotated[Threads, about("Threads for writing it; on SQLite always one.", unit="threads")] = 4
    CALLERS: Annotated[
        Threads, about("Threads for calls to each cluster, and for other work that blocks.", unit="threads")
    ] = 8

    # 45-console.conf
    NOVNC_DIR: Annotated[str, about("Where the package novnc keeps its files.")] = "/usr/share/novnc"
    CONSOLE_VNC_PASSWORD: Annotated[str, secret("What the VNC servers of guests ask for, where they do.")] = ""
    CONSOLE_SESSIONS: Annotated[
        int, about("Consoles that one process of the API has open at once.", unit="consoles", ge=1)
    ] = 200
    CONSOLE_IDLE_TIMEOUT: Annotated[
        float, seconds("A console on which nothing moves, neither picture nor key, is closed.", gt=0)
    ] = 3600.0

    # 47-images.conf
    IMAGES_DIR: Annotated[
        str, about("Where the content of images is kept: one directory for all APISERVERs. Empty: images in VAR_DIR.")
    ] = ""
    IMAGE_STORES: Annotated[
        dict[StoreName, ImageStore],
        about(
            "Stores for the content of images; what is new goes into the first. Empty: one, called files, in IMAGES_DIR.",
            form="{'NAME': {'kind': 's3', 'endpoint': …, 'bucket': …, 'access_key': …, 'secret_key_file': …}}, or"
            " {'NAME': {'kind': 'directory', 'path': …}}",
        ),
    ] = {}
    IMAGE_MAX_BYTES: Annotated[int, about("A larger image is not taken.", unit="bytes", ge=1)] = 1_099_511_627_776
    IMAGE_FORMAT_REQUIRED: Annotated[
        bool, about("Content without a header is refused for an image that claims a format which has one.")
    ] = False
    IMAGE_TRANSFERS: Annotated[
        int,
        about("Images that one process of the API takes at once, and as many that it gives.", unit="transfers", ge=1),
    ] = 32
    IMPORT_PORTS: Annotated[list[int], about("Ports of web servers that tenants may import images from.")] = (
        msgspec.field(default_factory=lambda: [80, 443])
    )
    IMPORT_SCHEMES: Annotated[list[Literal["http", "https"]], about("And how they may be asked.")] = msgspec.field(
        default_factory=lambda: ["http", "https"]
    )
    IMPORT_NETWORKS: Annotated[
        list[str],
        about(
            "Networks of private addresses that images may be imported from all the same.",
            form="networks such as '10.1.0.0/16'",
        ),
    ] = []

    # 50-dispatcher.conf
    DISPATCHER_BATCH: Annotated[
        int, about("Messages in one transaction at most; it never waits to fill one.", unit="messages", ge=1, le=10_000)
    ] = 500
    COMMAND_LEASE: Annotated[
        float, seconds("A worker's claim on a command; another takes it over after that.", ge=5, le=3600)
    ] = 60.0
    RECONCILE_INTERVAL: Annotated[
        float, seconds("Between full looks at each cluster: what was missed is made good within it.", ge=1)
    ] = 60.0
    GLANCE_INTERVAL: Annotated[
        float, seconds("Between glances at who runs on each cluster: a guest that died makes no job. 0: none.", ge=0)
    ] = 4.0
    PARKED_INTERVAL: Annotated[float, seconds("Between looks for parked messages that are due.", gt=0)] = 1.0
    DRAIN_TIMEOUT: Annotated[
        float, seconds("To finish what is under way when told to stop. Shorter than the unit's TimeoutStopSec.", gt=0)
    ] = 8.0
    RETENTION_DAYS: Annotated[
        int, about("How long seen messages, settled commands and journal lines without effect stay.", unit="days", ge=1)
    ] = 30

    METRICS_ADDRESS: Annotated[
        str, about("Where a dispatcher that was given --metrics-port answers /health and /metrics.", min_length=1)
    ] = "127.0.0.1"

    # 60-quotas.conf
    QUOTAS: Annotated[
        Quotas,
        about("What a project may have unless it has a limit of its own; those left out keep their default. -1: any."),
    ] = Quotas()

    # 90-logging.conf
    LOG_DIR: Annotated[str, about("A file a program, JSON lines. Empty: to stderr, for people.")] = ""
    LOG_LEVEL: Annotated[
        Literal["DEBUG", "INFO", "WARNING", "ERROR"], about("What is less than this is not logged.")
    ] = "INFO"

    def __repr__(self) -> str:
        """Without values, which may be secrets."""
        return "Values(…)"


def contradictions(values: Values) -> list[str]:
    """Settings that do not go together, as sentences."""
    found = []
    if values.COMMAND_LEASE <= values.GANETI_CALL_TIMEOUT:
        found.append("COMMAND_LEASE must be longer than GANETI_CALL_TIMEOUT: else two workers send one command")
    if values.PREFETCH < values.DISPATCHER_BATCH:
        found.append("PREFETCH must be at least DISPATCHER_BATCH: else a batch never fills")
    if values.DATABASES and "default" not in values.DATABASES:
        found.append("DATABASES must have a database named 'default'")
    return found
