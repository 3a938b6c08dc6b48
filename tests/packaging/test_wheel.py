"""What is published: the wheel that is built from the sdist, installed where nothing else is."""

from __future__ import annotations

import os
import shutil
import subprocess
import sys
import tarfile
import zipfile
from collections.abc import Iterator
from pathlib import Path

import pytest
import yaml

from testhosts import binary, hosts
from testhosts.machine import doctor

ROOT = Path(__file__).parents[2]
BUNDLE = "holdfast/_bundle/ansible_collections/holdfast/registry"


def run(*argv: str | Path, cwd: Path) -> subprocess.CompletedProcess[str]:
    """Run a program far from the checkout and its environment."""
    environment = {"PATH": "/usr/bin:/bin:/usr/sbin", "HOME": str(cwd)}
    kept = [name for name in os.environ if name.upper().startswith(("PIP_", "HTTP", "NO_PROXY"))]
    environment |= {name: os.environ[name] for name in kept}
    done = subprocess.run(
        [str(part) for part in argv],
        cwd=cwd,
        env=environment,
        capture_output=True,
        text=True,
        check=False,
    )
    assert done.returncode == 0, done.stdout + done.stderr
    return done


@pytest.fixture(scope="module")
def wheel(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """Build the sdist, and from that alone the wheel."""
    out = tmp_path_factory.mktemp("dist")
    run(sys.executable, "-m", "build", "--outdir", out, ROOT, cwd=out)
    (sdist,) = out.glob("*.tar.gz")
    with tarfile.open(sdist) as archive:
        names = [name for name in archive.getnames() if "/.cache/" in name or "/.demo/" in name]
        assert not names, "caches are no source"
    (found,) = out.glob("*.whl")
    return found


@pytest.fixture(scope="module")
def installed(wheel: Path, tmp_path_factory: pytest.TempPathFactory) -> Path:
    """Install the wheel into a clean environment; return its `holdfast`."""
    folder = tmp_path_factory.mktemp("venv")
    run(sys.executable, "-m", "venv", folder, cwd=folder)
    run(folder / "bin" / "pip", "install", "--quiet", wheel, cwd=folder)
    return folder / "bin" / "holdfast"


@pytest.fixture
def example(tmp_path: Path) -> Iterator[Path]:
    """The first example, copied as a user would."""
    shutil.copytree(ROOT / "inventory" / "single", tmp_path / "single")
    yield tmp_path / "single"


def test_the_wheel_carries_the_collection(wheel: Path) -> None:
    names = set(zipfile.ZipFile(wheel).namelist())
    for part in (
        "galaxy.yml",
        "meta/runtime.yml",
        "playbooks/deploy.yml",
        "plugins/action/gate.py",
        "plugins/module_utils/activation.py",
        "roles/registry/tasks/main.yml",
        "roles/registry/meta/argument_specs.yml",
        "templates/proxy/nginx.conf.j2",
    ):
        assert f"{BUNDLE}/{part}" in names
    assert not [name for name in names if "__pycache__" in name or name.startswith("tests/")]


def test_it_says_its_version_and_its_verbs(installed: Path, tmp_path: Path) -> None:
    assert "holdfast, version 0." in run(installed, "--version", cwd=tmp_path).stdout
    assert "deploy" in run(installed, "--help", cwd=tmp_path).stdout


def test_it_renders(installed: Path, example: Path) -> None:
    out = example.parent / "out"
    done = run(installed, "render", "-i", example, "-o", out, cwd=example.parent)
    written = [path for path in (out / "registry1").rglob("*") if path.is_file()]
    assert f"{len(written)} files" in done.stdout
    assert "rootdirectory" in (out / "registry1" / "registry" / "config.yml").read_text()


def test_it_deploys_and_verifies(installed: Path, example: Path) -> None:
    problems = doctor()
    if problems:
        pytest.skip(f"no systemd containers here: {'; '.join(problems)}")
    host = hosts.up(f"packaging-{os.getpid()}")
    registry = binary.obtain()
    own = {
        **host.inventory_vars(),
        "registry_distribution_source": "file",
        "registry_distribution_path": registry["path"],
        "registry_distribution_checksum": f"sha256:{registry['sha256']}",
    }
    try:
        (example / "host_vars").mkdir()
        (example / "host_vars" / "registry1.yml").write_text(yaml.safe_dump(own))
        done = run(installed, "deploy", "-i", example, cwd=example.parent)
        assert "serves generation 1" in done.stdout
        done = run(installed, "verify", "--by-address", "-i", example, cwd=example.parent)
        assert " 0 failed" in done.stdout
    finally:
        host.down()
