"""Bring the host library to a test host, to run parts of it that a test interrupts."""

from __future__ import annotations

import base64
import io
import tarfile
from pathlib import Path

from testhosts.hosts import Host

PLUGINS = Path(__file__).parents[2] / "plugins"
FOLDER = "/root/code"
HEAD = f"""
import json, os, signal, sys
sys.path.insert(0, "{FOLDER}")
from ansible_collections.holdfast.registry.plugins.module_utils.system import progress
def cut(step):
    if step == sys.argv[1]:
        os.kill(os.getpid(), signal.SIGKILL)
log = progress.Log(cut)
"""
"""Begin of a driver: `log` kills its process after the step that its first argument names."""


def send(host: Host, driver: str) -> None:
    """Send the host library, and a driver that comes after HEAD, as driver.py."""
    stream = io.BytesIO()
    with tarfile.open(fileobj=stream, mode="w") as archive:
        base = "ansible_collections/holdfast/registry/plugins/module_utils"
        archive.add(PLUGINS / "module_utils", base, filter=_sources)
    command = f"mkdir -pm 700 {FOLDER}; base64 -d | tar -C {FOLDER} -xf -"
    host.run(command, text=base64.b64encode(stream.getvalue()).decode())
    host.run(f"cat > {FOLDER}/driver.py", text=HEAD + driver)


def _sources(member: tarfile.TarInfo) -> tarfile.TarInfo | None:
    return None if "__pycache__" in member.name else member
