"""Why something failed, as its tenant hears it. Called by ``servers`` and ``actions``."""

from synnefo.api.compute.render.frame import Frame
from synnefo.api.kernel import reasons


def told(reason: str, frame: Frame) -> str:
    return reasons.told(reason, admin=frame.admin)
