"""Server groups as Nova shows them."""

from typing import Any

from logic.compute.infos import GroupInfo
from synnefo.api.compute.render.frame import Frame
from synnefo.api.compute.versions import Since


def group(info: GroupInfo, frame: Frame) -> dict[str, Any]:
    view: dict[str, Any] = {"id": info.id, "name": info.name, "members": info.members}
    if frame.at_least(Since.GROUP_OWNER):
        view |= {"project_id": info.project, "user_id": info.user}
    if not frame.at_least(Since.GROUP_POLICY):
        return view | {"policies": [info.policy], "metadata": {}}
    rules = {} if info.per_host is None else {"max_server_per_host": info.per_host}
    return view | {"policy": info.policy, "rules": rules}
