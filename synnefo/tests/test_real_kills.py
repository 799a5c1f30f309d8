"""Real programs on real parts, killed at each failpoint in the middle of each operation: it ends as it does undisturbed.

The other actions, and the failpoints that need weather (``synnefo/simulation/matrix/cells.py``), are played in process.
"""

import pytest

from synnefo.testing.databases import replaced
from synnefo.testing.killing import SETTINGS, SPEED, WALK, Range
from synnefo.testing.realparts import RealCloud

pytestmark = [pytest.mark.acceptance, pytest.mark.verify, pytest.mark.timeout(900)]
ON_THE_WAY = (
    "request.commit",
    "claim.commit",
    "backend.submit",
    "answer.commit",
    "batch.commit",
    "bus.acknowledge",
    "bus.publish",
    "cursor.save",
)
BESIDE = ("parked.commit", "lease.commit", "refresh.commit", "look.commit", "quota.commit", "retention.commit")
KILLS = ("kill-before", "kill-after")


@pytest.fixture(scope="module")
def shooting(postgres, rabbitmq, django_db_setup, django_db_blocker):
    """A cloud to shoot at, and what there is after each operation when nobody does."""
    with (
        django_db_blocker.unblock(),
        RealCloud(postgres, rabbitmq, settings=SETTINGS, speed=SPEED) as cloud,
        replaced(cloud.entry),
    ):
        place = Range(cloud)
        yield place, [(verb, place.do(verb)) for verb in WALK]
        assert not place.wrong()


@pytest.mark.parametrize("action", KILLS)
@pytest.mark.parametrize("failpoint", ON_THE_WAY)
def test_every_operation_survives_it(shooting, failpoint, action):
    place, expected = shooting
    for verb, state in expected:
        assert place.shoot(verb, failpoint, action) == state, verb


@pytest.mark.parametrize("action", KILLS)
@pytest.mark.parametrize("failpoint", BESIDE)
def test_what_is_done_beside_survives_it(shooting, failpoint, action):
    place, expected = shooting
    for verb, state in expected[-2:]:
        assert place.shoot(verb, failpoint, action) == state, verb
