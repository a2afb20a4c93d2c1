"""What holds for each of the ready-made models."""

import copy
import subprocess
import sys
from pathlib import Path

import keras
import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

import nlp_builder
from tests.models.table import (
    ODD_TEXTS,
    ROWS,
    TEXTS,
    assert_same_outputs,
    named,
    numbered,
    shared,
    weights_of,
)

all_models = pytest.mark.parametrize("number", numbered(), ids=named)
taggers = pytest.mark.parametrize("number", numbered(lambda row: row.is_tagger), ids=named)
some_texts = st.lists(st.lists(st.text(max_size=4), max_size=7), max_size=4)


@all_models
def test_training_lowers_the_loss(number):
    history = ROWS[number].built().fit(TEXTS, ROWS[number].labels, epochs=4, verbose=0)
    assert history.history["loss"][-1] < history.history["loss"][0]
    assert "accuracy" in history.history


@all_models
def test_there_is_a_result_for_each_text(number):
    model, is_tagger = shared(number), ROWS[number].is_tagger
    found, chances = model.predict(ODD_TEXTS), model.predict_proba(ODD_TEXTS)
    assert len(found) == len(chances) == len(ODD_TEXTS)
    assert model.predict([]) == []
    assert len(model.predict_proba([])) == 0
    for text, labels, rows in zip(ODD_TEXTS, found, chances, strict=True):
        assert rows.dtype == np.float32
        assert rows.shape == ((len(text), 5) if is_tagger else (3,))
        np.testing.assert_allclose(rows.sum(axis=-1), np.ones(rows.shape[:-1]), rtol=1e-5)
        assert {*([labels] if isinstance(labels, str) else labels)} <= {*model.labels}


@taggers
@settings(max_examples=8, deadline=None)
@given(texts=some_texts)
def test_any_text_has_a_tag_for_each_token(number, texts):
    tags = shared(number).predict(texts)
    assert [len(row) for row in tags] == [len(text) for text in texts]
    assert {tag for row in tags for tag in row} <= {*shared(number).labels}


@all_models
def test_other_texts_beside_a_text_change_nothing(number):
    model = shared(number)
    # Padded further, for the longest text; and alone.
    beside = model.predict_proba([*ODD_TEXTS, ["Ada"] * 20])
    alone = [model.predict_proba([text])[0] for text in ODD_TEXTS[1:3]]
    for one, other in zip(model.predict_proba(ODD_TEXTS), beside, strict=False):
        np.testing.assert_allclose(one, other, atol=2e-6)
    for one, other in zip(alone, beside[1:3], strict=True):
        np.testing.assert_allclose(one, other, atol=2e-6)


@all_models
def test_a_seed_decides_weights_and_predictions(number):
    other = ROWS[number].fitted()
    assert_same_outputs(shared(number), other)
    for a, b in zip(weights_of(shared(number)), weights_of(other), strict=True):
        np.testing.assert_array_equal(a, b)


@all_models
def test_another_seed_makes_other_weights(number):
    one, other = ROWS[number].model(random_seed=1), ROWS[number].model(random_seed=2)
    for model in (one, other):
        model.build_model(TEXTS, ROWS[number].labels)
    # Biases and the scores of a CRF begin at zero, or at one.
    drawn = [
        (a, b)
        for a, b in zip(weights_of(one), weights_of(other), strict=True)
        if len(np.unique(a)) > 2
    ]
    assert len(drawn) > 2
    assert all((a != b).any() for a, b in drawn)


@all_models
def test_no_two_layers_begin_with_the_same_weights(number):
    model = ROWS[number].model()
    model.build_model(TEXTS, ROWS[number].labels)
    starts = [tuple(w.ravel()[:8]) for w in weights_of(model) if len(np.unique(w)) > 2]
    assert len({*starts}) == len(starts) > 2


@all_models
def test_a_loaded_model_is_the_same(number, tmp_path, capsys):
    model, labels = shared(number), ROWS[number].labels
    name = ["a_file.nlpb", "a_folder"][number % 2]
    model.save(tmp_path / name)
    again = nlp_builder.load(tmp_path / name)
    assert type(again) is type(model)
    assert again.hyper_parameters == model.hyper_parameters
    assert again.processor.label2idx == model.processor.label2idx
    assert (tmp_path / "a_folder" / "model.nlpb").exists() == (name == "a_folder")
    assert_same_outputs(model, again)
    assert str(model.evaluate(TEXTS, labels)) == str(again.evaluate(TEXTS, labels))
    printed = capsys.readouterr().out
    assert printed[: len(printed) // 2] == printed[len(printed) // 2 :] != ""
    assert model.predict_top_k(TEXTS, 2) == again.predict_top_k(TEXTS, 2)


@all_models
def test_a_loaded_model_trains_on_as_if_it_was_not_saved(number, tmp_path):
    row = ROWS[number]
    model = row.built()
    model.fit(TEXTS, row.labels, epochs=1, verbose=0)
    model.save(tmp_path / "model.nlpb")
    again = row.cls.load_model(tmp_path / "model.nlpb")
    histories = [
        # The order of the texts is that of a new training.
        trained.fit(TEXTS, row.labels, epochs=2, verbose=0, shuffle=False).history
        for trained in (model, again)
    ]
    assert histories[0]["loss"] == histories[1]["loss"]
    assert_same_outputs(model, again)


@all_models
def test_training_twice_goes_on(number):
    row = ROWS[number]
    model = row.fitted()
    optimizer = model.tf_model.optimizer
    steps = int(optimizer.iterations)
    before = weights_of(model)
    model.fit(TEXTS, row.labels, epochs=1, verbose=0)
    assert model.tf_model.optimizer is optimizer
    assert int(optimizer.iterations) == steps + 1
    assert any((a != b).any() for a, b in zip(before, weights_of(model), strict=True))


@all_models
def test_what_was_compiled_is_what_is_trained(number):
    row = ROWS[number]
    model = row.model()
    model.build_model(TEXTS, row.labels)
    optimizer = keras.optimizers.SGD(0.125)
    model.compile_model(optimizer=optimizer, metrics=[], run_eagerly=True)
    history = model.fit(TEXTS, row.labels, epochs=1, verbose=0)
    assert model.tf_model.optimizer is optimizer
    assert int(optimizer.iterations) > 0
    assert list(history.history) == ["loss"]


@all_models
def test_hyper_parameters_reach_the_layers_of_their_names(number):
    row = ROWS[number]
    model = row.cls(hyper_parameters={**row.hyper_parameters, "layer_dropout": {"rate": 0.125}})
    model.build_model(TEXTS, row.labels)
    layers = {layer.name: layer for layer in model._head().layers}
    assert layers["layer_dropout"].rate == 0.125
    for name, arguments in model.hyper_parameters.items():
        both = layers.get(f"{name}_both_ways")
        for layer in [both.forward_layer, both.backward_layer] if both else [layers[name]]:
            config = layer.get_config()
            for key, value in arguments.items():
                assert config[key] in (value, (value,)), (name, key)


@all_models
def test_a_wrong_hyper_parameter_is_refused(number):
    row = ROWS[number]
    with pytest.raises(ValueError, match=r"layers \['layer.*'layer_dropout'.*'layer_dropuot'"):
        row.cls(hyper_parameters={"layer_dropuot": {"rate": 0.1}})
    with pytest.raises(ValueError, match=r"of Dropout .*'rate'.*got \['rats'\]"):
        row.cls(hyper_parameters={"layer_dropout": {"rats": 0.1}})


@all_models
def test_defaults_are_not_those_that_were_handed_out(number):
    cls = ROWS[number].cls
    defaults = cls.get_default_hyper_parameters()
    kept = copy.deepcopy(defaults)
    defaults["layer_dropout"]["rate"] = 0.9
    defaults["a new one"] = {}
    model = cls()
    model.hyper_parameters["layer_dropout"]["rate"] = 0.8
    for arguments in model.hyper_parameters.values():
        arguments["units"] = 999
    assert cls.get_default_hyper_parameters() == cls.default_hyper_parameters() == kept
    assert cls().hyper_parameters == kept


@all_models
def test_hyper_parameters_that_were_handed_in_can_be_changed_later(number):
    given_ones = ROWS[number].hyper_parameters
    model = ROWS[number].cls(hyper_parameters=given_ones)
    given_ones["layer_dropout"]["rate"] = 0.99
    assert model.hyper_parameters["layer_dropout"] == {"rate": 0.4}


@all_models
def test_a_model_that_is_not_built_says_what_to_do(number, tmp_path):
    model = ROWS[number].model()
    for act in (
        lambda: model.predict(TEXTS),
        lambda: model.predict_proba(TEXTS),
        lambda: model.predict_top_k(TEXTS),
        lambda: model.evaluate(TEXTS, ROWS[number].labels),
        lambda: model.compile_model(),
        lambda: model.save(tmp_path / "model.nlpb"),
        lambda: model.summary(),
        lambda: model.tf_model,
        lambda: model.processor,
        lambda: model.embedding,
        lambda: model.labels,
    ):
        with pytest.raises(ValueError, match=r"call fit\(x, y\), or build_model\(x, y\)"):
            act()
    assert repr(model) == f"<{ROWS[number].cls.__name__}, not built>"
    assert not list(tmp_path.iterdir())


@all_models
def test_a_summary_shows_blocks_and_layers(number):
    lines = []
    shared(number).summary(lines.append)
    text = "\n".join(map(str, lines))
    assert "TrainableWordEmbeddingSequence" in text
    assert "layer_dropout" in text


@all_models
def test_texts_are_cut_or_split_where_a_model_has_a_length(number):
    row = ROWS[number]
    model = row.model(sequence_length=3)
    model.build_model(TEXTS, row.labels)
    with pytest.warns(UserWarning, match="4 of 12 texts of the training data have more than 3"):
        model.compile_model(run_eagerly=True)
        model.fit(TEXTS, row.labels, epochs=1, verbose=0)
    texts = [*TEXTS, ["Ada"] * 17]
    found = model.predict(texts)
    if row.is_tagger:
        assert [len(tags) for tags in found] == [len(text) for text in texts]
    else:
        assert found == model.predict([text[:3] for text in texts])


def test_another_process_reads_all_of_them(tmp_path):
    """One process for all: starting TensorFlow is what costs time."""
    for number in numbered():
        shared(number).save(tmp_path / f"{number}.nlpb")
    script = (
        "import sys, numpy as np, nlp_builder\n"
        "from tests.models.table import ODD_TEXTS\n"
        "for number in range(int(sys.argv[2])):\n"
        "    model = nlp_builder.load(f'{sys.argv[1]}/{number}.nlpb')\n"
        "    rows = [np.asarray(row) for row in model.predict_proba(ODD_TEXTS)]\n"
        "    print(number, model.predict(ODD_TEXTS))\n"
        "    np.save(f'{sys.argv[1]}/{number}.npy', np.concatenate([r.ravel() for r in rows]))\n"
    )
    found = subprocess.run(
        [sys.executable, "-c", script, str(tmp_path), str(len(ROWS))],
        capture_output=True,
        text=True,
        check=True,
        cwd=Path(__file__).parents[2],
    )
    lines = [f"{number} {shared(number).predict(ODD_TEXTS)}" for number in numbered()]
    assert found.stdout.splitlines() == lines
    for number in numbered():
        here = np.concatenate([np.ravel(row) for row in shared(number).predict_proba(ODD_TEXTS)])
        np.testing.assert_array_equal(np.load(tmp_path / f"{number}.npy"), here)
