"""Generate argument_specs, docs and JSON Schema from the settings' model and the controls."""

from holdfast.schema.generated import GENERATED
from holdfast.verification.controls.document import controls_page

__all__ = ["DOCUMENTS", "GENERATED"]

DOCUMENTS = {**GENERATED, "docs/controls.md": controls_page}
"""Every generated file, with the function that returns its text."""
