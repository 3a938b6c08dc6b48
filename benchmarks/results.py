"""Store the results of a suite in a file: measurements, versions, machine."""

from __future__ import annotations

import json
import os
import platform
import re
import subprocess
from dataclasses import asdict
from datetime import UTC, datetime
from importlib.metadata import version
from pathlib import Path
from typing import Any

from benchmarks.figures import Figure, Result, Table
from testhosts import binary

FOLDER = Path(__file__).parent / "results"
DIGITS = 6
"""Number of significant digits of a stored sample."""


def write(name: str, results: list[Result], seconds: float) -> Path:
    """Write the results of a suite to results/NAME.json; return the path."""
    FOLDER.mkdir(exist_ok=True)
    run = {
        "suite": name,
        "command": f".venv/bin/python -m benchmarks {name}",
        "seconds": round(seconds),
        "measured": datetime.now(UTC).strftime("%Y-%m-%d"),
        "machine": machine(),
        "figures": [asdict(_short(one)) for one in results if isinstance(one, Figure)],
        "tables": [asdict(one) for one in results if isinstance(one, Table)],
        "order": [one.title for one in results],
    }
    path = FOLDER / f"{name}.json"
    path.write_text(json.dumps(run, indent=1, ensure_ascii=False) + "\n")
    return path


def read(path: Path) -> tuple[dict[str, Any], list[Result]]:
    """Return the facts of a run, and its results in order."""
    run = json.loads(path.read_text())
    found: dict[str, Result] = {one["title"]: Figure(**one) for one in run["figures"]}
    found |= {one["title"]: Table(**one) for one in run["tables"]}
    return run, [found[title] for title in run["order"]]


def machine() -> dict[str, str]:
    """Describe the machine and the programs, as far as they explain a figure."""
    cpu = re.search(r"model name\s*:\s*(.+)", Path("/proc/cpuinfo").read_text())
    memory = re.search(r"MemTotal:\s*(\d+)", Path("/proc/meminfo").read_text())
    return {
        "processor": f"{os.cpu_count()} cores, {cpu[1] if cpu else platform.machine()}",
        "memory": f"{int(memory[1]) >> 20} GiB" if memory else "?",
        "kernel": platform.release().partition("-")[0],
        "system": platform.freedesktop_os_release()["PRETTY_NAME"],
        "load before": f"{os.getloadavg()[0]:.1f}",
        "python": platform.python_version(),
        "ansible-core": version("ansible-core"),
        "nginx": _said("nginx", "-v"),
        "registry": binary.VERSION,
        "commit": _said("git", "rev-parse", "--short", "HEAD"),
    }


def _said(*argv: str) -> str:
    """Return the last word of a program's output; `none` without output."""
    try:
        done = subprocess.run(argv, capture_output=True, text=True, check=True)
    except (OSError, subprocess.CalledProcessError):
        return "none"
    return (done.stdout + done.stderr).split()[-1].rpartition("/")[2]


def _short(figure: Figure) -> Figure:
    samples = {way: [float(f"{v:.{DIGITS}g}") for v in s] for way, s in figure.samples.items()}
    return Figure(figure.title, figure.unit, figure.base, samples, dict(figure.goals), figure.note)
