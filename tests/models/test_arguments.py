"""Constructors name the class that was called."""

import inspect

import pytest

from tests.models.table import ROWS, named, numbered

KNOWN = "embedding, sequence_length, hyper_parameters, random_seed"
every_model = pytest.mark.parametrize("number", numbered(), ids=named)


@every_model
@pytest.mark.parametrize(
    ("args", "kwargs", "message"),
    [
        ([], {"foo": 1}, "got the unknown argument 'foo'$"),
        (
            [],
            {"hyperparameters": {}},
            "got the unknown argument 'hyperparameters': did you mean 'hyper_parameters'[?]$",
        ),
        ([None, None, None, 42], {}, "got too many positional arguments"),
        ([None], {"embedding": None}, "got multiple values for argument 'embedding'"),
    ],
)
def test_arguments_are_refused_in_the_name_of_the_class(number, args, kwargs, message):
    cls = ROWS[number].cls
    with pytest.raises(TypeError, match=f"^{cls.__name__} expected {KNOWN}, {message}"):
        cls(*args, **kwargs)


@every_model
def test_the_signature_is_that_of_the_constructor(number):
    assert ", ".join(inspect.signature(ROWS[number].cls).parameters) == KNOWN
