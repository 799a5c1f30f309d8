"""A supervisor's side of ``sd_notify``: a datagram socket, and what programs have told it."""

import socket
from collections.abc import Iterator
from pathlib import Path
from typing import Self


class Listener:
    """``told`` has every line so far, in order. A context manager."""

    def __init__(self, path: Path) -> None:
        self.path = path
        self._lines: list[str] = []
        self._socket = socket.socket(socket.AF_UNIX, socket.SOCK_DGRAM)
        self._socket.setblocking(False)
        self._socket.bind(str(path))

    @property
    def environment(self) -> dict[str, str]:
        return {"NOTIFY_SOCKET": str(self.path)}

    @property
    def told(self) -> list[str]:
        self._lines += [line for datagram in self._waiting() for line in datagram.decode().split("\n")]
        return self._lines

    def _waiting(self) -> Iterator[bytes]:
        while True:
            try:
                yield self._socket.recv(4096)
            except BlockingIOError:
                return

    def has(self, line: str) -> bool:
        return line in self.told

    def __enter__(self) -> Self:
        return self

    def __exit__(self, *_: object) -> None:
        self._socket.close()
