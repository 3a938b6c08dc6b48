"""Write rendered trees to a directory, atomically, without secrets unless `reveal` is set."""

from __future__ import annotations

import difflib
import os
import shutil
from collections.abc import Iterator, Mapping
from dataclasses import dataclass
from pathlib import Path

from holdfast.errors import InputError
from holdfast.rendering.tree import File, Tree

MARKER = ".holdfast"
MASK = "# Holds a secret, and was rendered without it. See: holdfast render -o FOLDER --secrets\n"


@dataclass(frozen=True)
class Written:
    """Result of writing."""

    files: int
    differences: list[str]
    """Unified diffs against the earlier output; never of a file with a secret."""


def write(
    trees: Mapping[str, Tree], directory: Path, *, reveal: bool = False, compare: bool = True
) -> Written:
    """Write the tree of each host to `directory/HOST`, replacing an earlier output.

    Without `compare` no difference is looked for: half of the time of many hosts.
    Raises InputError if the directory contains other files.
    """
    directory = Path(os.path.abspath(directory))  # noqa: PTH100 -- keeps a link a link
    if directory.exists() and any(directory.iterdir()) and not (directory / MARKER).exists():
        raise InputError(
            f"{directory}: expected an empty directory or an earlier output, found other files."
            " Give another --output"
        )
    differences = list(_differences(trees, directory)) if compare else []
    beside = directory.with_name(f"{directory.name}.new-{os.getpid()}")
    try:
        count = sum(_write_tree(beside / host, tree, reveal) for host, tree in trees.items())
        (beside / MARKER).write_text("Written by holdfast render, which replaces all of it.\n")
        _swap(beside, directory)
    finally:
        shutil.rmtree(beside, ignore_errors=True)
    return Written(count, differences)


def _write_tree(root: Path, tree: Tree, reveal: bool) -> int:
    for path, file in tree.items():
        target = root / path
        target.parent.mkdir(parents=True, exist_ok=True)
        target.write_text(file.content if reveal or not file.sensitive else MASK)
        target.chmod(0o600 if file.sensitive else file.mode)
    return len(tree)


def _swap(new: Path, directory: Path) -> None:
    old = directory.with_name(f"{directory.name}.old-{os.getpid()}")
    if directory.exists():
        directory.rename(old)
    new.rename(directory)
    shutil.rmtree(old, ignore_errors=True)


def _differences(trees: Mapping[str, Tree], directory: Path) -> Iterator[str]:
    earlier = {
        str(path.relative_to(directory))
        for path in directory.rglob("*")
        if path.is_file() and path.name != MARKER
    }
    wanted = {f"{host}/{path}": file for host, tree in trees.items() for path, file in tree.items()}
    for name in sorted(earlier | wanted.keys()):
        file = wanted.get(name)
        if not (file and file.sensitive):
            yield from _difference(name, directory, file, name in earlier)


def _difference(name: str, directory: Path, file: File | None, there: bool) -> Iterator[str]:
    before = (directory / name).read_text() if there else ""
    after = file.content if file else ""
    if before in (MASK, after):
        return
    lines = difflib.unified_diff(
        before.splitlines(keepends=True),
        after.splitlines(keepends=True),
        f"before/{name}",
        f"after/{name}",
    )
    yield "".join(lines)
