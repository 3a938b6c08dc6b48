"""Read environment variables in all common forms, with one result for each."""

from __future__ import annotations

import re
from collections.abc import Iterator, Mapping
from dataclasses import replace
from pathlib import Path

import yaml

from holdfast.errors import InputError
from holdfast.importing.entry import Files, Variable
from holdfast.importing.yaml_text import documents, mapping, read_text
from holdfast.settings.placeholder import placeholder

NAME = re.compile(r"[A-Za-z_][A-Za-z0-9_.-]*")
Objects = Mapping[tuple[str, str], Mapping[str, str]]
"""Data of ConfigMaps and Secrets, by kind and name."""

FORM = "expected NAME=value or NAME: value, so the registry never had it"
FROM_SHELL = "it has no value here: the container takes it from the environment of its start"
LATER = "not in this file"


def read(path: Path, files: Files) -> list[Variable]:
    """Return the variables of a file in any form. Raises InputError if it cannot be read."""
    from holdfast.importing import containers  # noqa: PLC0415 -- it reads variables itself

    text = read_text(path)
    try:
        nodes = documents(text, path.name)
    except InputError:
        return of_lines(text, path.name, files)
    found = containers.find(nodes, path.name, files)
    if found and found.variables:
        return found.variables
    given = [one for node in nodes for one in of_node(node, path.name)]
    return given or of_lines(text, path.name, files)


def of_lines(text: str, file: str, files: Files) -> list[Variable]:
    """Return the variables of lines: env files, shell, `docker run`, systemd, Dockerfile."""
    from holdfast.importing import lines  # noqa: PLC0415 -- it makes variables of this module

    return lines.read(text, file, files)


def of_node(node: yaml.Node | None, file: str, known: Objects | None = None) -> list[Variable]:
    """Return the variables of a mapping or list; `known` are ConfigMaps and Secrets."""
    if isinstance(node, yaml.SequenceNode):
        return [one for item in node.value for one in _item(item, file, known or {})]
    keys = mapping(node, file)
    if not all(NAME.fullmatch(name) for name in keys):
        return []
    found = []
    for name, (key, value) in keys.items():
        if not isinstance(value, yaml.ScalarNode):
            return []
        null = value.tag.endswith(":null")
        reason = FROM_SHELL if null else ""
        text = "" if null else str(value.value)
        found.append(Variable(name, text, file, key.start_mark.line + 1, reason))
    return found


def _item(node: yaml.Node, file: str, known: Objects) -> Iterator[Variable]:
    line = node.start_mark.line + 1
    if isinstance(node, yaml.ScalarNode):
        yield of_pair(str(node.value), file, line)
        return
    keys = mapping(node, file)
    if "name" in keys:
        name = str(keys["name"][1].value)
        if "valueFrom" in keys:
            yield _referred(name, keys["valueFrom"][1], file, line, known)
        elif "value" in keys and isinstance(keys["value"][1], yaml.ScalarNode):
            yield Variable(name, str(keys["value"][1].value), file, line)
        else:
            yield Variable(name, "", file, line, FROM_SHELL)
    else:
        yield from of_node(node, file)


def of_pair(text: str, file: str, line: int) -> Variable:
    """Return the variable of NAME=value, or one with a reason for text in another form."""
    name, equals, value = text.partition("=")
    name = name.strip()
    if equals and NAME.fullmatch(name):
        return Variable(name, unquoted(value.strip()), file, line)
    bare = NAME.match(text.strip())
    reason = FROM_SHELL if bare and bare[0] == text.strip() else FORM
    return Variable(bare[0] if bare else f"line {line}", "", file, line, reason)


def unquoted(value: str) -> str:
    """Return a value without surrounding quotes."""
    quoted = len(value) > 1 and value[0] == value[-1] and value[0] in "\"'"
    return value[1:-1] if quoted else value


def _referred(name: str, node: yaml.Node, file: str, line: int, known: Objects) -> Variable:
    """Return a variable whose value is in a Secret or ConfigMap."""
    for reference, kind in (("secretKeyRef", "Secret"), ("configMapKeyRef", "ConfigMap")):
        keys = mapping(node, file)
        if reference in keys:
            found = mapping(keys[reference][1], file)
            which, key = (str(found[k][1].value) if k in found else "" for k in ("name", "key"))
            text = known.get((kind, which), {}).get(key)
            if text is None:
                text = placeholder(f"the value of {key} in {kind} {which}")
            return Variable(name, text, file, line)
    return Variable(name, "", file, line, "its value is a property of the pod")


def of_references(node: yaml.Node, file: str, known: Objects) -> list[Variable]:
    """Return the variables of envFrom: all keys of ConfigMaps and Secrets."""
    keys, found = mapping(node, file), []
    for item in keys["envFrom"][1].value if "envFrom" in keys else []:
        line = item.start_mark.line + 1
        below = mapping(item, file)
        prefix = str(below["prefix"][1].value) if "prefix" in below else ""
        for reference, kind in (("secretRef", "Secret"), ("configMapRef", "ConfigMap")):
            if reference in below:
                which = str(mapping(below[reference][1], file)["name"][1].value)
                data = known.get((kind, which))
                reason = (
                    "" if data is not None else f"{kind} {which} is {LATER}. Add it to the file"
                )
                found += [
                    Variable(prefix + key, text, file, line) for key, text in (data or {}).items()
                ]
                found += [Variable("envFrom", "", file, line, reason)] if reason else []
    return found


def replaced(one: Variable, text: str, unknown: list[str]) -> Variable:
    """Return a variable with another text, or with a placeholder for names without a value."""
    if unknown:
        names = " and ".join(f"${name}" for name in dict.fromkeys(unknown))
        text = placeholder(f"the value that {one.name} has from {names}")
    return replace(one, text=text) if text != one.text else one
