"""The content of images, for the nodes that write it onto disks (``ganeti.osprovider.sources``): by the content's own id, which a
node is told with the server that it makes, and nobody guesses. What operators put onto the nodes is not here.
"""

from logic.image import blobs
from logic.placement import nodekeys
from synnefo.api.kernel.calls import Answer, Call, Stream
from synnefo.api.kernel.ranges import span
from synnefo.api.nodes.views import shown


def content(call: Call, name: str) -> Answer:
    nodekeys.holder(shown(call))
    info = blobs.blob(name)
    wanted = span(call.header("range"), info.size)
    headers = {"Content-Type": "application/octet-stream", "Accept-Ranges": "bytes", **wanted.headers}
    return Answer(
        wanted.status, Stream(wanted.length, lambda: blobs.reading(info, wanted.start, wanted.length)), headers
    )
