"""Find the inventory file that defines the users, and write it."""

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
"""Ansible group of the registry hosts."""


@dataclass(frozen=True)
class InventoryFile:
    """A file that defines the users, or a new one for them."""

    path: Path
    document: Document | None
    """Parsed file; None if the file or the list does not exist yet."""
    kind: Kind = USERS

    @property
    def where(self) -> str:
        """Path and line number of the list, for messages."""
        return f"{self.path}:{self.document.line}" if self.document else str(self.path)

    def first(self, name: str, key: str, value: str, **more: str) -> str:
        """Return the text of the file with a first user."""
        lines = "".join(f"    {one}: {text}\n" for one, text in {key: value, **more}.items())
        text = self.path.read_text(encoding="utf-8") if self.path.exists() else "---\n"
        glue = "" if text.endswith("\n") else "\n"
        return f"{text}{glue}{self.kind.variable}:\n  - name: {spans.quoted(name)}\n{lines}"

    def write(self, text: str) -> None:
        """Replace the file atomically, keeping its mode."""
        # Proof that what was written can be read: nothing else has looked at it so far.
        _yaml(self.path, text, lambda: Document(text, str(self.path), kind=self.kind).users())
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


def locate(
    inventories: Sequence[Path], file: Path | None = None, kind: Kind = USERS
) -> InventoryFile:
    """Return the file in which an inventory defines the users; `file` selects one of several.

    Raises InputError if several files define them, or if only encrypted files could.
    """
    if file is not None:
        return _place(file, _text(file), kind) if file.exists() else InventoryFile(file, None, kind)
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
    return InventoryFile(_new(inventories[0], kind), None, kind)


def must_be_free(inventories: Sequence[Path], name: str, kind: Kind) -> None:
    """Raise InputError if a login of another kind has the name: users and robots share one
    namespace.

    A file that is encrypted or cannot be edited is left to `holdfast check`.
    """
    for path in _files(inventories):
        text = _text(path)
        if text.startswith(_ENCRYPTED) or kind.variable not in text:
            continue
        try:
            document = _place(path, text, kind).document
        except InputError:
            continue
        for login in document.users() if document else ():
            if login.name == name:
                raise InputError(
                    f"NAME: expected a name that nobody has, got {name}, a {kind.noun} in"
                    f" {path}:{login.line}. Users and robots share one space of names"
                )


def setting(inventories: Sequence[Path], name: str) -> str | None:
    """Return a setting's text if all files that set it as a plain scalar agree, else None."""
    values = {
        value.value
        for path in _files(inventories)
        if name in (text := _text(path)) and not text.startswith(_ENCRYPTED)
        for _, value in spans.found(_yaml(path, text, partial(spans.parsed, text)), name)
        if isinstance(value, yaml.ScalarNode)
    }
    return values.pop() if len(values) == 1 else None


def _place(path: Path, text: str, kind: Kind) -> InventoryFile:
    if text.startswith(_ENCRYPTED):
        raise InputError(
            f"{path}: expected a plain file. Change it with: ansible-vault edit {path}"
        )
    return InventoryFile(path, _yaml(path, text, partial(Document.of, text, str(path), kind)), kind)


def _files(inventories: Sequence[Path]) -> Iterator[Path]:
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


def _new(inventory: Path, kind: Kind) -> Path:
    """Return the path for the users of an inventory that has no such file."""
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


def _yaml(path: Path, text: str, read: Callable[[], T]) -> T:
    try:
        return read()
    except yaml.MarkedYAMLError as error:
        from holdfast.playbook.yaml_errors import described  # noqa: PLC0415 -- when it is wrong

        raise InputError(*described(error, text, str(path))) from None
    except yaml.YAMLError as error:
        raise InputError(f"{path}: expected YAML, and cannot read it: {error}") from None
