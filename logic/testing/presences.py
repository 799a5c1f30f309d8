"""A process that is always there, for tests of workers that are about something else."""

from logic.dispatcher.presence import Presence
from logic.offload import Inline
from logic.permits import Permit


class Always(Presence):
    """Nothing of it is in the database."""

    def __init__(self, holder: str = "worker") -> None:
        super().__init__(Inline(), holder=holder, seconds=60.0)

    async def arrived(self) -> None:
        """At once."""

    def permit(self, seconds: float) -> Permit:
        return lambda: seconds > 0
