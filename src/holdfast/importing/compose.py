"""Read a container's environment, mounts and configuration, as in Compose files."""

from __future__ import annotations

import re
from collections.abc import Iterator, Mapping
from pathlib import PurePosixPath
from typing import Any

import yaml

from holdfast.errors import InputError
from holdfast.importing import variables
from holdfast.importing.entry import Files, Variable
from holdfast.importing.yaml_text import construct, mapping, read_text

ENVIRONMENTS = ("environment", "env", "extraenvvars")
CONFIGS = ("/etc/docker/registry/config.yml", "/etc/distribution/config.yml")
"""Path of the configuration in the registry's images."""

_HERE = re.compile(r"^(?:\$\(pwd\)|`pwd`|\$\{PWD\}|\$PWD)(?=/|$)", re.IGNORECASE)
"""Current folder of a shell command, which is taken to be that of the file."""
_SHELL = re.compile(r"\$\$|\$\{(\w+)(?:(:?[-?+])([^}]*))?\}|\$\((\w+)\)|\$(\w+)")


def environment(node: yaml.Node, file: str) -> yaml.Node | None:
    """Return the environment of a container's mapping; None if it has none."""
    for name, (_, value) in mapping(node, file).items():
        if name.lower() in ENVIRONMENTS:
            return value
    return None


def read(node: yaml.Node, top: yaml.Node, file: str, files: Files) -> str:
    """Add a container's mounts to `files`; return the path of its configuration.

    The path is empty if the container has the configuration of its image.
    """
    keys = {name.lower(): value for name, (_, value) in mapping(node, file).items()}
    for name in ("volumes", "binds", "mounts", "volumemounts"):
        for item in _list(keys.get(name), file):
            bind(item, files)
    for kind, folder in (("configs", "/"), ("secrets", "/run/secrets/")):
        _shared(keys.get(kind), mapping(top, file).get(kind), folder, file, files)
    command = [
        str(word)
        for name in ("entrypoint", "command", "cmd", "args")
        for word in _words(keys.get(name), file)
    ]
    paths = [word for word in command if word.endswith((".yml", ".yaml", ".json"))]
    for path in (*paths, *CONFIGS):
        if files.mounts(path):
            return path
    return ""


def bind(item: Any, files: Files) -> None:
    """Record one mount: `source:target[:options]`, or a mapping of source and target."""
    if isinstance(item, Mapping):
        low = {str(key).lower(): value for key, value in item.items()}
        source, target = low.get("source") or low.get("src"), low.get("target")
        target = target or low.get("destination") or low.get("dst") or low.get("mountpath")
        source = source or low.get("name")
    else:
        source, _, target = str(item).partition(":")
        target = target.partition(":")[0]
    if not source or not target:
        return
    source, target = _HERE.sub(".", str(source)), str(PurePosixPath(str(target)))
    is_path = source.startswith(("/", ".", "~", "$"))
    (files.binds if is_path else files.volumes)[target] = source


def _shared(
    used: yaml.Node | None,
    defined: tuple[yaml.Node, yaml.Node] | None,
    folder: str,
    file: str,
    files: Files,
) -> None:
    """Record the top-level configs or secrets of Compose that a service uses."""
    known = construct(defined[1], file) if defined else {}
    for item in _list(used, file):
        name = str(item.get("source")) if isinstance(item, Mapping) else str(item)
        target = item.get("target") if isinstance(item, Mapping) else None
        path = str(PurePosixPath(folder) / str(target or name))
        one = known.get(name) if isinstance(known, Mapping) else None
        if isinstance(one, Mapping) and isinstance(one.get("content"), str):
            files.texts[path] = one["content"]
        elif isinstance(one, Mapping) and isinstance(one.get("file"), str):
            files.binds[path] = one["file"]


def _list(node: yaml.Node | None, file: str) -> list[Any]:
    value = construct(node, file) if node is not None else []
    return value if isinstance(value, list) else []


def _words(node: yaml.Node | None, file: str) -> list[Any]:
    value = construct(node, file) if node is not None else []
    return value if isinstance(value, list) else str(value or "").split()


def env_files(node: yaml.Node, file: str, files: Files) -> list[Variable]:
    """Return the variables of the files that a service names as env_file."""
    keys = mapping(node, file)
    if "env_file" not in keys:
        return []
    given = construct(keys["env_file"][1], file)
    line = keys["env_file"][0].start_mark.line + 1
    found: list[Variable] = []
    for item in given if isinstance(given, list) else [given]:
        path = files.folder / str(item.get("path") if isinstance(item, Mapping) else item)
        try:
            found += variables.of_lines(read_text(path), path.name, files)
        except InputError:
            reason = f"{path} cannot be read here. Give it with --env"
            found.append(Variable("env_file", "", file, line, reason))
    return found


def interpolated(text: str, known: Mapping[str, str]) -> tuple[str, list[str]]:
    """Return a text with ${NAME} replaced, as Compose does, and the names without a value."""
    unknown: list[str] = []

    def one(found: re.Match[str]) -> str:
        if found[0] == "$$":
            return "$"
        name = found[1] or found[4] or found[5]
        if known.get(name):
            return known[name]
        if (found[2] or "").endswith("-"):
            return found[3] or ""
        unknown.append(name)
        return found[0]

    return _SHELL.sub(one, text), unknown


def shell(files: Files) -> dict[str, str]:
    """Return the variables of the file .env beside a Compose file."""
    path = files.folder / ".env"
    try:
        found = variables.of_lines(read_text(path), path.name, files)
    except InputError:
        return {}
    return {one.name: one.text for one in found if not one.reason}


def settled(given: list[Variable], files: Files) -> Iterator[Variable]:
    """Yield the variables of a Compose file with ${NAME} replaced, or marked as missing."""
    known = shell(files)
    for one in given:
        text, unknown = interpolated(one.text, known)
        yield variables.replaced(one, text, unknown)
