"""Describe a release as CycloneDX: what it needs, in which versions, under which licences."""

from __future__ import annotations

import uuid
from collections.abc import Iterator, Sequence
from datetime import UTC, datetime
from importlib.metadata import Distribution, distribution
from pathlib import Path
from typing import Any

from packaging.requirements import Requirement
from packaging.utils import canonicalize_name

from release.artefacts import digest

NAME = "holdfast"
_SPACE = uuid.UUID("6ba7b811-9dad-11d1-80b4-00c04fd430c8")
"""RFC 9562's namespace of addresses."""
LICENCES = {
    "Apache Software License": "Apache-2.0",
    "BSD License": "BSD-3-Clause",
    "GNU General Public License v3 or later (GPLv3+)": "GPL-3.0-or-later",
    "GNU Lesser General Public License v3 (LGPLv3)": "LGPL-3.0-only",
    "ISC License (ISCL)": "ISC",
    "MIT License": "MIT",
    "Mozilla Public License 2.0 (MPL 2.0)": "MPL-2.0",
}
"""SPDX identifier by the classifier of a package without a licence expression."""
WRITTEN = ("Apache-2.0", "BSD-2-Clause", "BSD-3-Clause", "MIT")
"""Identifiers that a package without both may have as its licence's text."""


def document(artefacts: Sequence[Path], time: int) -> dict[str, Any]:
    """Return the document of a release; the same one for the same artefacts."""
    needed = sorted(closure(NAME))
    known = {name: distribution(name) for name in needed}
    digests = "".join(map(digest, artefacts))
    return {
        "bomFormat": "CycloneDX",
        "specVersion": "1.6",
        "version": 1,
        "serialNumber": f"urn:uuid:{uuid.uuid5(_SPACE, digests)}",
        "metadata": {
            "timestamp": datetime.fromtimestamp(time, UTC).strftime("%Y-%m-%dT%H:%M:%SZ"),
            "component": {
                **_component(known[NAME], "application"),
                "components": [_file(path) for path in artefacts],
            },
        },
        "components": [_component(one) for name, one in known.items() if name != NAME],
        "dependencies": [
            {"ref": _address(one), "dependsOn": sorted(_address(known[n]) for n in _needs(one))}
            for one in known.values()
        ],
    }


def closure(name: str) -> set[str]:
    """Return the names of all distributions that one needs here, itself included."""
    found, waiting = set[str](), [name]
    while waiting:
        one = waiting.pop()
        found.add(one)
        waiting += [need for need in _needs(distribution(one)) if need not in found]
    return found


def _needs(one: Distribution) -> Iterator[str]:
    """Yield the names of what a distribution needs here, without its extras."""
    for text in one.requires or []:
        need = Requirement(text)
        if not need.marker or need.marker.evaluate({"extra": ""}):
            yield canonicalize_name(need.name)


def _address(one: Distribution) -> str:
    return f"pkg:pypi/{canonicalize_name(one.metadata['Name'])}@{one.version}"


def _component(one: Distribution, kind: str = "library") -> dict[str, Any]:
    return {
        "type": kind,
        "bom-ref": _address(one),
        "purl": _address(one),
        "name": canonicalize_name(one.metadata["Name"]),
        "version": one.version,
        "licenses": [{"expression": licence(one)}],
    }


def _file(path: Path) -> dict[str, Any]:
    hashes = [{"alg": "SHA-256", "content": digest(path)}]
    return {"type": "file", "bom-ref": path.name, "name": path.name, "hashes": hashes}


def licence(one: Distribution) -> str:
    """Return the SPDX expression of a distribution's licence. LookupError if none is known."""
    if expression := _first(one, "License-Expression"):
        return expression
    said = [str(each) for each in one.metadata.get_all("Classifier") or []]
    ends = [each.rpartition(" :: ")[2] for each in said if each.startswith("License ::")]
    found = sorted({LICENCES[each] for each in ends if each in LICENCES})
    text = _first(one, "License")
    if not found and text in WRITTEN:
        return text
    if not found:
        known = f"{one.metadata['Name']} {one.version}"
        raise LookupError(f"{known}: expected a licence in its metadata, found {text!r}")
    return " OR ".join(found)


def _first(one: Distribution, field: str) -> str:
    return str(next(iter(one.metadata.get_all(field) or []), ""))
