"""Clusters that are slow, busy, deaf, forgetful or failing: by the simulator's script, while it lasts."""

from typing import Final

from ganeti.simulator.faults import Fault
from synnefo.chaos.cloud import CLUSTERS
from synnefo.chaos.kinds.base import NOTHING, Alerts, Scene, lasting
from synnefo.chaos.settings import CALL_TIMEOUT, INTERVAL

AWAY: Final = frozenset({"SynnefoClusterAway"})
LASTS: Final = (4.0, 10.0)
MISSED: Final = (INTERVAL + 1, INTERVAL + 4)  # a cluster is asked at least so often
MANY: Final = 100_000
ORDERS: Final = ("POST ", "PUT ", "DELETE ")


async def slow_rapi(scene: Scene) -> Alerts:
    """Each answer takes half of what a caller waits, or twice as long."""
    much = scene.dice.random() < 0.5  # noqa: PLR2004 - a coin
    slow = Fault(kind="delay", seconds=CALL_TIMEOUT * (2.0 if much else 0.5), times=MANY)
    await _scripted(scene, slow, lasts=(INTERVAL + CALL_TIMEOUT, INTERVAL + CALL_TIMEOUT + 3) if much else LASTS)
    return AWAY if much else NOTHING


async def busy_rapi(scene: Scene) -> None:
    """Every request is answered with 503."""
    await _scripted(scene, Fault(kind="refuse", times=MANY), lasts=MISSED)


async def deaf_rapi(scene: Scene) -> None:
    """Every connection ends before anything is accepted."""
    await _scripted(scene, Fault(kind="drop", times=MANY), lasts=MISSED)


async def lost_answers(scene: Scene) -> None:
    """Orders are accepted, and their answers are lost."""
    await _scripted(scene, *[Fault(kind="cut", match=word, times=MANY) for word in ORDERS])


async def stale_rapi(scene: Scene) -> None:
    """Questions are answered as they were when they were last asked."""
    await _scripted(scene, Fault(kind="stale", times=MANY))


async def failing_jobs(scene: Scene) -> None:
    """Jobs end in error somewhere on their way."""
    await _scripted(scene, Fault(kind="fail", times=scene.dice.randint(5, 30)))


async def falling_guests(scene: Scene) -> None:
    """Guests crash or power themselves off soon after they were started."""
    both = [Fault(kind="crash", seconds=1.0, times=10), Fault(kind="power_off", seconds=0.5, times=10)]
    await _scripted(scene, *both)


async def _scripted(scene: Scene, *faults: Fault, lasts: tuple[float, float] = LASTS) -> None:
    master = scene.cloud.masters[scene.dice.choice(CLUSTERS)]
    master.plan(*faults)
    scene.history.note("scripted", cluster=master.name, kinds=[one.kind for one in faults])
    try:
        await lasting(scene, *lasts)
    finally:
        master.plan()
