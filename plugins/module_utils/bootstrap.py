"""Run the host library from memory: what an action sends to a host, and a generation's programs.

The program of an action replaces Ansible's module wrapper in a third of the time: it writes no file
on the host, and imports only modules that the verb needs. A generation has the modules of its units
in one file, which is read when a program starts: what runs is of one version, whatever is activated
meanwhile.
"""

from __future__ import annotations

import base64
import json
import sys
import traceback
import zlib
from importlib import import_module
from importlib.machinery import ModuleSpec
from types import ModuleType
from typing import Any

PACKAGE = "ansible_collections.holdfast.registry.plugins.module_utils"
MARK = "holdfast: "
"""Prefix of the answer's line; other output of a login is ignored."""


class InMemoryImporter:
    """Import modules from their texts, by dotted name."""

    def __init__(self, texts: dict[str, str]) -> None:
        self._texts = texts
        self._packages = {
            name[:index] for name in texts for index, letter in enumerate(name) if letter == "."
        }

    def find_spec(self, name: str, *_: Any) -> ModuleSpec | None:
        """Return the specification of a module; None if it is not one of the texts."""
        loader: Any = self  # its base in importlib.abc is slow to import
        if name in self._texts or name in self._packages:
            return ModuleSpec(name, loader, origin=name, is_package=name in self._packages)
        return None

    def create_module(self, _: ModuleSpec) -> None:
        """Let Python make the module object."""

    def exec_module(self, module: ModuleType) -> None:
        """Execute the text of a module."""
        name = module.__name__
        exec(compile(self._texts.get(name, ""), name, "exec"), module.__dict__)  # noqa: S102 -- the texts came over the connection that runs this program


def main(modules: str, request: str) -> None:
    """Run a request with the sent modules, and print the result as one line of JSON.

    Both arguments are results of `packed`: texts by module name, and the arguments of dispatch.run.
    """
    sys.meta_path.insert(0, InMemoryImporter(_unpacked(modules)))
    from ansible_collections.holdfast.registry.plugins.module_utils.dispatch import run  # noqa: PLC0415 -- it can be imported from here on

    try:
        result = run(*_unpacked(request))
    except Exception as error:  # the controller decides what to do about it
        lines = traceback.format_exc().splitlines()
        result = {"failed": True, "msg": f"{type(error).__name__}: {error}", "lines": lines[-12:]}
    print(MARK + json.dumps(result))


def start(library: str, program: str, *arguments: str) -> int:
    """Run a program of a library with arguments; return its exit code.

    `library` is a JSON file with the modules' texts by dotted name; `program` is a module's name
    below module_utils.
    """
    with open(library) as file:
        sys.meta_path.insert(0, InMemoryImporter(json.load(file)))
    code: int = import_module(f"{PACKAGE}.{program}").main(*arguments)
    return code


def packed(value: Any) -> str:
    """Return a value as text that is safe inside a Python string literal."""
    return base64.b64encode(zlib.compress(json.dumps(value).encode(), 1)).decode()


def _unpacked(text: str) -> Any:
    return json.loads(zlib.decompress(base64.b64decode(text)))
