import subprocess
import sys

import keras
import numpy as np
import pytest

from nlp_builder.layers import CRF, CRFLoss, Digest, MaskedEmbedding

from .backend import BACKEND, array
from .reference import random_chain, true_log_partition, true_score


def layer_like(chain, **arguments):
    """A CRF with the scores of a chain."""
    crf = CRF(chain.transitions.shape[0], **arguments)
    crf.build(chain.potentials.shape)
    crf.set_weights([chain.transitions, chain.start, chain.end])
    return crf


def tagger(tags=3, **compile_arguments):
    """Ids of any number and length to a chain."""
    ids = keras.Input((None,), dtype="int32")
    steps = Digest(4, return_sequences=True)(MaskedEmbedding(20, 6, random_seed=1)(ids))
    potentials = keras.layers.Dense(tags, kernel_initializer=keras.initializers.HeNormal(1))(steps)
    model = keras.Model(ids, CRF(tags, name="crf", transitions_initializer="ones")(potentials))
    model.compile(keras.optimizers.Adam(0.05), loss=CRFLoss(), **compile_arguments)
    return model


def corpus(batch=8, words=7, seed=0):
    """Ids, and tags that follow from the id and the id before; -1 at padding."""
    rng = np.random.default_rng(seed)
    ids = rng.integers(1, 20, (batch, words))
    ids[np.arange(words) >= rng.integers(1, words + 1, batch)[:, None]] = 0
    tags = (ids + np.pad(ids, ((0, 0), (1, 0)))[:, :-1]) % 3
    return ids, np.where(ids > 0, tags, -1)


def test_the_chain_carries_all_that_the_functions_need():
    truth = random_chain(1)
    crf = layer_like(truth)
    chain = crf(truth.potentials, mask=truth.mask)
    assert chain.shape == (7, 6 + 4 + 2, 4 + 1)
    expected = true_score(truth) - true_log_partition(truth)
    for form in (chain, array(chain)):
        value = crf.log_likelihood(form, truth.tags)
        np.testing.assert_allclose(array(value), expected, rtol=1e-5, atol=1e-5)
        np.testing.assert_array_equal(array(crf.lengths(form)), truth.lengths)
    np.testing.assert_allclose(array(CRFLoss()(truth.tags, chain)), -expected.mean(), rtol=1e-5)
    best = array(crf.decode(chain)[0])
    np.testing.assert_array_equal(best, crf.decode(array(chain))[0])
    tags, lengths = crf.decode(array(chain))[0], crf.lengths(array(chain))
    np.testing.assert_array_equal(tags, best)
    np.testing.assert_array_equal(lengths, truth.lengths)


def test_evaluate_is_the_true_negative_log_likelihood_and_more_padding_changes_nothing():
    model = tagger()
    ids, tags = corpus()
    model.fit(ids, tags, epochs=3, verbose=0)
    chain = model.predict(ids, verbose=0)
    crf = model.get_layer("crf")
    loss = model.evaluate(ids, tags, verbose=0)
    np.testing.assert_allclose(loss, -crf.log_likelihood(chain, tags).mean(), rtol=1e-5)
    more_ids = np.pad(ids, ((0, 0), (0, 5)))
    more_tags = np.pad(tags, ((0, 0), (0, 5)), constant_values=77)
    np.testing.assert_allclose(model.evaluate(more_ids, more_tags, verbose=0), loss, rtol=1e-5)
    decoded = crf.decode(model.predict(more_ids, verbose=0))[0]
    np.testing.assert_array_equal(decoded[:, :7], crf.decode(chain)[0])


@pytest.mark.parametrize("how", [{}, {"jit_compile": True}, {"run_eagerly": True}])
def test_batches_of_any_length_train(how):
    if BACKEND == "torch" and "jit_compile" in how:
        pytest.skip("torch.compile warns of its own insides and unrolls the loops of each length")
    model = tagger(**how)
    before = model.get_layer("crf").get_weights()
    losses = []
    for words in (5, 1, 5, 5, 5, 5):
        losses.append(model.train_on_batch(*corpus(words=words)))
    assert losses[-1] < losses[0]
    after = model.get_layer("crf").get_weights()
    assert all((a != b).any() for a, b in zip(before, after, strict=True))


@pytest.mark.parametrize("policy", ["mixed_float16", "mixed_bfloat16"])
def test_mixed_precision_computes_the_chain_in_float32(policy):
    before = keras.config.dtype_policy()
    keras.config.set_dtype_policy(policy)
    try:
        model = tagger()
        assert model.output.dtype == "float32"
        assert np.isfinite(model.train_on_batch(*corpus()))
    finally:
        keras.config.set_dtype_policy(before)


def test_a_text_without_words_costs_nothing():
    model = tagger()
    ids, tags = corpus()
    ids[2], tags[2] = 0, -1
    assert np.isfinite(model.train_on_batch(ids, tags))
    crf = model.get_layer("crf")
    chain = model.predict(ids, verbose=0)
    assert crf.log_likelihood(chain, tags)[2] == 0
    assert crf.lengths(chain)[2] == 0


@pytest.mark.parametrize("form", [array, keras.ops.convert_to_tensor])
def test_a_batch_without_texts_gives_empty_results(form):
    crf = CRF(3, constraints=(np.ones((3, 3)), np.ones(3), np.ones(3)))
    chain = form(array(crf(np.zeros((0, 5, 3), "float32"))))
    assert tuple(chain.shape) == (0, 5 + 3 + 2, 4)
    no_tags = np.zeros((0, 5), int)
    shapes = {
        (0, 5): [crf.decode(chain)[0]],
        (0,): [crf.decode(chain)[1], crf.lengths(chain), crf.log_likelihood(chain, no_tags)],
        (0, 2, 5): [crf.decode_nbest(chain, 2)[0]],
        (0, 5, 3): [crf.marginals(chain)],
    }
    for shape, results in shapes.items():
        assert {tuple(result.shape) for result in results} == {shape}


def test_sample_weights_count_texts():
    model = tagger()
    ids, tags = corpus()
    chain = model.predict(ids, verbose=0)
    weights = np.array([1.0, 0, 0, 2, 0, 0, 0, 0])
    expected = -np.sum(weights * model.get_layer("crf").log_likelihood(chain, tags)) / 8
    loss = model.test_on_batch(ids, tags, sample_weight=weights)
    np.testing.assert_allclose(loss, expected, rtol=1e-5)


def test_another_head_with_its_own_loss():
    ids = keras.Input((None,), dtype="int32")
    steps = Digest(4, return_sequences=True)(MaskedEmbedding(20, 6)(ids))
    chain = CRF(3, name="tags")(keras.layers.Dense(3)(steps))
    length = keras.layers.Dense(1, name="length")(Digest(4)(steps))
    model = keras.Model(ids, {"tags": chain, "length": length})
    model.compile("adam", loss={"tags": CRFLoss(), "length": "mse"})
    texts, tags = corpus()
    targets = {"tags": tags, "length": (texts > 0).sum(axis=1).astype("float32")}
    history = model.fit(texts, targets, validation_data=(texts, targets), epochs=2, verbose=0)
    assert np.isfinite(history.history["val_tags_loss"]).all()


AFTER_LOADING = """
import sys
import keras, numpy as np
import nlp_builder
folder = sys.argv[1]
data = np.load(folder + "/data.npz")
model = keras.saving.load_model(folder + "/model.keras")
crf = model.get_layer("crf")
chain = model.predict(data["ids"], verbose=0)
loss = model.evaluate(data["ids"], data["tags"], verbose=0)
before = crf.get_weights()[0]
model.fit(data["ids"], data["tags"], verbose=0)
np.savez(folder + "/after.npz", chain=chain, loss=loss, before=before, trained=crf.get_weights()[0],
         trained_chain=model.predict(data["ids"], verbose=0))
"""


def test_a_new_process_evaluates_the_same_and_trains_its_own_transitions(tmp_path):
    model = tagger()
    ids, tags = corpus()
    model.fit(ids, tags, epochs=5, verbose=0)
    model.save(tmp_path / "model.keras")
    np.savez(tmp_path / "data.npz", ids=ids, tags=tags)
    subprocess.run([sys.executable, "-c", AFTER_LOADING, str(tmp_path)], check=True)
    after = np.load(tmp_path / "after.npz")
    np.testing.assert_array_equal(after["chain"], model.predict(ids, verbose=0))
    np.testing.assert_allclose(after["loss"], model.evaluate(ids, tags, verbose=0), rtol=1e-6)
    np.testing.assert_array_equal(after["before"], model.get_layer("crf").get_weights()[0])
    assert (after["trained"] != after["before"]).any()
    # The loss and the predictions see the transitions that were trained.
    np.testing.assert_array_equal(after["trained_chain"][0, 7:10, :3], after["trained"])


def test_the_config_holds_every_argument():
    crf = CRF(
        4,
        transitions_initializer="orthogonal",
        boundaries_initializer="ones",
        transitions_regularizer="l2",
        boundaries_regularizer=keras.regularizers.L1(0.1),
        name="mine",
    )
    config = crf.get_config()
    again = CRF.from_config(config)
    assert again.get_config() == config
    assert isinstance(again.boundaries_regularizer, keras.regularizers.L1)
    again(np.zeros((1, 2, 4)))
    # Ones in start and end, under L1.
    assert float(array(sum(again.losses[1:]))) == pytest.approx(0.8)


def test_wrong_arguments_are_named():
    with pytest.raises(ValueError, match="num_tags must be a positive integer, got 0"):
        CRF(0)
    with pytest.raises(ValueError, match=r"\(batch, words, 3\), got \(2, 5, 4\).*Dense\(3\)"):
        CRF(3)(np.zeros((2, 5, 4)))
    with pytest.raises(ValueError, match=r"output of a CRF layer.*got shape \(2, 3, 4\)"):
        CRF(3).decode(np.zeros((2, 3, 4)))
