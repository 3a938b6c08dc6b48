"""Find a registry's configuration in a Compose file, a Kubernetes manifest or the like."""

from __future__ import annotations

import base64
import binascii
import re
from collections.abc import Iterator
from dataclasses import dataclass, field

import yaml

from holdfast.errors import InputError
from holdfast.importing import compose, formats, helm, variables
from holdfast.importing.entry import Entry, Files, Variable
from holdfast.importing.variable_names import target
from holdfast.importing.yaml_text import children, documents, mapping

IMAGES = {"registry", "distribution", "docker-registry", "container-registry", "registry-photon"}
"""Last components of the names of images that contain CNCF Distribution."""


@dataclass
class Found:
    """The registry that a file describes."""

    node: yaml.Node | None = None
    """Mapping of the configuration, if the file contains it as YAML."""
    text: tuple[str, str] | None = None
    """Text of the configuration, if the file contains it as a string, with a name for its lines."""
    mounted: str = ""
    """Path of the configuration in the container, if it is another file."""
    variables: list[Variable] = field(default_factory=list)
    entries: list[Entry] = field(default_factory=list)
    """Keys that Helm values set in addition to the configuration."""


def find(nodes: list[yaml.Node], file: str, files: Files) -> Found | None:
    """Return the registry that YAML documents describe; None if they describe none.

    Adds to `files`. Raises InputError if there are several.
    """
    found = Found()
    everything = [node for top in nodes for node in _below(top)]
    objects = {_object(node, file): node for node in everything if _object(node, file)}
    _texts(objects, file, files)
    registries = [node for node in everything if _is_registry(node, file)]
    if len(registries) > 1:
        lines = ", ".join(str(node.start_mark.line + 1) for node in registries)
        raise InputError(
            f"{file}: expected one registry, got {len(registries)}, at the lines {lines}."
            " Leave one of them in a copy of the file"
        )
    _configuration(everything, found, file)
    for node in registries:
        found.mounted = compose.read(node, nodes[0], file, files)
        given = _variables(node, objects, file)
        if "services" in mapping(nodes[0], file):
            given = list(compose.settled(given, files))
        found.variables = [*compose.env_files(node, file, files), *given]
        found.mounted = found.mounted if found.node is None and found.text is None else ""
    found.entries = [entry for node in everything for entry in helm.entries(node, file, files)]
    if not registries:
        found.variables = _loose(nodes, file)
    parts = (found.node, found.text, registries, found.variables, found.entries)
    return found if any(parts) else None


_SERVE = re.compile(r"\bserve\s+(\S+\.(?:ya?ml|json))")
_CONTAINER = re.compile(r"\b(?:docker|podman|nerdctl)\b")


def of_command(text: str, file: str, files: Files) -> Found | None:
    """Return the registry that an env file, a unit or a `docker run` describes; None if none."""
    given = variables.of_lines(text, file, files)
    served = _SERVE.search(text)
    if not served and not any(target(one.name) for one in given):
        return None
    paths = [*([served[1]] if served else []), *compose.CONFIGS]
    outside = served is not None and not _CONTAINER.search(text)
    mounted = [path for path in paths if files.mounts(path)]
    return Found(variables=given, mounted=paths[0] if outside else next(iter(mounted), ""))


def _below(node: yaml.Node) -> Iterator[yaml.Node]:
    yield node
    for child in children(node):
        yield from _below(child)


def _configuration(everything: list[yaml.Node], found: Found, file: str) -> None:
    """Find the one configuration in a file: a mapping, or a text."""
    whole = [n for n in everything if formats.is_whole_configuration(n, file)]
    texts = [(n, text) for n in everything for text in _inner(n, file)]
    if len(whole) + len(texts) > 1:
        places = [*whole, *(node for node, _ in texts)]
        lines = ", ".join(str(node.start_mark.line + 1) for node in places)
        raise InputError(
            f"{file}: expected one registry's configuration, got several, at the lines {lines}."
            " Give the right one as a file of its own"
        )
    found.node = whole[0] if whole else None
    found.text = (texts[0][1], f"{file}#{texts[0][0].start_mark.line + 1}") if texts else None


def _inner(node: yaml.Node, file: str) -> list[str]:
    """Return the text of a scalar that is a whole configuration, plain or in base64."""
    if not isinstance(node, yaml.ScalarNode) or len(node.value) < len("version: 0.1"):
        return []
    for text in (node.value, decoded(node.value)):
        if text and "version" in text and ("\n" in text.strip() or "{" in text):
            try:
                inner = documents(text, file)
            except InputError:
                continue
            if inner and formats.is_whole_configuration(inner[0], file):
                return [text]
    return []


def decoded(text: str) -> str | None:
    """Return the text that base64 stands for; None if it is not base64 of a text."""
    try:
        return base64.b64decode("".join(text.split()), validate=True).decode()
    except (binascii.Error, ValueError):
        return None


def _scalar(node: yaml.Node | None) -> str:
    return str(node.value) if isinstance(node, yaml.ScalarNode) else ""


def _object(node: yaml.Node, file: str) -> tuple[str, str] | None:
    """Return kind and name of a ConfigMap or Secret."""
    keys = mapping(node, file)
    kind = _scalar(keys["kind"][1]) if "kind" in keys else ""
    if kind not in ("ConfigMap", "Secret") or "metadata" not in keys:
        return None
    metadata = mapping(keys["metadata"][1], file)
    return (kind, _scalar(metadata["name"][1])) if "name" in metadata else None


def values(node: yaml.Node, file: str) -> dict[str, str]:
    """Return the data of a ConfigMap or Secret as texts."""
    keys, found = mapping(node, file), {}
    secret = _scalar(keys["kind"][1]) == "Secret"
    for name in ("binaryData", "data", "stringData"):
        encoded = name == "binaryData" or (secret and name == "data")
        for key, (_, value) in mapping(keys[name][1] if name in keys else None, file).items():
            text = decoded(_scalar(value)) if encoded else _scalar(value)
            if text is not None:
                found[key] = text
    return found


def _texts(objects: dict[tuple[str, str] | None, yaml.Node], file: str, files: Files) -> None:
    """Add the data of ConfigMaps and Secrets to the files, by name."""
    for node in objects.values():
        for key, text in values(node, file).items():
            files.texts.setdefault(key, text)


def _is_registry(node: yaml.Node, file: str) -> bool:
    """Return True for a mapping that describes a registry's container."""
    keys = {name.lower(): value for name, (_, value) in mapping(node, file).items()}
    image = _scalar(keys.get("image")).partition("@")[0]
    name = image.rpartition("/")[2].partition(":")[0]
    given = variables.of_node(compose.environment(node, file), file)
    named = any(target(one.name) for one in given)
    return bool(given or image) and (named or name in IMAGES)


def _variables(
    node: yaml.Node, objects: dict[tuple[str, str] | None, yaml.Node], file: str
) -> list[Variable]:
    known = {key: values(value, file) for key, value in objects.items() if key}
    given = variables.of_node(compose.environment(node, file), file, known)
    return [*variables.of_references(node, file, known), *given]


def _loose(nodes: list[yaml.Node], file: str) -> list[Variable]:
    """Return variables at the top level of a file, as a mapping or a list."""
    found = [one for node in nodes for one in variables.of_node(node, file)]
    return found if any(one.name.startswith("REGISTRY_") for one in found) else []
