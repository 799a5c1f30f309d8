"""Messages that nobody can use, one of each shape: what simulated and chaos runs and the poison figure put on the bus."""

import msgspec

from logic.messages import codec
from logic.messages.observations import Accepted, JobChanged


def shapes(cluster: str, other: str, mark: str, instance: str = "snf-1") -> list[bytes]:
    """Bodies nobody can use. ``mark`` makes them this fault's own; ``instance`` is the name of one of ours."""
    fact = JobChanged(cluster=cluster, job=1, op=0, opcode="OP_TEST", status="success", instance=instance, message=mark)
    return [
        b"{" + mark.encode(),
        b"\xff\xfe" + mark.encode(),
        b"\0" * 20 + mark.encode(),
        b'{"type": "teapot", "mark": "' + mark.encode() + b'"}',
        b"[" * 50_000 + mark.encode(),
        mark.encode() * (2**20 // len(mark) + 1),
        codec.encode(fact).replace(b'"job":1', b'"job":"one"'),
        codec.encode(fact).replace(b'"job":1', b'"job":' + b"9" * 40),
        codec.encode(msgspec.structs.replace(fact, cluster=other)),
        codec.encode(Accepted(cluster=cluster, command=mark, epoch=1, job=1)),
    ]
