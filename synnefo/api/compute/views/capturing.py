"""Images of servers: the actions ``createImage`` and ``createBackup``. Their table is in ``actions``."""

from typing import Any

from logic.compute import commands
from synnefo.api.compute.render.frame import frame
from synnefo.api.compute.requests import capturing as requests
from synnefo.api.compute.versions import Since
from synnefo.api.kernel.calls import Answer, Call
from synnefo.api.kernel.describing import describes

TOLD = {202: (None, {"image_id": str})}


@describes(takes=requests.Image, answers=TOLD)
def create_image(call: Call, id: str, value: Any) -> Answer:
    return _made(call, commands.create_image(call.caller, id, requests.image(value)))


@describes(takes=requests.Backup, answers=TOLD)
def create_backup(call: Call, id: str, value: Any) -> Answer:
    """Of one that is not even kept itself nothing is told, as Nova does."""
    wanted = requests.backup(value)
    made = commands.create_image(call.caller, id, wanted)
    return _made(call, made) if wanted.rotation else Answer(202)


def _made(call: Call, image: str) -> Answer:
    if call.at_least(Since.IMAGE_TOLD):
        return Answer(202, {"image_id": image})
    return Answer(202, headers={"Location": frame(call).links("images", image)[0]["href"]})
