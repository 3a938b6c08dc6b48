"""Check files on the controller that settings name: each is readable and of the right kind.

A deploy reads them in any case. `holdfast check` runs these checks earlier.
"""

from __future__ import annotations

import hashlib
from collections.abc import Iterator
from functools import lru_cache
from pathlib import Path
from typing import Annotated, Any, get_args, get_origin

from pydantic import BaseModel, SecretStr
from pydantic.fields import FieldInfo

from holdfast.errors import Complaint
from holdfast.settings.model import Settings
from holdfast.settings.types import NamesFile, on_host
from holdfast.settings.variables import PREFIX

RELATIVE = "A relative path counts from the inventory's folder"


def file_errors(settings: Settings, folder: Path) -> list[Complaint]:
    """Return an error for each file that cannot be used; `folder` is the inventory's."""
    found = []
    for name, text, secret in _named(settings):
        fault = _fault(folder / Path(text).expanduser(), _kind(settings, name))
        shown = "a path" if secret else f'"{text}"'
        if fault:
            found.append(Complaint(name, fault.format(given=shown)))
    return found


def _named(settings: Settings) -> Iterator[tuple[str, str, bool]]:
    """Yield (variable, path, True if it is a secret) of each value that is a path."""
    for section in Settings.model_fields:
        model = getattr(settings, section)
        for key, field in type(model).model_fields.items() if isinstance(model, BaseModel) else ():
            value = getattr(model, key)
            text = value.get_secret_value() if isinstance(value, SecretStr) else value
            if text and _names_file(field) and not ("-----BEGIN" in text or on_host(text)):
                yield f"{PREFIX}{section}_{key}", text, isinstance(value, SecretStr)


def _names_file(field: FieldInfo) -> bool:
    return any(isinstance(one, NamesFile) for one in (*field.metadata, *_inner(field.annotation)))


def _inner(annotation: Any) -> Iterator[Any]:
    """Yield the metadata of the alternatives of `Annotated[...] | None`."""
    for part in get_args(annotation):
        if get_origin(part) is Annotated:
            yield from get_args(part)[1:]


def _kind(settings: Settings, name: str) -> str:
    """Return the kind of file that a setting needs: `sha256:...` for a binary, else "PEM"."""
    binary = settings.distribution.obtained
    return binary.given or "PEM" if binary and name == f"{PREFIX}distribution_path" else "PEM"


def _fault(path: Path, kind: str) -> str:
    """Return the error of a file, with `{given}` for the given value; "" if there is none."""
    what = "PEM text or the path of a file with it" if kind == "PEM" else "the path of a file"
    try:
        status = path.stat()
        if kind != "PEM":
            found = _sha256(path, status.st_mtime_ns, status.st_size)
            return "" if found == kind else _differs(path, found)
        text = path.read_bytes()
    except OSError as error:
        reason = f"{path} cannot be read: {error.strerror}"
        return f"expected {what}, got {{given}} ({_escaped(reason)}). {RELATIVE}"
    if b"-----BEGIN " in text:
        return ""
    kind = "is empty" if not text.strip() else "holds no PEM"
    return f"expected {what}, got {{given}} ({_escaped(str(path))} {kind}). {RELATIVE}"


def _differs(path: Path, found: str) -> str:
    return (
        f"expected a file with the SHA-256 of registry_distribution_checksum, got {{given}}"
        f" ({_escaped(str(path))} has {found}). Get the file again, or correct the checksum"
    )


@lru_cache(maxsize=16)
def _sha256(path: Path, changed: int, size: int) -> str:
    """Return the SHA-256 of a file. A file that several hosts use is read once."""
    del changed, size
    with path.open("rb") as stream:
        return f"sha256:{hashlib.file_digest(stream, 'sha256').hexdigest()}"


def _escaped(text: str) -> str:
    return text.replace("{", "{{").replace("}", "}}")
