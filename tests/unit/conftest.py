"""Settings that the unit tests begin with."""

from __future__ import annotations

from typing import Any

import pytest

CHECKSUM = "sha256:" + "a" * 64
PASSWORD = "correct-horse-battery"


@pytest.fixture
def flat() -> dict[str, Any]:
    """The least that a host needs to say."""
    return {
        "registry_hostname": "registry.example.com",
        "registry_distribution_checksum": CHECKSUM,
        "registry_auth_users": [{"name": "alice", "password": PASSWORD}],
    }
