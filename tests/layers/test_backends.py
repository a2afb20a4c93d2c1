import numpy as np
import pytest
from keras import ops

from nlp_builder.layers.backends import at_least, compiled, extreme, scan, taken

from .backend import array, double_precision


def add(total, value):
    return total + value, total


@pytest.mark.parametrize("reverse", [False, True])
def test_a_loop_hands_out_its_states_in_order(reverse):
    last, before = scan(add, ops.zeros(()), ops.array([1.0, 2.0, 3.0]), reverse=reverse)
    assert float(last) == 6
    assert array(before).tolist() == ([5, 3, 0] if reverse else [0, 1, 3])


def test_a_loop_over_nothing_ends_where_it_began():
    def both(states, value):
        return states, states

    first = ops.ones((2, 4)), ops.zeros((2,), "int32")
    last, outputs = scan(both, first, ops.zeros((0, 3)))
    assert last is first
    assert [tuple(output.shape) for output in outputs] == [(0, 2, 4), (0, 2)]


def test_extremes_and_look_ups_of_no_texts_are_empty():
    nothing = ops.zeros((0, 3))
    assert tuple(extreme(ops.max, nothing, axis=-1).shape) == (0,)
    assert tuple(extreme(ops.min, nothing, axis=-1, keepdims=True).shape) == (0, 1)
    assert float(extreme(ops.max, ops.array([1.0, 4.0]))) == 4
    assert tuple(taken(nothing, ops.zeros((0, 5), "int32")).shape) == (0, 5, 3)
    assert array(taken(ops.array([1.0, 4.0]), ops.array([[1], [0]]))).tolist() == [[4], [1]]


def test_a_lower_bound_keeps_float64_and_nan():
    with double_precision():
        raised = array(at_least(ops.array([-np.inf, 1 / 3, np.nan], "float64"), -1.0))
    np.testing.assert_array_equal(raised, [-1, 1 / 3, np.nan])
    assert raised.dtype == "float64"


def test_a_compiled_function_takes_what_is_no_tensor_by_name():
    @compiled("times")
    def repeated(values, times):
        return ops.concatenate([values] * times)

    assert array(repeated(ops.array([1.0]), times=3)).tolist() == [1, 1, 1]
