"""Write the texts of a new inventory. One list of paragraphs gives both texts and settings."""

from __future__ import annotations

import textwrap
from collections.abc import Iterator
from typing import Any

from holdfast import releases
from holdfast.schema.generated import json_schema
from holdfast.starting import texts
from holdfast.starting.answers import Answers
from holdfast.yaml_writing import dumped

GROUP = "group_vars/registry"
IGNORED = """\
# Keys and secrets. docs/two-administrators.md says how a team shares them.
pki/**/*.key
secrets/
"""
SECRET_NAME = "vault_registry_http_secret"  # noqa: S105 -- a name

Paragraph = tuple[str, dict[str, Any]]
"""A comment, and the settings below it."""


def variables(answers: Answers, password_hash: str, *, vault: bool) -> dict[str, Any]:
    """Return the settings that the inventory gives the host, without those of the vault."""
    found: dict[str, Any] = {}
    for paragraphs in _settings(answers, password_hash, vault=vault).values():
        for _, values in paragraphs:
            found |= values
    return found


def files(answers: Answers, password_hash: str, *, vault: bool) -> dict[str, str]:
    """Return the texts of the inventory's files by path, without the vault itself."""
    written = {
        name: texts.HEAD + "".join(map(_text, paragraphs))
        for name, paragraphs in _settings(answers, password_hash, vault=vault).items()
    }
    return {
        "hosts.yml": texts.HOSTS + hosts(answers),
        **written,
        ".gitignore": IGNORED,
        texts.SCHEMA: json_schema(),
    }


def hosts(answers: Answers) -> str:
    """Return the group of hosts, with the connection to the one that there is."""
    given = {"ansible_host": answers.host, "ansible_user": answers.ssh_user}
    connection = {key: value for key, value in given.items() if value}
    return dumped({"registry": {"hosts": {answers.hostname: connection}}})


def _settings(
    answers: Answers, password_hash: str, *, vault: bool
) -> dict[str, tuple[Paragraph, ...]]:
    """Return the paragraphs of each file."""
    user = {"name": answers.user, "password_hash": password_hash}
    found = {
        f"{GROUP}/main.yml": tuple(_main(answers, vault=vault)),
        f"{GROUP}/users.yml": ((texts.USERS, {"registry_auth_users": [user]}),),
    }
    if answers.token:
        found[f"{GROUP}/access.yml"] = ((texts.RULES, _rules(answers)),)
    return found


def _main(answers: Answers, *, vault: bool) -> Iterator[Paragraph]:
    yield texts.NAME, {"registry_hostname": answers.hostname}
    release = {
        "registry_distribution_source": "release",
        "registry_distribution_version": releases.NEWEST,
    }
    yield texts.SOURCE, release
    yield texts.TLS[answers.tls], answers.tls_variables()
    yield texts.DELETE, {"registry_storage_delete": answers.token}
    if answers.mirror:
        hub: dict[str, Any] = {"name": "hub", "url": "https://registry-1.docker.io"}
        # A mirror takes no tokens.
        hub |= {"anonymous": True} if answers.token else {}
        comment = texts.OPEN_MIRROR if answers.token else texts.MIRROR
        yield comment.replace("HOSTNAME", answers.hostname), {"registry_mirrors": [hub]}
    if vault:
        yield texts.SIGNED, {"registry_http_secret": f"{{{{ {SECRET_NAME} }}}}"}


def _rules(answers: Answers) -> dict[str, Any]:
    admins = "group:admins"
    return {
        "registry_auth_mode": "token",
        "registry_auth_groups": [{"name": "admins", "members": [answers.user]}],
        "registry_auth_rules": [
            {
                "subjects": ["everyone"],
                "repositories": ["home/{user}/**"],
                "actions": ["push", "delete"],
            },
            {"subjects": [admins], "repositories": ["**"], "actions": ["push", "delete"]},
            {"subjects": [admins], "actions": ["catalog"]},
        ],
    }


def _text(paragraph: Paragraph) -> str:
    comment, values = paragraph
    about = textwrap.fill(comment, 98, initial_indent="# ", subsequent_indent="# ")
    return f"\n{about}\n{dumped(values)}"
