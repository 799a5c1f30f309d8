"""Reading what administrators write down of how fast volumes are (QoS specs). Nothing here makes them so."""

import msgspec

from logic.access import Caller, require
from logic.errors import NotFound
from logic.volume.models import Qos, VolumeType


class QosInfo(msgspec.Struct, frozen=True, kw_only=True):
    id: str
    name: str
    consumer: str
    specs: dict[str, str]


def all_qos(caller: Caller) -> list[QosInfo]:
    require(caller, "admin", "list QoS specs")
    return [_info(row) for row in Qos.objects.order_by("-created_at", "-pk")]


def qos(caller: Caller, id: str) -> QosInfo:
    """Raises :class:`NotFound`."""
    require(caller, "admin", "show QoS specs")
    row = Qos.objects.filter(pk=id).first()
    if row is None:
        raise NotFound(kind="QoS specs", id=id)
    return _info(row)


def associations(caller: Caller, id: str) -> list[tuple[str, str]]:
    """(id, name) of the types that go by them. Raises :class:`NotFound`."""
    qos(caller, id)
    return list(VolumeType.objects.filter(qos=id).order_by("name").values_list("pk", "name"))


def _info(row: Qos) -> QosInfo:
    return QosInfo(id=row.pk, name=row.name, consumer=row.consumer, specs=row.specs)
