"""Clusters that are slow, busy, deaf, forgetful or failing: by the simulator's script, while it lasts."""

import datetime
from typing import Final

from ganeti.simulator.faults import Fault
from logic import clock
from logic.ledger.models import Command
from synnefo.chaos.cloud import CLUSTERS
from synnefo.chaos.kinds.base import NOTHING, Alerts, Scene, lasting
from synnefo.chaos.lookout import HASTE
from synnefo.chaos.masters import Master
from synnefo.chaos.settings import CALL_TIMEOUT, INTERVAL

AWAY: Final = frozenset({"SynnefoClusterAway"})
LASTS: Final = (4.0, 10.0)
FAILS: Final = frozenset({"SynnefoCommandsFail"})
FAILING: Final = (8.0, 12.0)
WINDOW: Final = datetime.timedelta(minutes=10) / HASTE  # of the rule, with what it asks for
ENOUGH, SHARE = 5, 0.2
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


async def failing_jobs(scene: Scene) -> Alerts:
    """Jobs end in error somewhere on their way: as many as may be the affair of their users, or all of them for a while."""
    began, all_of_them = clock.now(), scene.dice.random() < 0.5  # noqa: PLR2004 - a coin
    times = MANY if all_of_them else scene.dice.randint(1, 5)
    master = await _scripted(scene, Fault(kind="fail", times=times), lasts=FAILING if all_of_them else LASTS)
    return FAILS if await scene.cloud.offload.read(_many_failed, master.name, began) else NOTHING


def _many_failed(cluster: str, began: datetime.datetime) -> bool:
    """Surely more than the rule asks for, in its window. It counts what the two dispatchers have told by then."""
    over = Command.objects.filter(backend__name=cluster, settled_at__gte=began - WINDOW)
    failed = over.filter(outcome__in=("error", "refused"), settled_at__gte=began).count()
    return failed >= 2 * ENOUGH and failed > over.count() * 2 * SHARE


async def falling_guests(scene: Scene) -> None:
    """Guests crash or power themselves off soon after they were started."""
    both = [Fault(kind="crash", seconds=1.0, times=10), Fault(kind="power_off", seconds=0.5, times=10)]
    await _scripted(scene, *both)


async def _scripted(scene: Scene, *faults: Fault, lasts: tuple[float, float] = LASTS) -> Master:
    master = scene.cloud.masters[scene.dice.choice(CLUSTERS)]
    master.plan(*faults)
    scene.history.note("scripted", cluster=master.name, kinds=[one.kind for one in faults])
    try:
        await lasting(scene, *lasts)
    finally:
        master.plan()
    return master
