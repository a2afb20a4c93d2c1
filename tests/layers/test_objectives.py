import keras
import numpy as np
import pytest

from nlp_builder.layers import CRF, CRFLoss, TagAccuracy, lengths, token_log_likelihood

from .backend import array, compiled, tensorflow_graphs
from .reference import random_chain


def chain_and_truth(seed=1):
    truth = random_chain(seed)
    crf = CRF(4, transitions_initializer=keras.initializers.RandomNormal(seed=1))
    return crf, array(crf(truth.potentials, mask=truth.mask)), truth


def test_the_accuracy_is_that_of_the_most_probable_tags_without_padding():
    crf, chain, truth = chain_and_truth()
    correct = (crf.marginals(chain).argmax(axis=-1) == truth.tags)[truth.mask]
    metric = TagAccuracy()
    for text in range(7):
        metric.update_state(truth.tags[[text]], chain[[text]])
    assert float(metric.result()) == pytest.approx(correct.mean())
    metric.reset_state()
    assert float(metric.result()) == 0


def test_words_of_batches_of_any_width_count_alike():
    crf, chain, truth = chain_and_truth()
    correct = (crf.marginals(chain).argmax(axis=-1) == truth.tags)[truth.mask]
    metric = TagAccuracy()
    for text, length in enumerate(truth.lengths):
        rows = np.r_[:length, 6 : chain.shape[1]]  # the words without padding, then the scores
        metric.update_state(truth.tags[[text], :length], chain[[text]][:, rows])
    assert float(metric.result()) == pytest.approx(correct.mean())


def test_the_accuracy_weighs_texts():
    crf, chain, truth = chain_and_truth()
    weights = np.array([0, 0, 0, 3, 0, 0, 0])
    metric = TagAccuracy()
    metric.update_state(truth.tags, chain, sample_weight=weights)
    correct = (crf.marginals(chain).argmax(axis=-1) == truth.tags)[3][truth.mask[3]]
    assert float(metric.result()) == pytest.approx(correct.mean())


def test_evaluate_shows_true_loss_and_accuracy_after_training_and_loading(tmp_path):
    _, _, truth = chain_and_truth(2)
    inputs = keras.Input((None, 4)), keras.Input((None,), dtype="bool")
    crf = CRF(4, name="crf")
    model = keras.Model(inputs, crf(keras.layers.Dense(4)(inputs[0]), mask=inputs[1]))
    model.compile("adam", CRFLoss(), weighted_metrics=[TagAccuracy()])
    data = (truth.potentials, truth.mask), truth.tags
    history = model.fit(*data, epochs=2, validation_data=data, verbose=0).history
    chain = model.predict(data[0], verbose=0)
    correct = (crf.marginals(chain).argmax(axis=-1) == truth.tags)[truth.mask].mean()
    true = {"loss": -crf.log_likelihood(chain, truth.tags).mean(), "tag_accuracy": correct}
    model.save(tmp_path / "model.keras")
    for each in (model, keras.saving.load_model(tmp_path / "model.keras")):
        shown = each.evaluate(*data, return_dict=True, verbose=0)
        assert shown == pytest.approx(true, rel=1e-5)
    assert history["val_loss"][-1] == pytest.approx(true["loss"], rel=1e-5)


def test_tags_of_another_length_are_named():
    _, chain, truth = chain_and_truth()
    with pytest.raises(ValueError, match=r"\(batch, words\) = \(7, 6\).*got \(7, 5\)"):
        CRFLoss()(truth.tags[:, :5], chain)


def test_lengths_count_words():
    _, chain, truth = chain_and_truth()
    np.testing.assert_array_equal(lengths(chain), truth.lengths)


@pytest.mark.parametrize("wrong", [-1, 3, 99])
def test_a_tag_that_is_none_is_refused_or_shows_as_nan(wrong):
    crf = CRF(3)
    chain = keras.ops.convert_to_numpy(crf(np.zeros((2, 4, 3), "float32")))
    tags = np.zeros((2, 4), "int32")
    tags[1, 2] = wrong
    with pytest.raises(
        ValueError, match="Expected tags from 0 to 2 at words, got others in text 1"
    ):
        crf.log_likelihood(chain, tags)
    values = keras.ops.convert_to_numpy(crf.log_likelihood(keras.ops.array(chain), tags))
    assert np.isfinite(values[0])
    assert np.isnan(values[1])


@tensorflow_graphs
@pytest.mark.parametrize("weights", [None, np.ones((2, 4))])
@pytest.mark.parametrize("wrong", [-1, 3, 99])
def test_a_tag_that_is_none_fails_the_step(wrong, weights):
    words = keras.Input((None, 3))
    model = keras.Model(words, CRF(3)(words, mask=words[..., 0] > 0))
    model.compile("sgd", CRFLoss())
    scores, tags = np.ones((2, 4, 3)), np.zeros((2, 4), "int32")
    scores[0, 3], tags[0, 3] = 0.0, wrong  # padding
    assert np.isfinite(model.train_on_batch(scores, tags, sample_weight=weights))
    tags[1, 2] = wrong
    with pytest.raises(Exception, match="Expected tags from 0 to 2 at words, got others"):
        model.train_on_batch(scores, tags, sample_weight=weights)


@tensorflow_graphs
@pytest.mark.parametrize("weights", [None, np.ones((2, 4), "float32")])
@pytest.mark.parametrize("num_tags", [2, 4, 9])
def test_a_model_without_a_crf_fails_the_step(num_tags, weights):
    import tensorflow as tf

    @tf.function(
        input_signature=[tf.TensorSpec((None, None)), tf.TensorSpec((None, None, num_tags))]
    )
    def step(tags, scores):
        return CRFLoss()(tags, scores, sample_weight=weights)

    with pytest.raises(Exception, match="Expected a tag for each word"):
        step(np.zeros((2, 4)), np.ones((2, 4, num_tags)))


@pytest.mark.parametrize("arguments", [compiled])
def test_a_tag_that_is_none_is_a_loss_that_is_no_number_under_xla(arguments):
    words = keras.Input((4, 3))
    model = keras.Model(words, CRF(3)(words))
    model.compile("sgd", CRFLoss(), **arguments)
    assert np.isnan(model.train_on_batch(np.ones((2, 4, 3)), np.full((2, 4), 9)))


def test_targets_and_weights_of_other_shapes_are_refused():
    chain = CRF(3)(np.zeros((2, 4, 3), "float32"))
    with pytest.raises(ValueError, match="Tags are ids, not one-hot vectors"):
        CRFLoss()(np.zeros((2, 4, 3)), chain)
    for wrong in [(2, 3), (2, 4, 1), (2, 8)]:
        weights = np.ones(wrong)
        for objective in (CRFLoss(), TagAccuracy()):
            with pytest.raises(ValueError, match=r"Expected sample_weight.*\(2, 4\).*got \(2, "):
                objective(np.zeros((2, 4)), chain, sample_weight=weights)


def token_weights(truth, seed=0):
    """Weights of words, and NaN at padding, where they must not count."""
    return np.where(truth.mask, np.random.default_rng(seed).random(truth.mask.shape), np.nan)


def test_weights_of_words_multiply_what_each_word_adds_to_the_loss():
    crf, chain, truth = chain_and_truth()
    weights = token_weights(truth)
    by_word = token_log_likelihood(
        truth.potentials, truth.tags, array(crf.transitions), mask=truth.mask
    )
    expected = -(np.nan_to_num(weights) * by_word).sum(axis=1)
    for reduction, value in [(None, expected), ("sum", expected.sum())]:
        loss = CRFLoss(reduction=reduction)(truth.tags, chain, sample_weight=weights)
        np.testing.assert_allclose(array(loss), value, rtol=1e-5)
    loss = CRFLoss()(truth.tags, chain, sample_weight=weights)
    assert float(loss) == pytest.approx(expected.mean(), rel=1e-5)


def test_weights_of_one_for_each_word_change_nothing():
    _, chain, truth = chain_and_truth()
    ones = np.ones(truth.mask.shape)
    plain, weighed = (CRFLoss()(truth.tags, chain, sample_weight=w) for w in (None, ones))
    assert float(weighed) == pytest.approx(float(plain), rel=1e-5)


@pytest.mark.parametrize("words", [1, 5])
def test_one_weight_for_all_words_of_a_text_is_the_weight_of_the_text(words):
    truth = random_chain(4, words=words)
    chain = array(CRF(4)(truth.potentials, mask=truth.mask))
    weights = np.random.default_rng(2).random(7)
    forms = weights, weights[:, None], np.repeat(weights[:, None], words, axis=1)
    for objective in (CRFLoss, TagAccuracy):
        values = [float(objective()(truth.tags, chain, sample_weight=form)) for form in forms]
        np.testing.assert_allclose(values, values[0], rtol=1e-5)


def test_the_accuracy_weighs_words():
    crf, chain, truth = chain_and_truth()
    weights = token_weights(truth)
    metric = TagAccuracy()
    for text in range(7):
        metric.update_state(truth.tags[[text]], chain[[text]], sample_weight=weights[[text]])
    correct = (crf.marginals(chain).argmax(axis=-1) == truth.tags)[truth.mask]
    expected = np.average(correct, weights=weights[truth.mask])
    assert float(metric.result()) == pytest.approx(expected, rel=1e-5)


def test_a_mean_by_weights_of_texts_is_refused_for_weights_of_words():
    _, chain, truth = chain_and_truth()
    loss = CRFLoss(reduction="mean_with_sample_weight")
    with pytest.raises(ValueError, match="divides by the weights of texts"):
        loss(truth.tags, chain, sample_weight=np.ones(truth.mask.shape))


@pytest.mark.parametrize("options", [{}, compiled])
def test_training_and_evaluation_weigh_words_alike(options):
    _, _, truth = chain_and_truth(2)
    inputs = keras.Input((None, 4)), keras.Input((None,), dtype="bool")
    chain = CRF(4)(keras.layers.Dense(4)(inputs[0]), mask=inputs[1])
    model = keras.Model(inputs, chain)
    model.compile(keras.optimizers.SGD(0.0), CRFLoss(), weighted_metrics=[TagAccuracy()], **options)
    data, weights = (
        ((truth.potentials, truth.mask), truth.tags),
        np.nan_to_num(token_weights(truth)),
    )
    true = CRFLoss()(truth.tags, model.predict(data[0], verbose=0), sample_weight=weights)
    fitted = model.fit(*data, sample_weight=weights, verbose=0, batch_size=7).history
    evaluated = model.evaluate(*data, sample_weight=weights, return_dict=True, verbose=0)
    assert fitted["loss"][0] == pytest.approx(float(true), rel=1e-5)
    assert evaluated["loss"] == pytest.approx(float(true), rel=1e-5)
    assert evaluated["tag_accuracy"] == pytest.approx(fitted["tag_accuracy"][0])


@tensorflow_graphs
@pytest.mark.parametrize("words", [1, 6])
def test_weights_of_unknown_shape_may_be_of_texts_or_of_words(words):
    import tensorflow as tf

    truth = random_chain(3)
    chain = array(CRF(4)(truth.potentials, mask=truth.mask))
    shapes = tf.TensorSpec((None, None, 5)), tf.TensorSpec((None, None))
    in_graph = tf.function(
        lambda chain, weights: CRFLoss()(truth.tags, chain, sample_weight=weights),
        input_signature=shapes,
    )
    weights = np.random.default_rng(3).random((7, words)).astype("float32")
    expected = CRFLoss()(truth.tags, chain, sample_weight=weights)
    assert float(in_graph(chain, weights)) == pytest.approx(float(expected), rel=1e-5)


def loops_of(function):
    """The loops of a concrete function of TensorFlow, those of its branches among them."""
    graph = function.graph.as_graph_def()
    nodes = [*graph.node, *(node for inner in graph.library.function for node in inner.node_def)]
    return sum(node.op in ("While", "StatelessWhile") for node in nodes)


@tensorflow_graphs
def test_the_accuracy_takes_the_loop_of_the_loss_in_its_graph():
    import tensorflow as tf

    truth = random_chain(3)
    chain = array(CRF(4)(truth.potentials, mask=truth.mask))
    metric = TagAccuracy()

    def loss(chain):
        return CRFLoss()(truth.tags, chain)

    def accuracy(chain):
        return metric(truth.tags, chain)

    together = [tf.function(f) for f in (loss, lambda c: (loss(c), accuracy(c)))]
    alone, both = (f.get_concrete_function(tf.TensorSpec((7, 12, 5))) for f in together)
    assert loops_of(both) == loops_of(alone) > 0
    expected = TagAccuracy()(truth.tags, chain)
    assert float(both(tf.constant(chain))[1]) == pytest.approx(float(expected))


@tensorflow_graphs
def test_what_a_branch_has_found_is_not_used_outside():
    import tensorflow as tf

    truth = random_chain(3)
    chain = array(CRF(4)(truth.potentials, mask=truth.mask))
    metric = TagAccuracy()

    @tf.function
    def loss_in_a_branch(chain, wanted):
        loss = tf.cond(wanted, lambda: CRFLoss()(truth.tags, chain), lambda: 0.0)
        return loss, metric(truth.tags, chain)

    expected = TagAccuracy()(truth.tags, chain)
    assert float(loss_in_a_branch(chain, tf.constant(False))[1]) == pytest.approx(float(expected))
