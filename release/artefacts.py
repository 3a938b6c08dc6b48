"""Build wheel, sdist and collection with bytes that depend on the source alone."""

from __future__ import annotations

import hashlib
import os
import shutil
import subprocess
import sys
from collections.abc import Iterable
from pathlib import Path

from holdfast.errors import HoldfastError
from release import collection


def build(source: Path, time: int) -> list[Path]:
    """Build the artefacts of a source; return them."""
    out = source.with_name(f"{source.name}-built")
    out.mkdir()
    _run(source, time, "-m", "build", "--no-isolation", "--outdir", str(out), str(source))
    galaxy = ("-m", "ansible", "galaxy", "collection", "build", str(source))
    _run(source, time, *galaxy, "--output-path", str(out))
    for path in out.glob("holdfast-registry-*.tar.gz"):
        collection.normalize(path, time)
    return sorted(out.iterdir())


def _run(source: Path, time: int, *words: str) -> None:
    own = {"SOURCE_DATE_EPOCH": str(time), "TZ": "UTC", "LC_ALL": "C.UTF-8"}
    argv = [sys.executable, *words]
    done = subprocess.run(
        argv, cwd=source, env={**os.environ, **own}, capture_output=True, text=True, check=False
    )
    if done.returncode:
        said = (done.stdout + done.stderr).strip()[-2000:]
        raise HoldfastError(f"{' '.join(words[:3])}: expected a build, failed: {said}")


def differing(first: Iterable[Path], second: Iterable[Path]) -> list[str]:
    """Return the names of artefacts that two builds do not have with the same bytes."""
    one, two = ({path.name: digest(path) for path in paths} for paths in (first, second))
    return sorted(name for name in {*one, *two} if one.get(name) != two.get(name))


def digest(path: Path) -> str:
    """Return the SHA-256 of a file."""
    return hashlib.sha256(path.read_bytes()).hexdigest()


def copied(artefacts: Iterable[Path], out: Path) -> list[Path]:
    """Copy artefacts to a folder; return the copies."""
    out.mkdir(parents=True, exist_ok=True)
    return [Path(shutil.copyfile(path, out / path.name)) for path in artefacts]


def checksums(paths: Iterable[Path]) -> str:
    """Return a list that `sha256sum --check` reads."""
    return "".join(f"{digest(path)}  {path.name}\n" for path in sorted(paths))
