"""What ends a script of the OS provider: a sentence for the job's error, which everybody who sees the job may read.

No text of it ever holds the value of a parameter that is secret. Raised by all modules here, shown by ``scripts``.
"""


class Trouble(Exception):  # noqa: N818 - it is what the reader is told
    """The instance cannot be made, for a reason that its reader can do something about."""
