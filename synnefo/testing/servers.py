"""What the servers of the tests share: entering one starts it, leaving it ends it and leaves nothing of it behind.

Base of ``PostgresServer``, ``MariaServer`` and ``RabbitServer`` beside this file.
"""

import abc
from types import TracebackType
from typing import Self


class Server(abc.ABC):
    """A context manager over ``start`` and ``close``."""

    @abc.abstractmethod
    def start(self) -> None:
        """Returns when it answers."""

    @abc.abstractmethod
    def close(self) -> None:
        """The end: nothing of it is left."""

    def __enter__(self) -> Self:
        try:
            self.start()
        except BaseException:
            self.close()
            raise
        return self

    def __exit__(
        self, kind: type[BaseException] | None, error: BaseException | None, trace: TracebackType | None
    ) -> None:
        self.close()
