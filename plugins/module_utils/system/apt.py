"""Query apt for updates, and install them.

Source: apt-get(8), apt.conf(5), systemd-run(1), needrestart(1).
"""

from __future__ import annotations

import glob
import os
import re
import time
from typing import TYPE_CHECKING

from ansible_collections.holdfast.registry.plugins.module_utils.system import foreign_text, systemd
from ansible_collections.holdfast.registry.plugins.module_utils.system.progress import StepError

if TYPE_CHECKING:
    from ansible_collections.holdfast.registry.plugins.module_utils.contract.patch import Pending

LISTS = "/var/lib/apt/lists"
UNIT = "holdfast-patch.service"
"""Transient unit of apt, which goes on if the connection of the one who patches is lost."""
OUTPUT = "/run/holdfast-patch.log"
WAIT_SECONDS = 300.0
"""Time to wait for another program that holds apt's locks."""
LONGEST_SECONDS = 3600.0
KEEP = ["-o", "Dpkg::Options::=--force-confdef", "-o", "Dpkg::Options::=--force-confold"]
"""Options that keep files of the configuration which somebody has changed."""
_INST = re.compile(r"Inst (\S+) (?:\[([^]]*)\] )?\((\S+) ([^)]*)\)")
_LOCKED = re.compile(r"Could not get lock (\S+?)\.?(?=\s|$)(?: It is held by ([^\n]+))?")
_REASONS = (
    (
        r"dpkg was interrupted|not fully installed",
        "dpkg: expected complete packages, found others. Run on the host: dpkg --configure -a",
    ),
    (
        r"No space left on device|enough free space in",
        "the disk is full. Make room there. Run on the host: apt-get clean",
    ),
    (
        r"NO_PUBKEY|is not signed|EXPKEYSIG|BADSIG",
        "apt: expected signed lists, got others. Look at the keys of its sources",
    ),
    (
        r"resolving|Could not connect|Failed to fetch|failed to download|timed out",
        "apt: expected its sources to answer, and one does not. Look at the network of the host,"
        " /etc/apt/sources.list.d and the proxy in /etc/apt/apt.conf.d",
    ),
)
"""Patterns of apt's output, and what a person needs to know."""


def refresh() -> None:
    """Fetch the lists of packages. Raises StepError."""
    _run(["update", "-o", "APT::Update::Error-Mode=any"])


def pending() -> list[Pending]:
    """Return the updates by the lists that the host has, security first. Raises StepError."""
    done = systemd.run(["apt-get", "--simulate", "--quiet", "upgrade", "--with-new-pkgs"])
    if done.returncode:
        raise failure(done.stdout, "list updates")
    return parsed(done.stdout)


def listed() -> float:
    """Return the time at which lists of packages were fetched; 0 if there are none."""
    if not glob.glob(f"{LISTS}/*Release"):  # their own time is that of their making
        return 0.0
    places = LISTS, f"{LISTS}/partial", "/var/lib/apt/periodic/update-success-stamp"
    return max(os.path.getmtime(one) for one in places if os.path.exists(one))


def parsed(listing: str) -> list[Pending]:
    """Return the updates that a simulation of apt-get names, security first."""
    rows = [_INST.match(line) for line in listing.splitlines()]
    found: list[Pending] = [
        {
            "package": row[1],
            "old": row[2] or "",
            "new": row[3],
            "security": "security" in row[4].lower(),
        }
        for row in rows
        if row
    ]
    return sorted(found, key=lambda one: (not one["security"], one["package"]))


def incomplete() -> list[str]:
    """Return the packages whose installation was cut."""
    form = "${db:Status-Abbrev} ${binary:Package}\n"
    done = systemd.run(["dpkg-query", "--show", f"--showformat={form}"])
    rows = [line.split() for line in done.stdout.splitlines()]
    # Unpacked, half-installed, half-configured, or with triggers that are due.
    return [row[1] for row in rows if len(row) == 2 and row[0][1:2] in {*"UHFWt"}]


def upgrade(packages: list[str]) -> None:
    """Install the updates of some packages, or with none named all. Raises StepError."""
    if packages:
        _run(["install", "--only-upgrade", "-y", *KEEP, *packages])
    else:
        _run(["upgrade", "--with-new-pkgs", "-y", *KEEP])


def _run(arguments: list[str]) -> None:
    """Run apt-get in a unit of its own, again while its locks are held. Raises StepError."""
    deadline = time.monotonic() + WAIT_SECONDS
    while True:
        code, said = _once(arguments)
        if code == 0:
            return
        if not _LOCKED.search(said) or time.monotonic() > deadline:
            raise failure(said, arguments[0])
        time.sleep(2)


def _once(arguments: list[str]) -> tuple[int, str]:
    if systemd.states(UNIT).get(UNIT) in ("active", "activating"):
        return 1, f"Could not get lock {UNIT}. It is held by another holdfast patch"
    argv = ["systemd-run", "--quiet", "--wait", "--collect", f"--unit={UNIT}"]
    argv += [f"--property=StandardOutput=truncate:{OUTPUT}", "--property=StandardError=inherit"]
    argv += ["--setenv=DEBIAN_FRONTEND=noninteractive", "--setenv=LC_ALL=C.UTF-8"]
    # It would restart services of ours in a way that cuts requests.
    argv += ["--setenv=NEEDRESTART_SUSPEND=1", "--setenv=NEEDRESTART_MODE=l"]
    done = systemd.run([*argv, "apt-get", "--quiet", *arguments], timeout=LONGEST_SECONDS)
    try:
        said = foreign_text.read(OUTPUT)
    except OSError:
        said = ""
    return done.returncode, said + done.stdout


def failure(said: str, what: str) -> StepError:
    """Return the error for apt's output, in words for a person."""
    lines = systemd.tail(said)
    if held := _LOCKED.search(said):
        who = held[2] or "another program"
        return StepError(f"apt: expected its lock {held[1]}, and {who} has it. Try again later")
    for pattern, text in _REASONS:
        if re.search(pattern, said):
            return StepError(text, lines)
    return StepError(f"apt-get {what}: it failed", lines)
