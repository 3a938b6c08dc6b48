"""Read the kit's catalogue of upstream's releases of the registry, releases.json.

It has the checksum of upstream's archive for Linux, by version and architecture. Source: the
.sha256 file beside each archive, as the Dockerfile of Docker's official image `registry` has it.
Its facts about releases are from: days, the Go module proxy; vulnerabilities, their CVE records;
changes that clients see, the sources of the versions (registry/handlers/manifests.go).
"""

from __future__ import annotations

import json
from pathlib import Path

NEWEST = "3.1.1"
"""Release of a new inventory."""

FILE = Path(__file__).with_name("releases.json")
"""The kit's catalogue; holdfast.catalogue reads others of its form."""

CHECKSUMS: dict[str, dict[str, str]] = json.loads(FILE.read_text(encoding="ascii"))["releases"]
"""Checksum by version and architecture."""
