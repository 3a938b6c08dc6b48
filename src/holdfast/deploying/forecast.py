"""What a deploy would do: the truth that check mode tells."""

from __future__ import annotations

from collections.abc import Iterator
from typing import Any

from holdfast.deploying.desired import Desired
from holdfast.rendering import File

PROGRAM = ".py"
"""Ends the names of our own programs: they come with a release, not with a setting."""


def forecast(
    desired: Desired, seen: dict[str, Any], reason: str | None
) -> Iterator[tuple[str, str]]:
    """Yield (phase, text) of each phase that would change something.

    `seen` joins what the host observed and examined; `reason` is why a certificate is due.
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


def differences(desired: Desired, seen: dict[str, Any]) -> list[dict[str, str]]:
    """Return before and after of each file that would change, as Ansible shows them; no secrets."""
    return [
        {
            "before_header": path,
            "after_header": path,
            **_texts(desired, seen, path),
        }
        for path in desired.changes(seen["files"])
    ]


def _texts(desired: Desired, seen: dict[str, Any], path: str) -> dict[str, str]:
    file, kind = desired.tree.get(path), seen["files"].get(path, {})
    if path.endswith(PROGRAM):
        return {"prepared": f"{path}: {_program(file)}\n"}
    if (file and file.sensitive) or kind.get("sensitive"):
        return {"prepared": f"{path}: changed (a secret is not shown)\n"}
    return {"before": seen["contents"].get(path, ""), "after": file.content if file else ""}


def _program(file: File | None) -> str:
    if file is None:
        return "a program of holdfast's, not needed any more"
    lines = len(file.content.splitlines())
    return f"a program of holdfast's, {lines} lines, sha256 {file.sha256[:12]}"
