"""Apply environment variables to a configuration by the registry's own rules."""

from __future__ import annotations

import json
from collections.abc import Iterable, Mapping
from dataclasses import replace
from typing import Any

from holdfast.distribution.configuration.tree import parts
from holdfast.errors import InputError
from holdfast.importing import other_variables
from holdfast.importing.entry import Entry, Variable
from holdfast.importing.source import of_text
from holdfast.importing.variable_names import PREFIX, target
from holdfast.importing.yaml_text import construct, documents
from holdfast.settings.placeholder import is_placeholder

NOT_KEYS = {"REGISTRY_CONFIGURATION_PATH"}
"""Variables that are not part of the configuration."""

NO_KEY = "no such key: the registry ignores it"
NO_YAML = "the registry reads it as YAML, and it is none. Quote it"


def overridden(
    entries: Iterable[Entry], variables: Iterable[Variable]
) -> tuple[list[Entry], list[Entry]]:
    """Return the keys after variables are applied, and the replaced keys.

    Each variable has an entry: a key, or one with the reason why it is none.
    """
    kept, gone = list(entries), list[Entry]()
    given = list(variables)
    own = [one for one in given if one.name.startswith(PREFIX) and not one.reason]
    # In the order of their names: a section comes before what is in it.
    for variable in sorted(own, key=lambda one: (one.name, one.line)):
        made = _given(variable, {entry.path: entry for entry in kept})
        paths = {entry.path for entry in made} | {(target(variable.name) or (variable.name,))[0]}
        below = tuple(f"{path}{mark}" for path in paths for mark in (".", "["))
        replaced = [e for e in kept if e.path in paths or e.path.startswith(below)]
        kept = [entry for entry in kept if entry not in replaced] + made
        gone += [entry for entry in replaced if entry.name in ("", variable.name)]
    others = [one for one in given if one not in own]
    return kept + other_variables.entries(others, kept), gone


def _given(variable: Variable, before: Mapping[str, Entry]) -> list[Entry]:
    """Return the keys that a variable sets: one or a whole section, or one with a reason."""
    found = target(variable.name)
    if variable.name in NOT_KEYS:
        return [variable.refused("it names the configuration's file, which is what is imported")]
    if found is None:
        return [variable.refused(NO_KEY)]
    path, rest = found
    if not variable.text:
        return [replace(variable.refused("no value"), path=path)]
    try:
        entries = of_text(_nested(path, variable.text), variable.name)
        if rest:
            entries = [replace(entries[0], value=_with(before.get(path), rest, variable))]
    except InputError:
        return [variable.refused(NO_YAML)]
    return [variable.sets(one.path, one.value) for one in entries]


def _with(entry: Entry | None, rest: str, variable: Variable) -> Any:
    """Return the list or mapping of a key with one item replaced."""
    known = entry.value if entry else None
    if rest.isdigit():
        items = known if isinstance(known, list) else []
        return [*items[: int(rest)], variable.text, *items[int(rest) + 1 :]]
    nodes = documents(variable.text, variable.name)
    value = construct(nodes[0], variable.name) if nodes else None
    return {**(known if isinstance(known, dict) else {}), rest: value}


def _nested(path: str, text: str) -> str:
    """Return YAML text with a value at a path."""
    lines, indent = [], ""
    for part in parts(path):
        if part.startswith("["):
            lines += [f"{indent}-"] * (int(part[1:-1]) + 1)
        else:
            lines.append(f"{indent}{json.dumps(part)}:")
        indent += "  "
    value = json.dumps(text) if is_placeholder(text) else text.replace("\n", f"\n{indent}")
    return "\n".join((*lines, indent + value))
