"""Which file of an inventory says who may log in."""

from __future__ import annotations

import os
import tempfile
from collections.abc import Callable, Iterator, Sequence
from dataclasses import dataclass
from functools import partial
from pathlib import Path
from typing import TypeVar

import yaml

from holdfast.errors import InputError
from holdfast.users import spans
from holdfast.users.document import USERS, Document, Kind

T = TypeVar("T")
_ENCRYPTED = "$ANSIBLE_VAULT;"
_ENDINGS = ("", ".yml", ".yaml", ".json")
GROUP = "registry"
"""Group of which the hosts are registries."""


@dataclass(frozen=True)
class Place:
    """A file that defines the users, or that will."""

    path: Path
    document: Document | None
    """None: the file, or its users, are yet to be written."""
    kind: Kind = USERS

    @property
    def where(self) -> str:
        """File and line for a person."""
        return f"{self.path}:{self.document.line}" if self.document else str(self.path)

    def first(self, name: str, key: str, value: str, **more: str) -> str:
        """Return the text of the file with a first user."""
        lines = "".join(f"    {one}: {text}\n" for one, text in {key: value, **more}.items())
        text = self.path.read_text(encoding="utf-8") if self.path.exists() else "---\n"
        glue = "" if text.endswith("\n") else "\n"
        return f"{text}{glue}{self.kind.variable}:\n  - name: {spans.quoted(name)}\n{lines}"

    def write(self, text: str) -> None:
        """Put a text in the place of the file's, whole or not at all; its mode stays."""
        # Proof that what was written can be read: nothing else has looked at it so far.
        _yaml(self.path, lambda: Document(text, str(self.path), kind=self.kind).users())
        path = Path(os.path.realpath(self.path))
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


def opened(inventories: Sequence[Path], file: Path | None = None, kind: Kind = USERS) -> Place:
    """Return the one place where an inventory defines the users; `file` names it among several.

    Raises InputError when there are several, or when there may be one in an encrypted file.
    """
    if file is not None:
        return _place(file, _text(file), kind) if file.exists() else Place(file, None, kind)
    places, encrypted = [], []
    for path in _files(inventories):
        text = _text(path)
        if text.startswith(_ENCRYPTED):
            encrypted.append(path)
        elif (place := _place(path, text, kind)).document:
            places.append(place)
    if len(places) > 1:
        listed = ", ".join(place.where for place in places)
        raise InputError(
            f"{kind.variable}: expected one place, found {listed}. Name the file: --file PATH"
        )
    if places:
        return places[0]
    if encrypted:
        listed = ", ".join(map(str, encrypted))
        raise InputError(
            f"{kind.variable}: expected in a file that can be read, found none but encrypted ones"
            f" ({listed}). Keep the {kind.noun}s in a file of their own, where hashes need no vault"
            " (--file PATH), or change them with: ansible-vault edit"
        )
    return Place(_new(inventories[0], kind), None, kind)


def setting(inventories: Sequence[Path], name: str) -> str | None:
    """Return a setting as text, when one file says it plainly and all that say it agree."""
    values = {
        value.value
        for path in _files(inventories)
        if name in (text := _text(path)) and not text.startswith(_ENCRYPTED)
        for _, value in spans.found(_yaml(path, partial(spans.parsed, text)), name)
        if isinstance(value, yaml.ScalarNode)
    }
    return values.pop() if len(values) == 1 else None


def _place(path: Path, text: str, kind: Kind) -> Place:
    if text.startswith(_ENCRYPTED):
        raise InputError(
            f"{path}: expected a plain file. Change it with: ansible-vault edit {path}"
        )
    return Place(path, _yaml(path, partial(Document.of, text, str(path), kind)), kind)


def _files(inventories: Sequence[Path]) -> Iterator[Path]:
    """Yield the YAML files from which Ansible takes hosts and variables."""
    for inventory in inventories:
        folder = inventory if inventory.is_dir() else inventory.parent
        beside = sorted(inventory.iterdir()) if inventory.is_dir() else [inventory]
        deeper = (path for name in ("group_vars", "host_vars") for path in _below(folder / name))
        for path in (*beside, *deeper):
            if path.is_file() and path.suffix in _ENDINGS and not path.name.startswith("."):
                yield path


def _below(folder: Path) -> list[Path]:
    return sorted(folder.rglob("*")) if folder.is_dir() else []


def _new(inventory: Path, kind: Kind) -> Path:
    """Return the file for the users of an inventory that has none yet."""
    folder = (inventory if inventory.is_dir() else inventory.parent) / "group_vars"
    for ending in _ENDINGS[1:3]:
        one = folder / f"{GROUP}{ending}"
        if one.exists():
            return one
    return folder / GROUP / f"{kind.noun}s.yml"


def _text(path: Path) -> str:
    try:
        with path.open(encoding="utf-8", newline="") as stream:
            return stream.read()
    except (OSError, UnicodeDecodeError) as error:
        raise InputError(f"{path}: expected a text file: {error}") from None


def _yaml(path: Path, read: Callable[[], T]) -> T:
    try:
        return read()
    except yaml.YAMLError as error:
        mark = getattr(error, "problem_mark", None)
        line = f":{mark.line + 1}" if mark else ""
        raise InputError(f"{path}{line}: expected YAML. Run: holdfast check") from None
