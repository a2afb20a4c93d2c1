"""What a file may name, told by Keras' source, is what Keras itself says of its parts."""

import importlib

import keras
import pytest

import nlp_builder.layers  # noqa: F401  # for the names that it registers
from nlp_builder.contents.keras_allowed import BASES, FUNCTIONS, OURS, has_class, has_function
from nlp_builder.contents.keras_sources import names_in
from nlp_builder.features.keras_names import keras_class, keras_function


@pytest.mark.parametrize("module", BASES)
def test_the_classes_are_those_that_are_found_in_keras(module):
    names = {*vars(importlib.import_module(module)), "Nothing", "layers.Dense", ""}
    by_source = {name for name in names if has_class(module, name)}
    assert by_source == {name for name in names if keras_class(module, name)}
    assert by_source


@pytest.mark.parametrize("module", [*FUNCTIONS, "builtins", "keras", "os", None])
def test_the_functions_are_those_that_are_found_in_keras(module):
    places = [importlib.import_module(place) for place in (*FUNCTIONS, "builtins", "keras", "os")]
    names = {name for place in places for name in vars(place)}
    by_source = {name for name in names if has_function(module, name)}
    assert by_source == {name for name in names if keras_function(module, name)}
    assert bool(by_source) == (module in (*FUNCTIONS, "builtins"))


@pytest.mark.parametrize("name", [None, 7, ["relu"], {}])
def test_what_is_no_name_is_no_function(name):
    assert not has_function("builtins", name)


@pytest.mark.parametrize("module", [None, 7, "os", "keras.nothing", "keras/../os"])
def test_other_modules_have_no_classes(module):
    assert not has_class(module, "Dense")


def test_our_parts_are_those_that_are_registered():
    registered = keras.saving.get_custom_objects()
    assert {name for name in registered if name.startswith("nlp_builder>")} == OURS


def test_a_name_is_found_under_each_name_that_it_has():
    names = names_in("keras.initializers")
    assert names["glorot_uniform"] == names["GlorotUniform"] == "GlorotUniform"
    # Its import takes three lines.
    assert names["IdentityInitializer"] == "Identity"
