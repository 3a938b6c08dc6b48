"""What is generated from the settings' one schema: the role's argument_specs, docs, JSON Schema."""

from holdfast.schema.generated import GENERATED

__all__ = ["GENERATED"]
