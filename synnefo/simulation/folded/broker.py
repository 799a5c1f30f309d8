"""The broker of a run: one queue, from which each dispatcher takes messages in batches and acknowledges them; what one had in
hand when it died comes again. The network before it loses, doubles and delays (``plan.mischief``)."""

from collections import deque
from collections.abc import Callable

from synnefo.simulation.folded.calendar import Calendar

Carried = Callable[[bytes], list[tuple[float, bytes]]]


class Broker:
    """``arrived`` are the bodies that came into the queue; ``rings`` is called whenever one does."""

    def __init__(self, calendar: Calendar, carried: Carried) -> None:
        self.arrived: list[bytes] = []
        self.rings: Callable[[], None] = lambda: None
        self._calendar, self._carried = calendar, carried
        self._queue: deque[bytes] = deque()

    def publish(self, body: bytes) -> None:
        """As an event daemon does."""
        for wait, one in self._carried(body):
            if wait:
                self._calendar.after(wait, lambda one=one: self.put([one]))  # type: ignore[misc]
            else:
                self.put([one])

    def put(self, bodies: list[bytes]) -> None:
        """At the end of the queue."""
        self.arrived += bodies
        self._queue.extend(bodies)
        self.rings()

    def give_back(self, bodies: list[bytes]) -> None:
        """What was taken and not acknowledged."""
        self._queue.extendleft(reversed(bodies))
        self.rings()

    def take(self, limit: int) -> list[bytes]:
        """At most so many, the oldest first."""
        return [self._queue.popleft() for _ in range(min(limit, len(self._queue)))]
