"""Links cut, lost, delayed, chopped, reset and half closed.

A cut passes nothing and ends nothing; a lost link ends what there is and refuses what is new. Which of the links it is, the
dice say.
"""

from synnefo.chaos.cloud import API, CLUSTERS, DISPATCHERS
from synnefo.chaos.kinds.base import Scene, lasting
from synnefo.chaos.proxy import Link

DATABASE = tuple(f"{name}-database" for name in (*DISPATCHERS, API))
BROKER = tuple(f"{name}-broker" for name in (*DISPATCHERS, *[f"eventd-{cluster}" for cluster in CLUSTERS]))
RAPI = tuple(f"rapi-{cluster}" for cluster in CLUSTERS)
ALL = (*DATABASE, *BROKER, *RAPI)


async def cut_database(scene: Scene) -> None:
    await _cut(scene, _one(scene, DATABASE))


async def cut_broker(scene: Scene) -> None:
    await _cut(scene, _one(scene, BROKER))


async def cut_rapi(scene: Scene) -> None:
    await _cut(scene, _one(scene, RAPI))


async def cut_dispatcher_off(scene: Scene) -> None:
    """From the database and from the broker at once."""
    name = scene.dice.choice(DISPATCHERS)
    await _cut(scene, scene.cloud.links[f"{name}-database"], scene.cloud.links[f"{name}-broker"])


async def cut_one_way(scene: Scene) -> None:
    """What is asked arrives and the answer does not, or the other way round."""
    up = scene.dice.random() < 0.5  # noqa: PLR2004 - a coin
    await _cut(scene, _one(scene, ALL), up=up, down=not up)


async def lose_link(scene: Scene) -> None:
    """Connections end, and new ones are refused."""
    link = _one(scene, ALL)
    link.refusing = True
    link.reset()
    await _healed(scene, link)


async def reset_link(scene: Scene) -> None:
    """Connections end a few times over; new ones are welcome."""
    link = _one(scene, ALL)
    for _ in range(3):
        link.reset()
        await lasting(scene, 0.2, 1)


async def delay_link(scene: Scene) -> None:
    """Each piece takes up to a third of a second more, each way."""
    link = _one(scene, ALL)
    link.up.delay, link.down.delay = scene.dice.uniform(0, 0.3), scene.dice.uniform(0, 0.3)
    await _healed(scene, link)


async def chop_link(scene: Scene) -> None:
    """Streams come in pieces of a few bytes."""
    link = _one(scene, ALL)
    link.up.chop = link.down.chop = True
    await _healed(scene, link)


async def half_close_link(scene: Scene) -> None:
    """Programs see the end of what they read, and may still write."""
    link = _one(scene, ALL)
    link.half_close()
    await _healed(scene, link)


async def _cut(scene: Scene, *links: Link, up: bool = True, down: bool = True) -> None:
    for link in links:
        link.cut(up=up, down=down)
    await _healed(scene, *links)


async def _healed(scene: Scene, *links: Link) -> None:
    scene.history.note("links", names=[link.name for link in links])
    try:
        await lasting(scene, 3, 10)
    finally:
        for link in links:
            link.heal()


def _one(scene: Scene, names: tuple[str, ...]) -> Link:
    return scene.cloud.links[scene.dice.choice(names)]
