"""The templates of the running collection, compiled once."""

from __future__ import annotations

import json
from functools import cache, partial
from typing import Any

from jinja2 import Environment, FileSystemLoader, StrictUndefined

from holdfast.collection import collection_root
from holdfast.rendering.accounts import NAMES
from holdfast.rendering.template_cache import kept

SYNTAX: dict[str, Any] = {
    "trim_blocks": True,
    "lstrip_blocks": True,
    "keep_trailing_newline": True,
    "autoescape": False,
}
"""Options of Jinja."""


@cache
def template(path: str) -> Any:
    """Return a compiled template by its path below templates/, without .j2."""
    return environment().get_template(f"{path}.j2")


def compile_templates() -> None:
    """Compile all templates, so that forks of this process find them ready."""
    for name in environment().list_templates():
        environment().get_template(name)


@cache
def environment() -> Environment:
    """Return Jinja's environment: undefined names are errors, and nothing is escaped."""
    found = Environment(  # noqa: S701 -- no HTML here; the settings' patterns bound every value
        loader=FileSystemLoader(collection_root() / "templates"),
        undefined=StrictUndefined,
        bytecode_cache=kept(SYNTAX),
        **SYNTAX,
    )
    # Ansible's own `tojson` is not wanted: JSON is YAML, and quotes a value safely.
    found.filters["quoted"] = json.dumps
    found.filters["lines"] = partial(json.dumps, indent=1)
    found.globals.update(NAMES)
    return found
