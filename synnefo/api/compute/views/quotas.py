"""Limits and quotas."""

from logic.compute import queries
from logic.errors import NotFound
from logic.quota import commands
from logic.quota.queries import EVERY
from synnefo.api.compute.render import quotas as render
from synnefo.api.compute.render.frame import frame
from synnefo.api.compute.render.quotas import (
    Limits,
    QuotaClass,
    QuotaClassChanged,
    QuotaSet,
    QuotaSetChanged,
    QuotaSetDetail,
)
from synnefo.api.compute.requests import quotas as requests
from synnefo.api.kernel.calls import Answer, Call
from synnefo.api.kernel.describing import describes


@describes(gives={"limits": Limits}, query=["tenant_id"])
def show_limits(call: Call) -> Answer:
    project = call.query.one("tenant_id") or call.caller.project
    return Answer(200, render.limits(queries.limits(call.caller, project), frame(call)))


@describes(gives={"quota_set": QuotaSet}, query=["user_id"])
def show_quotas(call: Call, project: str) -> Answer:
    """Of a user of the project too: what he has no limit of his own of, he may have as the project may."""
    known = queries.quota_set(call.caller, project, call.query.one("user_id"))
    return Answer(200, {"quota_set": render.quota_set(known, frame(call), project=project)})


@describes(gives={"quota_set": QuotaSetDetail}, query=["user_id"])
def show_quotas_in_detail(call: Call, project: str) -> Answer:
    known = queries.quota_set(call.caller, project, call.query.one("user_id"))
    return Answer(200, {"quota_set": render.detailed_set(known, frame(call), project)})


@describes(gives={"quota_set": QuotaSet})
def show_default_quotas(call: Call, project: str) -> Answer:
    return Answer(200, {"quota_set": render.quota_set(queries.default_limits(), frame(call), project=project)})


@describes(takes=requests.Body, gives={"quota_set": QuotaSetChanged}, query=["user_id"])
def set_quotas(call: Call, project: str) -> Answer:
    user = call.query.one("user_id")
    wanted = requests.limits(call, queries.settable(call.caller, project, user), of_user=bool(user))
    if user:
        commands.set_user_limits(call.caller, project, user, wanted)
    else:
        commands.set_limits(call.caller, project, wanted)
    return Answer(200, {"quota_set": render.quota_set(queries.limits(call.caller, project, user), frame(call))})


@describes(status=202, query=["user_id"])
def reset_quotas(call: Call, project: str) -> Answer:
    """Of a project: its users' go with it."""
    user = call.query.one("user_id")
    commands.reset_user_limits(call.caller, project, user)
    if not user:
        commands.reset_limits(call.caller, project, requests.resources(call))
    return Answer(202)


@describes(gives={"quota_class_set": QuotaClass})
def show_default_limits(call: Call, name: str) -> Answer:
    _known_class(name)
    return Answer(200, {"quota_class_set": render.class_set(queries.default_limits(), frame(call), id=name)})


@describes(takes=requests.ClassBody, gives={"quota_class_set": QuotaClassChanged})
def set_default_limits(call: Call, name: str) -> Answer:
    _known_class(name)
    commands.set_limits(call.caller, EVERY, requests.class_limits(call))
    return Answer(200, {"quota_class_set": render.class_set(queries.default_limits(), frame(call))})


def _known_class(name: str) -> None:
    if name != "default":
        raise NotFound(kind="quota class", id=name)
