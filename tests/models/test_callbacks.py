"""Callbacks: scores in Keras' logs, and the best model in a file."""

import keras
import pytest

import nlp_builder
from nlp_builder import callbacks
from nlp_builder.models.callbacks import EvalCallBack, SaveBest
from tests.labeling.own_models import WordTagger, built
from tests.models.table import ROWS, TAGS, TEXTS, TOPICS, assert_same_outputs


def still(texts=TEXTS, tags=TAGS):
    """A model that no training changes."""
    return built(WordTagger, texts, tags, optimizer=keras.optimizers.SGD(0.0))


def trained(model, *given, epochs=4, **arguments):
    return model.fit(
        TEXTS, TAGS, epochs=epochs, verbose=0, callbacks=list(given), **arguments
    ).history


def test_scores_of_entities_are_in_the_logs():
    model = built(WordTagger)
    history = trained(model, EvalCallBack(model, TEXTS, TAGS, step=1), epochs=6)
    expected = {f"val_{name}": value for name, value in model.scores(TEXTS, TAGS).items()}
    assert {name: history[name][-1] for name in expected} == expected
    assert expected["val_f1"] == 1.0
    assert len(history["val_f1"]) == 6


@pytest.mark.parametrize("step", [1, 2, 5])
def test_a_score_stands_until_the_next(step):
    model = built(WordTagger)
    seen = []

    class Recorder(keras.callbacks.Callback):
        def on_epoch_end(self, epoch, logs=None):
            seen.append((logs or {}).get("val_f1"))

    trained(model, Recorder(), EvalCallBack(model, TEXTS, TAGS, step=step), epochs=5)
    assert [score is None for score in seen] == [number < step for number in range(1, 6)]
    for number in range(step, 5):
        if (number + 1) % step:
            assert seen[number] == seen[number - 1]


@pytest.mark.parametrize("first", [True, False])
def test_early_stopping_sees_the_scores_in_any_order(first):
    model = still()
    scores = EvalCallBack(model, x_data=TEXTS, y_data=TAGS, step=1)
    stop = keras.callbacks.EarlyStopping(monitor="val_f1", mode="max", patience=1)
    history = trained(model, *((scores, stop) if first else (stop, scores)), epochs=9)
    assert len(history["loss"]) == 2


@pytest.mark.parametrize("first", [True, False])
def test_checkpoints_see_the_scores_in_any_order(first, tmp_path):
    model = still()
    scores = EvalCallBack(model, TEXTS, TAGS, step=1)
    kept = keras.callbacks.ModelCheckpoint(
        tmp_path / "{epoch}.weights.h5",
        monitor="val_f1",
        mode="max",
        save_best_only=True,
        save_weights_only=True,
    )
    trained(model, *((scores, kept) if first else (kept, scores)))
    assert [path.name for path in tmp_path.iterdir()] == ["1.weights.h5"]


def test_tensorboard_writes_the_scores(tmp_path):
    pytest.importorskip("tensorboard", reason="Keras' TensorBoard needs it")
    model = still()
    board = keras.callbacks.TensorBoard(log_dir=tmp_path)
    trained(model, board, EvalCallBack(model, TEXTS, TAGS, step=1), epochs=1)
    events = b"".join(path.read_bytes() for path in tmp_path.rglob("events.out.tfevents.*"))
    assert b"val_f1" in events or b"epoch_f1" in events


def test_one_callback_needs_no_list():
    model = still()
    callback = EvalCallBack(model, TEXTS, TAGS, step=1)
    history = model.fit(TEXTS, TAGS, epochs=1, verbose=0, callbacks=callback).history
    assert "val_f1" in history


def test_an_earlier_training_leaves_no_scores():
    model = still()
    scores = EvalCallBack(model, TEXTS, TAGS, step=2)
    trained(model, scores, epochs=2)
    assert "val_f1" not in trained(model, scores, epochs=1)


def test_scores_of_a_classifier_are_means_over_labels():
    row = next(row for row in ROWS if not row.is_tagger)
    model = row.built()
    scores = EvalCallBack(model, TEXTS, TOPICS, step=1)
    history = model.fit(TEXTS, TOPICS, epochs=1, verbose=0, callbacks=[scores]).history
    assert history["val_recall"] == [model.scores(TEXTS, TOPICS)["recall"]]


@pytest.mark.parametrize(
    ("arguments", "error", "message"),
    [
        ({"kash_model": "a model"}, TypeError, "expected a ready-made model, got 'a model'"),
        ({"valid_x": None}, TypeError, "expected valid_x and valid_y"),
        ({"valid_y": None}, TypeError, "expected valid_x and valid_y"),
        ({"valid_y": TAGS[:-1]}, ValueError, "expected labels for 12 texts, got 11"),
        ({"step": 0}, ValueError, "step"),
        ({"step": "5"}, TypeError, "step"),
        ({"batch_size": 0}, ValueError, "batch_size"),
    ],
)
def test_wrong_arguments_are_refused(arguments, error, message):
    given = {"kash_model": WordTagger(), "valid_x": TEXTS, "valid_y": TAGS, **arguments}
    with pytest.raises(error, match=message):
        EvalCallBack(**given)


@pytest.mark.parametrize("name", ["best.nlpb", "folder"])
def test_the_best_model_is_in_its_file(name, tmp_path):
    model = built(WordTagger)
    best = SaveBest(model, tmp_path / name, monitor="loss", mode="min")
    history = trained(model, best, epochs=3)
    assert best.best == min(history["loss"])
    own = {"WordTagger": WordTagger}
    assert_same_outputs(model, nlp_builder.load(tmp_path / name, custom_objects=own))


def test_only_a_better_model_is_saved(tmp_path):
    model = still()
    path = tmp_path / "best.nlpb"
    stamps = []

    class Recorder(keras.callbacks.Callback):
        def on_epoch_end(self, epoch, logs=None):
            stamps.append(path.stat().st_mtime_ns)

    best = SaveBest(model, path)
    trained(model, best, Recorder(), EvalCallBack(model, TEXTS, TAGS, step=1), epochs=3)
    assert len({*stamps}) == 1


@pytest.mark.parametrize(
    ("mode", "scores", "epoch"),
    [
        ("max", [0.0, 0.0, 0.0], 2),
        ("max", [0.0, 0.2, 0.0, 0.2], 1),
        ("max", [float("nan"), 0.0, float("nan")], 1),
        ("min", [0.5, 0.0, 0.0], 1),
    ],
)
def test_the_last_of_those_that_find_nothing_is_the_best(tmp_path, mode, scores, epoch):
    best = SaveBest(still(), tmp_path / "best.nlpb", "score", mode)
    for number, score in enumerate(scores):
        best.on_epoch_end(number, {"score": score})
    assert best.best_epoch == epoch
    assert best.best == scores[epoch]


def test_a_score_that_is_missing_is_an_error(tmp_path):
    model = still()
    with pytest.raises(ValueError, match=r"score 'val_f1', got .*'loss'.*EvalCallBack"):
        trained(model, SaveBest(model, tmp_path / "best.nlpb"))
    with pytest.raises(ValueError, match="mode 'max' or 'min', got 'auto'"):
        SaveBest(model, tmp_path / "best.nlpb", mode="auto")
    with pytest.raises(TypeError, match="ready-made model"):
        SaveBest(keras.Sequential(), tmp_path / "best.nlpb")


@pytest.mark.parametrize(
    ("place", "error", "message"),
    [
        ("missing/best.nlpb", FileNotFoundError, "there is no folder .*missing"),
        ("file.txt/model", NotADirectoryError, r"cannot write .*: .*file\.txt is no folder"),
        ("full", IsADirectoryError, "expected the name of a file, got the folder .*full"),
        ("", ValueError, "expected the path of a file or a folder, got ''"),
        (b"best.nlpb", TypeError, "expected a path, got bytes"),
    ],
)
def test_no_epoch_is_trained_in_vain_for_a_file_that_cannot_be(place, error, message, tmp_path):
    model = still()
    ended = keras.callbacks.LambdaCallback(on_epoch_end=lambda *_: pytest.fail("trained"))
    (tmp_path / "file.txt").write_text("some")
    (tmp_path / "full" / "model.nlpb").mkdir(parents=True)
    path = tmp_path / place if place and isinstance(place, str) else place
    with pytest.raises(error, match=message):
        trained(model, ended, SaveBest(model, path, monitor="loss", mode="min"))


def test_callbacks_have_a_room_of_their_own():
    assert callbacks.EvalCallBack is EvalCallBack
    assert callbacks.SaveBest is SaveBest


def norm(model):
    return float(sum((weight**2).sum() for weight in model.tf_model.get_weights()))


def test_averaged_weights_are_scored_and_kept(tmp_path):
    optimizer = keras.optimizers.SGD(0.5, use_ema=True, ema_momentum=0.9)
    model = built(WordTagger, optimizer=optimizer)
    scored, raw = [], []
    scores = model.scores

    def watched(x, y, **arguments):
        scored.append(norm(model))
        return scores(x, y, **arguments)

    model.scores = watched

    class Recorder(keras.callbacks.Callback):
        def on_epoch_end(self, epoch, logs=None):
            raw.append(norm(model))

    best = SaveBest(model, tmp_path / "best.nlpb", monitor="loss", mode="min")
    trained(model, EvalCallBack(model, TEXTS, TAGS, 1), Recorder(), best, epochs=3)
    # Keras ends with the averages, which are what was scored and kept last.
    assert norm(model) == pytest.approx(scored[-1]) != pytest.approx(raw[-1])
    kept = nlp_builder.load(tmp_path / "best.nlpb", custom_objects={"WordTagger": WordTagger})
    assert norm(kept) == pytest.approx(norm(model))


def test_weights_are_averaged_once():
    model = built(WordTagger)
    swap = keras.callbacks.SwapEMAWeights(swap_on_epoch=True)
    with pytest.raises(ValueError, match="leave SwapEMAWeights out"):
        trained(model, EvalCallBack(model, TEXTS, TAGS), swap)


def test_what_is_no_number_is_not_the_best(tmp_path):
    model = built(WordTagger)
    best = SaveBest(model, tmp_path / "best.nlpb", monitor="loss", mode="min")
    best.on_epoch_end(0, {"loss": float("nan")})
    assert best.best is None
    assert not (tmp_path / "best.nlpb").exists()
    best.on_epoch_end(1, {"loss": 0.5})
    best.on_epoch_end(2, {"loss": float("nan")})
    assert best.best == 0.5


def test_tags_of_no_entities_are_refused_before_anything_is_trained():
    kinds = [["NN"] * len(text) for text in TEXTS]
    model = built(WordTagger, TEXTS, kinds)
    before = model.tf_model.get_weights()
    with pytest.raises(ValueError, match="these are no spans"):
        model.fit(TEXTS, kinds, verbose=0, callbacks=[EvalCallBack(model, TEXTS, kinds)])
    for a, b in zip(before, model.tf_model.get_weights(), strict=True):
        assert (a == b).all()
