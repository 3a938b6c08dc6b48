"""Generate argument_specs, JSON Schema and the pages of reference."""
