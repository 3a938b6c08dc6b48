"""The commands of the tutorial, as printed: from an empty folder to a team and back."""

from __future__ import annotations

import json
import os
import re
import sys
from collections.abc import Callable
from pathlib import Path
from typing import NamedTuple

import pytest
from ansible_collections.holdfast.registry.plugins.module_utils.registry.client import (
    over_tls,
    two_layer_image,
)

from tests import pictures
from tests.hosts.conftest import Site
from tests.skips import lacks
from tests.tutorial import blocks

NAME = "registry.acme.example"
ADDRESS = "192.0.2.10"
KNOWN = "mkdir -p acme/host_vars; cp known.yml acme/host_vars/registry.acme.example.yml\n"
"""Lines of the test host itself: the key of its ssh, and a registry that it has already."""
TIMEOUT = 900
PLACE = "/mnt"
"""Folder in which the tutorial is followed."""
PROMPT = "@@ "
"""Prompt of the shell before each command."""
PICTURED = {
    "deploy": "holdfast deploy -i acme -m 'the first one'",
    "verify": "holdfast verify -i acme --profile basic",
    "access": "holdfast access explain alice team/app -i acme",
    "generations": "holdfast generations -i acme",
}
"""Commands of the tutorial that the docs show in pictures: those that say the same next year."""

pytestmark = pytest.mark.host


class Followed(NamedTuple):
    """A tutorial that was followed."""

    site: Site
    folder: Path
    written: bytes
    """Output of the commands, to a terminal."""


def script(site: Site) -> str:
    """Return the tutorial's commands, with the test host's address, as one script."""
    run = [text for text, why in blocks() if not why]
    (begin,) = [number for number, text in enumerate(run) if "holdfast init " in text]
    run.insert(begin + 1, KNOWN)
    # Root's shell takes no prompt from its environment.
    return "".join([f"PS4='{PROMPT}'\n", *run]).replace(ADDRESS, site.host.address)


def inventory(site: Site) -> str:
    """Return the variables of `known.yml`."""
    own = {**site.host.inventory_vars(), **site.variables}
    kept = r"ansible_ssh_.+|registry_distribution_.+|registry_platform"
    return json.dumps({name: value for name, value in own.items() if re.fullmatch(kept, name)})


@pytest.fixture(scope="module")
def followed(new_site: Callable[..., Site], tmp_path_factory: pytest.TempPathFactory) -> Followed:
    """Follow the tutorial in a terminal; return the host, the folder and the output."""
    if os.geteuid():
        lacks("root", "the name of the registry is set for one process, in a mount namespace")
    site, folder = new_site(), tmp_path_factory.mktemp("tutorial")
    (folder / "known.yml").write_text(inventory(site))
    (folder / "names").write_text(f"127.0.0.1 localhost\n{site.host.address} {NAME}\n")
    # The folder's own path differs in each run, and pictures show it.
    shell = (
        f"mount --bind {folder / 'names'} /etc/hosts && mount --bind {folder} {PLACE}"
        f" && cd {PLACE} && exec bash -ex script"
    )
    (folder / "script").write_text(script(site))
    programs = str(Path(sys.executable).parent)
    environment = {
        **os.environ,
        "PATH": f"{programs}:{os.environ['PATH']}",
        "XDG_STATE_HOME": f"{PLACE}/state",
        "LOGNAME": "ann",
    }
    argv = ["unshare", "--mount", "sh", "-c", shell]
    written = pictures.recorded(argv, folder, environment, TIMEOUT)
    return Followed(site, folder, written.replace(site.host.address.encode(), ADDRESS.encode()))


def test_the_tutorial_can_be_followed(followed: Followed) -> None:
    site, said = followed.site, re.sub(r"\x1b\[[\d;]*m", "", followed.written.decode())
    shown = re.findall(r"shown this once: (\S+)", said)
    assert len(shown) == 3, said
    _, alice, robot = shown
    ca = str(followed.folder / "acme/pki/ca.crt")
    anyone = over_tls(NAME, 443, address=site.host.address, cafile=ca, timeout=60)
    for name, secret in (("alice", alice), ("ci", robot)):
        anyone.login(name, secret).push(f"team/{name}", "1.0", two_layer_image(name))
    # Three deploys: the last one stages again what the rollback left.
    assert site.current() == 3
    assert "A  group_vars/registry/access.yml" in said
    assert not re.search(r"^A  .*(ca\.key|secrets)", said, re.M)


@pytest.mark.parametrize("name", PICTURED)
def test_a_picture_of_the_docs_is_what_a_terminal_shows(followed: Followed, name: str) -> None:
    command = PICTURED[name]
    parts = followed.written.decode().split(PROMPT)
    (output,) = [
        rest for line, _, rest in (one.partition("\r\n") for one in parts) if line == command
    ]
    picture = pictures.drawn(command, pictures.screen(output.encode()), name)
    path = pictures.FOLDER / f"{name}.svg"
    if os.environ.get("HOLDFAST_PICTURES") == "write":
        path.write_text(picture)
    kept = pictures.skeleton(path.read_text())
    assert kept == pictures.skeleton(picture), "Run: make pictures"
    assert command in kept
