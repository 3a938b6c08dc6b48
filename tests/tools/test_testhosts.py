"""The test hosts' pure parts: apt sources, recipes, addresses, and the registry's download."""

from __future__ import annotations

import hashlib
import io
import json
import subprocess
import sys
import tarfile
import threading
from collections.abc import Iterator
from functools import partial
from http.server import SimpleHTTPRequestHandler, ThreadingHTTPServer
from pathlib import Path

import pytest
import yaml

from testhosts import apt, binary, cache, cleanup, hosts, machine, qemu
from testhosts.images import Recipe

DEB822 = """\
Types: deb deb-src
# http://snapshot.example.org/archive/debian/20250520T000000Z
URIs: https://mirror.example.org/repository/apt-proxy/
Suites: bookworm
 bookworm-updates
Components: main contrib
"""
ONE_LINE = """\
# deb http://old.example.org/debian bookworm main
deb [arch=amd64 signed-by=/usr/share/keyrings/x.gpg] http://one.example.org/debian/ bookworm main
"""
SECURITY = "deb http://security.example.org/debian-security bookworm-security main\n"
RECIPE = Recipe("trixie", ("systemd", "dbus"), "hook", "http://mirror", ('Acquire::Retries "3"',))


@pytest.mark.parametrize(
    ("suffix", "text", "expected"),
    [
        (".sources", DEB822, "https://mirror.example.org/repository/apt-proxy"),
        (".sources", "Enabled: no\n" + DEB822, apt.DEFAULT_MIRROR),
        (".sources", SECURITY, apt.DEFAULT_MIRROR),
        (".list", ONE_LINE, "http://one.example.org/debian"),
        (".list", SECURITY + ONE_LINE, "http://one.example.org/debian"),
        (".list", "deb cdrom:[Debian]/ bookworm main\n", apt.DEFAULT_MIRROR),
        (".list", "", apt.DEFAULT_MIRROR),
    ],
)
def test_the_mirror_is_that_of_the_machines_own_release(
    suffix: str, text: str, expected: str
) -> None:
    assert apt.mirror_in([(suffix, text)], "bookworm") == expected


def test_a_list_of_mirrors_is_followed(tmp_path: Path) -> None:
    (tmp_path / "debian.list").write_text("https://cdn.example.org/debian\thttp://b.example.org\n")
    text = DEB822.replace(
        "https://mirror.example.org/repository/apt-proxy/", f"mirror+file:{tmp_path}/debian.list"
    )
    assert apt.mirror_in([(".sources", text)], "bookworm") == "https://cdn.example.org/debian"


def test_options_are_those_that_say_how_packages_are_fetched() -> None:
    dump = (
        'APT::Architecture "amd64";\nAcquire::http::Proxy "http://proxy.example.org:3128";\n'
        'Acquire::Check-Date "false";\nAcquire::Languages "en";\nAcquire::Retries "3";\n'
    )
    assert apt.options_in(dump) == [
        'Acquire::http::Proxy "http://proxy.example.org:3128"',
        'Acquire::Check-Date "false"',
        'Acquire::Retries "3"',
    ]


@pytest.mark.parametrize(
    "changed",
    [
        Recipe("bookworm", *(RECIPE.packages, RECIPE.hook, RECIPE.mirror, RECIPE.options)),
        Recipe("trixie", ("systemd",), RECIPE.hook, RECIPE.mirror, RECIPE.options),
        Recipe("trixie", RECIPE.packages, "another", RECIPE.mirror, RECIPE.options),
        Recipe("trixie", RECIPE.packages, RECIPE.hook, "http://other", RECIPE.options),
        Recipe("trixie", RECIPE.packages, RECIPE.hook, RECIPE.mirror, ()),
    ],
)
def test_another_recipe_is_another_image(changed: Recipe) -> None:
    assert changed.fingerprint != RECIPE.fingerprint


def test_a_recipe_is_one_command() -> None:
    argv = RECIPE.command(Path("/cache/image.tar"))
    assert "mmdebstrap" in argv
    assert "--include=systemd,dbus" in argv
    assert '--aptopt=Acquire::Retries "3"' in argv
    assert argv[-3:] == ["trixie", "/cache/image.tar", "http://mirror"]


def test_a_host_trusts_one_key_and_asks_nothing(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setenv("HOLDFAST_CACHE", str(tmp_path))
    host = hosts.Host("one", "10.89.1.11", "debian13", "bare")
    argv = host.ssh_command()
    assert argv[:3] == ["ssh", "-i", str(tmp_path / "key")]
    assert f"UserKnownHostsFile={tmp_path}/hosts/one.known_hosts" in argv
    assert {"StrictHostKeyChecking=yes", "BatchMode=yes", "IdentitiesOnly=yes"} <= set(argv)
    assert argv[-1] == "root@10.89.1.11"
    variables = yaml.safe_load(json.dumps(host.inventory_vars()))
    assert variables["ansible_host"] == "10.89.1.11"
    assert variables["ansible_ssh_private_key_file"] == str(tmp_path / "key")


def test_an_address_has_one_hardware_address() -> None:
    assert hosts.mac("10.89.1.11") == "02:00:0a:59:01:0b"


@pytest.mark.parametrize("name", ["", "a b", "-a", "A", "a/b", "a" * 64])
def test_a_name_that_is_no_host_name_is_refused(name: str) -> None:
    with pytest.raises(machine.HarnessError, match="expected a host name") as caught:
        hosts.up(name)
    assert caught.value.code == 3


def test_wrong_use_has_an_exit_code_of_its_own() -> None:
    done = subprocess.run(
        [sys.executable, "-m", "testhosts", "fly"], capture_output=True, text=True, check=False
    )
    assert done.returncode == 3
    assert "invalid choice: 'fly'" in done.stderr


@pytest.fixture
def releases(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Iterator[Path]:
    """A server of releases; its folder of version 2.9.9, which Go cannot build."""
    folder = tmp_path / "www" / "v2.9.9"
    folder.mkdir(parents=True)
    handler = partial(SimpleHTTPRequestHandler, directory=str(tmp_path / "www"))
    server = ThreadingHTTPServer(("127.0.0.1", 0), handler)
    threading.Thread(target=server.serve_forever, daemon=True).start()
    monkeypatch.setattr(binary, "RELEASES", f"http://127.0.0.1:{server.server_port}")
    monkeypatch.setenv("HOLDFAST_CACHE", str(tmp_path / "cache"))
    monkeypatch.setattr("platform.machine", lambda: "x86_64")
    yield folder
    server.shutdown()
    server.server_close()


def publish(folder: Path, content: bytes) -> Path:
    """Publish a release as upstream does: an archive, and its checksum beside it."""
    archive = folder / "registry_2.9.9_linux_amd64.tar.gz"
    with tarfile.open(archive, "w:gz") as members:
        for name, text in (("LICENSE", b"free"), ("registry", content)):
            entry = tarfile.TarInfo(name)
            entry.size = len(text)
            members.addfile(entry, io.BytesIO(text))
    checksum = hashlib.sha256(archive.read_bytes()).hexdigest()
    Path(f"{archive}.sha256").write_text(f"{checksum}  {archive.name}\n")
    return archive


def test_a_release_is_downloaded_once(releases: Path) -> None:
    archive = publish(releases, b"#!/bin/sh\necho registry\n")
    found = binary.obtain("2.9.9")
    assert found["origin"] == "release"
    assert found["sha256"] == hashlib.sha256(b"#!/bin/sh\necho registry\n").hexdigest()
    assert subprocess.check_output([found["path"]], text=True) == "registry\n"
    archive.unlink()
    assert binary.obtain("2.9.9") == found


def test_a_release_with_another_checksum_is_refused(releases: Path) -> None:
    archive = publish(releases, b"registry")
    archive.write_bytes(archive.read_bytes() + b"more")
    with pytest.raises(machine.HarnessError, match="expected checksum") as caught:
        binary.obtain("2.9.9")
    assert caught.value.code == 4


def test_no_release_and_no_way_to_build_it_is_said(releases: Path) -> None:
    assert not list(releases.iterdir())
    with pytest.raises(machine.HarnessError, match="out of reach") as caught:
        binary.obtain("2.9.9")
    assert caught.value.code == 4


def test_of_the_machines_own_names_hosts_get_those_that_apt_needs() -> None:
    text = (
        "127.0.0.1 localhost\n# 192.0.2.9 mirror.example.org\n"
        "192.0.2.1 mirror.example.org mirror  # apt\n"
        "10.89.0.11 registry.holdfast.test  # holdfast demo\n"
    )
    assert apt.host_lines(text, {"mirror.example.org"}) == ["192.0.2.1 mirror.example.org"]


def test_another_clone_has_other_names_and_addresses(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    found = []
    for clone in ("one", "two"):
        monkeypatch.setenv("HOLDFAST_CACHE", str(tmp_path / clone))
        found.append({cache.identity(), cleanup.volatile(), qemu.network()})
    assert not found[0] & found[1]
    assert qemu.network().startswith("127.")
