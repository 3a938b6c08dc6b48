"""Run TLS scanners: sslyze on this machine, testssl.sh on a test host of flavour `clients`."""

from __future__ import annotations

import base64
import io
import json
import sys
import tarfile
from pathlib import Path
from typing import Any

from testhosts.cache import cache, locked
from testhosts.host import Host
from testhosts.machine import run

SSLYZE = "sslyze==6.3.1"
LOCKS = Path(__file__).parents[1] / "locks"
"""Folder with versions and hashes of it and of all that it needs (`make lock`)."""


def sslyze(*arguments: str) -> str:
    """Run sslyze, and return its output."""
    return run([str(sslyze_folder() / "sslyze"), *arguments], check=False, timeout=120).stdout


def sslyze_folder() -> Path:
    """Return the folder of sslyze's program: a venv's, as it needs an older cryptography."""
    folder = cache() / "sslyze"
    with locked("sslyze"):
        if not (folder / SSLYZE).exists():
            run([sys.executable, "-m", "venv", "--clear", str(folder)])
            pip = [str(folder / "bin" / "pip"), "--disable-pip-version-check", "--quiet"]
            install = [*pip, "install", "--require-hashes", "--only-binary", ":all:"]
            # Of sslyze alone there are only sources; what builds them has a hash, too.
            run([*install, "--requirement", str(LOCKS / "setuptools.txt")], timeout=600)
            built = ["--no-binary", "sslyze", "--no-build-isolation"]
            run([*install, *built, "--requirement", str(LOCKS / "sslyze.txt")], timeout=600)
            (folder / SSLYZE).touch()
    return folder / "bin"


def copy_testssl(host: Host, folder: Path) -> None:
    """Copy testssl.sh from a host of flavour `clients`, to run it on this machine."""
    packed = base64.b64decode(host.run("tar -C / -cz usr/bin/testssl etc/testssl | base64").stdout)
    with tarfile.open(fileobj=io.BytesIO(packed)) as archive:
        archive.extractall(folder, filter="data")
    program, data = folder / "testssl", folder / "etc/testssl"
    program.write_text(
        f'#!/bin/sh\nTESTSSL_INSTALL_DIR={data} exec bash {folder}/usr/bin/testssl "$@"\n'
    )
    # It wants a resolver to be there; with --ip it needs no answer of one.
    resolver = folder / "nslookup"
    resolver.write_text("#!/bin/sh\nexit 1\n")
    for made in (program, resolver):
        made.chmod(0o755)


def testssl(host: Host, name: str, authority: Path) -> list[dict[str, Any]]:
    """Scan `https://NAME` with testssl.sh from a host; return its findings.

    Each has id, severity (OK, INFO, LOW, MEDIUM, HIGH, CRITICAL, WARN) and finding.
    """
    host.run("cat > /root/authority.pem; rm -f /root/findings.json", text=authority.read_text())
    argv = "testssl --quiet --color 0 --warnings batch --add-ca /root/authority.pem"
    host.run(f"{argv} --jsonfile /root/findings.json https://{name}", check=False, timeout=300)
    found: list[dict[str, Any]] = json.loads(host.run("cat /root/findings.json").stdout)
    return found
