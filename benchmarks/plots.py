"""Plot ratios: a dot for each round, a line at the median, and the goal."""

from __future__ import annotations

from collections.abc import Sequence
from pathlib import Path
from typing import Any

import matplotlib as mpl

mpl.use("svg")
import matplotlib.pyplot as plt
from matplotlib.axes import Axes

from benchmarks.figures import Figure

STYLE: Any = {"svg.hashsalt": "holdfast", "svg.fonttype": "none", "font.size": 9}
INCHES_A_ROW = 0.28


def draw(path: Path, figures: Sequence[Figure]) -> None:
    """Write one SVG with an axis for each figure that has at least two rounds."""
    shown = [one for one in figures if len(one.samples) > 1 and len(one.samples[one.base]) > 1]
    path.unlink(missing_ok=True)
    if not shown:
        return
    path.parent.mkdir(exist_ok=True)
    rows = [len(one.samples) + 2 for one in shown]
    with mpl.rc_context(STYLE):
        canvas, axes = plt.subplots(
            len(shown),
            squeeze=False,
            figsize=(8, INCHES_A_ROW * sum(rows)),
            height_ratios=rows,
            layout="constrained",
        )
        for axis, one in zip(axes[:, 0], shown, strict=True):
            _axis(axis, one)
        canvas.savefig(path, metadata={"Date": None})
        plt.close(canvas)


def _axis(axis: Axes, figure: Figure) -> None:
    ways = list(figure.samples)[::-1]
    for row, way in enumerate(ways):
        ratios = figure.ratios(way)
        axis.plot(ratios, [row] * len(ratios), "o", color="tab:blue", alpha=0.35, markersize=4)
        axis.plot([figure.ratio(way)], [row], "|", color="black", markersize=12, mew=2)
        if way in figure.goals:
            value = float(figure.goals[way].split()[1])
            axis.plot([value], [row], "d", color="tab:red", markersize=6, fillstyle="none")
    axis.axvline(1, color="grey", linewidth=0.8)
    axis.set_xscale("log")
    axis.set_yticks(range(len(ways)), [way.replace("`", "") for way in ways])
    axis.set_ylim(-0.6, len(ways) - 0.4)
    # Towards the right: there is room above the names of the ways.
    title = f"{figure.title}: ratio to {figure.base}".replace("`", "")
    axis.set_title(title, loc="right", fontsize=9)
    axis.xaxis.set_major_formatter(lambda value, _: f"{value:g}")
    axis.xaxis.set_minor_formatter(lambda value, _: f"{value:g}")
    axis.tick_params(axis="x", which="minor", labelsize=7)
    axis.grid(axis="x", which="both", linewidth=0.3)
