"""The templates of the running collection, compiled once."""

from __future__ import annotations

import json
from collections.abc import MutableMapping
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


class _Environment(Environment):
    """Environment whose templates share one dictionary of globals.

    Jinja's own is a chain, which each file and each include of it walks: a tenth of a render.
    """

    def make_globals(self, d: MutableMapping[str, Any] | None) -> MutableMapping[str, Any]:
        return {**self.globals, **d} if d else self.globals


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
    found = _Environment(
        loader=FileSystemLoader(collection_root() / "templates"),
        undefined=StrictUndefined,
        bytecode_cache=kept(SYNTAX),
        auto_reload=False,  # no template changes while we run; it asks for each one's time
        **SYNTAX,
    )
    # Ansible's own `tojson` is not wanted: JSON is YAML, and quotes a value safely.
    found.filters["quoted"] = json.dumps
    found.filters["lines"] = partial(json.dumps, indent=1)
    found.globals.update(NAMES)
    return found
