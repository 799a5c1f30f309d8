"""Reading messages: a project's own."""

import datetime

import msgspec

from logic.access import Caller
from logic.errors import NotFound
from logic.volume.models import Message
from logic.volume.queries import pages
from logic.volume.queries.pages import Found, Wanted


class MessageInfo(msgspec.Struct, frozen=True, kw_only=True):
    id: str
    request: str
    volume: str
    event: str
    text: str
    created_at: datetime.datetime


def messages(caller: Caller, wanted: Wanted) -> Found[MessageInfo]:
    """A page, newest first unless ``sort`` says otherwise. Raises :class:`NotFound` for a marker that cannot be seen."""
    found = pages.page(pages.own(caller, Message.objects.all(), wanted), wanted, lambda id: _one(caller, id))
    return Found([_info(row) for row in found.items], found.count)


def message(caller: Caller, id: str) -> MessageInfo:
    """Raises :class:`NotFound`."""
    return _info(_one(caller, id))


def _one(caller: Caller, id: str) -> Message:
    rows = Message.objects.filter(pk=id)
    row = (rows if caller.is_admin else rows.filter(project=caller.project)).first()
    if row is None:
        raise NotFound(kind="message", id=id)
    return row


def _info(row: Message) -> MessageInfo:
    return MessageInfo(**{name: getattr(row, name) for name in MessageInfo.__struct_fields__})
