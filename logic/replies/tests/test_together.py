"""The same request, sent several times at once, is done by one of them, on every database."""

import pytest

from logic.errors import Conflict
from logic.ledger.tests.test_side_by_side import TOGETHER, together
from logic.quota import commands as quota
from logic.quota.models import Delta
from logic.replies.commands import Kept, Repeated, once
from logic.replies.models import Reply
from logic.testing.worlds import ALICE

pytestmark = [pytest.mark.django_db(transaction=True), pytest.mark.every_database]


def charged(holder):
    quota.record(ALICE.project, {holder: {"cores": 1}})
    return Kept(202, {}, b"done")


def test_one_of_them_does_it_and_the_others_are_told_what_it_was_answered():
    results = together(*[lambda: once(ALICE, "k", b"POST /servers", lambda: charged("s")) for _ in range(TOGETHER)])
    assert Delta.objects.count() == 1
    assert sorted(type(one) is Kept for one in results) == [False] * (TOGETHER - 1) + [True]
    assert {one.reply.body for one in results if isinstance(one, Repeated)} == {b"done"}


def test_what_is_refused_leaves_neither_a_reply_nor_what_it_did():
    def refused():
        charged("s")
        raise Conflict(reason="no")

    with pytest.raises(Conflict):
        once(ALICE, "k", b"POST /servers", refused)
    assert not Reply.objects.exists()
    assert not Delta.objects.exists()
