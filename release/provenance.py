"""State where a release comes from: an in-toto statement with SLSA's provenance."""

from __future__ import annotations

from collections.abc import Sequence
from pathlib import Path
from typing import Any

from holdfast import DOCS, __version__
from release.artefacts import digest
from release.source import Commit

STATEMENT = "https://in-toto.io/Statement/v1"
PREDICATE = "https://slsa.dev/provenance/v1"
PAGE = f"{DOCS}/releases.md"
REPOSITORY = DOCS.rpartition("/")[0]
LOCKS = ("locks/dev.txt", "locks/setuptools.txt")
"""Files with version and hash of each program that builds."""


def statement(artefacts: Sequence[Path], commit: Commit, source: Path) -> dict[str, Any]:
    """Return the statement for artefacts that were built from an exported commit.

    It is the same for the same artefacts: it has no time and no name of a machine.
    """
    origin = {"uri": f"git+{REPOSITORY}", "digest": {"gitCommit": commit.name}}
    locks = [{"uri": name, "digest": {"sha256": digest(source / name)}} for name in LOCKS]
    return {
        "_type": STATEMENT,
        "subject": [{"name": one.name, "digest": {"sha256": digest(one)}} for one in artefacts],
        "predicateType": PREDICATE,
        "predicate": {
            "buildDefinition": {
                "buildType": f"{PAGE}#build-it-yourself",
                "externalParameters": {"source": origin, "command": "make release"},
                "internalParameters": {"SOURCE_DATE_EPOCH": commit.time},
                "resolvedDependencies": [origin, *locks],
            },
            "runDetails": {"builder": {"id": PAGE, "version": {"holdfast": __version__}}},
        },
    }
