"""Rewrites the table of figures in the README, between two markers, from what benchmarks wrote.

Each benchmark adds a line of JSON to a file of its own in build/bench; the newest line of each file
has the rows of the table, and the command that made them. A benchmark that has not run has no row.
Whatever stands outside of the markers stays as it is, to the byte.

    python benchmarks/readme_table.py
    python benchmarks/readme_table.py --readme README.md --folder build/bench
"""

from __future__ import annotations

import argparse
import json
from pathlib import Path
from typing import Any

BEGIN, END = "<!-- bench:begin -->", "<!-- bench:end -->"
HEAD = ["what", "peer", "time of the peer / ours", "ours", "asked", "command"]
# The order of the table; what is not named here comes behind.
ORDER = ["tutorial_epoch", "lstm", "batching", "preprocessing", "tagging", "crf", "crf_epoch"]
ORDER += ["saving", "scaling", "memory", "fit_memory"]


def newest_lines(folder: Path) -> list[dict[str, Any]]:
    """Return the last line of each file that has rows for the table."""
    files = sorted(
        folder.glob("*.jsonl"),
        key=lambda path: (ORDER.index(path.stem) if path.stem in ORDER else len(ORDER), path.stem),
    )
    lines = [path.read_text("utf-8").splitlines()[-1] for path in files if path.stat().st_size]
    return [line for line in map(json.loads, lines) if line.get("table")]


def number(value: float) -> str:
    return f"{value:.3g}" if abs(value) < 100 else f"{value:.0f}"


def ratio(values: list[float]) -> str:
    """Return the median, and the least and the largest if there were several turns."""
    if not values:
        return ""
    least, median, largest = map(number, values)
    return median if least == largest else f"{median} ({least} to {largest})"


def markdown(lines: list[dict[str, Any]]) -> str:
    """Return the table."""
    rows = ["| " + " | ".join(HEAD) + " |", "|" + "---|" * len(HEAD)]
    for line in lines:
        for row in line["table"]:
            cells = [row["what"], row["peer"], ratio(row["ratio"]), row["ours"], row["asked"]]
            rows.append("| " + " | ".join([*cells, f"`{line['command']}`"]) + " |")
    return "\n".join(rows)


def rewritten(text: str, content: str) -> str:
    """Return a text with other content between the markers.

    Raises:
        ValueError: if each marker is not there once, the first one first.
    """
    if text.count(BEGIN) != 1 or text.count(END) != 1 or text.index(BEGIN) > text.index(END):
        raise ValueError(f"expected {BEGIN} and behind it {END}, each once: add them to the README")
    before, rest = text.split(BEGIN)
    after = rest.split(END)[1]
    return f"{before}{BEGIN}\n{content}\n{END}{after}"


def main(arguments: list[str] | None = None) -> None:
    parser = argparse.ArgumentParser(
        description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter
    )
    parser.add_argument("--readme", type=Path, default=Path("README.md"))
    parser.add_argument("--folder", type=Path, default=Path("build/bench"))
    options = parser.parse_args(arguments)
    lines = newest_lines(options.folder)
    if not lines:
        parser.error(f"no benchmark has run: no rows in {options.folder}/*.jsonl, see make bench")
    # Line ends stay what they are.
    with options.readme.open(encoding="utf-8", newline="") as file:
        text = file.read()
    try:
        text = rewritten(text, markdown(lines))
    except ValueError as error:
        parser.error(f"{options.readme}: {error}")
    with options.readme.open("w", encoding="utf-8", newline="") as file:
        file.write(text)
    print(f"{options.readme}: {sum(len(line['table']) for line in lines)} rows")


if __name__ == "__main__":
    main()
