"""Server groups as Nova shows them."""

from typing import Annotated, Any, NotRequired, TypedDict

from logic.compute.infos import GroupInfo
from synnefo.api.compute.render.frame import Frame
from synnefo.api.compute.versions import Since, since


class GroupRules(TypedDict):
    max_server_per_host: NotRequired[int]


class ServerGroup(TypedDict):
    """``members`` are the ids of its servers."""

    id: str
    name: str
    members: list[str]
    project_id: NotRequired[Annotated[str, since(Since.GROUP_OWNER)]]
    user_id: NotRequired[Annotated[str, since(Since.GROUP_OWNER)]]
    policies: NotRequired[Annotated[list[str], since(0, until=Since.GROUP_POLICY)]]
    metadata: NotRequired[Annotated[dict[str, str], since(0, until=Since.GROUP_POLICY)]]
    policy: NotRequired[Annotated[str, since(Since.GROUP_POLICY)]]
    rules: NotRequired[Annotated[GroupRules, since(Since.GROUP_POLICY)]]


def group(info: GroupInfo, frame: Frame) -> dict[str, Any]:
    view: dict[str, Any] = {"id": info.id, "name": info.name, "members": info.members}
    if frame.at_least(Since.GROUP_OWNER):
        view |= {"project_id": info.project, "user_id": info.user}
    if not frame.at_least(Since.GROUP_POLICY):
        return view | {"policies": [info.policy], "metadata": {}}
    rules = {} if info.per_host is None else {"max_server_per_host": info.per_host}
    return view | {"policy": info.policy, "rules": rules}
