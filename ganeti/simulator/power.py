"""A guest goes up, a guest goes down: the effects of every operation in which one does."""

from ganeti.simulator.operation import Given, Outcome
from ganeti.simulator.world import World


def boot(world: World, given: Given, now: float) -> Outcome:
    """A guest that runs already goes on."""
    instance = world.instance(given["instance_name"])
    if not instance.running:
        world.boot(instance, now)
    return Outcome()


def halt(world: World, given: Given, now: float) -> Outcome:
    """The guest stops; what is asked of the instance stays."""
    instance = world.instance(given["instance_name"])
    world.halt(instance, now, admin_state=instance.admin_state)
    return Outcome()
