"""Ask the index of each host, and print its answers: as tables, or as JSON objects."""

from __future__ import annotations

import json
from collections.abc import Callable
from typing import TYPE_CHECKING, Any

import click
from ansible_collections.holdfast.registry.plugins.plugin_utils import index_tables

from holdfast.cli.options import Common
from holdfast.errors import Exit
from holdfast.playbook.display import Lines

if TYPE_CHECKING:
    from ansible_collections.holdfast.registry.plugins.module_utils.contract.index import (
        IndexAnswer,
    )


def ask(
    shared: Common, question: str, objects: Callable[[Any], list[dict[str, Any]]], **given: Any
) -> Exit:
    """Print the answer of each host, and return the exit code.

    `objects` makes of a result what is printed with --json: one object a line, and nothing else.
    """
    variables = {f"holdfast_{key}": value for key, value in given.items() if value}
    display = Lines(quiet=True)
    outcome = shared.run("index", display, variables={"holdfast_question": question, **variables})
    for host, facts in sorted(outcome.facts.items()):
        answer: IndexAnswer = facts["index"]
        for line in index_tables.warnings(answer["state"]):
            click.echo(f"{host}  {line}", err=True)
        if shared.as_json:
            for one in objects(answer["found"]):
                click.echo(json.dumps({**one, "host": host}, sort_keys=True))
            continue
        if len(outcome.facts) > 1:
            shared.say(host)
        for line in index_tables.lines(answer):
            shared.say(line)
    return outcome.exit_code
