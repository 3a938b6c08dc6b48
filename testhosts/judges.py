"""Judges of TLS: sslyze here, testssl.sh on a test host of flavour `clients`."""

from __future__ import annotations

import json
import sys
from pathlib import Path
from typing import Any

from testhosts.cache import cache, locked
from testhosts.host import Host
from testhosts.machine import run

SSLYZE = "sslyze==6.3.1"


def sslyze(*arguments: str) -> str:
    """Run sslyze; return what it prints. It lives alone: it wants an older cryptography."""
    folder = cache() / "sslyze"
    with locked("sslyze"):
        if not (folder / SSLYZE).exists():
            run([sys.executable, "-m", "venv", "--clear", str(folder)])
            pip = [str(folder / "bin" / "pip"), "--disable-pip-version-check", "--quiet"]
            run([*pip, "install", SSLYZE], timeout=600)
            (folder / SSLYZE).touch()
    return run([str(folder / "bin" / "sslyze"), *arguments], check=False, timeout=120).stdout


def testssl(host: Host, name: str, authority: Path) -> list[dict[str, Any]]:
    """Let testssl.sh look at `https://NAME` from a host; return its findings.

    Each has id, severity (OK, INFO, LOW, MEDIUM, HIGH, CRITICAL, WARN) and finding.
    """
    host.run("cat > /root/authority.pem; rm -f /root/findings.json", text=authority.read_text())
    argv = "testssl --quiet --color 0 --warnings batch --add-ca /root/authority.pem"
    host.run(f"{argv} --jsonfile /root/findings.json https://{name}", check=False, timeout=300)
    found: list[dict[str, Any]] = json.loads(host.run("cat /root/findings.json").stdout)
    return found
