"""Programs of the host that a generation has a word on: the journal, audit, apt, the clock."""

from __future__ import annotations

import os

from ansible_collections.holdfast.registry.plugins.module_utils import kernel, systemd

CLOCKS = ("systemd-timesyncd", "chrony", "ntpsec", "ntp", "openntpd")
"""Services that let the clock follow a time server."""


def load_journal(root: str | None) -> None:
    """Let the journal read its configuration, and go to the disk."""
    systemd.systemctl("restart", "systemd-journald.service")
    if root:
        systemd.run(["journalctl", "--flush"])


def check_apt(root: str) -> None:
    """Let apt read a generation's file; StepError when it refuses it."""
    argv = ["apt-config", f"--config-file={root}/hardening/upgrades.conf", "dump"]
    systemd.must(argv, "check apt's configuration")


def no_audit() -> str:
    """Return why this host cannot audit; empty: it can."""
    if kernel.container():
        return kernel.shared()
    if not os.access("/usr/sbin/augenrules", os.X_OK):
        return "auditd is not installed"
    done = systemd.run(["auditctl", "-s"])
    return "" if done.returncode == 0 else f"the kernel does not audit: {done.stdout.strip()}"


def load_audit(_: str | None) -> None:
    """Load all rules of the host again; what cannot be loaded is found by `live_audit`."""
    systemd.run(["augenrules", "--load"])


def live_audit(root: str) -> list[str]:
    """Return the rules of a generation that the kernel does not have."""
    with open(f"{root}/hardening/audit.rules", encoding="utf-8") as stream:
        wanted = [line.split() for line in stream if line.startswith("-")]
    loaded = [_plain(line.split()) for line in systemd.run(["auditctl", "-l"]).stdout.splitlines()]
    return [
        f"audit rule {' '.join(rule)} is missing" for rule in wanted if _plain(rule) not in loaded
    ]


def _plain(rule: list[str]) -> list[str]:
    return [word.rstrip("/") for word in rule]


def running_clock() -> str:
    """Return the service that sets the clock; empty: none does."""
    states = systemd.states(*(f"{name}.service" for name in CLOCKS))
    return next((name for name, state in states.items() if state == "active"), "")


def load_time(root: str | None) -> None:
    """Switch synchronisation on where it is off; with None, off where it was."""
    if root and not running_clock():
        kernel.keep("time", "off")
        systemd.must(["timedatectl", "set-ntp", "true"], "switch time synchronisation on")
    if root is None:
        kernel.keep("time", None)
        systemd.must(["timedatectl", "set-ntp", "false"], "switch time synchronisation off")


def live_time(_: str) -> list[str]:
    """Return whether nothing sets the clock."""
    return [] if running_clock() else ["no service sets the clock"]
