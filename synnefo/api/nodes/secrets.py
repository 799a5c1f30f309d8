"""What is secret of a server that is being rebuilt, for the node that does it (``ganeti.osprovider.asking``): by the id of the
rebuild, which that node was told, and for as long as it is under way. And the password that is being set in a guest
(``ganeti.passwordhook``): once.
"""

from logic.compute import telling
from logic.placement import nodekeys
from synnefo.api.kernel.calls import Answer, Call
from synnefo.api.nodes.views import shown


def secrets(call: Call, id: str) -> Answer:
    told = telling.secrets(nodekeys.holder(shown(call)), id)
    return Answer(200, told, {"Cache-Control": "no-store"})
