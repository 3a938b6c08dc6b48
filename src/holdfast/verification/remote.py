"""Run modules of the probe on a host, over one command of testinfra's connection."""

from __future__ import annotations

import json
import subprocess
from collections.abc import Callable
from functools import cache
from importlib.resources import files
from pathlib import Path
from typing import Any

import testinfra
from ansible_collections.holdfast.registry.plugins.module_utils.bootstrap import MARK, packed
from pydantic import SecretStr

from holdfast.collection import collection_root
from holdfast.host_code import texts_of
from holdfast.verification import probe
from holdfast.verification.target import Connection

_LOAD = f"""
import base64, importlib, json, sys, zlib
line = next(line for line in sys.stdin if line.startswith({MARK!r}))
texts, module, name, arguments = json.loads(zlib.decompress(base64.b64decode(line[{len(MARK)}:])))
space = dict(__name__="bootstrap")
exec(texts.pop("bootstrap"), space)
sys.meta_path.insert(0, space["InMemoryImporter"](texts))
answer = getattr(importlib.import_module(module), name)(*arguments)
print({MARK!r} + json.dumps(answer))
"""
"""Program of the host. Modules and arguments come by standard input: no secret is in its argv."""

# Root, because nobody else sees everything. sudo's password, if any, is the first line of input.
_AS_ROOT = 'if [ "$(id -u)" = 0 ]; then s=; else s="sudo {}"; fi; exec $s python3 -c %s'


class UnreachableError(Exception):
    """No command could be run on the host; its text is the reason."""


def run(connection: Connection, function: str, *arguments: Any) -> Any:
    """Run `module.function` of the probe on a host, and return its answer.

    Raises UnreachableError if the host cannot be reached, or its answer cannot be read.
    """
    module, _, name = function.rpartition(".")
    order = [_texts(), f"{probe.__name__}.{module}", name, arguments]
    answer = _run(connection, f"{MARK}{packed(order)}\n")
    line = next((one for one in answer.splitlines() if one.startswith(MARK)), None)
    if line is None:
        raise UnreachableError(f"its answer cannot be read: {answer[-200:]!r}")
    try:
        return json.loads(line[len(MARK) :])
    except ValueError as error:
        raise UnreachableError(f"its answer cannot be read: {line[-200:]!r}") from error


@cache
def _texts() -> dict[str, str]:
    """Return the probe's modules, and those of the host library that they import, by name."""
    library = collection_root() / "plugins" / "module_utils"
    folder = Path(str(files(probe)))
    own = {f"{probe.__name__}.{path.stem}": path.read_text() for path in folder.glob("[a-z]*.py")}
    return {"bootstrap": (library / "bootstrap.py").read_text(), **texts_of(library, own)}


def _run(connection: Connection, text: str) -> str:
    """Run the program on a host with a text as its standard input; return its output."""
    host = testinfra.get_host(
        connection.spec,
        ssh_identity_file=connection.key_file,
        ssh_extra_args=connection.ssh_args,
        # Each run needs one connection: none has to be kept for the next.
        controlpersist=0,
    )
    password = connection.sudo_password
    host.backend.run_local = _feeding(host.backend, password, text)
    try:
        done = host.run(_AS_ROOT.format("-S -p ''" if password else "-n"), _LOAD)
    except RuntimeError as error:
        # testinfra's own message holds the whole command; that of ssh has the reason.
        raise UnreachableError(_last(getattr(error.args[0], "stderr", str(error)))) from error
    if done.rc != 0:
        raise UnreachableError(_last(done.stderr) or f"exit code {done.rc}")
    return str(done.stdout)


def _feeding(backend: Any, password: SecretStr | None, text: str) -> Callable[..., Any]:
    """Return testinfra's `run_local`, which starts ssh or a shell, with standard input."""
    first = f"{password.get_secret_value()}\n" if password else ""

    def run_local(command: str, *arguments: str) -> Any:
        done = subprocess.run(
            ["sh", "-c", backend.quote(command, *arguments)],
            input=(first + text).encode(),
            capture_output=True,
            check=False,
        )
        return backend.result(done.returncode, command.encode(), done.stdout, done.stderr)

    return run_local


def _last(text: str) -> str:
    return text.strip().rpartition("\n")[2].strip()
