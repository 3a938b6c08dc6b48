"""The commands of the tutorial, as printed: from an empty folder to a team and back."""

from __future__ import annotations

import json
import os
import re
import subprocess
import sys
from collections.abc import Callable
from pathlib import Path

import pytest
from ansible_collections.holdfast.registry.plugins.module_utils.registry.client import (
    over_tls,
    two_layer_image,
)

from tests.hosts.conftest import Site
from tests.skips import lacks
from tests.tutorial import blocks

NAME = "registry.acme.example"
ADDRESS = "192.0.2.10"
KNOWN = "mkdir -p acme/host_vars; cp known.yml acme/host_vars/registry.acme.example.yml\n"
"""Lines of the test host itself: the key of its ssh, and a registry that it has already."""
TIMEOUT = 900

pytestmark = pytest.mark.host


def script(site: Site) -> str:
    """Return the tutorial's commands, with the test host's address, as one script."""
    run = [text for text, why in blocks() if not why]
    (begin,) = [number for number, text in enumerate(run) if "holdfast init " in text]
    run.insert(begin + 1, KNOWN)
    return "".join(run).replace(ADDRESS, site.host.address)


def inventory(site: Site) -> str:
    """Return the variables of `known.yml`."""
    own = {**site.host.inventory_vars(), **site.variables}
    kept = r"ansible_ssh_.+|registry_distribution_.+|registry_platform"
    return json.dumps({name: value for name, value in own.items() if re.fullmatch(kept, name)})


def test_the_tutorial_can_be_followed(new_site: Callable[..., Site], tmp_path: Path) -> None:
    if os.geteuid():
        lacks("root", "the name of the registry is set for one process, in a mount namespace")
    site = new_site()
    (tmp_path / "known.yml").write_text(inventory(site))
    (tmp_path / "names").write_text(f"127.0.0.1 localhost\n{site.host.address} {NAME}\n")
    shell = f"mount --bind {tmp_path / 'names'} /etc/hosts && exec bash -ex script"
    (tmp_path / "script").write_text(script(site))
    programs = str(Path(sys.executable).parent)
    environment = {
        **os.environ,
        "PATH": f"{programs}:{os.environ['PATH']}",
        "XDG_STATE_HOME": str(tmp_path / "state"),
    }
    done = subprocess.run(
        ["unshare", "--mount", "sh", "-c", shell],
        cwd=tmp_path,
        stdin=subprocess.DEVNULL,
        capture_output=True,
        text=True,
        check=False,
        timeout=TIMEOUT,
        env=environment,
    )
    assert done.returncode == 0, done.stdout[-4000:] + done.stderr[-4000:]

    shown = re.findall(r"shown this once: (\S+)", done.stdout)
    assert len(shown) == 3, done.stdout
    _, alice, robot = shown
    ca = str(tmp_path / "acme/pki/ca.crt")
    anyone = over_tls(NAME, 443, address=site.host.address, cafile=ca, timeout=60)
    for name, secret in (("alice", alice), ("ci", robot)):
        anyone.login(name, secret).push(f"team/{name}", "1.0", two_layer_image(name))
    # Three deploys: the last one stages again what the rollback left.
    assert site.current() == 3
    assert "A  group_vars/registry/access.yml" in done.stdout
    assert not re.search(r"^A  .*(ca\.key|secrets)", done.stdout, re.M)
