"""Write a new folder of files atomically."""

from __future__ import annotations

import os
import shutil
from collections.abc import Collection, Mapping
from pathlib import Path

from holdfast.errors import InputError


def must_be_new(directory: Path, option: str) -> None:
    """Raise InputError if a directory exists and is not empty; `option` is where it was given."""
    if directory.exists() and not directory.is_dir():
        raise InputError(f"{directory}: expected a new or empty directory. Give another {option}")
    if directory.exists() and any(directory.iterdir()):
        raise InputError(f"{directory}: expected a new or empty directory. Give another {option}")


def write(directory: Path, files: Mapping[str, str], private: Collection[str], option: str) -> None:
    """Write files to a new or empty directory, atomically; only the owner can read `private` ones.

    Raises InputError if the directory is not empty or cannot be made.
    """
    directory = Path(os.path.abspath(directory))  # noqa: PTH100 -- keeps a link a link
    must_be_new(directory, option)
    beside = directory.with_name(f"{directory.name}.new-{os.getpid()}")
    try:
        for name, text in files.items():
            path = beside / name
            path.parent.mkdir(parents=True, exist_ok=True)
            path.touch(mode=0o600 if name in private else 0o644)
            path.write_text(text, encoding="utf-8")
        if directory.exists():
            directory.rmdir()
        beside.rename(directory)
    except OSError as error:
        raise InputError(
            f"{directory}: expected a place for a new directory: {error.strerror}."
            f" Give another {option}"
        ) from None
    finally:
        shutil.rmtree(beside, ignore_errors=True)
