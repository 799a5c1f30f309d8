"""What goes wrong, by script and by seed. Nothing unless asked for.

Who asks: the cluster when a job or a guest begins, the doors (``transport``, ``server``) for each request, the queue in
memory for each notice. A scripted :class:`Fault` fires for the next matching thing, in the order of planning;
:class:`Rates` add seeded ones. Each kind draws only when its rate is not nought.
"""

from typing import Annotated, Literal

import msgspec

from ganeti.simulator.chance import Chance

Wire = Literal["refuse", "drained", "drop", "cut", "delay", "stale"]
Notice = Literal["lose", "double", "late"]
Guest = Literal["crash", "power_off"]
Device = Literal["hold"]
Rate = Annotated[float, msgspec.Meta(ge=0, le=1)]
Kind = Wire | Notice | Guest | Device | Literal["fail"]


class Fault(msgspec.Struct, frozen=True, kw_only=True):
    """One planned misfortune, ``times`` over.

    ``refuse``: the answer is 503. ``drained``: it is that of a queue that an operator has drained. ``drop``: the connection
    ends before anything is accepted. ``cut``: it is accepted, the answer is lost. ``delay``: the answer takes ``seconds``.
    ``stale``: a question is answered as it was when it was last asked. ``fail``: a job ends in error with ``message``.
    ``lose``, ``double``, ``late``: the notice of a job file. ``crash``, ``power_off``: what the guest does ``seconds``
    after it was started. ``hold``: a guest that runs does not let go of the disk that is taken from it, or QEMU says ``message``
    of that. ``match`` is what it is for: part of ``<METHOD> <path>``, of ``<OPCODE> <instance>``, or of
    the file's or the instance's name; empty matches everything.
    """

    kind: Kind
    match: str = ""
    times: int = 1
    seconds: float = 1.0
    message: str = "simulated failure"


class Rates(msgspec.Struct, frozen=True, kw_only=True, forbid_unknown_fields=True):
    """Probabilities from 0 to 1, by kind; ``seconds`` is the longest of the delays and fates that are drawn."""

    refuse: Rate = 0.0
    drained: Rate = 0.0
    drop: Rate = 0.0
    cut: Rate = 0.0
    delay: Rate = 0.0
    stale: Rate = 0.0
    fail: Rate = 0.0
    lose: Rate = 0.0
    double: Rate = 0.0
    late: Rate = 0.0
    crash: Rate = 0.0
    power_off: Rate = 0.0
    seconds: float = 5.0


class Faults:
    """The plan of one cluster."""

    def __init__(self, chance: Chance, rates: Rates = Rates()) -> None:  # noqa: B008 - frozen
        self._chance, self._rates = chance, rates
        self._script: list[Fault] = []

    def plan(self, *faults: Fault) -> None:
        """Add to the script."""
        self._script += faults

    def replan(self, *faults: Fault) -> None:
        """Have this script instead of the one there was."""
        self._script = list(faults)

    def stop(self) -> None:
        """From now on nothing goes wrong."""
        self._script, self._rates = [], Rates()

    def request(self, method: str, path: str) -> Fault | None:
        """What happens to a request on its way."""
        return self._one(("refuse", "drained", "drop", "cut", "delay", "stale"), f"{method} {path}")

    def job(self, opcode: str, instance: str) -> Fault | None:
        """Whether an opcode fails that begins now."""
        return self._one(("fail",), f"{opcode} {instance}")

    def notice(self, name: str) -> Fault | None:
        """What happens to the notice that a file has changed."""
        return self._one(("lose", "double", "late"), name)

    def guest(self, instance: str) -> Fault | None:
        """What a guest that was just started will do of itself."""
        return self._one(("crash", "power_off"), instance)

    def device(self, instance: str) -> Fault | None:
        """Whether a guest keeps the disk that is just taken from it."""
        return self._scripted(("hold",), instance)

    def point(self, count: int) -> int:
        """Where in ``count`` steps a failing job fails."""
        return min(int(self._chance.uniform(0, count)), count - 1)

    def _one(self, kinds: tuple[Kind, ...], about: str) -> Fault | None:
        return self._scripted(kinds, about) or self._drawn(kinds)

    def _scripted(self, kinds: tuple[Kind, ...], about: str) -> Fault | None:
        for index, fault in enumerate(self._script):
            if fault.kind in kinds and fault.match in about:
                left = msgspec.structs.replace(fault, times=fault.times - 1)
                self._script[index : index + 1] = [left] if left.times else []
                return fault
        return None

    def _drawn(self, kinds: tuple[Kind, ...]) -> Fault | None:
        for kind in kinds:
            if self._chance.happens(getattr(self._rates, kind)):
                return Fault(kind=kind, seconds=self._chance.uniform(0, self._rates.seconds))
        return None
