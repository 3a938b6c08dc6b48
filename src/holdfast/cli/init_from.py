"""Make a new inventory from an existing registry's configuration."""

from __future__ import annotations

import json
from collections.abc import Mapping, Sequence
from pathlib import Path
from typing import Any

import click

from holdfast import importing, new_folder
from holdfast.cli.init_questions import hostname_of
from holdfast.cli.options import inventory_options
from holdfast.errors import Exit, InputError
from holdfast.importing import inventory
from holdfast.importing.report import EXAMPLE
from holdfast.starting import Answers
from holdfast.starting.inventory import hosts
from holdfast.starting.texts import HOSTS, MODELINE, SCHEMA

KEPT = {"hostname", "host", "ssh_user"}
"""Options that say more than a configuration; the others are in it."""


def converted(directory: Path, config: Path, as_json: bool, given: Mapping[str, Any]) -> Exit:
    """Write the inventory, and print what needs a decision. Raises InputError for other options."""
    from holdfast.schema.generated import json_schema  # noqa: PLC0415 -- slow to import

    for name, value in given.items():
        if value and name not in KEPT:
            flag = "load-balancer" if name == "load_balancers" else name.replace("_", "-")
            raise InputError(f"--{flag}: expected nothing with --from, which has it. Leave it out")
    asked = given["hostname"]
    result = _imported(config, hostname_of(asked) if asked else None)
    texts = inventory.files(result, config.name)
    name = result.variables.get("registry_hostname", EXAMPLE)
    connection = Answers(hostname=name, host=given["host"], ssh_user=given["ssh_user"])
    main = "group_vars/registry/main.yml"
    texts |= {"hosts.yml": HOSTS + hosts(connection), SCHEMA: json_schema()}
    texts[main] = texts[main].replace("---\n", f"---\n{MODELINE}", 1)
    private = [one for one in texts if one.endswith("vault.yml")]
    new_folder.write(directory, texts, private, "DIRECTORY")
    _report(directory, importing.ordered(result.lines), as_json)
    return Exit.OK


def _imported(config: Path, hostname: str | None) -> importing.Imported:
    source = importing.read(config)
    entries, gone = importing.overridden(source.entries, source.variables)
    target = importing.target(entries, None, None, None)
    result = importing.imported(entries, gone, target, source.files, None)
    if hostname:
        result.variables["registry_hostname"] = hostname
        result.refused.pop("registry_hostname", None)
        result.lines = [
            one for one in result.lines if (one.became, one.key) != ("missing", "registry_hostname")
        ]
    return result


def _report(directory: Path, lines: Sequence[importing.Line], as_json: bool) -> None:
    """Print what needs a decision, and the next command: `check`, which names it again."""
    options = inventory_options((directory,))
    open_ones = [one for one in lines if one.became in ("dropped", "missing")]
    if as_json:
        found = [vars(one) for one in open_ones]
        facts = {"directory": str(directory), "lines": found, "next": f"holdfast check {options}"}
        click.echo(json.dumps(facts, sort_keys=True))
        return
    for one in open_ones:
        click.echo(f"{one.place or '-'}  {one.key}  {one.became}  {one.text}")
    click.echo(f"{directory}: {len(lines)} lines converted, {len(open_ones)} of them to look at")
    click.echo(f"Next: holdfast check {options}")
