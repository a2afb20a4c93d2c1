"""Building, and what goes wrong with it."""

import keras
import pytest

import nlp_builder
from nlp_builder import ArchiveError, classification
from nlp_builder.features import TrainableWordEmbeddingSequence
from nlp_builder.labeling import BaseLabelingModel, BiGRU_CRF_Model, BiGRU_Model
from nlp_builder.models import TextModel
from tests.labeling.own_models import WordCRF, WordTagger, built, learnt
from tests.models.table import TAGS, TEXTS, assert_same_outputs


def test_the_classes_in_between_cannot_be_made():
    for cls in (TextModel, BaseLabelingModel):
        with pytest.raises(TypeError, match="abstract"):
            cls()


@pytest.mark.parametrize(
    ("length", "error", "message"),
    [
        (0, ValueError, "sequence_length"),
        (-3, ValueError, "sequence_length"),
        ("all", ValueError, "'auto', 'variable' or None, got 'all'"),
        (2.5, TypeError, "sequence_length"),
        (True, TypeError, "sequence_length"),
        ([3], TypeError, "sequence_length"),
    ],
)
def test_what_is_no_length_is_refused(length, error, message):
    with pytest.raises(error, match=message):
        WordTagger(sequence_length=length)


@pytest.mark.parametrize(
    ("length", "at_once"), [(None, None), ("variable", None), ("auto", 5), (3, 3), (50, 50)]
)
def test_lengths(length, at_once):
    model = WordTagger(sequence_length=length)
    model.build_model(TEXTS, TAGS)
    assert model._maxlen == at_once


@pytest.mark.parametrize("seed", [-1, 2.5, "1", None])
def test_what_is_no_seed_is_refused(seed):
    with pytest.raises((TypeError, ValueError), match="random_seed"):
        WordTagger(random_seed=seed)


def test_a_model_learns_words_once():
    model = built(WordTagger)
    for act in (
        lambda: model.build_model(TEXTS, TAGS),
        lambda: model.build_model_generator(list(zip(TEXTS, TAGS, strict=True))),
    ):
        with pytest.raises(ValueError, match="is built: make a new model to learn anew"):
            act()
    assert model.fit(TEXTS, TAGS, epochs=1, verbose=0).history["loss"]


class Broken(BaseLabelingModel):
    """A model whose graph is what a test says."""

    def __init__(self, make):
        super().__init__()
        self.make = make

    @classmethod
    def get_default_hyper_parameters(cls):
        return {}

    def build_model_arc(self):
        vectors = self.embedding.embed_model
        output = self.make(vectors.output)
        if output is not None:
            self.tf_model = keras.Model(vectors.inputs, output)


@pytest.mark.parametrize(
    ("make", "message"),
    [
        (lambda x: None, r"build_model_arc\(\) of Broken set no tf_model"),
        (lambda x: keras.layers.Dense(3)(x), "got the linear layer .*softmax"),
        (
            lambda x: keras.layers.Softmax()(keras.layers.Dense(3)(x)),
            "model for 5 tags, got one for 3",
        ),
        (lambda x: keras.ops.max(keras.layers.Dense(5)(x), axis=1), r"got \[\(None, 5\)\]"),
        (lambda x: [keras.layers.Dense(5)(x), keras.layers.Dense(5)(x)], "whose one output"),
        (lambda x: nlp_builder.CRF(4)(keras.layers.Dense(4)(x)), "model for 5 tags, got one for 4"),
        (lambda x: 1 / 0, "division"),
    ],
)
def test_a_build_that_fails_leaves_the_model_as_it_was(make, message):
    model = Broken(make)
    before = dict(vars(model))
    with pytest.raises((ValueError, ZeroDivisionError), match=message):
        model.build_model(TEXTS, TAGS)
    assert vars(model) == before
    model.make = lambda x: keras.layers.Dense(2, activation="softmax")(x)
    model.build_model([["a", "b"]], [["X", "Y"]])
    assert model.labels == ("X", "Y")
    assert model.constraints is None


def test_a_model_that_is_no_keras_model_is_refused():
    with pytest.raises(TypeError, match="expected tf_model as a Keras model, got 7"):
        WordTagger().tf_model = 7


def test_the_default_loss_fits_the_end_of_the_model():
    for cls, loss in ((WordTagger, "sparse_categorical_crossentropy"), (WordCRF, "CRFLoss")):
        model = WordTagger() if cls is WordTagger else WordCRF()
        model.build_model(TEXTS, TAGS)
        model.compile_model()
        assert loss in str(model.tf_model.loss) or type(model.tf_model.loss).__name__ == loss
        assert isinstance(model.tf_model.optimizer, keras.optimizers.Adam)


def test_loss_and_metrics_of_ones_own(tmp_path):
    model = WordTagger()
    model.build_model(TEXTS, TAGS)
    loss = keras.losses.SparseCategoricalCrossentropy(reduction="sum")
    metrics = [keras.metrics.SparseTopKCategoricalAccuracy(k=2, name="top2")]
    model.compile_model(loss=loss, optimizer="sgd", metrics=metrics, run_eagerly=True)
    history = model.fit(TEXTS, TAGS, epochs=1, verbose=0).history
    assert sorted(history) == ["loss", "top2"]
    assert isinstance(model.tf_model.optimizer, keras.optimizers.SGD)
    model.save(tmp_path / "model.nlpb")
    again = WordTagger.load_model(tmp_path / "model.nlpb")
    assert sorted(again.fit(TEXTS, TAGS, epochs=1, verbose=0).history) == ["loss", "top2"]


def test_a_part_of_the_texts_may_be_kept_for_validation():
    model = built(WordTagger)
    history = model.fit(TEXTS, TAGS, epochs=1, verbose=0, validation_split=0.25).history
    assert "val_loss" in history
    kwargs = {"validation_split": 0.25, "verbose": 0}
    assert "val_loss" in model.fit(TEXTS, TAGS, epochs=1, fit_kwargs=kwargs).history


# Files.


def test_a_file_of_another_kind_is_refused(tmp_path):
    block = TrainableWordEmbeddingSequence(None, 4).build(TEXTS)
    block.save(tmp_path / "block.nlpb")
    with pytest.raises(ArchiveError, match=r"holds a block and no model: .*nlp_builder.load"):
        WordTagger.load_model(tmp_path / "block.nlpb")
    model = learnt(WordTagger)
    model.save(tmp_path / "model.nlpb")
    with pytest.raises(ArchiveError, match=r"'own>WordTagger'.*expected BiGRU_Model for labeling"):
        BiGRU_Model.load_model(tmp_path / "model.nlpb")
    with pytest.raises(OSError, match=r"nowhere.nlpb"):
        WordTagger.load_model(tmp_path / "nowhere.nlpb")
    with pytest.raises(OSError, match=r"model.nlpb"):
        (tmp_path / "empty").mkdir()
        WordTagger.load_model(tmp_path / "empty")


def test_a_model_is_loaded_mapped_and_uncompiled(tmp_path):
    model = learnt(WordTagger)
    model.save(tmp_path / "model.nlpb")
    assert_same_outputs(model, WordTagger.load_model(tmp_path / "model.nlpb", mmap=True))
    again = WordTagger.load_model(tmp_path / "model.nlpb", compile=False)
    assert not again.tf_model.compiled
    assert_same_outputs(model, again)
    with pytest.raises(TypeError, match="unexpected keyword argument 'mpap'"):
        WordTagger.load_model(tmp_path / "model.nlpb", mpap=True)


def test_an_optimizer_may_be_left_out(tmp_path):
    model = learnt(WordTagger)
    model.save(tmp_path / "with.nlpb")
    model.save(tmp_path / "without.nlpb", include_optimizer=False)
    sizes = [(tmp_path / name).stat().st_size for name in ("with.nlpb", "without.nlpb")]
    assert sizes[0] > 2 * sizes[1]
    again = WordTagger.load_model(tmp_path / "without.nlpb")
    assert not again.tf_model.compiled
    again.compile_model(run_eagerly=True)
    assert again.fit(TEXTS, TAGS, epochs=1, verbose=0).history["loss"]


def test_bytes_are_those_of_the_file(tmp_path):
    model = learnt(WordTagger)
    model.save(tmp_path / "model.nlpb")
    data = model.serialize()
    assert data == (tmp_path / "model.nlpb").read_bytes() == model.serialize()
    own = {"WordTagger": WordTagger}
    assert_same_outputs(model, nlp_builder.deserialize(data, custom_objects=own))


def test_a_loaded_model_keeps_its_length(tmp_path):
    model = BiGRU_CRF_Model(sequence_length="auto", hyper_parameters={"layer_bgru": {"units": 3}})
    model.build_model(TEXTS, TAGS)
    model.save(tmp_path / "model.nlpb")
    again = BiGRU_CRF_Model.load_model(tmp_path / "model.nlpb")
    assert (again.sequence_length, again._maxlen, again.random_seed) == ("auto", 5, 42)
    assert again.predict([["Ada"] * 9]) == model.predict([["Ada"] * 9])


def test_saving_over_a_model_that_is_open_keeps_one_of_both(tmp_path):
    model = learnt(WordTagger, epochs=1)
    path = tmp_path / "models"
    model.save(path)
    first = WordTagger.load_model(path, mmap=True)
    chances = first.predict_proba(TEXTS)[0]
    model.fit(TEXTS, TAGS, epochs=1, verbose=0)
    model.save(path)
    assert (first.predict_proba(TEXTS)[0] == chances).all()
    assert_same_outputs(model, WordTagger.load_model(path))


@pytest.mark.parametrize("length", ["auto", 3])
def test_tokens_of_strings_are_not_counted(length):
    model = classification.BiGRU_Model(sequence_length=length)
    with pytest.raises(ValueError, match="expected lists of tokens for sequence_length"):
        model.build_model(["win a car", "see you"], ["spam", "ham"])


def test_a_fit_that_fails_leaves_the_model_unbuilt():
    model = WordTagger()
    with pytest.raises(ValueError, match="B-NEW"):
        model.fit(TEXTS, TAGS, class_weight={"B-NEW": 2.0})
    with pytest.raises(ValueError, match="is not built"):
        model.predict(TEXTS)
    model.build_model(TEXTS[:1], [["O"] * len(TEXTS[0])])


def test_arguments_of_keras_have_our_names():
    with pytest.raises(TypeError, match="got validation_data: pass x_train"):
        WordTagger().fit(TEXTS, TAGS, validation_data=(TEXTS, TAGS))


def test_hyper_parameters_may_be_objects_of_keras(tmp_path):
    decay = keras.regularizers.L2(0.1)
    changed = {"layer_scores": {"kernel_regularizer": decay, "bias_initializer": "ones"}}
    model = built(WordTagger, hyper_parameters=changed)
    model.save(tmp_path / "model.nlpb")
    again = WordTagger.load_model(tmp_path / "model.nlpb")
    assert again.hyper_parameters["layer_scores"]["kernel_regularizer"]["class_name"] == "L2"
    # They make the same layers.
    anew = WordTagger(hyper_parameters=again.hyper_parameters)
    anew.build_model(TEXTS, TAGS)
    assert anew._head().losses == model._head().losses


def test_a_class_that_is_called_like_ours_stays_what_it_is(tmp_path):
    class BiGRU_Model(WordTagger):
        pass

    built(BiGRU_Model).save(tmp_path / "model.nlpb")
    with pytest.raises(ArchiveError, match="no model for 'labeling' of the class 'own>BiGRU"):
        nlp_builder.load(tmp_path / "model.nlpb")
    given = {"BiGRU_Model": BiGRU_Model}
    assert type(nlp_builder.load(tmp_path / "model.nlpb", custom_objects=given)) is BiGRU_Model
    with pytest.raises(ArchiveError, match="hand it in"):
        nlp_builder.load(
            tmp_path / "model.nlpb", custom_objects={"BiGRU_Model": keras.layers.Dense}
        )


def test_a_class_that_takes_more_is_refused_before_it_is_kept(tmp_path):
    class Greedy(WordTagger):
        def __init__(self, extra, **arguments):
            super().__init__(**arguments)

    model = Greedy(1)
    model.build_model(TEXTS, TAGS)
    with pytest.raises(TypeError, match=r"cannot keep a Greedy, which takes .*'extra'"):
        model.save(tmp_path / "model.nlpb")
    assert list(tmp_path.iterdir()) == []


def test_an_empty_name_is_not_the_present_folder(tmp_path, monkeypatch):
    monkeypatch.chdir(tmp_path)
    with pytest.raises(ValueError, match=r"path of a file or a folder, got '': write '\.'"):
        built(WordTagger).save("")
    assert not [*tmp_path.iterdir()]


@pytest.mark.parametrize("name", ["ner", "ner_v1.0", "new/folders/ner"])
def test_a_name_without_an_ending_is_a_folder(name, tmp_path):
    learnt(WordTagger, epochs=1).save(tmp_path / name)
    assert (tmp_path / name / "model.nlpb").is_file()


def test_what_constrains_a_crf_is_known_after_load(tmp_path):
    model = built(WordCRF)
    model.save(tmp_path / "model.nlpb")
    again = WordCRF.load_model(tmp_path / "model.nlpb")
    assert str(again.constraints) == str(model.constraints) != "None"


def test_accuracy_is_that_of_words_and_the_loss_that_of_the_crf():
    model = built(WordCRF)
    model.compile_model(metrics=["accuracy"], run_eagerly=True)
    history = model.fit(TEXTS, TAGS, epochs=1, verbose=0).history
    assert 0 <= history["accuracy"][0] <= 1
    with pytest.raises(ValueError, match=r"expected CRFLoss\(\) for a model that ends in a CRF"):
        model.compile_model(loss="sparse_categorical_crossentropy")
