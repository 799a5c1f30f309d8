"""Whose and where the servers of a populated cloud are: what the programs and their peers agree on, without Django."""

ASKING = "a" * 32  # the project whose member asks
OTHERS = 100  # projects beside it
CLUSTERS = 4
INCARNATION = "00000000-0000-4000-8000-00000000beef"
FLAVOR = "1"
IMAGE = "aaaaaaaa-0000-4000-8000-000000000001"
NETWORK = "bbbbbbbb-0000-4000-8000-000000000001"


def cluster(place: int) -> str:
    """The name of a cluster, counted from 0."""
    return f"bench{place + 1}"


def cluster_of(number: int) -> str:
    """Where the server with this number is."""
    return cluster(number % CLUSTERS)


def asking(servers: int) -> int:
    """How many of them are the asking project's: a tenth, and at least a thousand."""
    return min(servers, max(1000, servers // 10))


BARE = "bare"  # the routing key's cluster of what goes to the peer of latency
PLAIN = "bench"  # the queue of the dispatcher's peers
TASK = "bench.job_changed"  # the Celery peer's task
