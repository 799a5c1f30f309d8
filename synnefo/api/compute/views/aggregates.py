"""Aggregates of clusters, and what is done to them, for administrators."""

from typing import Annotated, Any, NotRequired, TypedDict

from logic.placement import aggregates
from logic.placement.aggregates import AggregateInfo
from synnefo.api.compute.render.frame import Frame, frame
from synnefo.api.compute.requests import aggregates as requests
from synnefo.api.compute.versions import Since, since
from synnefo.api.kernel import times
from synnefo.api.kernel.calls import Answer, Call
from synnefo.api.kernel.describing import Shape, describes


class AggregateCreated(TypedDict):
    id: int
    name: str
    availability_zone: str | None
    created_at: str
    updated_at: str | None
    deleted: bool
    deleted_at: None
    uuid: NotRequired[Annotated[str, since(Since.AGGREGATE_UUID)]]


class Aggregate(AggregateCreated):
    hosts: list[str]
    metadata: dict[str, str]


@describes(gives={"aggregates": list[Aggregate]})
def list_aggregates(call: Call) -> Answer:
    return Answer(200, {"aggregates": [_shown(one, frame(call)) for one in aggregates.aggregates()]})


@describes(gives={"aggregate": Aggregate})
def show_aggregate(call: Call, aggregate_id: str) -> Answer:
    return _answer(call, aggregates.aggregate(aggregate_id))


@describes(takes=requests.Body, gives={"aggregate": AggregateCreated})
def create_aggregate(call: Call) -> Answer:
    """Of a new one nothing is told of hosts and notes."""
    view = _shown(aggregates.create_aggregate(*requests.creation(call)), frame(call))
    return Answer(200, {"aggregate": {key: value for key, value in view.items() if key not in {"hosts", "metadata"}}})


@describes(takes=requests.Body, gives={"aggregate": Aggregate})
def change_aggregate(call: Call, aggregate_id: str) -> Answer:
    return _answer(call, aggregates.change_aggregate(aggregate_id, *requests.change(call)))


@describes()
def delete_aggregate(_: Call, aggregate_id: str) -> Answer:
    aggregates.delete_aggregate(aggregate_id)
    return Answer(200)


ACTIONS: Shape = ({"add_host": requests.Host}, {"remove_host": requests.Host}, {"set_metadata": requests.Metadata})


@describes(takes=ACTIONS, gives={"aggregate": Aggregate})
def act_on_aggregate(call: Call, aggregate_id: str) -> Answer:
    action, value = requests.action(call)
    if action == "set_metadata":
        return _answer(call, aggregates.note_on_aggregate(aggregate_id, requests.metadata(value)))
    done = aggregates.add_host if action == "add_host" else aggregates.remove_host
    return _answer(call, done(aggregate_id, requests.host(action, value)))


def _answer(call: Call, info: AggregateInfo) -> Answer:
    return Answer(200, {"aggregate": _shown(info, frame(call))})


def _shown(info: AggregateInfo, frame: Frame) -> dict[str, Any]:
    view: dict[str, Any] = {
        "id": info.id,
        "name": info.name,
        "availability_zone": info.zone or None,
        "hosts": info.hosts,
        "metadata": info.metadata | ({"availability_zone": info.zone} if info.zone else {}),
        "created_at": times.bare(info.created_at),
        "updated_at": times.bare(info.updated_at) if info.updated_at else None,
        "deleted": False,
        "deleted_at": None,
    }
    return view | {"uuid": info.uuid} if frame.at_least(Since.AGGREGATE_UUID) else view
