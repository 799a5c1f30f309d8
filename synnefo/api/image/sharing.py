"""Members of shared images, as Glance shows them."""

from typing import Any

from logic.image import members
from logic.image.members import MemberInfo
from synnefo.api.image.answers import Member, Members
from synnefo.api.image.bodies import MemberAnswer, NewMember
from synnefo.api.kernel.calls import Answer, Call
from synnefo.api.kernel.describing import describes
from synnefo.api.kernel.times import seconds


@describes(gives=Members)
def index(call: Call, image_id: str) -> Answer:
    found = members.members(call.caller, image_id)
    return Answer(200, {"members": [_member(one) for one in found], "schema": "/v2/schemas/members"})


@describes(gives=Member)
def show(call: Call, image_id: str, member: str) -> Answer:
    return Answer(200, _member(members.member(call.caller, image_id, member)))


@describes(takes=NewMember, gives=Member)
def add(call: Call, image_id: str) -> Answer:
    return Answer(200, _member(members.add_member(call.caller, image_id, call.decode(NewMember).member)))


@describes(takes=MemberAnswer, gives=Member)
def answer(call: Call, image_id: str, member: str) -> Answer:
    return Answer(200, _member(members.answer(call.caller, image_id, member, call.decode(MemberAnswer).status)))


@describes(status=204)
def remove(call: Call, image_id: str, member: str) -> Answer:
    members.remove_member(call.caller, image_id, member)
    return Answer(204)


def _member(info: MemberInfo) -> dict[str, Any]:
    return {
        "member_id": info.project,
        "image_id": info.image,
        "status": info.status,
        "created_at": seconds(info.created_at),
        "updated_at": seconds(info.updated_at),
        "schema": "/v2/schemas/member",
    }
