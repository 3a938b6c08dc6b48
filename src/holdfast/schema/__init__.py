"""What is generated from the one schema and the controls: argument_specs, docs, JSON Schema."""

from holdfast.schema.generated import GENERATED
from holdfast.verification.controls.document import controls_page

__all__ = ["DOCUMENTS", "GENERATED"]

DOCUMENTS = {**GENERATED, "docs/controls.md": controls_page}
"""Every generated file, and what it should hold."""
