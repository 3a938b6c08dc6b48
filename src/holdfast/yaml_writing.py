"""Write YAML as yamllint expects it, with texts that Ansible must not treat as templates."""

from __future__ import annotations

from typing import Any

import yaml


class Unsafe(str):
    """A text that Ansible must not treat as a template."""


class _Dumper(yaml.SafeDumper):
    """Write lists with the indentation that yamllint expects."""

    def increase_indent(self, flow: bool = False, indentless: bool = False) -> None:  # noqa: ARG002
        super().increase_indent(flow, False)


_Dumper.add_representer(
    Unsafe, lambda dumper, text: dumper.represent_scalar("!unsafe", str(text), style='"')
)


def dumped(value: Any) -> str:
    """Return a value as YAML, with its keys in their order."""
    return yaml.dump(value, Dumper=_Dumper, sort_keys=False, width=96, allow_unicode=True)
