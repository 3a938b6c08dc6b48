"""Compare two kept generations, file by file, without secrets."""

from __future__ import annotations

from collections.abc import Iterator
from typing import TYPE_CHECKING

from ansible_collections.holdfast.registry.plugins.module_utils.generations.manifest import STATES
from ansible_collections.holdfast.registry.plugins.module_utils.generations.store import Store
from ansible_collections.holdfast.registry.plugins.module_utils.system import foreign_text
from ansible_collections.holdfast.registry.plugins.module_utils.system.progress import StepError

if TYPE_CHECKING:
    from ansible_collections.holdfast.registry.plugins.module_utils.contract.facts import (
        Difference,
    )
    from ansible_collections.holdfast.registry.plugins.module_utils.contract.manifest import (
        FileNote,
    )

PROGRAM = ".py"
"""File name suffix of our own programs: they change with a release, not with a setting."""


def differences(store: Store, old: int, new: int) -> list[Difference]:
    """Return a difference for each file that two generations do not share. Raises StepError."""
    kept = store.numbers()
    for number in (old, new):
        if number not in kept:
            known = ", ".join(map(str, kept)) or "none"
            text = f"generation {number}: expected a kept one, there are {known}. Choose of those"
            raise StepError(text, wrong_input=True)
    return list(_differences(store, old, new))


def _differences(store: Store, old: int, new: int) -> Iterator[Difference]:
    before, after = (store.manifest(number).get("files", {}) for number in (old, new))
    for path in sorted({*before, *after}):
        one, two = before.get(path), after.get(path)
        # The files of states differ where those that they replace do.
        if one != two and not path.startswith(f"{STATES}/"):
            said = _said(path, one, two)
            if said:
                yield {"prepared": f"{path}: {said}"}
                continue
            texts = [_text(store, number, path) for number in (old, new)]
            yield {
                "before_header": path,
                "after_header": path,
                "before": texts[0],
                "after": texts[1],
                "sides": [str(old), str(new)],
            }


def _said(path: str, one: FileNote | None, two: FileNote | None) -> str:
    """Return a sentence for a file whose texts are not to be compared; empty for the others."""
    if one and two and one["sha256"] == two["sha256"]:
        return f"{_rights(one)} -> {_rights(two)}"
    change = "changed" if one and two else "new" if two else "gone"
    if path.endswith(PROGRAM):
        return f"{change} (a program of holdfast's)"
    secret = any(note["sensitive"] for note in (one, two) if note)
    return f"{change} (a secret is not shown)" if secret else ""


def _rights(note: FileNote) -> str:
    return f"{note['mode']} {note['owner']}:{note['group']}"


def _text(store: Store, number: int, path: str) -> str:
    """Return the text of a file; empty if it is not there."""
    try:
        return foreign_text.read(store.path(number, path))
    except OSError:
        return ""
