"""Versions of holdfast as they are installed: the wheel of a commit, and of the working tree."""

from __future__ import annotations

import shutil
import subprocess
import sys
import sysconfig
import zipfile
from pathlib import Path

from testhosts.cache import cache, locked

ROOT = Path(__file__).parents[1]


def commit(ref: str) -> str:
    """Return the full name of a commit; ValueError when there is no such."""
    argv = ["git", "rev-parse", "--verify", "--quiet", f"{ref}^{{commit}}"]
    done = subprocess.run(argv, cwd=ROOT, capture_output=True, text=True, check=False)
    if done.returncode:
        raise ValueError(f"{ref}: expected a commit of this repository. Give one by BASE=REF")
    return done.stdout.strip()


def described() -> str:
    """Say what the working tree is: its commit, and whether it holds more than that."""
    argv = ["git", "describe", "--always", "--dirty=, with uncommitted changes", "--exclude=*"]
    return subprocess.run(argv, cwd=ROOT, capture_output=True, text=True, check=True).stdout.strip()


def of_commit(name: str) -> Path:
    """Return the folder of a commit's version, built once and kept in the cache."""
    folder = cache() / "versions" / name
    with locked("versions"):
        if not (folder / "ready").exists():
            shutil.rmtree(folder, ignore_errors=True)
            source = folder / "source"
            source.mkdir(parents=True)
            argv = ["git", "archive", "--format=tar", name]
            with subprocess.Popen(argv, cwd=ROOT, stdout=subprocess.PIPE) as archive:
                subprocess.run(["tar", "-x", "-C", source], stdin=archive.stdout, check=True)
            build(source, folder)
            shutil.rmtree(source)
            (folder / "ready").touch()
    return folder


def build(source: Path, folder: Path) -> Path:
    """Build the wheel of a tree and install it into a venv in a folder; return the folder.

    What it depends on is that of our own venv: two versions differ in what is ours alone. The tree
    is taken as it lies, with changes that are not committed.
    """
    options = ("--wheel", "--no-isolation", "--outdir", str(folder))
    _quietly(sys.executable, "-m", "build", *options, source)
    environment = folder / "venv"
    _quietly(sys.executable, "-m", "venv", "--without-pip", environment)
    pip = (sys.executable, "-m", "pip", "--disable-pip-version-check", "--python", str(environment))
    _quietly(*pip, "install", "--no-deps", "--no-index", wheel(folder))
    (site,) = environment.glob("lib/python*/site-packages")
    (site / "dependencies.pth").write_text(sysconfig.get_path("purelib") + "\n")
    return folder


def python(folder: Path) -> str:
    """Return the interpreter that has a version."""
    return str(folder / "venv" / "bin" / "python")


def wheel(folder: Path) -> Path:
    """Return the wheel of a version."""
    (found,) = folder.glob("*.whl")
    return found


def same(one: Path, other: Path) -> bool:
    """Tell whether two versions hold the same files."""
    return _contents(one) == _contents(other)


def _contents(folder: Path) -> set[tuple[str, int]]:
    with zipfile.ZipFile(wheel(folder)) as archive:
        return {(each.filename, each.CRC) for each in archive.infolist()}


def _quietly(*argv: str | Path) -> None:
    done = subprocess.run(argv, capture_output=True, text=True, check=False)
    if done.returncode:
        raise RuntimeError(f"{argv}: exit code {done.returncode}\n{done.stdout}{done.stderr}")
