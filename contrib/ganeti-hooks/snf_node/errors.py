"""What stops the set-up of an interface: one sentence for the operator, who reads it in Ganeti's node-daemon.log."""


class Refused(Exception):  # noqa: N818 - it says what happened
    """What was given is wrong or dangerous: nothing was touched."""


class Failed(Exception):  # noqa: N818
    """A program of the node refused: what had been done for the tap is taken away again."""
