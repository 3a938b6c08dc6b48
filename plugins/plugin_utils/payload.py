"""The program that a host is sent: our own modules, and what they are asked to do."""

from __future__ import annotations

import json
from functools import cache
from pathlib import Path
from typing import Any

from ansible_collections.holdfast.registry.plugins.module_utils.sent import MARK, packed

PACKAGE = "ansible_collections.holdfast.registry.plugins.module_utils"


def program(verb: str, order: Any, secrets: Any, *, check: bool) -> bytes:
    """Return a program that answers on its standard output; it goes to Python's standard input."""
    texts, head = modules()
    call = f"main({texts!r}, {packed([verb, order, secrets, check])!r})"
    return f"{head}\n\n{call}\n".encode()


def answer(done: dict[str, Any]) -> dict[str, Any]:
    """Return what the program told, of a command with `rc`, `stdout` and `stderr`."""
    for line in reversed(done["stdout"].splitlines()):
        if line.startswith(MARK):
            told: dict[str, Any] = json.loads(line.removeprefix(MARK))
            return told
    said = [line for line in f"{done['stdout']}\n{done['stderr']}".splitlines() if line.strip()]
    todo = "Let ansible_python_interpreter name a Python 3 of the host"
    message = f"Python on the host gave no answer (exit code {done['rc']}). {todo}"
    return {"failed": True, "msg": message, "lines": said[-12:]}


@cache
def modules() -> tuple[str, str]:
    """Return all modules packed, and the text of the head."""
    folder = Path(__file__).parents[1] / "module_utils"
    texts = {f"{PACKAGE}.{path.stem}": path.read_text() for path in sorted(folder.glob("*.py"))}
    return packed(texts), texts[f"{PACKAGE}.sent"]
