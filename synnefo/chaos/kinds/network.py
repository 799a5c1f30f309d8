"""Links cut, lost, delayed, chopped, reset and half closed.

A cut passes nothing and ends nothing; a lost link ends what there is and refuses what is new. Which of the links it is, the
dice say; how long it lasts and what announces it, who is at its ends. A cut is noticed when an answer is missed: by an event
daemon after the ten seconds of a publish, at a cluster once it is asked the next time and has used up its time to answer.
"""

from typing import Final

from synnefo.chaos.cloud import API, CLUSTERS, DISPATCHERS
from synnefo.chaos.kinds.base import NOTHING, Alerts, Scene, lasting
from synnefo.chaos.proxy import Link

DATABASE: Final = tuple(f"{name}-database" for name in (*DISPATCHERS, API))
BROKER: Final = tuple(f"{name}-broker" for name in (*DISPATCHERS, *[f"eventd-{cluster}" for cluster in CLUSTERS]))
RAPI: Final = tuple(f"rapi-{cluster}" for cluster in CLUSTERS)
ALL: Final = (*DATABASE, *BROKER, *RAPI)
# By how a link's name begins and ends.
ANNOUNCED: Final[dict[tuple[str, str], Alerts]] = {
    ("", "-database"): frozenset({"SynnefoDatabaseAway"}),
    ("dispatcher", "-broker"): frozenset({"SynnefoBrokerAway"}),
    ("eventd", "-broker"): frozenset({"SynnefoEventdSilent"}),
    ("rapi", ""): frozenset({"SynnefoClusterAway"}),
}
ANY: Final = frozenset().union(*ANNOUNCED.values())
CUT: Final = {"eventd": (14.0, 16.0), "rapi": (10.0, 12.0)}  # seconds until an answer is missed, and that was scraped
LOST: Final = {"rapi": (6.0, 9.0)}  # a cluster is asked every five seconds
LASTS: Final = (4.0, 9.0)


async def cut_database(scene: Scene) -> Alerts:
    return await _cut(scene, _one(scene, DATABASE))


async def cut_broker(scene: Scene) -> Alerts:
    return await _cut(scene, _one(scene, BROKER))


async def cut_rapi(scene: Scene) -> Alerts:
    return await _cut(scene, _one(scene, RAPI))


async def cut_dispatcher_off(scene: Scene) -> Alerts:
    """From the database and from the broker at once."""
    name = scene.dice.choice(DISPATCHERS)
    return await _cut(scene, scene.cloud.links[f"{name}-database"], scene.cloud.links[f"{name}-broker"])


async def cut_one_way(scene: Scene) -> Alerts:
    """What is asked arrives and the answer does not, or the other way round."""
    up = scene.dice.random() < 0.5  # noqa: PLR2004 - a coin
    return await _cut(scene, _one(scene, ALL), up=up, down=not up)


async def lose_link(scene: Scene) -> Alerts:
    """Connections end, and new ones are refused."""
    link = _one(scene, ALL)
    link.refusing = True
    link.reset()
    return await _healed(scene, LOST, link)


async def reset_link(scene: Scene) -> None:
    """Connections end a few times over; new ones are welcome."""
    link = _one(scene, ALL)
    for _ in range(3):
        link.reset()
        await lasting(scene, 0.2, 1)


async def delay_link(scene: Scene) -> Alerts:
    """Each piece takes up to a third of a second more, each way: too much for what asks the database ten things."""
    link = _one(scene, ALL)
    link.up.delay, link.down.delay = scene.dice.uniform(0.1, 0.3), scene.dice.uniform(0.1, 0.3)
    await _healed(scene, {}, link)
    asks_much = link.name in DATABASE and not link.name.startswith(API)
    return alerts_of(link) if asks_much else NOTHING


async def chop_link(scene: Scene) -> None:
    """Streams come in pieces of a few bytes."""
    link = _one(scene, ALL)
    link.up.chop = link.down.chop = True
    await _healed(scene, {}, link)


async def half_close_link(scene: Scene) -> None:
    """Programs see the end of what they read, and may still write."""
    link = _one(scene, ALL)
    link.half_close()
    await _healed(scene, {}, link)


async def _cut(scene: Scene, *links: Link, up: bool = True, down: bool = True) -> Alerts:
    for link in links:
        link.cut(up=up, down=down)
    return await _healed(scene, CUT, *links)


async def _healed(scene: Scene, times: dict[str, tuple[float, float]], *links: Link) -> Alerts:
    """After a while: of ``times`` by how the name begins, or the usual one. Says what has announced it."""
    scene.history.note("links", names=[link.name for link in links])
    try:
        await lasting(scene, *times.get(links[0].name.partition("-")[0], LASTS))
    finally:
        for link in links:
            link.heal()
    return frozenset().union(*map(alerts_of, links))


def alerts_of(link: Link) -> Alerts:
    """One of these rises when it is cut or lost."""
    return next(
        alerts for (start, end), alerts in ANNOUNCED.items() if link.name.startswith(start) and link.name.endswith(end)
    )


def _one(scene: Scene, names: tuple[str, ...]) -> Link:
    return scene.cloud.links[scene.dice.choice(names)]
