"""Install versions of holdfast: the wheel of a commit, and of the working tree."""

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
    """Return the full name of a commit. Raises ValueError if there is none."""
    argv = ["git", "rev-parse", "--verify", "--quiet", f"{ref}^{{commit}}"]
    done = subprocess.run(argv, cwd=ROOT, capture_output=True, text=True, check=False)
    if done.returncode:
        raise ValueError(f"{ref}: expected a commit of this repository. Give one by BASE=REF")
    return done.stdout.strip()


def described() -> str:
    """Describe the working tree: its commit, and whether it has uncommitted changes."""
    argv = ["git", "describe", "--always", "--dirty=, with uncommitted changes", "--exclude=*"]
    return subprocess.run(argv, cwd=ROOT, capture_output=True, text=True, check=True).stdout.strip()


def of_commit(name: str) -> Path:
    """Return the folder of a commit's version; build it once and keep it in the cache."""
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

    Dependencies are those of our own venv, so that two versions differ only in our files.
    Uncommitted changes of the tree are included.
    """
    options = ("--wheel", "--no-isolation", "--outdir", str(folder))
    _quietly(sys.executable, "-m", "build", *options, source)
    environment = folder / "venv"
    _quietly(sys.executable, "-m", "venv", "--without-pip", environment)
    pip = (sys.executable, "-m", "pip", "--disable-pip-version-check", "--python", str(environment))
    _quietly(*pip, "install", "--no-deps", "--no-index", wheel(folder))
    (site,) = environment.glob("lib/python*/site-packages")
    # addsitedir reads the .pth files there, too: an environment may stand on another one.
    line = f"import site; site.addsitedir({sysconfig.get_path('purelib')!r})\n"
    (site / "dependencies.pth").write_text(line)
    return folder


def python(folder: Path) -> str:
    """Return the interpreter of a version."""
    return str(folder / "venv" / "bin" / "python")


def wheel(folder: Path) -> Path:
    """Return the wheel of a version."""
    (found,) = folder.glob("*.whl")
    return found


def same(one: Path, other: Path) -> bool:
    """Return True if two versions hold the same files."""
    return _contents(one) == _contents(other)


def _contents(folder: Path) -> set[tuple[str, int]]:
    with zipfile.ZipFile(wheel(folder)) as archive:
        return {(each.filename, each.CRC) for each in archive.infolist()}


def _quietly(*argv: str | Path) -> None:
    done = subprocess.run(argv, capture_output=True, text=True, check=False)
    if done.returncode:
        raise RuntimeError(f"{argv}: exit code {done.returncode}\n{done.stdout}{done.stderr}")
