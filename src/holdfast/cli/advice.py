"""Add the inventory of a run to the commands that its messages advise."""

from __future__ import annotations

import re

import click

_COMMAND = re.compile(
    r"(?:(?<=: )|(?<=&& )|(?<=, or )|(?<=; ))"
    r"holdfast (?P<verb>[a-z]+)(?: (?P<below>[a-z-]+)\b)?.*?(?= && | \| |, |; |\. |\.?$)",
    re.M,
)
"""A command where a message advises one: after a colon, `&&`, `, or` or `;`."""


def complete(text: str, where: str) -> str:
    """Return a message whose commands name the inventory: `where` is its options, or "".

    A command that already names one, or takes none, stays as it is.
    """
    if not where or "holdfast " not in text:
        return text
    return _COMMAND.sub(lambda found: _completed(found, where), text)


def _completed(found: re.Match[str], where: str) -> str:
    from holdfast.cli.main import group  # noqa: PLC0415 -- it imports the verbs

    context = click.Context(group)
    command = group.get_command(context, found["verb"])
    if isinstance(command, click.Group):
        command = command.get_command(context, found["below"] or "")
    takes = command and any(one.name == "inventories" for one in command.params)
    return f"{found[0]} {where}" if takes and " -i " not in found[0] else found[0]
