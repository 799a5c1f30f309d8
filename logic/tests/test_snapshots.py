"""What observations do to the commands of any kind of resource."""

import pytest

from logic.messages.observations import Postponed
from logic.snapshots import STEADY, Effort, Snapshot, State, postponed


def delay_after(attempts, asked):
    """Seconds that a command waits after so many attempts, the last of which asked for a delay."""
    effort = Effort(id="c", verb="stop", status="claimed", epoch=attempts, attempts=attempts)
    snapshot = Snapshot(id="s", state=State(observed="running", command="c", verb="stop"), efforts=(effort,))
    told = Postponed(cluster="k", command="c", epoch=attempts, delay=asked, reason="503")
    return postponed(snapshot, told).snapshot.effort("c").delay


def test_a_short_delay_grows_with_each_attempt_up_to_a_bound():
    assert [delay_after(attempts, 1.0) for attempts in (1, 2, 3, 100)] == [1.0, 2.0, 3.0, STEADY]


@pytest.mark.parametrize("asked", [0.0, 15.0, 60.0])
def test_a_long_one_and_none_at_all_stay_what_they_are(asked):
    assert {delay_after(attempts, asked) for attempts in (1, 7)} == {asked}
