"""Run `holdfast help`."""

from __future__ import annotations

import click

from holdfast.errors import Exit


@click.command("help")
@click.argument("verbs", nargs=-1, metavar="[VERB]...")
def command(verbs: tuple[str, ...]) -> Exit:
    """Show the help of a verb, as `holdfast VERB --help` does.

    \b
    Example: holdfast help user add
    """
    from holdfast.cli.main import group  # noqa: PLC0415 -- it imports the verbs

    found: click.Command = group
    context: click.Context = group.context_class(group, info_name="holdfast")
    for verb in verbs:
        if not isinstance(found, click.Group):
            raise click.UsageError(f"{context.command_path} has no verbs below it", context)
        _, found_, _ = found.resolve_command(context, [verb])
        assert found_  # resolve_command raises for an unknown one
        found = found_
        context = found.context_class(found, info_name=verb, parent=context)
    click.echo(found.get_help(context))
    return Exit.OK
