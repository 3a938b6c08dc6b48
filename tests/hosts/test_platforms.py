"""A host reports its platform if the inventory names none."""

from __future__ import annotations

import os
import subprocess
import sys
from collections.abc import Callable
from pathlib import Path

import pytest

from tests.hosts.conftest import PASSWORD, Site

PACKAGED = {
    "registry_platform": None,
    "registry_distribution_source": "package",
    "registry_distribution_path": None,
    "registry_distribution_checksum": None,
}


@pytest.fixture(scope="module")
def site(new_site: Callable[..., Site]) -> Site:
    """A Debian 12 of which the inventory does not say so, deployed once."""
    made = new_site("debian12", **PACKAGED)
    made.deploy()
    return made


def test_it_runs_what_its_platform_has(site: Site) -> None:
    assert site.client(password=PASSWORD).check() == 200
    assert "registry 2.8.2, intact, answering" in site.holdfast("status").stdout


def test_a_second_deploy_asks_the_host_once_and_changes_nothing(site: Site) -> None:
    assert "nothing to do (generation 1, intact" in site.deploy()
    site.write()
    argv = [str(Path(sys.executable).parent / "ansible-playbook"), "-i", str(site.folder), "-vvv"]
    environment = {**os.environ, "ANSIBLE_PIPELINING": "true"}
    done = subprocess.run(
        [*argv, "holdfast.registry.deploy"],
        capture_output=True,
        text=True,
        check=False,
        env=environment,
    )
    assert done.returncode == 0, done.stdout + done.stderr
    assert done.stdout.count("SSH: EXEC") == 1, done.stdout


def test_verify_expects_what_the_host_runs(site: Site) -> None:
    done = site.holdfast("verify", "--only", "host", "--only", "supply", "--by-address")
    assert done.returncode == 0, done.stdout + done.stderr


def test_render_says_for_which_platform(site: Site, tmp_path: Path) -> None:
    done = site.holdfast("render", "-o", str(tmp_path / "out"))
    assert "r1: registry_platform is not given: rendered for Debian 13" in done.stdout
    named = site.holdfast("render", "-o", str(tmp_path / "out2"), registry_platform="debian12")
    assert "rendered for" not in named.stdout
