"""Write results into pages of docs/: tables and plots between markers; keep the prose."""

from __future__ import annotations

import re
import statistics
import textwrap
from collections.abc import Iterator
from pathlib import Path
from typing import Any

from benchmarks import results
from benchmarks.figures import Figure, Result
from benchmarks.plots import draw

DOCS = Path(__file__).parents[1] / "docs"
PAGES = tuple(DOCS / name for name in ("performance.md", "scaling.md"))
PLOTS = "performance"
"""Folder of the plots, beside the pages."""
COLUMNS = 120
"""Width of the lines of text in docs/."""
BLOCK = re.compile(r"<!-- bench: (\w+) -->\n.*?<!-- end -->", re.DOTALL)


def write() -> None:
    """Fill each block of the pages, and draw its plot.

    Raises FileNotFoundError for a block without results.
    """
    for path in PAGES:
        for name in BLOCK.findall(path.read_text()):
            draw(DOCS / PLOTS / f"{name}.svg", _figures(name))
        path.write_text(page(path))


def page(path: Path) -> str:
    """Return a page with each block filled from the results."""
    return BLOCK.sub(lambda found: _block(found[1]), path.read_text())


def _figures(name: str) -> list[Figure]:
    _, found = results.read(results.FOLDER / f"{name}.json")
    return [one for one in found if isinstance(one, Figure)]


def _block(name: str) -> str:
    run, found = results.read(results.FOLDER / f"{name}.json")
    parts = [_origin(run), *("\n".join(shown(one)) for one in found)]
    if (DOCS / PLOTS / f"{name}.svg").exists():
        parts.append(f"![Ratios, round by round]({PLOTS}/{name}.svg)")
    return "\n\n".join([f"<!-- bench: {name} -->", *parts, "<!-- end -->"])


def _origin(run: dict[str, Any]) -> str:
    own = run["machine"]
    what = f"registry {own['registry']}, nginx {own['nginx']}, ansible-core {own['ansible-core']}"
    where = f"{own['processor']}, {own['memory']}, {own['system']}, Linux {own['kernel']}"
    return _wrapped(
        f"`{run['command']}` ({max(1, round(run['seconds'] / 60))} min), {run['measured']},"
        f" commit {own['commit']}: {where}, load before {own['load before']}; {what}."
    )


def _wrapped(text: str) -> str:
    return textwrap.fill(text, COLUMNS, break_long_words=False, break_on_hyphens=False)


def shown(one: Result) -> Iterator[str]:
    """Yield the lines of a result as a table of Markdown."""
    rows = _rows(one) if isinstance(one, Figure) else [list(row) for row in one.rows]
    columns = _columns(one) if isinstance(one, Figure) else list(one.columns)
    yield f"| {' | '.join(columns)} |"
    yield f"|{'---|' * len(columns)}"
    for row in rows:
        yield f"| {' | '.join(row)} |"
    if one.note:
        yield ""
        yield _wrapped(one.note)


def _columns(figure: Figure) -> list[str]:
    rounds = len(figure.samples[figure.base])
    count = f"median of {rounds}" if rounds > 1 else "once"
    columns = [f"{figure.title} ({count})", figure.unit, "ratio"]
    columns += ["range of the ratio"] * (rounds > 1)
    return columns + ["goal"] * bool(figure.goals)


def _rows(figure: Figure) -> Iterator[list[str]]:
    for way, samples in figure.samples.items():
        ratios = figure.ratios(way)
        row = [way, number(statistics.median(samples)), f"{figure.ratio(way):.2f}"]
        if len(samples) > 1:
            span = f"{min(ratios):.2f} to {max(ratios):.2f}"
            row.append("" if way == figure.base else span)
        if figure.goals:
            met = {None: "", True: ": met", False: ": **missed**"}[figure.met(way)]
            row.append(figure.goals.get(way, "") + met)
        yield row


def number(value: float) -> str:
    """Return a number with three significant digits, without an exponent."""
    if value >= 100:
        return f"{value:.0f}"
    return f"{value:.3g}"
