"""Booting an instance from an optical disk instead of its own, and back: the hypervisor is told so, and the guest restarted.

Called by ``ganeti_ordering``; blocks. A kernel that the cluster gives its guests would be booted before any disk: it is taken
away meanwhile. Source: Ganeti's man page gnt-instance(8), "cdrom_image_path", "boot_order" and "kernel_path" of KVM.
"""

from functools import partial

from ganeti import vocabulary
from ganeti.rapi import RapiClient
from logic.backends import ganeti_chaining as chaining
from logic.backends.ganeti_chaining import Step
from logic.errors import Rejected
from logic.messages.commands import RescueServer

CLUSTERS_OWN = "default"  # takes a parameter of an instance back to its cluster's


def order(client: RapiClient, command: RescueServer, depends: tuple[int, ...]) -> int:
    """The last job. Raises ``Rejected`` for one that boots in a way of its own, which would be lost."""
    params = _params(command.image)
    if command.image and not command.sending.again:
        _check(client, command.instance, params)
    name = command.instance
    steps = (
        Step(vocabulary.OP_SET_PARAMS, partial(client.modify_booting, name, params)),
        Step(vocabulary.OP_REBOOT, partial(client.reboot, name, hard=True)),
    )
    return chaining.order(client, command, steps, depends)


def _params(image: str) -> dict[str, str]:
    if image:
        return {"cdrom_image_path": image, "boot_order": "cdrom", "kernel_path": ""}
    return dict.fromkeys(("cdrom_image_path", "boot_order", "kernel_path"), CLUSTERS_OWN)


def _check(client: RapiClient, name: str, params: dict[str, str]) -> None:
    own = {key: value for key, value in client.booting(name).items() if key in params}
    if own and own != params:  # the same are a rescue's, of which the row has forgotten
        raise Rejected(f"the instance has its own {' and '.join(sorted(own))}", code="not-supported")
