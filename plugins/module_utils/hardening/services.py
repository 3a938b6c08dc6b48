"""Configure the host's own programs: the journal, audit, apt, the clock."""

from __future__ import annotations

import os

from ansible_collections.holdfast.registry.plugins.module_utils.hardening import sysctl
from ansible_collections.holdfast.registry.plugins.module_utils.system import systemd

CLOCKS = ("systemd-timesyncd", "chrony", "ntpsec", "ntp", "openntpd")
"""Services that synchronise the clock with a time server."""


def load_journal(root: str | None) -> None:
    """Restart the journal with its new configuration, and flush it to the disk."""
    systemd.systemctl("restart", "systemd-journald.service")
    if root:
        systemd.run(["journalctl", "--flush"])


def check_apt(root: str) -> None:
    """Parse a generation's apt configuration. Raises StepError if apt refuses it."""
    argv = ["apt-config", f"--config-file={root}/hardening/upgrades.conf", "dump"]
    systemd.run_checked(argv, "check apt's configuration")


def no_audit() -> str:
    """Return the reason why this host cannot audit; empty if it can."""
    if sysctl.container():
        return sysctl.shared()
    if not os.access("/usr/sbin/augenrules", os.X_OK):
        return "auditd is not installed"
    done = systemd.run(["auditctl", "-s"])
    return "" if done.returncode == 0 else f"the kernel does not audit: {done.stdout.strip()}"


def load_audit(_: str | None) -> None:
    """Reload all audit rules of the host; `inactive_audit` reports rules that failed."""
    systemd.run(["augenrules", "--load"])


def inactive_audit(root: str) -> list[str]:
    """Return a problem for each rule of a generation that the kernel has not loaded."""
    with open(f"{root}/hardening/audit.rules", encoding="utf-8") as stream:
        wanted = [line.split() for line in stream if line.startswith("-")]
    loaded = [_plain(line.split()) for line in systemd.run(["auditctl", "-l"]).stdout.splitlines()]
    return [
        f"audit rule {' '.join(rule)} is missing" for rule in wanted if _plain(rule) not in loaded
    ]


def _plain(rule: list[str]) -> list[str]:
    return [word.rstrip("/") for word in rule]


def running_clock() -> str:
    """Return the service that sets the clock; empty if none does."""
    states = systemd.states(*(f"{name}.service" for name in CLOCKS))
    return next((name for name, state in states.items() if state == "active"), "")


def load_time(root: str | None) -> None:
    """Enable time synchronisation if it is off; None disables it if we enabled it."""
    if root and not running_clock():
        sysctl.keep("time", "off")
        systemd.run_checked(["timedatectl", "set-ntp", "true"], "switch time synchronisation on")
    if root is None:
        sysctl.keep("time", None)
        systemd.run_checked(["timedatectl", "set-ntp", "false"], "switch time synchronisation off")


def inactive_time(_: str) -> list[str]:
    """Return a problem if no service sets the clock."""
    return [] if running_clock() else ["no service sets the clock"]
