"""The benchmarks are scripts, and import each other from their own folder."""

from pathlib import Path

import pytest


@pytest.fixture(autouse=True)
def folder_of_benchmarks(monkeypatch):
    monkeypatch.syspath_prepend(str(Path(__file__).parents[2] / "benchmarks"))
