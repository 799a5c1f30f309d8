"""The simulation is tested with bugs: each patch in ``planted`` is a believable mistake, and must be caught.

A patch is applied to a copy of the tree. ``planted/seeds.json`` names a seed that catches it soon, so that the test is
quick; one that takes many seeds has none there. A seed catches another run when the workload or the faults change: then
``python -m synnefo.simulation.planted`` searches anew and writes down the new ones. At full size (``make verify``) seeds are
tried from the first on.
"""

import pytest

from synnefo.simulation.planted import planting
from synnefo.simulation.planted.planting import MOST, PATCHES, ROOT, copy_tree, found, plant, uproot

SEEDS = planting.seeds()
NEARBY = 150  # seeds tried after the one that was written down


@pytest.fixture
def tree(tmp_path):
    """A copy of the tree as it stands, with what is not committed yet, for one test to spoil."""
    copy_tree(tmp_path)
    return tmp_path


@pytest.fixture(scope="module")
def copied(tmp_path_factory):
    """A copy of the tree as it stands, with what is not committed yet. It is compiled once for all the bugs."""
    tree = tmp_path_factory.mktemp("planted")
    copy_tree(tree)
    return tree


@pytest.fixture
def planted(patch, copied):
    """The copy with one bug in it; afterwards there is none."""
    uproot(patch, copied)
    plant(patch, copied)
    yield copied
    uproot(patch, copied)


def names(wanted=None):
    return [pytest.param(patch, id=patch.stem) for patch in PATCHES if wanted is None or patch.stem in wanted]


def test_twenty_of_them_are_caught_soon():
    assert len(SEEDS) >= 20
    assert set(SEEDS) <= {patch.stem for patch in PATCHES}
    assert all(1 <= seed <= MOST for seed in SEEDS.values())


@pytest.mark.parametrize("patch", names())
def test_the_patch_applies(patch):
    plant(patch, ROOT, "--dry-run")


@pytest.mark.slow
@pytest.mark.timeout(600)
@pytest.mark.parametrize("patch", names(SEEDS))
def test_the_simulation_catches_it_with_the_seed_written_down(patch, planted):
    assert found(planted, patch, first=SEEDS[patch.stem], seeds=NEARBY), (
        "python -m synnefo.simulation.planted: search anew"
    )


@pytest.mark.slow
@pytest.mark.verify
@pytest.mark.timeout(3600)
@pytest.mark.parametrize("patch", names())
def test_the_simulation_finds_it_within_a_thousand_seeds(patch, planted):
    assert found(planted, patch, first=1, seeds=MOST)
