"""Build the program that is sent to a host: what a verb needs of the library, and a request."""

from __future__ import annotations

import json
from functools import cache
from pathlib import Path
from typing import Any

from ansible_collections.holdfast.registry.plugins.module_utils.bootstrap import MARK, packed
from ansible_collections.holdfast.registry.plugins.module_utils.dispatch import VERBS


def program(verb: str, order: Any, secrets: Any, *, check: bool) -> bytes:
    """Return a program for Python's standard input that answers on its standard output."""
    texts, head = modules(tuple(VERBS[verb].modules))
    call = f"main({texts!r}, {packed([verb, order, secrets, check])!r})"
    return f"{head}\n\n{call}\n".encode()


def answer(done: dict[str, Any]) -> dict[str, Any]:
    """Return the program's answer from a command's `rc`, `stdout` and `stderr`."""
    for line in reversed(done["stdout"].splitlines()):
        if line.startswith(MARK):
            result: dict[str, Any] = json.loads(line.removeprefix(MARK))
            return result
    said = [line for line in f"{done['stdout']}\n{done['stderr']}".splitlines() if line.strip()]
    todo = "Let ansible_python_interpreter name a Python 3 of the host"
    message = f"Python on the host gave no answer (exit code {done['rc']}). {todo}"
    return {"failed": True, "msg": message, "lines": said[-12:]}


@cache
def modules(needed: tuple[str, ...]) -> tuple[str, str]:
    """Return modules with what they import, packed, and the text of the program's first part."""
    from holdfast.host_code import closure, module_name  # noqa: PLC0415 -- may be missing

    folder = Path(__file__).parents[1] / "module_utils"
    texts = closure(folder, needed)
    named = {module_name(path): text for path, text in texts.items()}
    return packed(named), (folder / "bootstrap.py").read_text()
