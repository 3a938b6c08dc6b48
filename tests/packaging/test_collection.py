"""The collection as Galaxy publishes it: what it holds, and what it says where it cannot work."""

from __future__ import annotations

import subprocess
import tarfile
from pathlib import Path

import pytest
import yaml

from holdfast import __version__
from tests.packaging.conftest import attempt, run

PLACE = "ansible_collections/holdfast/registry"
PUBLISHED = {
    *("CHANGELOG.md", "FILES.json", "LICENSE", "MANIFEST.json", "README.md", "requirements.txt"),
    *("changelogs", "docs", "meta", "playbooks", "plugins", "roles", "templates"),
}
CLIENTS = {
    "registry_clients": {
        "hosts": {"build1.invalid": None},
        "vars": {"holdfast_client_kinds": ["docker"], "holdfast_client_authority": "r.invalid"},
    }
}


def play(
    python: Path, collections: Path, folder: Path, name: str
) -> subprocess.CompletedProcess[str]:
    """Run a playbook of an installed collection on an inventory."""
    argv = ("-m", "ansible", "playbook", "-i", "hosts.yml", f"holdfast.registry.{name}")
    return attempt(python, *argv, cwd=folder, ANSIBLE_COLLECTIONS_PATH=str(collections))


def mark(collections: Path, text: str) -> None:
    """Add a comment to every template of nginx and every host program of an installed copy."""
    root = collections / PLACE
    for path in [*root.glob("templates/proxy/*.j2"), *root.rglob("plugins/module_utils/**/*.py")]:
        path.write_text(f"{path.read_text()}# {text}\n")


def test_it_holds_what_a_user_needs_and_nothing_else(artefact: Path) -> None:
    with tarfile.open(artefact) as archive:
        names = archive.getnames()
        requirement = archive.extractfile("requirements.txt")
        assert requirement
        assert f"\nholdfast=={__version__}\n" in requirement.read().decode()
        environment = archive.extractfile("meta/execution-environment.yml")
        assert environment
        needed = yaml.safe_load(environment)["dependencies"]
    assert {name.split("/")[0] for name in names} == PUBLISHED
    assert needed == {"python": "requirements.txt"}
    assert "templates/proxy/nginx.conf.j2" in names


@pytest.mark.parametrize("name", ["deploy", "check", "client"])
def test_without_the_package_it_says_what_to_install(
    core: Path, collections: Path, example: Path, name: str
) -> None:
    hosts = yaml.safe_load((example / "hosts.yml").read_text())
    (example / "hosts.yml").write_text(yaml.safe_dump({**hosts, **CLIENTS}))
    done = play(core, collections, example, name)
    said = " ".join((done.stdout + done.stderr).split())
    assert done.returncode == 2, said
    assert f"Run: {core} -m pip install holdfast=={__version__}" in said
    # No host was contacted: their names lead nowhere.
    assert "changed=0 unreachable=0 failed=1" in said


def test_another_version_of_the_package_is_refused(
    programs: Path, artefact: Path, collections: Path, example: Path
) -> None:
    path = collections / PLACE / "plugins/plugin_utils/controller_action.py"
    text = path.read_text()
    path.write_text(text.replace(f'VERSION = "{__version__}"', 'VERSION = "9.9.9"'))
    assert path.read_text() != text
    done = play(programs / "python", collections, example, "deploy")
    said = " ".join((done.stdout + done.stderr).split())
    assert done.returncode == 2, said
    assert f"found {__version__}. Run: {programs / 'python'} -m pip install holdfast==9.9.9" in said
    assert "unreachable=0 failed=1" in said
    # What is to be run works, with the artefact's file in place of a server that has it.
    options = f"--force -p {collections}"
    assert f"collection install holdfast.registry:=={__version__} {options}" in said
    argv = ("collection", "install", artefact, "--offline", *options.split())
    run(programs / "ansible-galaxy", *argv, cwd=example, ANSIBLE_COLLECTIONS_PATH=str(collections))
    assert play(programs / "python", collections, example, "check").returncode == 0


def test_the_copy_that_runs_is_the_one_that_is_rendered(
    programs: Path, collections: Path, example: Path
) -> None:
    mark(collections, "from the copy")
    done = play(programs / "python", collections, example, "render")
    assert done.returncode == 0, done.stdout + done.stderr
    rendered = example / "rendered/registry1"
    agent = [path.read_text() for path in (rendered / "agent").rglob("*.py")]
    assert "# from the copy" in (rendered / "proxy/nginx.conf").read_text()
    assert agent
    assert all("# from the copy" in text for text in agent)


def test_the_command_runs_the_copy_that_it_came_with(
    programs: Path, collections: Path, example: Path
) -> None:
    mark(collections, "from the copy")
    argv = ("render", "-i", example, "-o", example / "out")
    run(programs / "holdfast", *argv, cwd=example, ANSIBLE_COLLECTIONS_PATH=str(collections))
    texts = [path.read_text() for path in (example / "out").rglob("*") if path.is_file()]
    assert any("worker_connections" in text for text in texts)
    assert not [text for text in texts if "from the copy" in text]
