"""Read the YAML files of an inventory, and replace one without a moment of half a file."""

from __future__ import annotations

import os
import tempfile
from collections.abc import Callable, Iterator, Sequence
from pathlib import Path
from typing import TypeVar

import yaml

from holdfast.errors import InputError

T = TypeVar("T")
ENCRYPTED = "$ANSIBLE_VAULT;"
"""Begin of a file that ansible-vault encrypted."""
_ENDINGS = ("", ".yml", ".yaml", ".json")


def files(inventories: Sequence[Path]) -> Iterator[Path]:
    """Yield the YAML files from which Ansible reads hosts and variables."""
    for inventory in inventories:
        folder = inventory if inventory.is_dir() else inventory.parent
        beside = sorted(inventory.iterdir()) if inventory.is_dir() else [inventory]
        deeper = (path for name in ("group_vars", "host_vars") for path in _below(folder / name))
        for path in (*beside, *deeper):
            if path.is_file() and path.suffix in _ENDINGS and not path.name.startswith("."):
                yield path


def _below(folder: Path) -> list[Path]:
    return sorted(folder.rglob("*")) if folder.is_dir() else []


def content(path: Path) -> str:
    """Return the text of a file. Raises InputError if it cannot be read."""
    try:
        with path.open(encoding="utf-8", newline="") as stream:
            return stream.read()
    except (OSError, UnicodeDecodeError) as error:
        raise InputError(f"{path}: expected a text file: {error}") from None


def read(path: Path, text: str, parse: Callable[[], T]) -> T:
    """Return what a function makes of a text. Raises InputError if it is no YAML."""
    try:
        return parse()
    except yaml.MarkedYAMLError as error:
        from holdfast.playbook.yaml_errors import described  # noqa: PLC0415 -- when it is wrong

        raise InputError(*described(error, text, str(path))) from None
    except yaml.YAMLError as error:
        raise InputError(f"{path}: expected YAML, and cannot read it: {error}") from None


def replace(path: Path, text: str) -> None:
    """Replace a file atomically, keeping its mode; a link stays one."""
    path = Path(os.path.realpath(path))
    path.parent.mkdir(parents=True, exist_ok=True)
    mode = path.stat().st_mode & 0o777 if path.exists() else 0o640
    handle, beside = tempfile.mkstemp(dir=path.parent, prefix=f".{path.name}.")
    try:
        with open(handle, "w", encoding="utf-8", newline="") as stream:  # noqa: PTH123 -- a handle
            stream.write(text)
        Path(beside).chmod(mode)
        Path(beside).replace(path)
    except BaseException:
        Path(beside).unlink(missing_ok=True)
        raise
