"""The content of disks, from the nodes that have them (``ganeti.osprovider.sending``): what is wanted of an instance, and the
bytes, which become an image's. A node is believed to be one of the cluster whose key it shows, and brings that cluster's only.
"""

import hashlib
from collections.abc import AsyncIterator

from logic.errors import BadRequest, Refusal
from logic.image import capturing, uploading
from logic.offload import Offload
from logic.placement import nodekeys
from synnefo.api.kernel.calls import Answer, Call
from synnefo.api.nodes.views import shown

SUM = hashlib.sha512().digest_size  # bytes, behind the content
_DIGITS = 4


def wanted(call: Call, instance: str) -> Answer:
    found = capturing.wanted(nodekeys.holder(shown(call)), instance)
    return Answer(200, {"ours": found.ours, "disk": found.disk, "name": found.name, "format": found.format})


def take(call: Call, instance: str, disk: str) -> Answer:
    backend = nodekeys.holder(shown(call))
    place = int(disk) if disk.isascii() and disk.isdigit() and len(disk) <= _DIGITS else disk
    try:
        upload = capturing.begin_content(backend, instance, place, _length(call))
    except Refusal as refusal:
        capturing.note_trouble(backend, instance, place, refusal.sentence)
        raise

    async def taking(pieces: AsyncIterator[bytes], offload: Offload) -> Answer:
        try:
            await uploading.fill(upload, _content(pieces, offload), offload)
        except Refusal as refusal:
            await offload.write(capturing.note_trouble, backend, instance, place, refusal.sentence)
            raise
        return Answer(204)

    return Answer(taking=taking)


def _length(call: Call) -> int | None:
    """Of the content, as it is announced. Raises :class:`BadRequest`."""
    declared = str(call.meta.get("CONTENT_LENGTH") or "")[:19]
    if not declared.isdigit():
        return None
    if int(declared) < SUM:
        raise BadRequest(reason="The content ends with its SHA-512.")
    return int(declared) - SUM


async def _content(pieces: AsyncIterator[bytes], offload: Offload) -> AsyncIterator[bytes]:
    """Without its sum. Raises :class:`BadRequest` when that is another."""
    summed, held = hashlib.sha512(), b""
    async for piece in pieces:
        held += piece
        told, held = held[:-SUM], held[-SUM:]
        await offload.call(summed.update, told)
        yield told
    if summed.digest() != held:
        raise BadRequest(reason="The content is not what its SHA-512 says. Send it again.")
