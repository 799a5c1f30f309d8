"""What a view says of itself is what it may do."""

import functools

import msgspec
import pytest

from synnefo.api.kernel.describing import Operation, acts, describes, operation


class Body(msgspec.Struct):
    name: str


class Other(msgspec.Struct):
    name: str


@describes(takes=({"thing": Body}, {"things": list[Body]}), status=202)
def make(call):
    return None


@describes(status=204)
def drop(call):
    return None


def test_what_is_declared_is_decoded_and_nothing_else():
    told = operation(make)
    told.check(Body)
    told.check(dict[str, object])  # the body as it came, to look at its keys
    with pytest.raises(TypeError, match="describes"):
        told.check(Other)
    with pytest.raises(TypeError, match="describes"):
        operation(drop).check(dict[str, object])


def test_a_view_is_known_behind_its_gate_and_its_partial():
    class Gate(msgspec.Struct, frozen=True):
        view: object

    assert operation(Gate(functools.partial(make, thing=1))) is operation(make)
    assert operation(functools.partial(len, view=make)) is operation(make)
    assert operation(len) is None


def test_an_action_that_says_nothing_is_refused_when_it_is_declared():
    with pytest.raises(TypeError, match="silent"):
        acts({"make": make, "silent": len})


def test_actions_answer_what_one_of_them_does():
    @describes(takes=Body, status=202, gives={"it": dict}, refuses=[501])
    def show(call):
        return None

    @acts({"make": make, "drop": drop, "show": show}, refuses=[412])
    def act(call):
        return None

    told = operation(act)
    assert told == Operation(
        takes=({"make": operation(make).takes}, {"drop": None}, {"show": Body}),
        answers={202: (None, {"it": dict}), 204: None},
        refuses=frozenset({412, 501}),
    )


def test_what_several_actions_answer_is_told_once():
    @describes(status=202, answers={202: (None, {"it": str})})
    def show(call):
        return None

    told = operation(acts({"make": make, "show": show, "again": show})(lambda call: None))
    assert told.answers == {202: (None, {"it": str})}
