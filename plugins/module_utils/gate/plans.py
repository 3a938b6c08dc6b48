"""Read the plans of a generation that exist only behind the gate."""

from __future__ import annotations

import os
from typing import Any

from ansible_collections.holdfast.registry.plugins.module_utils.system import files
from ansible_collections.holdfast.registry.plugins.module_utils.system.progress import StepError


def of(generation: str, place: str, verb: str) -> Any:
    """Return the plan at a place of a generation. Raises StepError if its images pass no gate."""
    found = files.read_json(os.path.join(generation, place))
    if found is None:
        raise StepError(
            f"{verb}: expected a registry whose images are in a directory of the host or in"
            " an S3 bucket, found none. Set registry_storage_driver: filesystem, and run:"
            " holdfast deploy",
            wrong_input=True,
        )
    return found
