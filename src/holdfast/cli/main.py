"""The command group, and the conversion of errors to exit codes."""

from __future__ import annotations

import importlib
import json
import keyword
import os
import sys

import click

from holdfast import DOCS, __version__
from holdfast.cli import help_format, interrupts
from holdfast.cli.pages import address, meant
from holdfast.errors import Exit, HoldfastError

SECTIONS = {
    "Begin": ("init", "import", "check", "render", "preview"),
    "Deploy": (
        *("diff", "deploy", "rollback", "restart", "generations", "history", "lock", "unlock"),
        *("upgrade", "patch", "remove"),
    ),
    "Look": ("status", "verify", "doctor", "logs", "jobs", "metrics"),
    "Access": ("user", "robot", "access", "key", "certificate", "client", "issuer"),
    "Images": (
        *("catalog", "search", "inspect"),
        *("copy", "rules", "retention", "untag", "gc", "scrub", "cache", "storage"),
    ),
    "Keep safe": ("backup", "restore", "drill", "catalogue"),
    "This command": ("completion", "help"),
}
"""Verbs by heading of the help."""
LONGEST = 200
"""Maximum number of characters of a verb's first sentence, which is never cut."""
VERBS = tuple(verb for verbs in SECTIONS.values() for verb in verbs)


COMPLETE = "_HOLDFAST_COMPLETE"
"""Environment variable by which a shell requests completions."""


class _Verbs(click.Group):
    """Command group that imports a verb only when it is used."""

    context_class = help_format.Context

    def list_commands(self, ctx: click.Context) -> list[str]:  # noqa: ARG002 -- click's
        return list(VERBS)

    def get_command(self, ctx: click.Context, cmd_name: str) -> click.Command | None:  # noqa: ARG002
        if cmd_name not in VERBS:
            return None
        module = cmd_name + "_" * keyword.iskeyword(cmd_name)
        command = importlib.import_module(f"holdfast.cli.{module}").command
        assert isinstance(command, click.Command)
        return _with_address(command, address(cmd_name))

    def format_commands(self, ctx: click.Context, formatter: click.HelpFormatter) -> None:
        """Write the verbs below their headings, each with its whole first sentence."""
        for title, verbs in SECTIONS.items():
            with formatter.section(title):
                formatter.write_dl([(verb, self._sentence(ctx, verb)) for verb in verbs])

    def _sentence(self, ctx: click.Context, verb: str) -> str:
        command = self.get_command(ctx, verb)
        assert command
        return command.get_short_help_str(LONGEST).removesuffix(".")

    def resolve_command(
        self, ctx: click.Context, args: list[str]
    ) -> tuple[str | None, click.Command | None, list[str]]:
        """Return the verb that arguments name, and the rest of them. Raises UsageError."""
        word = args[0]
        if not (word in VERBS or word.startswith("-") or ctx.resilient_parsing):
            ctx.fail(f"No such verb: {word}.{_advice(word)}")
        return super().resolve_command(ctx, args)


def _with_address(command: click.Command, where: str) -> click.Command:
    """Add the address of the documentation to the help of a verb and of those below it."""
    command.epilog = f"\b\nDocumentation: {where}"
    command.context_class = help_format.Context
    for one in command.commands.values() if isinstance(command, click.Group) else ():
        _with_address(one, where)
    return command


def _advice(word: str) -> str:
    found = meant(word, VERBS)
    return f" Did you mean {' or '.join(found)}?" if found else " See: holdfast help"


@click.command(
    cls=_Verbs,
    context_settings={"help_option_names": ["-h", "--help"]},
    epilog=f"\b\nHelp of a verb: holdfast help VERB\nDocumentation: {DOCS}/starting.md",
)
@click.version_option(__version__, prog_name="holdfast")
def group() -> None:
    """Deploy and verify private container registries.

    \b
    Exit codes: 0 ok · 1 unexpected · 2 wrong input · 3 host unreachable
                4 refused, what serves was not changed · 5 failed, the old generation serves
                6 verification found failures · 130 interrupted
    """


def _report(error: HoldfastError) -> None:
    """Print an error on standard error, and with --json also as an object on standard output."""
    if "--json" in sys.argv[1:]:
        event = {"event": "error", "exit": error.exit_code.name, "lines": list(error.lines)}
        click.echo(json.dumps(event, sort_keys=True))
    click.echo("\n".join(error.lines), err=True)


def main() -> None:
    """Run the command line."""
    try:
        code = group.main(standalone_mode=False, complete_var=COMPLETE)
        sys.exit(int(code or 0))
    except HoldfastError as error:
        if os.environ.get("HOLDFAST_DEBUG"):
            raise
        _report(error)
        sys.exit(error.exit_code)
    except click.exceptions.NoArgsIsHelpError as error:
        click.echo(error.format_message())
        sys.exit(Exit.INPUT)
    except click.ClickException as error:
        error.show()
        sys.exit(Exit.INPUT)
    except (KeyboardInterrupt, click.Abort):
        click.echo(f"\n{interrupts.message()}".rstrip(), err=True)
        sys.exit(Exit.INTERRUPTED)
