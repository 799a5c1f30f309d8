"""What is written when a server that is being built goes to another cluster: plain data between folding and the store."""

import msgspec


class Move(msgspec.Struct, frozen=True, kw_only=True):
    """``server`` with its ``ports`` and the ``command`` that makes it leave the cluster ``before`` for ``name`` (the row
    ``backend``, of that ``incarnation``), where it is ordered by ``payload``."""

    server: str
    ports: tuple[str, ...]
    command: str
    payload: bytes
    before: str
    backend: int
    name: str
    incarnation: str
