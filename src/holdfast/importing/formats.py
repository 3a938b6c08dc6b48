"""Recognize a registry's configuration, and files that are mistaken for one."""

from __future__ import annotations

from collections.abc import Callable, Mapping

import yaml

from holdfast.distribution.configuration.tree import root
from holdfast.importing.yaml_text import mapping

Keys = Mapping[str, tuple[yaml.Node, yaml.Node]]


def is_configuration(node: yaml.Node, file: str) -> bool:
    """Return True for the mapping of a registry's configuration, complete or a part of one."""
    keys = mapping(node, file)
    if "version" in keys:
        return _text(keys["version"][1]) == "0.1"
    if any(test(keys) for _, test, _ in OTHERS):
        return False
    known = sum(_is_section(name, value, file) for name, (_, value) in keys.items())
    return known > sum(name not in root().children for name in keys)


def is_whole_configuration(node: yaml.Node, file: str) -> bool:
    """Return True for a configuration with its version and a section: one found inside a file."""
    return "version" in mapping(node, file) and is_configuration(node, file)


def is_collection(node: yaml.Node) -> bool:
    """Return True for a mapping or list."""
    return isinstance(node, yaml.CollectionNode)


def _is_section(name: str, value: yaml.Node, file: str) -> bool:
    section = root().children.get(name)
    if section is None or not section.children:
        return False
    below = mapping(value, file)
    short = isinstance(value, yaml.ScalarNode) and value.value in section.children
    return short or any(key in section.children or "*" in section.children for key in below)


def _text(node: yaml.Node) -> str:
    return str(node.value) if isinstance(node, yaml.ScalarNode) else ""


def _has(*names: str) -> Callable[[Keys], bool]:
    return lambda keys: keys.keys() >= set(names)


def _any(*names: str) -> Callable[[Keys], bool]:
    return lambda keys: bool(keys.keys() & set(names))


def _kind(keys: Keys) -> str:
    return _text(keys["kind"][1]) if "kind" in keys else ""


def _old_python(keys: Keys) -> bool:
    flavours = [value for name, (_, value) in keys.items() if name in _FLAVOURS]
    old = {"storage", "loglevel", "storage_path", "search_backend", "secret_key", "boto_bucket"}
    return any(mapping(value, "").keys() & old for value in flavours)


_FLAVOURS = ("common", "dev", "test", "prod", "local", "s3", "base", "glance", "openstack")

NOT_OURS = "It is no container registry's. Give the config.yml of the registry itself"
CONTAINER = (
    "No registry was found in it: a service or container with the image registry, or a whole"
    " config.yml. Give the registry's own config.yml, and this file with --env"
)

OTHERS: tuple[tuple[str, Callable[[Keys], bool], str], ...] = (
    ("a Compose file", _any("services"), CONTAINER),
    ("a Kubernetes manifest", _has("apiVersion", "kind"), CONTAINER),
    (
        "the configuration of the old Python registry (docker-registry 0.9)",
        _old_python,
        "CNCF Distribution does not read its images: deploy an empty registry, and push them",
    ),
    (
        "Harbor's harbor.yml",
        _any("harbor_admin_password", "data_volume"),
        "Give what Harbor made of it: common/config/registry/config.yml",
    ),
    (
        "the configuration of zot",
        _any("distSpecVersion"),
        "It is another registry. Deploy an empty one, and copy the images, e.g. with skopeo sync",
    ),
    (
        "Quay's config.yaml",
        _any("SERVER_HOSTNAME", "AUTHENTICATION_TYPE", "DISTRIBUTED_STORAGE_CONFIG"),
        "It is another registry. Deploy an empty one, and copy the images, e.g. with skopeo sync",
    ),
    (
        "the configuration of a token server (docker_auth)",
        lambda keys: {"server", "token"} <= keys.keys() and bool(keys.keys() & {"acl", "users"}),
        "Give the config.yml of the registry that takes its tokens",
    ),
    (
        "Docker's daemon.json",
        _any("registry-mirrors", "insecure-registries", "storage-driver", "log-driver"),
        "It sets up a client. Give the registry's own config.yml",
    ),
    (
        "k3s's registries.yaml",
        lambda keys: "mirrors" in keys and keys.keys() <= {"mirrors", "configs"},
        "It sets up a client. Give the registry's own config.yml",
    ),
    (
        "a client's config.json with logins",
        _any("auths", "credHelpers", "credsStore"),
        "Give the registry's own config.yml",
    ),
    (
        "values of a Helm chart",
        _any("replicaCount", "nodeSelector", "ingress", "podAnnotations", "configData"),
        "No registry was found in them. Give the config.yml of its ConfigMap:"
        " kubectl get configmap NAME -o yaml",
    ),
    ("a Helm chart's Chart.yaml", _has("apiVersion", "name", "version"), NOT_OURS),
    ("a kustomization", _has("resources", "kind"), NOT_OURS),
    ("an inventory or variables of Ansible", _any("all", "ansible_host", "registry"), NOT_OURS),
)
"""Kind of file, test for it, and remedy."""


def refusal(nodes: list[yaml.Node], file: str) -> str:
    """Return why a file cannot be imported: its likely kind and the remedy."""
    wanted = f"{file}: expected a registry's config.yml (version: 0.1, storage, http, ...)"
    if not nodes:
        return f"{wanted}, got an empty file"
    node = nodes[0]
    if not isinstance(node, yaml.MappingNode):
        what = "a list" if isinstance(node, yaml.SequenceNode) else "a text"
        return f"{wanted}, got {what}"
    keys = mapping(node, file)
    sections = [name for name, (_, value) in keys.items() if _is_section(name, value, file)]
    if sections and not any(test(keys) for _, test, _ in OTHERS):
        return f"{file}: version: expected 0.1, got {_text(keys['version'][1])}. Write 0.1"
    for what, test, todo in OTHERS:
        if test(keys):
            kind = f" ({_kind(keys)})" if _kind(keys) and "manifest" in what else ""
            return f"{wanted}, got what seems to be {what}{kind}. {todo}"
    named = ", ".join(list(keys)[:8]) or "none"
    return f"{wanted}, got a mapping with the keys {named}. Give the registry's own config.yml"
