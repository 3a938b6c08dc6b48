"""Processes that use a directory of images are found: real registries, on the host and confined."""

from __future__ import annotations

import os
import shutil
import subprocess
import sys
from pathlib import Path

import pytest
import yaml
from ansible_collections.holdfast.registry.plugins.module_utils.registry.client import (
    over_unix,
    two_layer_image,
)
from ansible_collections.holdfast.registry.plugins.module_utils.storage import preflight, users

from tests.integration.conftest import NAME, registry_process, running
from tests.skips import lacks

NOBODY = "nobody"
BOTH = pytest.mark.parametrize("registry_of", ["3.1.1", "2.8.2"], indirect=True)


def found(directory: Path) -> list[str]:
    return users.users(str(directory), NOBODY)


@BOTH
def test_an_idle_registry_is_found_by_its_configuration(registry_of: Path, tmp_path: Path) -> None:
    with registry_process(registry_of, tmp_path) as listening:
        client = over_unix(str(listening), NAME)
        client.push("team/app", "latest", two_layer_image("theirs"))
        client.close()
        (one,) = found(tmp_path / "data")
        assert "registry" in one
        assert " serve /" in one
        # By another name of the same directory, as well.
        (tmp_path / "link").symlink_to("data")
        assert found(tmp_path / "link") == [one]
        (tmp_path / "other").mkdir()
        assert found(tmp_path / "other") == []
        facts = {"place": "x", "directory": str(tmp_path / "data"), "adopt": True}
        (problem,) = preflight.in_use(facts)
        assert problem.startswith(f"{tmp_path}/data: expected no other process to use it, found ")
        assert preflight.in_use({**facts, "adopt": False}) == []
    assert found(tmp_path / "data") == []


def test_one_is_found_by_its_environment_and_from_where_it_stands(
    registry_binary: Path, tmp_path: Path
) -> None:
    (tmp_path / "data/docker").mkdir(parents=True)
    with registry_process(registry_binary, tmp_path):
        config = yaml.safe_load((tmp_path / "config.yml").read_text())
    config["storage"]["filesystem"]["rootdirectory"] = "elsewhere"
    config["http"]["addr"] = str(tmp_path / "second")
    (tmp_path / "second.yml").write_text(yaml.safe_dump(config))
    variable = {"REGISTRY_STORAGE_FILESYSTEM_ROOTDIRECTORY": str(tmp_path / "data")}
    client = over_unix(str(tmp_path / "second"), NAME)
    argv = [registry_binary, "serve", tmp_path / "second.yml"]
    with running(argv, tmp_path / "log", client.check, **variable):
        client.close()
        assert len(found(tmp_path / "data")) == 1
        assert found(tmp_path / "elsewhere") == []


def test_whoever_has_a_file_open_is_found_and_a_shell_there_is_not(tmp_path: Path) -> None:
    (tmp_path / "docker").mkdir()
    (tmp_path / "docker/file").write_text("")
    code = "import sys; stream = open(sys.argv[1]); print(flush=True); sys.stdin.read()"
    secret = "--password=of-somebody"
    for argv, where, count in (
        ([sys.executable, "-c", code, "docker/file", secret], tmp_path, 1),
        ([sys.executable, "-c", code, tmp_path / "docker/file", secret], "/", 1),
        (["bash", "-c", "echo; read"], tmp_path, 0),
    ):
        with subprocess.Popen(
            argv, cwd=where, stdin=subprocess.PIPE, stdout=subprocess.PIPE, text=True
        ) as process:
            assert process.stdout
            process.stdout.readline()
            result = found(tmp_path)
            process.communicate("\n")
        assert len(result) == count, result
        # The arguments of others can hold anything.
        assert secret not in str(result)
        assert count == 0 or f"(process {process.pid})" in result[0]


def test_one_in_a_container_is_found_by_its_mount(registry_binary: Path, tmp_path: Path) -> None:
    if os.getuid() != 0:
        lacks("hosts", "only root makes mount namespaces")
    images, root = tmp_path / "the images", tmp_path / "root"
    (images / "docker/registry/v2").mkdir(parents=True)
    for folder in ("var/lib/registry", "run"):
        (root / folder).mkdir(parents=True)
    shutil.copy(registry_binary, root / "registry")
    config = {"version": "0.1", "storage": {"filesystem": {"rootdirectory": "/var/lib/registry"}}}
    config["http"] = {"net": "unix", "addr": "/run/socket"}
    (root / "config.yml").write_text(yaml.safe_dump(config))
    shutil.copy(root / "registry", root / "anything")
    client = over_unix(str(root / "run/socket"), NAME)
    for program in ("registry", "anything"):
        script = 'mount --bind "$1" "$2/var/lib/registry"; exec chroot "$2" "/$3" serve /config.yml'
        argv = ["unshare", "-m", "sh", "-c", script, "sh", images, root, program]
        with running(argv, tmp_path / "log", client.check):
            client.close()
            (one,) = found(images)
            assert one.startswith(f"{program} (process ")
            (root / "run/socket").unlink()
    assert found(images) == []


@pytest.mark.parametrize(
    ("group", "todo"),
    [
        ("0::/system.slice/docker-registry.service\n", "systemctl stop docker-registry.service"),
        (f"0::/system.slice/docker-{'ab' * 32}.scope\n", "docker stop abababababab"),
        (f"0::/machine.slice/libpod-{'cd' * 32}.scope/container\n", "podman stop cdcdcdcdcdcd"),
        (f"12:pids:/docker/{'ef' * 32}\n", "docker stop efefefefefef"),
        ("0::/user.slice/user-0.slice/session-1.scope\n", ""),
    ],
)
def test_the_command_that_stops_it_is_named(tmp_path: Path, group: str, todo: str) -> None:
    """A folder like those of /proc: the test may not be in such a control group itself."""
    images, process = tmp_path / "images", tmp_path / "proc/4711"
    (process / "fd").mkdir(parents=True)
    (images / "docker").mkdir(parents=True)
    for name, text in (("cmdline", "nginx\0"), ("comm", "nginx\n"), ("cgroup", group)):
        (process / name).write_text(text)
    (process / "root").symlink_to("/")
    (process / "cwd").symlink_to("/")
    (process / "fd/5").symlink_to(images / "docker/file")
    (one,) = users.users(str(images), NOBODY, str(tmp_path / "proc"))
    assert one == f"nginx (process 4711){f', which ends with: {todo}' if todo else ''}"
