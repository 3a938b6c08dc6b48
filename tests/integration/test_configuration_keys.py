"""The tables against the real binaries: every key that we know is read, no other is."""

from __future__ import annotations

import re
import subprocess
from collections.abc import Iterator
from pathlib import Path

import pytest

from holdfast.distribution.configuration.key import ANY
from holdfast.distribution.configuration.tree import Node, parts, reads, root
from testhosts import binary
from testhosts.machine import HarnessError
from tests.skips import lacks

PARAMETERS = ("storage.", "auth.", "middleware.storage[].options.")
"""Keys that the registry passes on unread; test_configuration_observed.py tests these."""
WRONG = "{wrong: {wrong: [wrong]}}"
"""A value that fits no key: what is read is refused, what is ignored is not even looked at."""


@pytest.fixture(scope="session")
def binaries(registry_binary: Path, packaged_registry_binary: Path) -> dict[str, Path]:
    """The registry in the three versions that the tables tell apart."""
    found = {"2.8.2": packaged_registry_binary, "3.1.1": registry_binary}
    try:
        found["3.0.0"] = Path(binary.obtain("3.0.0")["path"])
    except HarnessError as error:
        lacks("release", f"registry 3.0.0: {error}")
    return found


@pytest.mark.parametrize("version", ["2.8.2", "3.0.0", "3.1.1"])
def test_exactly_the_keys_of_its_version_are_read(
    binaries: dict[str, Path], tmp_path: Path, version: str
) -> None:
    # 3.0's reader of the Redis section stops at its first fault: those keys go one by one, each
    # with another one that is surely refused, so that the registry ends.
    sure = next(node for node in leaves(root()) if node.path == "catalog.maxentries")
    alone = [node for node in leaves(root()) if node.path.startswith("redis.")]
    alone = alone if version == "3.0.0" else []
    together = [node for node in leaves(root()) if node not in alone]
    read = refused(binaries[version], tmp_path, together)
    for node in alone:
        read |= refused(binaries[version], tmp_path, [node, sure])
    assert read == {node.path for node in leaves(root()) if node.row(version)}


@pytest.mark.parametrize("version", ["2.8.2", "3.0.0", "3.1.1"])
def test_no_key_that_a_binary_knows_is_missing(binaries: dict[str, Path], version: str) -> None:
    tags = re.findall(rb'yaml:"([a-z0-9_]+)', binaries[version].read_bytes())
    known = {part for row in root().all_rows() if reads(row, version) for part in parts(row.path)}
    assert {tag.decode() for tag in tags} - known == set()


@pytest.mark.parametrize("version", ["2.8.2", "3.0.0", "3.1.1"])
def test_the_name_of_every_parameter_is_in_the_binary(
    binaries: dict[str, Path], version: str
) -> None:
    content = binaries[version].read_bytes()
    names = {
        parts(row.path)[-1]
        for row in root().all_rows()
        if row.path.startswith(PARAMETERS)
        and reads(row, version)
        and not _absent(row.path, content)
    }
    # mapstructure finds a field by its name in Go, whatever its case.
    assert {name for name in names if name.encode() not in content.lower()} == set()


def leaves(node: Node) -> Iterator[Node]:
    """Yield the keys that the registry itself reads into a typed field."""
    for child in node.children.values():
        yield from leaves(child)
    handed_on = node.path.startswith(PARAMETERS) or node.path == "version"
    if node.rows and not handed_on and node.rows[0].kind is not ANY:
        yield node


def refused(registry: Path, folder: Path, nodes: list[Node]) -> set[str]:
    """Return the paths of those keys of which the registry refuses a wrong value."""
    wanted = {node.path for node in nodes}
    lines = list(_lines(root(), wanted, 0))
    config = folder / "config.yml"
    config.write_text("\n".join(text for text, _ in lines))
    done = subprocess.run(
        ["timeout", "5", registry, "serve", config], capture_output=True, text=True, check=False
    )
    said = done.stdout + done.stderr
    numbers = [int(number) for number in re.findall(r"line (\d+): cannot unmarshal", said)]
    found = {path for number, (_, path) in enumerate(lines, 1) if number in numbers}
    # Redis in 3.0 names the field, and no line.
    redis = re.search(r"for field: |Redis TLS |invalid clientcas", said)
    return found | ({path for path in wanted if path.startswith("redis.")} if redis else set())


def _lines(node: Node, wanted: set[str], depth: int) -> Iterator[tuple[str, str]]:
    """Yield the lines of a configuration in which each wanted key has a wrong value."""
    if depth == 0:
        yield from (("version: 0.1", ""), ("storage: {inmemory: {}}", ""))
    for name, child in node.children.items():
        below = list(_lines(child, wanted, depth + 1))
        if child.path in wanted:
            yield f"{'  ' * depth}{name}: {WRONG}", child.path
        elif name == "[]":
            for number, (text, path) in enumerate(below):
                yield (f"{'  ' * depth}- {text.strip()}" if number == 0 else text), path
        elif below:
            yield f"{'  ' * depth}{name}:", ""
            yield from below


def _absent(path: str, content: bytes) -> bool:
    """Return True if a distribution's binary lacks a storage driver."""
    section, name = path.split(".")[:2]
    driver = {"s3": b"s3-aws", "s3aws": b"s3-aws"}.get(name, name.encode())
    return section == "storage" and name in DRIVERS and b"storage/driver/" + driver not in content


DRIVERS = ("s3", "s3aws", "gcs", "azure", "oss", "swift")
