"""Read the active hardening from the kernel, sshd and systemd."""

from __future__ import annotations

import pwd
from pathlib import Path
from typing import Any

from holdfast.verification.probe.reading import output, read

CLOCKS = ("systemd-timesyncd", "chrony", "ntpsec", "ntp", "openntpd")
FIREWALL = "holdfast-firewall.service"


def hardened(wanted: dict[str, Any]) -> dict[str, Any]:
    """Return the active hardening; `wanted` has lines by file, and the data directory."""
    lines = wanted["lines"]
    keys = [line.split("=")[0].strip() for line in lines.get("sysctl.conf", [])]
    names = [line.split()[1] for line in lines.get("modprobe.conf", []) if "install" in line]
    pid = output("systemctl", "show", "--value", "-P", "MainPID", "holdfast-registry@*").strip()
    return {
        "container": output("systemd-detect-virt", "--container").strip().replace("none", ""),
        "parameters": {key: _value(key) for key in keys},
        "modules": {name: output("modprobe", "--dry-run", "--verbose", name) for name in names},
        "loaded": [line.split()[0] for line in (read("/proc/modules") or "").splitlines()],
        "sshd": output("/usr/sbin/sshd", "-T").splitlines(),
        "audit": output("auditctl", "-l").splitlines(),
        "audits": Path("/usr/sbin/auditctl").exists(),
        "nft": output("/usr/sbin/nft", "--stateless", "list", "table", "inet", "holdfast"),
        "filters": Path("/usr/sbin/nft").exists(),
        "firewall": output("systemctl", "show", "-P", "ActiveState", FIREWALL).strip(),
        "ordered": output("systemctl", "show", "-P", "Before", FIREWALL).split(),
        "apparmor": (read("/sys/module/apparmor/parameters/enabled") or "").strip() == "Y",
        "label": (read(f"/proc/{pid}/attr/current") or "").strip(" \n\0") if pid else "",
        "undo": output("systemctl", "is-active", "holdfast-undo.timer").strip(),
        "clock": output("systemctl", "is-active", *CLOCKS).split(),
        "mount": output("findmnt", "-no", "OPTIONS", "-T", wanted["directory"]).strip().split(","),
        "umask": output("sh", "-lc", "umask").strip(),
        "keys": _keys(),
    }


def _value(key: str) -> str | None:
    found = read("/proc/sys/" + key.replace(".", "/"))
    return None if found is None else " ".join(found.split())


def _keys() -> bool:
    paths = [
        str(path)
        for entry in pwd.getpwall()
        for path in Path(entry.pw_dir, ".ssh").glob("authorized_keys*")
    ]
    return any("ssh-" in (read(path) or "") or "ecdsa-" in (read(path) or "") for path in paths)
