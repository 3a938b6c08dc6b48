"""Build the command line of an Ansible run: an argument list, never a shell string."""

from __future__ import annotations

import json
import os
import sys
from collections.abc import Mapping
from dataclasses import dataclass, field
from pathlib import Path

from holdfast.ansible_text import is_template
from holdfast.collection import COLLECTION, collections_path
from holdfast.errors import InputError

DEFAULTS = {
    "ANSIBLE_PIPELINING": "1",
    # Compression costs more than it saves on the 40 MB of a binary.
    "ANSIBLE_SSH_ARGS": "-o ControlMaster=auto -o ControlPersist=60s",
    # Asking the host where its Python is takes a round trip more.
    "ANSIBLE_PYTHON_INTERPRETER": "/usr/bin/python3",
    "ANSIBLE_TIMEOUT": "10",
    # Ansible starts no more than there are hosts; its own default keeps all but five waiting.
    "ANSIBLE_FORKS": "32",
}
"""Ansible settings that the user's environment overrides."""

FIXED = {
    "ANSIBLE_NOCOLOR": "1",
    "ANSIBLE_NOCOWS": "1",
    "ANSIBLE_RETRY_FILES_ENABLED": "0",
    "ANSIBLE_CALLBACKS_ENABLED": f"{COLLECTION}.events",
    "ANSIBLE_STDOUT_CALLBACK": "default",
    # A file that cannot be read must not make hosts vanish silently.
    "ANSIBLE_INVENTORY_ANY_UNPARSED_IS_FAILED": "1",
    # Of a key that is written twice, Ansible would take the last one.
    "ANSIBLE_DUPLICATE_YAML_DICT_KEY": "error",
}


@dataclass(frozen=True)
class Playbook:
    """One run of one of the collection's playbooks."""

    name: str
    """Name of the playbook, equal to the name of the verb."""
    inventories: tuple[Path, ...]
    limit: str | None = None
    check: bool = False
    diff: bool = False
    vault_password_file: Path | None = None
    become_password_file: Path | None = None
    ask_vault_password: bool = False
    ask_become_password: bool = False
    variables: Mapping[str, object] = field(default_factory=dict)
    """Extra variables of ours; never a secret, because the process list shows them."""
    extra_vars: tuple[str, ...] = ()
    """Extra variables of the user, as Ansible takes them."""
    forks: int | None = None
    become_method: str | None = None
    tags: str | None = None
    skip_tags: str | None = None

    def __post_init__(self) -> None:
        """Refuse a text of the user that Ansible would fill in. Raises InputError."""
        for value in map(str, self.variables.values()):
            if is_template(value):
                raise InputError(f"{value}: expected a text without {{{{ and {{%. Leave them out")

    @property
    def endless(self) -> bool:
        """True if the run has no end of its own."""
        return bool(self.variables.get("holdfast_follow"))

    @property
    def takes_password(self) -> bool:
        """True if a password may come from standard input: a prompt, or a file like /dev/stdin."""
        files = self.vault_password_file or self.become_password_file
        return bool(files or self.ask_vault_password or self.ask_become_password)

    def argv(self) -> list[str]:
        """Return the arguments, in a fixed order."""
        argv = [sys.executable, "-m", "ansible", "playbook", f"{COLLECTION}.{self.name}"]
        for inventory in self.inventories:
            # Ansible would read all that lies in a folder as inventories, certificates and all.
            hosts = inventory / "hosts.yml"
            argv += ["--inventory", str(hosts if hosts.exists() else inventory)]
        for given in self.extra_vars:  # before ours, which have the last word
            argv += ["--extra-vars", given]
        options = {
            "--become-method": self.become_method,
            "--forks": self.forks,
            "--skip-tags": self.skip_tags,
            "--tags": self.tags,
            "--limit": self.limit,
            "--vault-password-file": self.vault_password_file,
            "--become-password-file": self.become_password_file,
            "--extra-vars": json.dumps(dict(self.variables)) if self.variables else None,
        }
        for option, value in sorted(options.items()):
            argv += [option, str(value)] if value is not None else []
        flags = {
            "--check": self.check,
            "--diff": self.diff,
            "--ask-vault-password": self.ask_vault_password,
            "--ask-become-pass": self.ask_become_password,
        }
        return argv + sorted(flag for flag, wanted in flags.items() if wanted)

    def environment(self, base: Mapping[str, str] | None = None) -> dict[str, str]:
        """Return the environment: the user's own, with our collection before any other copy."""
        base = os.environ if base is None else base
        known = base.get("ANSIBLE_COLLECTIONS_PATH", "~/.ansible/collections")
        paths = f"{collections_path()}{os.pathsep}{known}"
        return {**DEFAULTS, **base, **FIXED, "ANSIBLE_COLLECTIONS_PATH": paths}
