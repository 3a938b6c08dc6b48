"""Collect the host library's modules: the only way in which code reaches a host.

The deploy's program, a generation's jobs and the verification's probe all use it.
"""

from __future__ import annotations

import re
from collections.abc import Iterable, Mapping
from functools import cache
from pathlib import Path, PurePosixPath

from ansible_collections.holdfast.registry.plugins.module_utils.bootstrap import PACKAGE

__all__ = ["PACKAGE", "closure", "module_name", "texts_of"]
_IMPORT = re.compile(
    rf"^ *from {re.escape(PACKAGE)}(?P<module>[.\w]*) import (?P<names>\([^)]*\)|[^(\n]+)", re.M
)
_NAME = re.compile(r"(\w+)(?: as \w+)?")
_COMMENT = re.compile(r"#.*")
_FOR_MYPY = re.compile(r"^if TYPE_CHECKING:\n(?: .*\n|\n)+", re.M)
"""Imports that no host makes: the contract is read by the type checker alone."""


def closure(folder: Path, modules: Iterable[str]) -> dict[str, str]:
    """Return the source of modules and of all that they import, by path below `module_utils`.

    `folder` is the collection's `plugins/module_utils`; `modules` are dotted names below it.
    Imports inside functions count. Raises FileNotFoundError for a module that does not exist.
    """
    found: dict[str, str] = {}
    waiting = list(modules)
    while waiting:
        path = f"{waiting.pop().replace('.', '/')}.py"
        if path not in found:
            found[path], imported = _read(folder / path, folder)
            waiting += imported
    return dict(sorted(found.items()))


def texts_of(folder: Path, programs: Mapping[str, str]) -> dict[str, str]:
    """Return the source of programs and of all host modules they import, by full dotted name."""
    needed = [module for text in programs.values() for module in _imports(text, folder)]
    library = {module_name(path): text for path, text in closure(folder, needed).items()}
    return {**library, **programs}


def module_name(path: str) -> str:
    """Return the full dotted name of a module from its path below `module_utils`."""
    return ".".join([PACKAGE, *PurePosixPath(path).with_suffix("").parts])


@cache
def _read(path: Path, folder: Path) -> tuple[str, tuple[str, ...]]:
    text = path.read_text()
    return text, tuple(dict.fromkeys(_imports(text, folder)))


def _imports(text: str, folder: Path) -> Iterable[str]:
    """Yield the host library's modules that a source text imports, as dotted names below it."""
    for match in _IMPORT.finditer(_FOR_MYPY.sub("", text)):
        module = match["module"].lstrip(".")
        if module and (folder / f"{module.replace('.', '/')}.py").exists():
            yield module
            continue
        for name in _NAME.findall(_COMMENT.sub("", match["names"])):
            yield f"{module}.{name}".lstrip(".")
