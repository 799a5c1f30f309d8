"""What QEMU's agent in a guest does for its server's users: it sets a password. Called by the API facades through ``commands``.

Ganeti knows nothing of it: nodes do it (``logic.backends.ganeti_passwords``). So it is for sites whose nodes all can, and for
images that say that they have an agent, in Nova's words.
"""

from collections.abc import Mapping
from typing import Final

from django.conf import settings

from logic import secretkeys
from logic.access import Caller, require
from logic.compute.checks import can
from logic.compute.holding import held
from logic.db import new_id
from logic.errors import BadRequest, Conflict, NotSupported
from logic.ledger import beginning
from logic.messages.commands import SetPassword
from logic.transactions import atomically

AGENT: Final = "hw_qemu_guest_agent"
_YES: Final = frozenset({"1", "t", "true", "on", "y", "yes"})
_LONGEST: Final = 255  # characters of a user's name


def are_told(properties: Mapping[str, str] | None) -> bool:
    """Has a guest with these properties of its image an agent that the nodes of this cloud speak to?"""
    speaks: bool = settings.NODES_SET_PASSWORDS
    return speaks and str((properties or {}).get(AGENT, "")).lower() in _YES


def user_of(properties: Mapping[str, str]) -> str:
    """Whose password is set."""
    default = "Administrator" if properties.get("os_type") == "windows" else "root"
    return properties.get("os_admin_user") or default


@atomically
def set_password(caller: Caller, id: str, password: str) -> None:
    """It is in the command, encrypted, until the node is told it. Raises :class:`NotFound`, :class:`Conflict` for a server that
    does not run or has no agent, and :class:`NotSupported` where nodes cannot."""
    require(caller, "member", "set the password of a server")
    server = held(caller, id)
    if not settings.NODES_SET_PASSWORDS:
        raise NotSupported(reason="The nodes of this cloud set no passwords. Log in with a key.")
    beginning.check("server", server, "password")
    can(server.backend, SetPassword)
    properties = server.image_properties or {}
    if not are_told(properties):
        raise Conflict(reason=f"QEMU guest agent is not enabled: the image of server {id} does not say {AGENT}=yes.")
    user = user_of(properties)
    if not user.isprintable() or len(user) > _LONGEST:
        raise BadRequest(reason="The image's property os_admin_user is no user's name.")
    sealed = secretkeys.current().encrypt(password)
    command = SetPassword(id=new_id(), resource=server.pk, instance=server.instance, user=user, password=sealed)
    beginning.begin(caller, "server", server, "password", command)
