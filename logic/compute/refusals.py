"""What is refused of servers beside what is refused everywhere, in Nova's words."""

from logic.errors import Forbidden


class NoDisk(Forbidden):
    """Only volume-backed servers are allowed for flavors with zero disk. Boot from a volume, or choose another flavor than
    {flavor}."""
