"""Check, load and compare our own nftables table."""

from __future__ import annotations

import os
from functools import lru_cache

from ansible_collections.holdfast.registry.plugins.module_utils.system import paths, systemd
from ansible_collections.holdfast.registry.plugins.module_utils.system.progress import StepError

NFT = "/usr/sbin/nft"
UNIT = paths.FIREWALL
REMOVE = "add table inet holdfast; delete table inet holdfast"
_LIST = ["--stateless", "--terse", "list", "table", "inet", "holdfast"]


@lru_cache
def obstacle() -> str:
    """Return the reason why this host can have no table; empty if it can."""
    if not os.access(NFT, os.X_OK):
        return "nftables is not installed"
    tried = systemd.run(["unshare", "--net", NFT, "add table inet holdfast"])
    return "" if tried.returncode == 0 else f"the kernel refuses nftables: {tried.stdout.strip()}"


def file_of(root: str) -> str:
    """Return the path of a generation's table."""
    return f"{root}/hardening/firewall.nft"


def check(text: str) -> str:
    """Load a table in a network namespace of its own; return it as nft lists it.

    Raises StepError if nft or the kernel refuses it.
    """
    script = f"{NFT} -f - && {NFT} {' '.join(_LIST)}"
    return systemd.run_checked(["unshare", "--net", "sh", "-c", script], "check the firewall", text)


def check_generation(root: str) -> None:
    """Check the table of a generation."""
    with open(file_of(root), encoding="utf-8") as stream:
        check(stream.read())


def now() -> str:
    """Return our active table as nft lists it; empty if there is none."""
    if not os.access(NFT, os.X_OK):
        return ""
    done = systemd.run([NFT, *_LIST])
    return done.stdout if done.returncode == 0 else ""


def there() -> bool:
    """Return True if our table is active."""
    return bool(now())


def put(text: str) -> None:
    """Load a table atomically, until the unit loads that of the generation."""
    systemd.run_checked([NFT, "-f", "-"], "load the firewall", text)


def load(root: str | None) -> None:
    """Load the current generation's table by its unit; None removes our table."""
    if root:
        systemd.systemctl("reload-or-restart", UNIT)
        return
    systemd.run(["systemctl", "stop", UNIT])
    systemd.run_checked([NFT, REMOVE], "remove the firewall's table")


def inactive(root: str) -> list[str]:
    """Return the differences of the active table from that of a generation."""
    with open(file_of(root), encoding="utf-8") as stream:
        try:
            wanted = check(stream.read())
        except StepError as error:
            return [f"{error.message}: {' '.join(error.lines)}"]
    found = now()
    if not found:
        return ["the firewall's table inet holdfast is not active"]
    state = systemd.show(UNIT, "ActiveState").get("ActiveState")
    return [
        *([] if found == wanted else ["the firewall's table inet holdfast was changed"]),
        *([] if state == "active" else [f"{UNIT} is {state}"]),
    ]
