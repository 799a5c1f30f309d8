"""Who may work on what: one job a lock, the others in line, first come first served."""

from collections import deque


class Locks:
    """Locks by name, held by jobs by id."""

    def __init__(self) -> None:
        self._lines: dict[str, deque[int]] = {}

    def take(self, lock: str, job: int) -> bool:
        """Whether the job has the lock now; otherwise it stands in line."""
        line = self._lines.setdefault(lock, deque())
        line.append(job)
        return line[0] == job

    def leave(self, lock: str, job: int) -> int | None:
        """Give a lock back, or a place in its line. Returns the job that has the lock because of it, if any."""
        line = self._lines[lock]
        held = line[0] == job
        line.remove(job)
        if not line:
            del self._lines[lock]
            return None
        return line[0] if held else None
