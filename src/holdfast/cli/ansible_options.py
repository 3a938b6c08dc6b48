"""Options that have the names and the meaning of Ansible's."""

from __future__ import annotations

from pathlib import Path
from typing import Any

import click
from ansible_collections.holdfast.registry.plugins.plugin_utils.phases import PHASES

from holdfast.errors import InputError


def _variables(_: Any, __: Any, given: tuple[str, ...]) -> tuple[str, ...]:
    """Return values of --extra-vars as they are. Raises InputError for what names no variable."""
    for one in given:
        if one.startswith("@"):
            if not Path(one[1:]).is_file():
                raise InputError(
                    f"--extra-vars: expected a file after @, got {one[1:]}. Correct it"
                )
        elif not one.lstrip().startswith("{") and "=" not in one:
            raise InputError(
                f"--extra-vars: expected NAME=VALUE, @FILE or a YAML mapping, got {one}. Correct it"
            )
    return given


def _phases(_: Any, option: click.Parameter, given: tuple[str, ...]) -> str | None:
    """Return phases as Ansible takes them. Raises InputError for others."""
    named = [name.strip() for one in given for name in one.split(",")]
    for name in named:
        if name not in PHASES:
            known = ", ".join(sorted(PHASES))
            raise InputError(
                f"{option.opts[-1]}: expected phases ({known}), got {name}. Choose among them"
            )
    return ",".join(named) or None


ALWAYS = [
    click.option(
        "-e",
        "--extra-vars",
        "extra_vars",
        multiple=True,
        metavar="VARS",
        callback=_variables,
        help="Set NAME=VALUE, or those of @FILE, for this run.",
    ),
    click.option("--forks", type=click.IntRange(1), help="Hosts at once. Default: 32."),
    click.option("--become-method", metavar="NAME", help="Program to become root. Default: sudo."),
]
"""Options of every verb that runs Ansible."""

_PHASED = [
    click.option(
        "-t", "--tags", multiple=True, metavar="PHASES", callback=_phases, help="Only these phases."
    ),
    click.option(
        "--skip-tags", multiple=True, metavar="PHASES", callback=_phases, help="Not these phases."
    ),
]


def phased(function: Any) -> Any:
    """Add --tags and --skip-tags to a verb: phases of a deploy, see docs/playbooks.md."""
    for option in reversed(_PHASED):
        function = option(function)
    return function
