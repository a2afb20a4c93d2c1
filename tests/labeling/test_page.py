"""Each snippet of Kashgari's page on text labelling, in order, with our names of modules."""

import json
import subprocess
import sys
from typing import Any

import keras
import numpy as np
import pytest

import nlp_builder
from nlp_builder import ArchiveError, PreTrainedWordEmbeddingSequence, classification
from nlp_builder.callbacks import EvalCallBack
from nlp_builder.labeling import ABCLabelingModel, BaseLabelingModel, BiLSTM_Model, BLSTMModel
from nlp_builder.layers import L
from nlp_builder.text import WordVectors

train_x = [["Hello", "world"], ["Hello", "Kashgari"], ["I", "love", "Beijing"]]
train_y = [["O", "O"], ["O", "B-PER"], ["O", "O", "B-LOC"]]
valid_x, valid_y = train_x, train_y
test_x, test_y = train_x, train_y


def test_the_page_says_a_tag_for_each_token_and_has_one_too_few():
    """The page's own corpus: "I love Beijing" has three tokens there and two tags."""
    tags = [["O", "O"], ["O", "B-PER"], ["O", "B-LOC"]]
    with pytest.raises(ValueError, match=r"text 2 of the training data has 3 tokens and 2 tags"):
        BLSTMModel().fit(train_x, tags)


def test_train_a_basic_model(tmp_path, capsys):
    model = BLSTMModel()
    model.fit(train_x, train_y, valid_x, valid_y, epochs=1, verbose=0)

    # Evaluate the model
    capsys.readouterr()
    report = model.evaluate(test_x, test_y)
    assert "PER" in capsys.readouterr().out
    assert report.by_type["LOC"]["support"] == 1

    # Model data will save to `saved_ner_model` folder
    model.save(tmp_path / "saved_ner_model")

    # Load saved model
    loaded_model = nlp_builder.load(tmp_path / "saved_ner_model")
    assert loaded_model.predict(test_x[:10]) == model.predict(test_x[:10])

    # To continue training, compile the newly loaded model first (ours is compiled)
    loaded_model.compile_model()
    loaded_model.fit(train_x, train_y, valid_x, valid_y, epochs=1, verbose=0)
    model.fit(train_x, train_y, valid_x, valid_y, epochs=1, verbose=0)


def test_transfer_learning():
    vectors = WordVectors(["hello", "beijing"], [[0.5, 1.0], [1.0, -0.5]])
    embed = PreTrainedWordEmbeddingSequence(vectors, None, sequence_maxlen=100, lowercase=True)
    model = BLSTMModel(embed, sequence_length=100, hyper_parameters={"layer_blstm": {"units": 4}})
    model.build_model(train_x, train_y, valid_x, valid_y)
    model.compile_model(run_eagerly=True)
    history = model.fit(train_x, train_y, valid_x, valid_y, epochs=1, verbose=0)
    assert history.history["val_loss"]
    assert [len(tags) for tags in model.predict(test_x)] == [2, 2, 3]


def test_adjust_hyper_parameters():
    hyper = BLSTMModel.get_default_hyper_parameters()
    assert (
        hyper.items()
        >= {
            "layer_blstm": {"units": 128, "return_sequences": True},
            "layer_dropout": {"rate": 0.4},
            "layer_time_distributed": {},
            "layer_activation": {"activation": "softmax"},
        }.items()
    )

    hyper["layer_blstm"]["units"] = 32

    model = BLSTMModel(hyper_parameters=hyper)
    model.build_model(train_x, train_y)
    both_ways = model._head().get_layer("layer_blstm_both_ways")
    assert both_ways.forward_layer.units == both_ways.backward_layer.units == 32
    assert BLSTMModel().hyper_parameters["layer_blstm"]["units"] == 128


class RAdam(keras.optimizers.Adam):
    """Any optimizer that is no part of Keras."""


def test_use_a_custom_optimizer():
    topics = ["computer", "person", "place"]
    model = classification.BiLSTM_Model()
    # This step will build token dict, label dict and model structure
    model.build_model(train_x, topics, valid_x, topics)
    assert model.label_processor.vocab_size == 3
    # Compile model with custom optimizer, you can also customize loss and metrics.
    optimizer = RAdam()
    model.compile_model(optimizer=optimizer)

    # Train model
    model.fit(train_x, topics, valid_x, topics, epochs=1, verbose=0)
    assert model.tf_model.optimizer is optimizer
    assert int(optimizer.iterations) == 1


def test_a_model_with_a_custom_optimizer_is_loaded_with_its_class(tmp_path):
    model = BiLSTM_Model(hyper_parameters={"layer_blstm": {"units": 4}})
    model.build_model(train_x, train_y)
    model.compile_model(optimizer=RAdam(), run_eagerly=True)
    model.fit(train_x, train_y, epochs=1, verbose=0)
    model.save(tmp_path / "model.nlpb")
    with pytest.raises(ArchiveError, match="RAdam"):
        nlp_builder.load(tmp_path / "model.nlpb")
    again = nlp_builder.load(tmp_path / "model.nlpb", custom_objects={"RAdam": RAdam})
    assert isinstance(again.tf_model.optimizer, RAdam)
    assert nlp_builder.load(tmp_path / "model.nlpb", compile=False).predict(test_x) == (
        again.predict(test_x)
    )


def test_use_callbacks(tmp_path):
    model = BLSTMModel(hyper_parameters={"layer_blstm": {"units": 4}})
    model.build_model(train_x, train_y)
    model.compile_model(run_eagerly=True)

    pytest.importorskip("tensorboard", reason="Keras' TensorBoard needs it")
    tf_board_callback = keras.callbacks.TensorBoard(log_dir=tmp_path / "logs", update_freq=1000)

    # Build-in callback for print precision, recall and f1 at every epoch step
    eval_callback = EvalCallBack(kash_model=model, valid_x=valid_x, valid_y=valid_y, step=5)

    history = model.fit(
        train_x,
        train_y,
        valid_x,
        valid_y,
        batch_size=100,
        epochs=5,
        verbose=0,
        callbacks=[eval_callback, tf_board_callback],
    )
    assert len(history.history["val_f1"]) == 1
    assert list((tmp_path / "logs").rglob("events.out.tfevents.*"))


class DoubleBLSTMModel(BaseLabelingModel):
    """Bidirectional LSTM Sequence Labeling Model"""

    @classmethod
    def get_default_hyper_parameters(cls) -> dict[str, dict[str, Any]]:
        """
        Get hyper parameters of model
        Returns:
            hyper parameters dict
        """
        return {
            "layer_blstm1": {"units": 128, "return_sequences": True},
            "layer_blstm2": {"units": 128, "return_sequences": True},
            "layer_dropout": {"rate": 0.4},
            "layer_time_distributed": {},
            "layer_activation": {"activation": "softmax"},
        }

    def build_model_arc(self):
        """
        build model architectural
        """
        output_dim = len(self.processor.label2idx)
        config = self.hyper_parameters
        embed_model = self.embedding.embed_model

        # Define your layers
        layer_blstm1 = L.Bidirectional(L.LSTM(**config["layer_blstm1"]), name="layer_blstm1")
        layer_blstm2 = L.Bidirectional(L.LSTM(**config["layer_blstm2"]), name="layer_blstm2")

        layer_dropout = L.Dropout(**config["layer_dropout"], name="layer_dropout")

        layer_time_distributed = L.TimeDistributed(
            L.Dense(output_dim, **config["layer_time_distributed"]), name="layer_time_distributed"
        )
        layer_activation = L.Activation(**config["layer_activation"])

        # Define tensor flow
        tensor = layer_blstm1(embed_model.output)
        tensor = layer_blstm2(tensor)
        tensor = layer_dropout(tensor)
        tensor = layer_time_distributed(tensor)
        output_tensor = layer_activation(tensor)

        # Init model
        self.tf_model = keras.Model(embed_model.inputs, output_tensor)


def test_customize_your_own_model(tmp_path):
    model = DoubleBLSTMModel()
    model.fit(train_x, train_y, valid_x, valid_y, epochs=1, verbose=0)
    texts = [["Hello"], [], ["I", "love", "you"]]
    tags = model.predict(texts)
    assert [len(row) for row in tags] == [1, 0, 3]

    path = tmp_path / "model"
    model.save(path)
    own = {"DoubleBLSTMModel": DoubleBLSTMModel}
    for again in (DoubleBLSTMModel.load_model(path), nlp_builder.load(path, custom_objects=own)):
        assert isinstance(again, DoubleBLSTMModel)
        assert again.predict(texts) == tags
    with pytest.raises(ArchiveError, match=r"if it is your own, hand it in, custom_objects="):
        nlp_builder.load(path)
    with pytest.raises(ArchiveError, match=r"holds a model .*'own>DoubleBLSTMModel'.*BiLSTM_Model"):
        BiLSTM_Model.load_model(path)
    with pytest.raises(ArchiveError, match="hand it in"):
        nlp_builder.load(path, custom_objects={"DoubleBLSTMModel": keras.Model})


def test_a_model_of_ones_own_has_a_tag_for_each_token_in_any_process(tmp_path):
    small = {"layer_blstm1": {"units": 4}, "layer_blstm2": {"units": 4}}
    model = DoubleBLSTMModel(hyper_parameters=small)
    texts = [["a"] * length for length in (1, 7, 3, 17, 2)]
    # Each batch has a length of its own.
    tags = [["B-PER", *["O"] * (len(text) - 1)] for text in texts]
    model.fit(texts, tags, batch_size=1, epochs=1, verbose=0)
    assert [len(model.predict([text])[0]) for text in texts] == [1, 7, 3, 17, 2]
    model.save(tmp_path / "own.nlpb")
    code = (
        "import json, sys\n"
        "from tests.labeling.test_page import DoubleBLSTMModel\n"
        "model = DoubleBLSTMModel.load_model(sys.argv[1])\n"
        "rows = [model.predict_proba([['a'] * n])[0].tolist() for n in (1, 7, 3)]\n"
        "print(json.dumps(rows))\n"
    )
    run = subprocess.run(
        [sys.executable, "-c", code, str(tmp_path / "own.nlpb")],
        capture_output=True,
        text=True,
        check=True,
    )
    for text, rows in zip(texts, json.loads(run.stdout), strict=False):
        np.testing.assert_allclose(rows, model.predict_proba([text])[0], atol=1e-6)


def test_a_model_of_ones_own_is_trained_on_after_load(tmp_path):
    small = {"layer_blstm1": {"units": 4}, "layer_blstm2": {"units": 4}}
    model = DoubleBLSTMModel(hyper_parameters=small)
    model.build_model(train_x, train_y)
    model.compile_model(run_eagerly=True)
    model.fit(train_x, train_y, epochs=1, verbose=0)
    model.save(tmp_path / "model")
    again = DoubleBLSTMModel.load_model(tmp_path / "model")
    assert again.hyper_parameters == model.hyper_parameters
    losses = [
        each.fit(train_x, train_y, epochs=1, verbose=0, shuffle=False).history["loss"]
        for each in (model, again)
    ]
    # Its layers have no seed, so that dropout differs.
    assert losses[0] == pytest.approx(losses[1], abs=0.1)


class NewNames(ABCLabelingModel):
    """A model with the names of later versions."""

    @classmethod
    def default_hyper_parameters(cls) -> dict[str, dict[str, Any]]:
        return {"layer_dense": {}}

    def build_model_arc(self) -> None:
        config = self.hyper_parameters
        dense = L.Dense(
            self.label_processor.vocab_size, **config["layer_dense"], activation="softmax"
        )
        embed_model = self.embedding.embed_model
        self.tf_model = keras.Model(embed_model.inputs, dense(embed_model.output))


def test_the_names_of_all_versions():
    assert BLSTMModel is BiLSTM_Model
    assert ABCLabelingModel is BaseLabelingModel
    assert classification.BLSTMModel is classification.BiLSTM_Model
    assert classification.ABCClassificationModel is classification.BaseClassificationModel
    for cls in (BiLSTM_Model, NewNames, DoubleBLSTMModel):
        assert cls.get_default_hyper_parameters() == cls.default_hyper_parameters() != {}
    # build_model with two arguments, and with four above.
    model = NewNames()
    model.build_model(train_x, train_y)
    assert model.processor is model.label_processor
    assert model.processor.label2idx == {"O": 0, "B-LOC": 1, "B-PER": 2}
    assert model.processor.idx2label == {0: "O", 1: "B-LOC", 2: "B-PER"}
    assert EvalCallBack(model, valid_x, valid_y, 5).step == 5
    assert EvalCallBack(kash_model=model, x_data=valid_x, y_data=valid_y).valid_x is valid_x


def test_a_model_without_hyper_parameters_says_so():
    class Nothing(BaseLabelingModel):
        def build_model_arc(self) -> None:
            pass

    with pytest.raises(NotImplementedError, match="Nothing has no get_default_hyper_parameters"):
        Nothing()


def test_the_page_callbacks_of_the_performance_report():
    model = NewNames()
    early_stop = keras.callbacks.EarlyStopping(patience=1)
    reduse_lr_callback = keras.callbacks.ReduceLROnPlateau(factor=0.1, patience=5)
    model.build_model(train_x, train_y)
    model.compile_model(optimizer=keras.optimizers.SGD(0.0), run_eagerly=True)
    history = model.fit(
        train_x,
        train_y,
        valid_x,
        valid_y,
        epochs=9,
        verbose=0,
        callbacks=[early_stop, reduse_lr_callback],
    )
    assert len(history.history["val_loss"]) == 2
