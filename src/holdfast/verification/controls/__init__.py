"""List all controls of the suite: requirements on a host, with their reasons.

To add one: write a check in `suite/test_TOPIC.py` and mark it `@pytest.mark.check("group.name")`.
Add a `Control` of that id to the module of its group in this folder (a new group: also to
`GROUPS`). Run `python -m holdfast.schema`, which writes docs/controls.md. A test fails if a check
has no control or a control no check. Facts from inside a host come from `probe`: quick ones for all
checks, and `probe.gather.EXTRAS` for the controls that name them.
"""

from __future__ import annotations

from collections.abc import Iterable
from difflib import get_close_matches

from holdfast.errors import InputError
from holdfast.verification.controls import (
    auth,
    cache,
    clock,
    files,
    host,
    http,
    images,
    logs,
    mirrors,
    net,
    ssh,
    storage,
    supply,
    tls,
    units,
)
from holdfast.verification.controls.control import Control, Depth, Profile
from holdfast.verification.controls.hardening import of_host

__all__ = ["CONTROLS", "GROUPS", "PROFILES", "Control", "Depth", "Profile", "chosen"]

GROUPS: dict[str, tuple[str, tuple[Control, ...]]] = {
    "host": ("The host", host.CONTROLS),
    "units": ("Units and processes", (*units.CONTROLS, *of_host("units"))),
    "net": ("Network", (*net.CONTROLS, *of_host("net"))),
    "files": ("Files", (*files.CONTROLS, *of_host("files"))),
    "supply": ("Supply chain", (*supply.CONTROLS, *of_host("supply"))),
    "time": ("Time", (*clock.CONTROLS, *of_host("time"))),
    "ssh": ("ssh", (*of_host("ssh"), *ssh.CONTROLS)),
    "kernel": ("The kernel", of_host("kernel")),
    "logs": ("Logs", (*logs.CONTROLS, *of_host("logs"))),
    "storage": ("Storage", (*storage.CONTROLS, *of_host("storage"))),
    "tls": ("TLS", tls.CONTROLS),
    "auth": ("Logins", auth.CONTROLS),
    "http": ("HTTP", http.CONTROLS),
    "images": ("Images", images.CONTROLS),
    "cache": ("Cache", cache.CONTROLS),
    "mirrors": ("Mirrors", mirrors.CONTROLS),
}
"""Title and controls of each group, the most important group first."""

CONTROLS: dict[str, Control] = {
    control.id: control for _, controls in GROUPS.values() for control in controls
}
PROFILES: tuple[Profile, ...] = ("basic", "default", "hardening")

_ALWAYS = frozenset({"host.reachable", "host.answers"})
"""Controls of every run; the reasons of skipped checks refer to these two."""


def chosen(
    profile: Profile = "default", only: Iterable[str] = (), intrusive: bool = False
) -> frozenset[str]:
    """Return the ids of the controls of a run.

    `only` names groups and ids, which replace the profile; `intrusive` adds those that load the
    host. Raises InputError for a name that is neither group nor id.
    """
    names = tuple(only)
    if names:
        return _ALWAYS.union(*map(_named, names))
    depths: tuple[Depth, ...] = PROFILES[: PROFILES.index(profile) + 1]
    depths += ("intrusive",) if intrusive else ()
    return frozenset(one.id for one in CONTROLS.values() if one.depth in depths)


def _named(name: str) -> set[str]:
    if name in CONTROLS:
        return {name}
    group = GROUPS.get(name)
    if group is None:
        near = get_close_matches(name, [*CONTROLS, *GROUPS], 1)
        hint = f"Did you mean {near[0]}?" if near else "See docs/controls.md"
        raise InputError(f"--only {name}: expected a group or a control, got neither. {hint}")
    return {control.id for control in group[1] if control.depth != "intrusive"}
