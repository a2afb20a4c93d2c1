"""The wheel holds what the package needs outside of a checkout."""

import shutil
import subprocess
import sys
import zipfile
from pathlib import Path

import pytest

ROOT = Path(__file__).parent.parent


@pytest.fixture(scope="module")
def wheel(tmp_path_factory) -> Path:
    folder = tmp_path_factory.mktemp("wheel")
    for name in ("nlp_builder", "setup.cfg", "pyproject.toml", "README.md", "LICENSE"):
        source, copy = ROOT / name, folder / name
        if source.is_dir():
            shutil.copytree(source, copy, ignore=shutil.ignore_patterns("__pycache__"))
        else:
            shutil.copy(source, copy)
    pip = [sys.executable, "-m", "pip", "wheel", "--quiet", "--no-deps", "--no-build-isolation"]
    subprocess.run([*pip, "--wheel-dir", folder / "dist", folder], check=True)
    (built,) = (folder / "dist").glob("*.whl")
    return built


def test_every_module_and_data_file_is_in_it(wheel):
    expected = {
        path.relative_to(ROOT).as_posix()
        for path in (ROOT / "nlp_builder").rglob("*")
        if path.is_file() and "__pycache__" not in path.parts
    }
    assert expected <= set(zipfile.ZipFile(wheel).namelist())
    assert "nlp_builder/sample_corpus/train.txt" in expected
    assert "nlp_builder/py.typed" in expected


def test_what_is_in_it_works_without_the_checkout(wheel, tmp_path):
    zipfile.ZipFile(wheel).extractall(tmp_path)
    script = f"""
import sys
sys.path = [{str(tmp_path)!r}] + [path for path in sys.path if path != {str(ROOT)!r}]
import nlp_builder
assert nlp_builder.__file__.startswith({str(tmp_path)!r}), nlp_builder.__file__
print(len(nlp_builder.load_sample_corpus("train")[0]))
"""
    done = subprocess.run(
        [sys.executable, "-c", script], capture_output=True, text=True, cwd=tmp_path
    )
    assert done.stdout.strip() == "897", done.stderr
