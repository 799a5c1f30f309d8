"""Names on the broker: Synnefo's routing keys with the cluster appended, and versioned queues.

A queue's arguments cannot be changed once declared, so the version is part of its name. Legal on RabbitMQ 3.10 and 4.x:
durable quorum queues, an explicit delivery limit, at-least-once dead lettering (which needs strategy, overflow and
exchange together).
"""

from typing import Literal

VERSION = "v1"
EXCHANGE = "ganeti"
DEAD_EXCHANGE = "ganeti-dead"
DELIVERY_LIMIT = 5
MAX_LENGTH = 1_000_000  # messages; beyond that a publisher is refused, and the event daemon keeps its own on disk
DEAD_DELIVERY_LIMIT = 1_000_000  # 4.x drops after 20 unless told otherwise; 3.10 knows no word for "never"
Subject = Literal["op", "net", "progress", "cluster"]


def prefix_of(backend_prefix_id: str) -> str:
    """``snf-`` → ``snf``: the part before the first dash names everything of ours on the broker."""
    return backend_prefix_id.split("-", 1)[0]


def routing_key(prefix: str, subject: Subject, cluster: str) -> str:
    """``ganeti.<prefix>.event.<subject>.<cluster>``."""
    return f"ganeti.{prefix}.event.{subject}.{cluster}"


def cluster_of(routing_key: str) -> str:
    """The cluster a routing key names; empty when it is not one of ours."""
    parts = routing_key.split(".", 4)
    return parts[4] if len(parts) == 5 and parts[0] == "ganeti" and parts[2] == "event" else ""  # noqa: PLR2004


def queue_name(prefix: str, cluster: str) -> str:
    return f"{prefix}.events.{VERSION}.{cluster}"


def queue_binding(prefix: str, cluster: str) -> str:
    return f"ganeti.{prefix}.event.*.{cluster}"


def queue_arguments() -> dict[str, str | int]:
    return {
        "x-queue-type": "quorum",
        "x-delivery-limit": DELIVERY_LIMIT,
        "x-dead-letter-exchange": DEAD_EXCHANGE,
        "x-dead-letter-strategy": "at-least-once",
        "x-overflow": "reject-publish",
        "x-max-length": MAX_LENGTH,
    }


def dead_queue_name(prefix: str) -> str:
    return f"{prefix}.dead.{VERSION}"


def dead_binding(prefix: str) -> str:
    """Dead letters keep their routing key, so each installation on a broker gets its own."""
    return f"ganeti.{prefix}.#"


def dead_queue_arguments() -> dict[str, str | int]:
    return {"x-queue-type": "quorum", "x-delivery-limit": DEAD_DELIVERY_LIMIT}
