"""The published artefacts, built once, and clean environments."""

from __future__ import annotations

import os
import shutil
import subprocess
import sys
import tarfile
from collections.abc import Iterator
from importlib.metadata import distribution
from pathlib import Path

import pytest
from packaging.requirements import Requirement
from packaging.utils import canonicalize_name

ROOT = Path(__file__).parents[2]


def attempt(*argv: str | Path, cwd: Path, **more: str) -> subprocess.CompletedProcess[str]:
    """Run a program far from the checkout and its environment."""
    environment = {"PATH": "/usr/bin:/bin:/usr/sbin", "HOME": str(cwd), **more}
    kept = [name for name in os.environ if name.upper().startswith(("PIP_", "HTTP", "NO_PROXY"))]
    environment |= {name: os.environ[name] for name in kept}
    return subprocess.run(
        [str(part) for part in argv],
        cwd=cwd,
        env=environment,
        capture_output=True,
        text=True,
        check=False,
    )


def run(*argv: str | Path, cwd: Path, **more: str) -> subprocess.CompletedProcess[str]:
    """Run a program as `attempt` does; it has to succeed."""
    done = attempt(*argv, cwd=cwd, **more)
    assert done.returncode == 0, done.stdout + done.stderr
    return done


@pytest.fixture(scope="session")
def wheel(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """Build the sdist, and from that alone the wheel."""
    out = tmp_path_factory.mktemp("dist")
    run(sys.executable, "-m", "build", "--no-isolation", "--outdir", out, ROOT, cwd=out)
    (sdist,) = out.glob("*.tar.gz")
    with tarfile.open(sdist) as archive:
        names = [name for name in archive.getnames() if "/.cache/" in name or "/.demo/" in name]
        assert not names, "caches are no source"
    (found,) = out.glob("*.whl")
    return found


@pytest.fixture(scope="session")
def programs(wheel: Path, tmp_path_factory: pytest.TempPathFactory) -> Path:
    """Install the wheel into a clean environment; return the folder of its programs."""
    folder = tmp_path_factory.mktemp("venv")
    run(sys.executable, "-m", "venv", folder, cwd=folder)
    pip = (folder / "bin" / "pip", "--quiet", "--disable-pip-version-check")
    locked = ("--require-hashes", "--only-binary", ":all:", "--requirement", ROOT / "locks/use.txt")
    run(*pip, "install", *locked, cwd=folder)
    run(*pip, "install", "--no-index", "--no-deps", wheel, cwd=folder)
    # What the wheel itself asks for is there.
    run(*pip, "check", cwd=folder)
    return folder / "bin"


@pytest.fixture(scope="session")
def core(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """Return the Python of an environment that has ansible-core and what that needs, alone."""
    folder = tmp_path_factory.mktemp("core")
    run(sys.executable, "-m", "venv", "--without-pip", folder, cwd=folder)
    (site,) = folder.glob("lib/python*/site-packages")
    for path in _top_level_of("ansible-core"):
        (site / path.name).symlink_to(path)
    return folder / "bin" / "python"


def _top_level_of(name: str) -> set[Path]:
    """Return the installed files and folders of a distribution and of all that it needs."""
    found, waiting, known = set[Path](), [name], set[str]()
    while waiting:
        one = distribution(waiting.pop())
        known.add(canonicalize_name(one.metadata["Name"]))
        tops = {file.parts[0] for file in one.files or [] if ".." not in file.parts}
        found |= {Path(str(one.locate_file(top))) for top in tops - {"__pycache__"}}
        needed = [Requirement(text) for text in one.requires or []]
        names = [n.name for n in needed if not n.marker or n.marker.evaluate({"extra": ""})]
        waiting += [each for each in names if canonicalize_name(each) not in known]
    return found


@pytest.fixture(scope="session")
def artefact(core: Path, tmp_path_factory: pytest.TempPathFactory) -> Path:
    """Build what Galaxy publishes."""
    out = tmp_path_factory.mktemp("galaxy")
    options = ("--output-path", out)
    run(core, "-m", "ansible", "galaxy", "collection", "build", ROOT, *options, cwd=out)
    (found,) = out.glob("*.tar.gz")
    return found


@pytest.fixture
def collections(core: Path, artefact: Path, tmp_path: Path) -> Path:
    """Install the artefact, as a user does; return the folder for ANSIBLE_COLLECTIONS_PATH."""
    options = ("--offline", "-p", tmp_path / "collections")
    galaxy = (core, "-m", "ansible", "galaxy", "collection")
    run(*galaxy, "install", artefact, *options, cwd=tmp_path)
    return tmp_path / "collections"


@pytest.fixture
def example(tmp_path: Path) -> Iterator[Path]:
    """The first example, copied as a user would."""
    shutil.copytree(ROOT / "inventory" / "single", tmp_path / "single")
    yield tmp_path / "single"
