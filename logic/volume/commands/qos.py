"""QoS specs: what administrators write down of how fast volumes of some types are. No cluster of this cloud keeps such limits,
neither on a node (front-end) nor in its storage (back-end): so specs are made and given to types, but no volume is of a type with
limits, nor is a type given limits while volumes are of it (docs/decisions/0034). Called by Cinder's facade; each function is one
transaction.
"""

from logic import clock
from logic.access import Caller, require
from logic.errors import BadRequest, NotFound
from logic.transactions import atomically
from logic.volume.commands.naming import saved
from logic.volume.models import Qos, Volume, VolumeType
from logic.volume.queries.types import DEFAULT, TypeInfo, default_row
from logic.volume.refusals import InvalidQos
from logic.volume.states import Observed

CONSUMERS = ("front-end", "back-end", "both")
MAKE = "manage QoS specs"


@atomically
def create_qos(caller: Caller, name: str, consumer: str, specs: dict[str, str]) -> str:
    """Its id. Raises :class:`Forbidden`, :class:`InvalidQos`, :class:`Conflict` for a name that there is."""
    require(caller, "admin", MAKE)
    _check_consumer(consumer)
    return saved(Qos(name=name, consumer=consumer, specs=specs), "QoS Specs").pk


@atomically
def set_keys(caller: Caller, id: str, specs: dict[str, str], consumer: str = "") -> None:
    """Merged. Raises :class:`Forbidden`, :class:`NotFound`, :class:`InvalidQos`."""
    require(caller, "admin", MAKE)
    row = _held(id)
    if specs:
        for type in VolumeType.objects.select_for_update().filter(qos=row).order_by("pk"):
            _check_unused(type)
    if consumer:
        _check_consumer(consumer)
        row.consumer = consumer
    row.specs, row.updated_at = {**row.specs, **specs}, clock.now()
    row.save()


@atomically
def delete_keys(caller: Caller, id: str, keys: list[str]) -> None:
    """Raises :class:`Forbidden`, :class:`NotFound` for the specs and for a key."""
    require(caller, "admin", MAKE)
    row = _held(id)
    if missing := next((key for key in keys if key not in row.specs), None):
        raise NotFound(kind=f"key of QoS specs {id}", id=missing)
    row.specs = {name: value for name, value in row.specs.items() if name not in keys}
    row.updated_at = clock.now()
    row.save()


@atomically
def delete_qos(caller: Caller, id: str, *, force: bool = False) -> None:
    """``force``: also while types go by them, which do no longer. Raises :class:`Forbidden`, :class:`NotFound`,
    :class:`BadRequest`."""
    require(caller, "admin", MAKE)
    row = _held(id)
    types = VolumeType.objects.filter(qos=row)
    if not force and types.exists():
        raise BadRequest(reason=f"QoS Specs {id} is still associated with entities.")
    types.update(qos=None)
    row.delete()


@atomically
def associate(caller: Caller, id: str, type: str) -> None:
    """Raises :class:`Forbidden`, :class:`NotFound`, :class:`InvalidQos` for a type that goes by others, or has volumes."""
    require(caller, "admin", MAKE)
    row, kind = _held(id), _type(type)
    if kind.qos_id and kind.qos_id != row.pk:
        raise InvalidQos(reason=f"Type {type} is already associated with another qos specs: {kind.qos_id}.")
    if row.specs:
        _check_unused(kind)
    VolumeType.objects.filter(pk=kind.pk).update(qos=row, updated_at=clock.now())


@atomically
def disassociate(caller: Caller, id: str, type: str = "") -> None:
    """``type`` empty: all. Raises :class:`Forbidden`, :class:`NotFound`."""
    require(caller, "admin", MAKE)
    row = _held(id)
    types = VolumeType.objects.filter(qos=row)
    if type:
        types = types.filter(pk=_type(type).pk)
    types.update(qos=None, updated_at=clock.now())


def limits_of(kind: TypeInfo) -> str:
    """The name of the specs by which it is limited; empty: it is not. Nothing is held for it: a volume that is made in the very
    moment in which its type is limited has been made before."""
    specs = Qos.objects.filter(pk=kind.qos).first() if kind.qos else None
    return specs.name if specs and specs.specs else ""


def _check_unused(kind: VolumeType) -> None:
    """Raises :class:`InvalidQos` while volumes are of it, which nothing would limit."""
    word = "" if kind.pk == DEFAULT else kind.pk
    many = Volume.objects.filter(type=word).exclude(observed=Observed.GONE).count()
    if many:
        raise InvalidQos(
            reason=f"{many} volumes are of type {kind.name}, and no cluster of this cloud keeps limits. Give them to types that "
            "no volume is of."
        )


def _check_consumer(consumer: str) -> None:
    if consumer not in CONSUMERS:
        raise InvalidQos(reason=f"Valid consumer of QoS specs are: {', '.join(CONSUMERS)}.")


def _held(id: str) -> Qos:
    row = Qos.objects.select_for_update().filter(pk=id).first()
    if row is None:
        raise NotFound(kind="QoS specs", id=id)
    return row


def _type(id: str) -> VolumeType:
    row = VolumeType.objects.select_for_update().filter(pk=id).first()
    if row is None and id == DEFAULT:
        row = default_row()
        row.save(force_insert=True)
    if row is None:
        raise NotFound(kind="volume type", id=id)
    return row
