"""Messages about arguments."""

import pytest

from nlp_builder.text.checks import near_name


def test_a_slip_of_the_pen_is_seen():
    known = ["embedding", "hyper_parameters", "random_seed"]
    assert near_name("hyperparameters", known) == ": did you mean 'hyper_parameters'?"
    assert near_name("seed", known) == ""


@pytest.mark.parametrize("name", [None, 7, ("units",), ""])
def test_what_is_no_name_is_like_none(name):
    assert near_name(name, ["units"]) == ""
