"""What is public, and what importing it does not do."""

import ast
import importlib
import inspect
import json
import subprocess
import sys
from pathlib import Path

import pytest

import nlp_builder

PACKAGE = Path(nlp_builder.__file__).parent
FORBIDDEN = {"pickle", "marshal", "shelve", "joblib", "dill", "cloudpickle", "tarfile"}
# A room may import the rooms before it in its own line, and never a room after it.
ROOMS_BELOW = {
    "text": set(),
    "layers": set(),
    "memory": {"text"},
    "saving": set(),
    "contents": {"text", "saving"},
    "plotting": set(),
    "features": {"text", "layers", "saving", "contents"},
    "batching": {"features"},
    "estimators": {"text", "features"},
    "models": {"text", "layers", "saving", "contents", "features", "batching"},
    "labeling": {"text", "layers", "saving", "features", "batching", "plotting", "models"},
    "classification": {"text", "layers", "models"},
    "callbacks": {"models"},
    "generators": {"models"},
    "files": {"text", "saving", "contents", "features", "models", "labeling", "classification"},
    "cli": {
        "text",
        "saving",
        "contents",
        "features",
        "models",
        "labeling",
        "classification",
        "files",
        "memory",
    },
}


def run(script: str) -> str:
    """What a fresh process prints."""
    done = subprocess.run([sys.executable, "-c", script], capture_output=True, text=True)
    assert done.returncode == 0, done.stderr
    return done.stdout


def modules() -> list[Path]:
    return sorted(PACKAGE.rglob("*.py"))


def imported(path: Path) -> set[str]:
    names: set[str] = set()
    for node in ast.walk(ast.parse(path.read_text(encoding="utf-8"))):
        if isinstance(node, ast.Import):
            names |= {alias.name for alias in node.names}
        elif isinstance(node, ast.ImportFrom) and node.module:
            names |= {node.module, *(f"{node.module}.{alias.name}" for alias in node.names)}
    return names


def name_alone(value):
    return value if isinstance(value, str) else ""


@pytest.mark.parametrize("name", nlp_builder.__all__)
def test_each_public_name_is_there_and_documented(name):
    thing = getattr(nlp_builder, name)
    assert inspect.getdoc(thing)
    assert name in dir(nlp_builder)


def test_an_unknown_name_is_an_attribute_error():
    with pytest.raises(AttributeError, match="has no attribute 'nothing'"):
        _ = nlp_builder.nothing


ROOMS = [
    *("text", "layers", "features", "labeling", "batching", "plotting", "saving", "addons"),
    *(
        "estimators",
        "models",
        "classification",
        "callbacks",
        "generators",
        "files",
        "memory",
        "contents",
    ),
]


def public_things() -> list[tuple[str, object]]:
    found = {}
    for room in ROOMS:
        module = importlib.import_module(f"nlp_builder.{room}")
        found |= {f"{room}.{name}": getattr(module, name) for name in module.__all__}
    return [(n, t) for n, t in found.items() if inspect.isclass(t) or inspect.isfunction(t)]


# Abstract, an exception, or a plain tuple: there is nothing to be run or to be raised.
WITHOUT_EXAMPLE = {"features.Feature", "saving.ArchiveError", "saving.Archive", "text.Span"}
WITHOUT_EXAMPLE |= {"labeling.Entity", "models.TextModel"}


def _above(thing):
    ours = (
        cls for cls in getattr(thing, "__mro__", ()) if cls.__module__.startswith("nlp_builder")
    )
    return list(ours) or [thing]


@pytest.mark.parametrize(("name", "thing"), public_things(), ids=name_alone)
def test_docstrings_give_arguments_results_and_an_example(name, thing):
    text = inspect.getdoc(thing) or ""
    target = thing.__init__ if inspect.isclass(thing) else thing
    parameters = [p for p in inspect.signature(target).parameters.values() if p.name != "self"]
    if name not in WITHOUT_EXAMPLE:
        if any(p.kind not in (p.VAR_POSITIONAL, p.VAR_KEYWORD) for p in parameters):
            # A class may leave to those above it what these take.
            said = "".join(map(inspect.getdoc, _above(thing)))
            assert "Args:" in said or "Attributes:" in said
        assert "Example:" in text
        assert ">>>" in text
    if inspect.isfunction(thing) and thing.__annotations__.get("return") not in (None, "None"):
        assert "Returns:" in text


@pytest.mark.parametrize("room", ROOMS)
def test_what_a_room_lists_is_there(room):
    module = importlib.import_module(f"nlp_builder.{room}")
    assert len(set(module.__all__)) == len(module.__all__)
    assert all(hasattr(module, name) for name in module.__all__)


@pytest.mark.parametrize("path", modules(), ids=lambda path: str(path.relative_to(PACKAGE)))
def test_no_room_imports_upward(path):
    room = path.relative_to(PACKAGE).parts[0].removesuffix(".py")
    if room not in ROOMS_BELOW:
        pytest.skip("a face of the package, not a room")
    rooms = {
        name.split(".")[1]
        for name in imported(path)
        if name.startswith("nlp_builder.") and name.split(".")[1] in ROOMS_BELOW
    }
    assert rooms <= ROOMS_BELOW[room] | {room}


@pytest.mark.parametrize("path", modules(), ids=lambda path: str(path.relative_to(PACKAGE)))
def test_nothing_that_runs_code_from_files_is_imported(path):
    assert not {name.split(".")[0] for name in imported(path)} & FORBIDDEN


@pytest.mark.parametrize("room", ["text", "saving", "contents"])
def test_texts_and_files_need_neither_keras_nor_tensorflow(room):
    script = f"import sys, nlp_builder.{room}; print([m for m in sys.modules if '.' not in m])"
    names = ast.literal_eval(run(script))
    assert "nlp_builder" in names
    assert not {"keras", "tensorflow", "jax", "torch"} & set(names)


@pytest.mark.parametrize(
    "imports",
    [
        "import nlp_builder, keras",
        "import keras, nlp_builder",
        # Libraries ask in this way whether Keras is there.
        "import nlp_builder, importlib.util; importlib.util.find_spec('keras'); import keras",
    ],
)
def test_importing_the_package_makes_its_layers_known_to_keras(imports):
    script = f"""{imports}
import sys
print(*keras.saving.get_custom_objects(), *(type(finder).__name__ for finder in sys.meta_path))
assert type(keras.__spec__.loader) is type(sys.modules["nlp_builder"].__spec__.loader)
"""
    printed = run(script).split()
    assert "nlp_builder>CRF" in printed
    assert "_KerasFinder" not in printed


def test_import_takes_no_action(tmp_path):
    script = f"""
import json, logging, os, random, sys
os.chdir({str(tmp_path)!r})
import numpy as np
def state():
    return [
        sorted(os.environ.items()),
        sorted(logging.root.manager.loggerDict), len(logging.root.handlers), logging.root.level,
        hash(random.getstate()), np.random.get_state()[1].tolist(), os.listdir("."),
        os.listdir(os.path.expanduser("~")),
    ]
before = state()
import nlp_builder
after = state()
print(json.dumps([b == a for b, a in zip(before, after)]))
"""
    assert json.loads(run(script)) == [True] * 8
