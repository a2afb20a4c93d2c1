"""Nothing in the package can run code of a file, or unpack a file to the disk: a scan of names."""

import ast
import tomllib
from collections.abc import Iterator
from pathlib import Path

import pytest

ROOT = Path(__file__).parent.parent
PACKAGE = ROOT / "nlp_builder"

# Modules whose formats run code when they are read, or that unpack files where the file says.
MODULES = {
    *{"_pickle", "cPickle", "cloudpickle", "dill", "joblib", "jsonpickle", "pickle"},
    *{"marshal", "runpy", "shelve", "tarfile"},
    "builtins",  # a way round the names below
}
BUILTINS = {"__builtins__", "__import__", "compile", "eval", "exec"}
# Methods and functions of whatever object; `re.compile` and a model's own `compile` are others.
MEMBERS = {
    *{"__import__", "eval", "exec", "load_model", "unpack_archive"},
    *{"extract", "extractall"},  # of a zip file: members are read, never written to disk
    *{"full_load", "load_all", "unsafe_load"},  # of YAML
}
FUNCTIONS = {"yaml.load"}
# Words that no string of the package is, or names among dots, so that none is looked up.
STRINGS = MODULES - {"builtins"} | BUILTINS - {"compile"} | MEMBERS - {"extract"} | FUNCTIONS


def violations(source: str) -> Iterator[tuple[int, str]]:
    """Yield the line and the name of each thing that is banned."""
    tree = ast.parse(source)
    modules, parameters = imported_modules(tree), names_of_parameters(tree)
    for node in ast.walk(tree):
        if isinstance(node, ast.Name) and id(node) in parameters:
            continue
        for name in banned(node, modules):
            yield node.lineno, name


def banned(node: ast.AST, modules: dict[str, str]) -> list[str]:
    """Return what is banned in a node itself, not in its children."""
    match node:
        case ast.Import(names):
            return [alias.name for alias in names if top(alias.name) in MODULES]
        case ast.ImportFrom(module, names, level):
            return banned_parts(module or "", level, [alias.name for alias in names])
        case ast.Name(name):
            return [name] if name in BUILTINS | MODULES else []
        case ast.Attribute():
            return [dotted(node, modules)] if is_banned_attribute(node, modules) else []
        case ast.Constant(str(text)):
            return [repr(text)] if text in STRINGS or STRINGS & {*text.split(".")} else []
        case ast.Call(function):
            return ["allow_pickle"] if reads_pickles(dotted(function, modules), node) else []
    return []


def banned_parts(module: str, level: int, names: list[str]) -> list[str]:
    if level:  # of the package itself, which is scanned
        return []
    if top(module) in MODULES:
        return [module]
    return [name for name in names if name in MEMBERS | MODULES or f"{module}.{name}" in FUNCTIONS]


def is_banned_attribute(node: ast.Attribute, modules: dict[str, str]) -> bool:
    name = dotted(node, modules)
    if node.attr == "loads":  # `ForkingPickler.loads` and its like
        return name != "json.loads"
    return node.attr in MEMBERS | MODULES or name in FUNCTIONS


def reads_pickles(function: str, call: ast.Call) -> bool:
    """Tell whether a call lets NumPy read or write pickles."""
    allowed = [keyword.value for keyword in call.keywords if keyword.arg == "allow_pickle"]
    if function == "numpy.load":
        allowed += call.args[2:3]
    return any(not isinstance(value, ast.Constant) or value.value for value in allowed)


def imported_modules(tree: ast.AST) -> dict[str, str]:
    """Return the modules by the names that they have here: `np` is `numpy`."""
    aliases = [
        alias for node in ast.walk(tree) if isinstance(node, ast.Import) for alias in node.names
    ]
    return {alias.asname: alias.name for alias in aliases if alias.asname}


def names_of_parameters(tree: ast.AST) -> set[int]:
    """Return the nodes that are arguments, as in `def load(path, compile=True)`, no built-ins."""
    found: set[int] = set()
    for function in ast.walk(tree):
        if isinstance(function, ast.FunctionDef | ast.AsyncFunctionDef):
            own = {node.arg for node in ast.walk(function.args) if isinstance(node, ast.arg)}
            inner = [node for part in function.body for node in ast.walk(part)]
            found |= {id(n) for n in inner if isinstance(n, ast.Name) and n.id in own}
    return found


def dotted(node: ast.AST, modules: dict[str, str]) -> str:
    """Return `a.b.c` as it is written, but for names of modules; what is computed is `?`."""
    if isinstance(node, ast.Attribute):
        return f"{dotted(node.value, modules)}.{node.attr}"
    return modules.get(node.id, node.id) if isinstance(node, ast.Name) else "?"


def top(module: str) -> str:
    return module.partition(".")[0]


def test_the_package_has_none() -> None:
    found = [
        f"{path.relative_to(ROOT)}:{line}: {name}"
        for path in sorted(PACKAGE.rglob("*.py"))
        for line, name in violations(path.read_text("utf-8"))
    ]
    assert not found, "\n".join(found)


@pytest.mark.parametrize(
    "source",
    [
        *(f"import {name}" for name in sorted(MODULES)),
        *(f"from {name} import load" for name in sorted(MODULES)),
        "import pickle as safe",
        "import json, pickle",
        "import joblib.numpy_pickle",
        "from joblib.numpy_pickle import load",
        "def read(data):\n    import dill",
        "from builtins import compile as make",
        "from keras.saving import load_model",
        "from keras.models import load_model as read",
        "from shutil import unpack_archive",
        "from yaml import load",
        "from six.moves import cPickle",
        "keras.saving.load_model(path)",
        "make = keras.models.load_model",
        "shutil.unpack_archive(path)",
        "eval(text)",
        "exec(text)",
        "run = exec",
        "compile(text, '', 'exec')",
        "make = compile",
        "def f(text, make=compile): ...",
        "def f(compile=True): ...\n\ndef g(text): return compile(text, '', 'exec')",
        "__import__(name)",
        "__builtins__['open']",
        "tf.eval(text)",
        "getattr(module, 'eval')",
        "vars(module)['__import__']",
        "import_module('pickle')",
        "locate('keras.saving.load_model')",
        "multiprocessing.reduction.pickle.dumps(1)",
        "ForkingPickler.loads(data)",
        "json.decoder.loads(data)",
        "import marshalled as json\njson.loads(data)",
        "np.load(path, allow_pickle=True)",
        "np.load(path, allow_pickle=allowed)",
        "np.savez(path, a, allow_pickle=1)",
        "import numpy as np\nnp.load(path, None, True)",
        "yaml.load(file, Loader)",
        "import yaml as y\ny.load(file)",
        "yaml.unsafe_load(file)",
        "archive.extract(member)",
        "zipfile.ZipFile(path).extractall()",
    ],
)
def test_the_scan_finds(source) -> None:
    assert [*violations(source)]


@pytest.mark.parametrize(
    "source",
    [
        '"""Unlike `load_model`, it can not eval or exec anything of a pickle."""',
        "raise ValueError('a pickle, which could run any code')",
        "# import pickle",
        "import re\nWORD = re.compile('a')",
        "model.compile('adam')",
        "class Model:\n    def compile(self, *args): self.graph.compile(*args)",
        "def load(path, compile=True):\n    return read(path, compile=compile)",
        "graph.compile_from_config(config)",
        "json.loads(data)",
        "np.load(path, mmap_mode='r', allow_pickle=False)",
        "np.load(path, 'r')",
        "evaluate(execute(evaluation))",
        "zipfile.ZipFile(path).read(name)",
    ],
)
def test_the_scan_passes_by(source) -> None:
    assert not [*violations(source)]


def test_a_violation_has_its_line_and_name() -> None:
    assert [*violations("import json\nimport pickle as p\n\np.dumps(1)\n")] == [(2, "pickle")]


def test_lint_bans_the_same_modules() -> None:
    lint = tomllib.loads((ROOT / "pyproject.toml").read_text("utf-8"))["tool"]["ruff"]["lint"]
    assert {*lint["flake8-tidy-imports"]["banned-api"]} >= MODULES
    assert {"S", "TID251"} <= {*lint["select"]}
    assert not [rules for path, rules in lint["per-file-ignores"].items() if "nlp_builder" in path]
