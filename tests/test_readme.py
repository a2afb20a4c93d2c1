"""The README's code runs, from top to bottom, and its links lead somewhere."""

import re
from pathlib import Path

import pytest

ROOT = Path(__file__).parent.parent
README = (ROOT / "README.md").read_text(encoding="utf-8")


def test_the_code_runs(tmp_path, monkeypatch, capsys):
    monkeypatch.chdir(tmp_path)
    blocks = re.findall(r"^```python\n(.*?)^```", README, flags=re.MULTILINE | re.DOTALL)
    assert len(blocks) >= 8
    names: dict[str, object] = {"__name__": "readme"}
    for number, block in enumerate(blocks):
        code = compile(block, f"README.md, block {number}", "exec")
        exec(code, names)  # noqa: S102  # our own README is what is tested
    printed = capsys.readouterr().out
    assert "[[2 3 1 0]]" in printed
    assert "(5,), float32" in printed
    assert "[['O', 'O', 'O', 'O', 'B-LOC', 'O']]" in printed
    assert "[Ada Lovelace PER]" in printed


@pytest.mark.parametrize("link", re.findall(r"\]\((?!http)([^)]+)\)", README))
def test_links_lead_to_files(link):
    assert (ROOT / link).exists()
