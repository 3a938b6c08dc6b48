"""Find the inventory file that defines the users, and write it."""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from functools import partial
from pathlib import Path

import yaml

from holdfast import inventory_files
from holdfast.errors import InputError
from holdfast.users import spans
from holdfast.users.document import USERS, Document, Kind

GROUP = "registry"
"""Ansible group of the registry hosts."""


@dataclass(frozen=True)
class Place:
    """One key with its value, in a file of the inventory."""

    path: Path
    text: str
    tree: yaml.Node | None
    key: yaml.Node
    value: yaml.Node

    def __str__(self) -> str:
        return f"{self.path}:{self.key.start_mark.line + 1}"

    @property
    def span(self) -> tuple[int, int]:
        """Begin and end of the value."""
        return spans.start(self.value), spans.end(self.text, self.value)


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
        inventory_files.read(
            self.path, text, lambda: Document(text, str(self.path), kind=self.kind).users()
        )
        inventory_files.replace(self.path, text)


def locate(
    inventories: Sequence[Path], file: Path | None = None, kind: Kind = USERS
) -> InventoryFile:
    """Return the file in which an inventory defines the users; `file` selects one of several.

    Raises InputError if several files define them, or if only encrypted files could.
    """
    if file is not None:
        return (
            _place(file, inventory_files.content(file), kind)
            if file.exists()
            else InventoryFile(file, None, kind)
        )
    places, encrypted = [], []
    for path in inventory_files.files(inventories):
        text = inventory_files.content(path)
        if text.startswith(inventory_files.ENCRYPTED):
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
    return InventoryFile(new_file(inventories[0], f"{kind.noun}s"), None, kind)


def must_be_free(inventories: Sequence[Path], name: str, kind: Kind) -> None:
    """Raise InputError if a login of another kind has the name: users and robots share one
    namespace.

    A file that is encrypted or cannot be edited is left to `holdfast check`.
    """
    for path in inventory_files.files(inventories):
        text = inventory_files.content(path)
        if text.startswith(inventory_files.ENCRYPTED) or kind.variable not in text:
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
    found = (one.value for one in places(inventories, name))
    values = {value.value for value in found if isinstance(value, yaml.ScalarNode)}
    return values.pop() if len(values) == 1 else None


def places(inventories: Sequence[Path], name: str) -> Iterator[Place]:
    """Yield each place of a setting in the files that can be read."""
    for path in dict.fromkeys(inventory_files.files(inventories)):
        text = inventory_files.content(path)
        if name not in text or text.startswith(inventory_files.ENCRYPTED):
            continue
        tree = inventory_files.read(path, text, partial(spans.parsed, text))
        for key, value in spans.found(tree, name):
            yield Place(path, text, tree, key, value)


def _place(path: Path, text: str, kind: Kind) -> InventoryFile:
    if text.startswith(inventory_files.ENCRYPTED):
        raise InputError(
            f"{path}: expected a plain file. Change it with: ansible-vault edit {path}"
        )
    return InventoryFile(
        path, inventory_files.read(path, text, partial(Document.of, text, str(path), kind)), kind
    )


def new_file(inventory: Path, name: str) -> Path:
    """Return the path for settings of all hosts that an inventory does not have yet.

    That is the group's own file if there is one, and one of a `name` below its folder otherwise.
    """
    folder = (inventory if inventory.is_dir() else inventory.parent) / "group_vars"
    for ending in (".yml", ".yaml"):
        one = folder / f"{GROUP}{ending}"
        if one.exists():
            return one
    return folder / GROUP / f"{name}.yml"
