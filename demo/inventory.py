"""Write the demo's inventory: inventory/single, and what this machine adds to it."""

from __future__ import annotations

import base64
import json
import os
import shlex
import shutil
from pathlib import Path

from testhosts.hosts import Host

HOSTNAME, USER = "registry.holdfast.test", "demo"
EXAMPLE = Path(__file__).parents[1] / "inventory" / "single"


def write(folder: Path, host: Host | None, source: dict[str, str] | None) -> Path:
    """Write the inventory, keeping the secrets of an earlier one; return its folder."""
    where = folder / "inventory"
    shutil.copytree(EXAMPLE, where, dirs_exist_ok=True)
    own: dict[str, object] = dict(host.inventory_vars()) if host else {}
    if source:
        own |= {
            "registry_distribution_source": "file",
            "registry_distribution_version": source["version"],
            "registry_distribution_path": source["path"],
            "registry_distribution_checksum": f"sha256:{source['sha256']}",
        }
    variables = where / "host_vars" / "registry1.yml"
    variables.parent.mkdir(exist_ok=True)
    # JSON is YAML.
    variables.write_text("# Added by the demo.\n" + json.dumps(own, indent=2) + "\n")
    return where


def log_in(path: Path, password: str) -> None:
    """Write the login to a file as clients keep it, never to an argument."""
    token = base64.b64encode(f"{USER}:{password}".encode()).decode()
    _private(path, json.dumps({"auths": {HOSTNAME: {"auth": token}}}))


def write_environment(folder: Path, host: Host, where: Path, password: str) -> None:
    """Write the variables for scripts, one KEY=value a line."""
    values = {
        "URL": f"https://{HOSTNAME}",
        "USERNAME": USER,
        "PASSWORD": password,
        "CA_FILE": where / "pki" / "ca.crt",
        "INVENTORY": where,
        "HOST": host.address,
        "SSH": folder / "ssh",
    }
    # A script, so that the line has no blanks in it and a shell can read the file as it is.
    script = f'#!/bin/sh\nexec {shlex.join(host.ssh_command())} "$@"\n'
    _private(folder / "ssh", script)
    (folder / "ssh").chmod(0o700)
    _private(folder / "demo.env", "".join(f"{key}={value}\n" for key, value in values.items()))


def _private(path: Path, text: str) -> None:
    path.unlink(missing_ok=True)
    descriptor = os.open(path, os.O_WRONLY | os.O_CREAT | os.O_EXCL, 0o600)
    with os.fdopen(descriptor, "w") as stream:
        stream.write(text)
