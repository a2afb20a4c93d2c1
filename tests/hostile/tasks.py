"""Files of ready-made models whose task is none, or does not fit the graph."""

from typing import Any

from tests.hostile.changing import Change, Draft, Table, both, nested, table

PATH = "/etc/hostname"
HUGE = 10**18
MODEL = "the model of the file cannot be made"
NO_MODEL = "there is no model for"
FIELDS = "the model of the file: expected .*arguments"


def task(**values: Any) -> Change:
    return lambda draft: draft.config["task"].update(values)


def argument(name: str, value: Any) -> Change:
    return lambda draft: draft.config["task"]["arguments"].update({name: value})


def hyper(layer: str, value: Any) -> Change:
    return argument("hyper_parameters", {layer: value})


def whole(value: Any) -> Change:
    return lambda draft: draft.config.update(task=value)


def without_field(draft: Draft) -> None:
    del draft.config["task"]["maxlen"]


def without_argument(draft: Draft) -> None:
    del draft.config["task"]["arguments"]["random_seed"]


def without_graph(draft: Draft) -> None:
    """Leave the words alone, which are a block and no model."""
    draft.config["blocks"] = draft.config["blocks"][:1]
    draft.config["models"] = []
    draft.arrays = {name: a for name, a in draft.arrays.items() if name.startswith("0/")}


WRONG_TYPES = [
    (f"task's {name} is {shown}", task(**{name: value}), f"the '{name}' of the model is")
    for name, shown, value in [
        ("class", "null", None),
        ("class", "a list", ["BiGRU_CRF_Model"]),
        ("class", "an object", {"class_name": "BiGRU_CRF_Model"}),
        ("class", "90 lists", nested("x", 90)),
        ("family", "null", None),
        ("family", "a number", 7),
        ("labels", "a string", "O"),
        ("labels", "an object", {"O": 0}),
        ("labels", "null", None),
        ("arguments", "a list", [["random_seed", 1]]),
        ("arguments", "null", None),
        ("maxlen", "a string", "5"),
        ("maxlen", "a fraction", 5.5),
        ("maxlen", "a list", [5]),
    ]
]
NAMES = [
    (f"task's {name} {shown}", task(**{name: value}), message)
    for name, shown, value, message in [
        ("class", "unknown", "Nothing", NO_MODEL),
        ("class", "of Python", "os.system", NO_MODEL),
        ("class", "by its path", "nlp_builder.labeling.BiGRU_CRF_Model", NO_MODEL),
        ("class", "abstract", "BaseLabelingModel", NO_MODEL),
        ("class", "another family's", "CNN_Attention_Model", NO_MODEL),
        ("class", "a block", "KerasWrapper", NO_MODEL),
        ("class", "an estimator", "TextClassifier", NO_MODEL),
        ("class", "dunder", "__class__", NO_MODEL),
        ("class", "a path", PATH, NO_MODEL),
        ("class", "empty", "", NO_MODEL),
        ("class", "of 3 MB", "x" * 3 * 10**6, NO_MODEL),
        ("class", "that a terminal obeys", "\x1b[2J", NO_MODEL),
        ("family", "unknown", "os", NO_MODEL),
        ("family", "other", "classification", NO_MODEL),
        ("family", "a path", PATH, NO_MODEL),
        ("labels", "none", [], MODEL),
        ("labels", "too few", ["O", "B-PER"], MODEL),
        ("labels", "too many", ["O", "B-LOC", "B-PER", "I-PER"], MODEL),
        ("labels", "twice", ["O", "O", "B-PER"], MODEL),
        ("labels", "numbers", [1, 2, 3], MODEL),
        ("labels", "lists", [["O"], ["B-LOC"], ["B-PER"]], MODEL),
        ("labels", "90 lists", [nested("O", 90)] * 3, MODEL),
        ("labels", "objects", [{"$block": 0}] * 3, MODEL),
        ("labels", "of 1 MB each", [c * 10**6 for c in "abcd"], MODEL),
        ("labels", "200,000", [str(n) for n in range(200_000)], MODEL),
        ("labels", "a million", ["O"] * 10**6, "the limit is|values"),
        ("maxlen", "-1", -1, MODEL),
        ("maxlen", "0", 0, MODEL),
        ("maxlen", "true", True, MODEL),
    ]
]
ARGUMENTS = [
    (f"task's {name} is {shown}", argument(name, value), MODEL)
    for name, shown, value in [
        ("random_seed", "-1", -1),
        ("random_seed", "a string", "1"),
        ("random_seed", "null", None),
        ("random_seed", "10**100", 10**100),
        ("sequence_length", "-1", -1),
        ("sequence_length", "0", 0),
        ("sequence_length", "a fraction", 1.5),
        ("sequence_length", "another word", PATH),
        ("sequence_length", "a list", [5]),
        ("hyper_parameters", "a list", [1]),
        ("hyper_parameters", "a string", PATH),
        ("hyper_parameters", "a number", HUGE),
        ("embedding", "a path", PATH),
        ("run", "code", "print()"),
        ("self", "0", 0),
        ("__class__", "str", "str"),
    ]
]
LAYERS = [
    ("hyper-parameters of an unknown layer", hyper("layer_lambda", {"function": PATH}), MODEL),
    ("hyper-parameters of a layer are a list", hyper("layer_bgru", [4]), MODEL),
    ("hyper-parameters of a layer are a path", hyper("layer_bgru", PATH), MODEL),
    ("hyper-parameters of a dunder name", hyper("__init__", {}), MODEL),
]
WHOLE = [
    (f"task is {shown}", whole(value), FIELDS)
    for shown, value in [
        ("null", None),
        ("a string", "os.system"),
        ("a list", [1, 2]),
        ("empty", {}),
        ("a number", HUGE),
        ("90 lists", nested(1, 90)),
    ]
]
TASKS: Table = table(
    "ready_made",
    [
        *WRONG_TYPES,
        *NAMES,
        *ARGUMENTS,
        *LAYERS,
        *WHOLE,
        ("task has more", task(run="os.system"), FIELDS),
        ("task without a field", without_field, FIELDS),
        ("task without an argument", without_argument, MODEL),
        ("task beside a block that is no graph", without_graph, MODEL),
        (
            "task beside such a block, without arguments",
            both(without_graph, task(arguments={})),
            MODEL,
        ),
    ],
)
"""Changes of a ready-made tagger."""

OTHERS: Table = {
    f"task in a file of {name}": (
        name,
        whole(
            {
                "arguments": {"hyper_parameters": {}, "random_seed": 1, "sequence_length": None},
                "class": "BiGRU_CRF_Model",
                "family": "labeling",
                "labels": ["O", "B-LOC", "B-PER"],
                "maxlen": None,
            }
        ),
        MODEL,
    )
    for name in ("words", "places", "digest_of_words_and_characters", "unbuilt", "siamese")
}
