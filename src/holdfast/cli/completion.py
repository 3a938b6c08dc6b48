"""Run `holdfast completion`."""

from __future__ import annotations

import click
from click.shell_completion import get_completion_class

from holdfast.errors import Exit


@click.command("completion")
@click.argument("shell", type=click.Choice(["bash", "zsh", "fish"]))
def command(shell: str) -> Exit:
    """Print a script that completes verbs and options in a shell.

    \b
    eval "$(holdfast completion bash)"    in ~/.bashrc
    eval "$(holdfast completion zsh)"     in ~/.zshrc, after compinit
    holdfast completion fish | source     in ~/.config/fish/config.fish

    \b
    Example: holdfast completion bash
    """
    from holdfast.cli.main import COMPLETE, group  # noqa: PLC0415 -- it imports the verbs

    kind = get_completion_class(shell)
    assert kind
    made = kind(group, {}, "holdfast", COMPLETE)
    # Its own `source` runs the shell to compare versions, where there may be none.
    click.echo(made.source_template % made.source_vars())
    return Exit.OK
