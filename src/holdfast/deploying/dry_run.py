"""Compute the changes that a deploy would make, for check mode."""

from __future__ import annotations

from collections.abc import Iterator
from typing import TYPE_CHECKING

from holdfast.deploying.desired import Desired
from holdfast.rendering import File

if TYPE_CHECKING:
    from ansible_collections.holdfast.registry.plugins.module_utils.contract.facts import Seen

PROGRAM = ".py"
"""File name suffix of our own programs: they change with a release, not with a setting."""


def planned_changes(desired: Desired, seen: Seen, reason: str | None) -> Iterator[tuple[str, str]]:
    """Yield (phase, text) for each phase that would change something.

    `seen` joins the host's observation and examination; `reason` is why a certificate is due.
    """
    for package in seen["packages_missing"]:
        yield "install", f"package {package}"
    if seen["binary_damage"] and not desired.from_package:
        yield "install", f"registry {desired.settings.version}: {seen['binary_damage'][0]}"
    if reason:
        yield "certificates", f"{desired.settings.hostname}: {reason}"
    paths = desired.changes(seen["files"])
    if paths:
        first = seen["generation"] is None
        yield "generation", f"{len(paths)} files" if first else ", ".join(paths)
    for sentence in seen["drift"]:
        yield "generation", f"repair: {sentence}"
    if seen["interrupted"]:
        yield "activate", "finish an activation that was interrupted"


def differences(desired: Desired, seen: Seen) -> list[dict[str, str]]:
    """Return before and after of each file that would change, in Ansible's format, without
    secrets."""
    return [
        {
            "before_header": path,
            "after_header": path,
            **_texts(desired, seen, path),
        }
        for path in desired.changes(seen["files"])
    ]


def _texts(desired: Desired, seen: Seen, path: str) -> dict[str, str]:
    file, kind = desired.tree.get(path), seen["files"].get(path)
    if path.endswith(PROGRAM):
        return {"prepared": f"{path}: {_program(file)}\n"}
    if (file and file.sensitive) or (kind and kind["sensitive"]):
        return {"prepared": f"{path}: changed (a secret is not shown)\n"}
    return {"before": seen["contents"].get(path, ""), "after": file.content if file else ""}


def _program(file: File | None) -> str:
    if file is None:
        return "a program of holdfast's, not needed any more"
    lines = len(file.content.splitlines())
    return f"a program of holdfast's, {lines} lines, sha256 {file.sha256[:12]}"
