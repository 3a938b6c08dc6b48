"""The wheel that is built from the sdist, installed where nothing else is."""

from __future__ import annotations

import os
import re
import zipfile
from pathlib import Path

import yaml

from testhosts import binary, hosts
from testhosts.machine import doctor
from tests import man
from tests.packaging.conftest import run
from tests.skips import lacks

OWN = re.compile(r"^holdfast-[^/]+\.(dist-info|data)/")
COLLECTION = "ansible_collections/holdfast/registry"


def test_the_wheel_carries_the_collection_once(wheel: Path) -> None:
    names = zipfile.ZipFile(wheel).namelist()
    for part in (
        "galaxy.yml",
        "meta/runtime.yml",
        "playbooks/deploy.yml",
        "plugins/action/deploy.py",
        "plugins/module_utils/deploy/activate.py",
        "roles/registry/tasks/main.yml",
        "roles/registry/meta/argument_specs.yml",
        "templates/proxy/nginx.conf.j2",
    ):
        assert [name for name in names if name.endswith(f"/{part}")] == [f"{COLLECTION}/{part}"]
    tops = {name.split("/")[0] for name in names if not OWN.search(name)}
    assert tops == {"ansible_collections", "holdfast"}
    assert not [name for name in names if "__pycache__" in name]


def test_it_says_its_version_and_its_verbs(programs: Path, tmp_path: Path) -> None:
    holdfast = programs / "holdfast"
    assert "holdfast, version 0." in run(holdfast, "--version", cwd=tmp_path).stdout
    assert "deploy" in run(holdfast, "--help", cwd=tmp_path).stdout


def test_man_finds_its_pages_beside_the_program(programs: Path, tmp_path: Path) -> None:
    pages = programs.parent / "share/man"
    program = man.program()
    if not program:
        lacks("man", "no man here: make tools")
    found = run(program, "-w", "holdfast-deploy", cwd=tmp_path, PATH=f"{programs}:/usr/bin:/bin")
    assert found.stdout.strip() == str(pages / "man1/holdfast-deploy.1")


def test_ansible_finds_the_collection_by_itself(programs: Path, example: Path) -> None:
    folder = example.parent
    found = run(programs / "ansible-galaxy", "collection", "list", cwd=folder).stdout
    assert ["holdfast.registry", "0.1.0"] in [line.split() for line in found.splitlines()]
    role = "holdfast.registry.registry"
    shown = run(programs / "ansible-doc", "-t", "role", role, cwd=folder).stdout
    assert "registry_tls_mode" in shown
    argv = ("-i", "single/hosts.yml", "holdfast.registry.check")
    played = run(programs / "ansible-playbook", *argv, cwd=folder).stdout
    assert "failed=0" in played


def test_it_renders(programs: Path, example: Path) -> None:
    out = example.parent / "out"
    done = run(programs / "holdfast", "render", "-i", example, "-o", out, cwd=example.parent)
    written = [path for path in (out / "registry1").rglob("*") if path.is_file()]
    assert f"{len(written)} files" in done.stdout
    assert "rootdirectory" in (out / "registry1" / "registry" / "config.yml").read_text()


def test_it_deploys_and_verifies(programs: Path, example: Path) -> None:
    problems = doctor()
    if problems:
        lacks("hosts", "; ".join(problems))
    host = hosts.up(f"packaging-{os.getpid()}")
    registry = binary.obtain()
    own = {
        **host.inventory_vars(),
        "registry_distribution_source": "file",
        "registry_distribution_path": registry["path"],
        "registry_distribution_checksum": f"sha256:{registry['sha256']}",
    }
    holdfast, folder = programs / "holdfast", example.parent
    try:
        (example / "host_vars").mkdir()
        (example / "host_vars" / "registry1.yml").write_text(yaml.safe_dump(own))
        done = run(holdfast, "deploy", "-i", example, cwd=folder)
        assert "serves generation 1" in done.stdout
        argv = ("-i", "single/hosts.yml", "holdfast.registry.deploy")
        played = run(programs / "ansible-playbook", *argv, cwd=folder).stdout
        assert "changed=0" in played
        done = run(holdfast, "verify", "--by-address", "-i", example, cwd=folder)
        assert " 0 failed" in done.stdout
    finally:
        host.down()
