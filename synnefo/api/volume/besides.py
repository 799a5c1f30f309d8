"""What clients look at beside volumes: versions, types, limits and quotas, zones; and what there is none of."""

from logic.errors import BadRequest, Forbidden, NotFound, NotSupported
from logic.placement import queries as placement
from logic.quota import queries as quota
from logic.quota.queries import QuotaInfo
from logic.volume import queries
from synnefo.api.kernel.calls import Answer, Call
from synnefo.api.volume import render
from synnefo.api.volume.types import TYPE

NO_SNAPSHOTS = (
    "This cloud takes no snapshots of volumes: none of the kinds of disks of its clusters can. "
    "Copy the data in a server that has both volumes."
)


def list_versions(call: Call) -> Answer:
    return Answer(300, {"versions": [render.version(call)]})


def show_version(call: Call) -> Answer:
    return Answer(200, {"versions": [render.version(call)]})


def list_types(call: Call) -> Answer:  # noqa: ARG001 - the same for everybody
    return Answer(200, {"volume_types": [TYPE]})


def show_type(call: Call, id: str) -> Answer:  # noqa: ARG001
    if id not in {TYPE["id"], "default"}:
        raise NotFound(kind="volume type", id=id)
    return Answer(200, {"volume_type": TYPE})


def list_extra_specs(call: Call, id: str) -> Answer:
    show_type(call, id)
    return Answer(200, {"extra_specs": {}})


def unmakeable_type(call: Call, **path: str) -> Answer:  # noqa: ARG001
    raise NotSupported(reason="Volumes of this cloud are of one type, which is as it is.")


def show_limits(call: Call) -> Answer:
    return Answer(200, {"limits": render.limits(quota.quotas(call.caller.project))})


def show_quotas(call: Call, project: str) -> Answer:
    if project != call.caller.project and not call.caller.is_admin:
        raise Forbidden(action="seeing another project's quota", needs="admin")
    usage = bool(call.query.flag("usage"))
    return Answer(200, {"quota_set": render.quota_set(quota.quotas(project), project, usage=usage)})


def show_default_quotas(call: Call, project: str) -> Answer:  # noqa: ARG001 - the same for everybody
    known = {name: QuotaInfo(limit, 0) for name, limit in quota.defaults().items()}
    return Answer(200, {"quota_set": render.quota_set(known, project, usage=False)})


def unchangeable_quotas(call: Call, project: str) -> Answer:  # noqa: ARG001
    raise NotSupported(
        reason="Quotas of volumes are not changed over this API. Operators do it with `manage.py quota-set`."
    )


def list_zones(call: Call) -> Answer:  # noqa: ARG001
    """Every cluster is one."""
    found = [{"zoneName": name, "zoneState": {"available": up}} for name, up in placement.zones()]
    return Answer(200, {"availabilityZoneInfo": found})


def list_extensions(call: Call) -> Answer:  # noqa: ARG001
    return Answer(200, {"extensions": []})


def list_snapshots(call: Call) -> Answer:  # noqa: ARG001
    return Answer(200, {"snapshots": []})


def create_snapshot(call: Call) -> Answer:
    """In Cinder's own order: a volume that cannot be seen is not found, whatever could be done with it."""
    wanted = call.decode(dict[str, dict[str, object]]).get("snapshot", {}).get("volume_id")
    if not isinstance(wanted, str):
        raise BadRequest(reason="The field snapshot.volume_id must be the id of a volume.")
    queries.volume(call.caller, wanted)
    raise NotSupported(reason=NO_SNAPSHOTS)


def no_snapshot(call: Call, id: str) -> Answer:  # noqa: ARG001
    raise NotFound(kind="snapshot", id=id)
