"""What ``snf-password-hook`` and QEMU's agent do in a guest, as far as a cluster notices: called by ``modifying`` before a change
of the memory that a guest has while it runs.

``World.tells`` stands for the cloud's API; where there is none, the nodes have no such hook. What was set is known until the
simulator ends, and written nowhere.
"""

from collections.abc import Callable, Mapping
from typing import Final

from ganeti import vocabulary
from ganeti.simulator.errors import OpError
from ganeti.simulator.model import Instance

Tells = Callable[[str], Mapping[str, str] | None]  # by an order's id: whose password, and which; None: it is over
HOOK: Final = "instance-modify-pre.d/60-snf-password-hook"
USERS: Final = frozenset({"root", "Administrator", "debian"})  # of any guest


class Untold(Exception):  # noqa: N818 - what it is
    """The API tells no password, for this reason."""


def wanted(tells: Tells, instance: Instance) -> dict[str, str]:
    """By user. Raises ``OpError`` as a hook's veto does."""
    found: dict[str, str] = {}
    for tag in vocabulary.password_tags(instance.tags):
        try:
            told = tells(tag.removeprefix(vocabulary.PASSWORD_TAG))
        except Untold as error:
            raise _veto(instance, str(error)) from None
        if told is None:
            continue
        if not instance.agent:
            raise _veto(instance, "the guest has no way to an agent: stop and start it first")
        if told["user"] not in USERS:
            raise _veto(instance, f"the guest's agent could not set the password of {told['user']}: it is unknown")
        found[told["user"]] = told["password"]
    return found


def _veto(instance: Instance, why: str) -> OpError:
    error = OpError(why, kind="HooksAbort")
    error.result = ["HooksAbort", [[[instance.node, HOOK, f"snf-password-hook: {why}"]]]]
    return error
