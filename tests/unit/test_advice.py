"""Check that each command that a message, a docstring or a page advises can be run as printed."""

from __future__ import annotations

import ast
import re
import shlex
import subprocess
from collections.abc import Iterator
from pathlib import Path

import click
import pytest
from ansible.cli.galaxy import GalaxyCLI

from holdfast.cli import advice
from holdfast.cli.main import VERBS, group
from holdfast.cli.options import inventory_options

ROOT = Path(__file__).parents[2]
FOLDERS = ("src", "plugins", "roles", "playbooks", "templates")
PAGES = sorted([*ROOT.glob("docs/*.md"), ROOT / "README.md"])

FILL = "1"
"""Value of a placeholder: a name, a path, and a number."""
INVENTORY = {"shared.where", "options", "where", "inventory_options(self.inventories)"}
"""Expressions in f-strings that are options of the inventory."""
VALUES = {"noun": "user", "_OTHER[self.kind]": "password", "sys.executable": "python"}
"""Values of expressions that stand for a word of a command."""
NAMES = {"KIND": "docker", "INVENTORY": "acme"}

PROGRAMS = {
    "holdfast": "",
    "ansible-galaxy": "",
    "apt": r"install [\w-]+",
    "apt-get": r"(install --reinstall( -y)? [\w-]+|upgrade|clean)",
    "chgrp": r"-R \w+ \S+",
    "chmod": r"(600|u\+r|u\+x|o-w|-R g\+rX) \S+",
    "chown": r"-R [\w-]+: \S+",
    "dpkg": "--configure -a",
    "gpasswd": r"-d \w+ \w+",
    "journalctl": r"-u \S+( -n \d+)?",
    "logrotate": r"--force /etc/logrotate\.d/holdfast",
    "pip": r"install --upgrade holdfast",
    "python": r"-m pip install holdfast==\S+",
    "rm": r"\S+",
    "ssh": r"\S+( .*)?",
    "ssh-keygen": r"-R \S+",
    "systemctl": (
        r"((enable|disable) --now|(try-)?restart|reload|status|daemon-reload)( [\w@.*-]+)*"
    ),
    "timedatectl": "",
}
"""Programs that are advised, and the arguments that they take."""

_END = r"(?P<text>.*?)(?=[.,;)](?:\s|$)|, | && | \|\| | \| |`|\n|   | < | > | \(|$)"
_VERBS = "|".join(VERBS)
COMMAND = re.compile(
    r"(?:(?<=\bRun: )|(?<=\bRun on the host: )|(?<=&& )(?=systemctl )"
    r"|(?<= run: )(?=holdfast )|(?<=Try it: )|(?<=[Ss]ee: )(?=[a-z])|(?<=[Nn]ext: )"
    rf"|(?:(?<=: )|(?<=:  )|(?<=&& )|(?<=, or )|(?<=; ))(?=(?:sudo )?holdfast (?:{_VERBS})\b))"
    + _END,
    re.M,
)
"""A command that is to be run as printed: what follows such a word to the end of the sentence."""
LINE = re.compile(rf"(?:^\s*(?:\$ )?|&& )(?=(?:sudo )?holdfast [a-z]){_END}", re.M)
"""A command in a page's block of code."""
MENTION = re.compile(rf"`(?=(?:sudo )?holdfast (?:{_VERBS})\b)(?P<text>[^`|]+)[`|]")
"""A verb that prose names; its arguments may be left out."""
BLOCK = re.compile(r"^ *(```+|~~~+)[^\n]*\n(.*?)^ *\1", re.M | re.S)
MAKE = re.compile(r"(?:^ *|`|&& )make (?P<words>[a-z][^`\n#;&]*)", re.M)
"""A command of make, in a block of code or in prose."""
TARGET = re.compile(r"^([a-z][a-z-]*):.*##", re.M)


def texts(source: str) -> Iterator[tuple[int, str]]:
    """Yield line and text of each string in Python code, with its placeholders filled."""
    tree = ast.parse(source)
    parts = {
        id(one) for node in ast.walk(tree) if isinstance(node, ast.JoinedStr) for one in node.values
    }
    for node in ast.walk(tree):
        if isinstance(node, ast.JoinedStr):
            yield node.lineno, "".join(map(_part, node.values))
        elif isinstance(node, ast.Constant) and id(node) not in parts:
            # A placeholder of str.format is filled as well.
            yield node.lineno, re.sub(r"\{\w*\}", FILL, str(node.value))


def _part(node: ast.expr) -> str:
    if isinstance(node, ast.Constant):
        return str(node.value)
    assert isinstance(node, ast.FormattedValue)
    name = ast.unparse(node.value)
    if name in INVENTORY:
        return "-i acme"
    return {"noun": "user", "_OTHER[self.kind]": "password", "sys.executable": "python"}.get(
        name, FILL
    )


def commands(text: str, pattern: re.Pattern[str] = COMMAND) -> Iterator[str]:
    """Yield the commands in a text that a pattern finds, with their placeholders filled."""
    for found in pattern.finditer(text):
        command = re.sub(r"[][]", "", found["text"]).strip().removeprefix("sudo ")
        for name, value in NAMES.items():
            command = re.sub(rf"\b{name}\b", value, command)
        if command:  # a table of markers has none
            yield re.sub(r"\b[A-Z]{3,}\b", FILL, command)


def sources() -> Iterator[tuple[str, str]]:
    """Yield place and text of each string in the sources."""
    for folder in FOLDERS:
        for path in sorted((ROOT / folder).rglob("*.*")):
            place = path.relative_to(ROOT)
            if path.suffix == ".py":
                for line, text in texts(path.read_text()):
                    yield f"{place}:{line}", text
            elif path.suffix in {".yml", ".j2", ".md"}:
                yield str(place), re.sub(r"\{\{.*?\}\}", FILL, path.read_text())


def advised() -> Iterator[tuple[str, str]]:
    """Yield place and command of each advice in sources and pages."""
    for place, text in sources():
        for command in commands(text):
            yield place, command
    for page in PAGES:
        text = page.read_text().replace("\\\n", " ")
        for block in BLOCK.finditer(text):
            for command in commands(block[2], LINE):
                yield page.name, command


def mentioned() -> Iterator[tuple[str, str]]:
    """Yield place and command of each verb that prose names."""
    pages = ((page.name, page.read_text()) for page in PAGES)
    for place, text in (*sources(), *pages):
        for command in commands(re.sub(r"\s+", " ", text), MENTION):
            yield place, command


def error_of(command: str) -> str | None:
    """Return why a command cannot be run, None if it can."""
    try:
        words = shlex.split(command)
    except ValueError as error:
        return str(error)
    program, arguments = words[0], words[1:]
    if program not in PROGRAMS:
        return f"{program} is no program that is known here"
    if program == "holdfast":
        return _error_of_holdfast(arguments)
    if program == "ansible-galaxy":
        GalaxyCLI(words).parse()
        return None
    if not re.fullmatch(PROGRAMS[program], " ".join(arguments)):
        return f"{program} does not take {arguments}"
    done = subprocess.run(["sh", "-n", "-c", command], capture_output=True, text=True, check=False)
    return done.stderr or None


def _error_of_holdfast(arguments: list[str], *, whole: bool = True) -> str | None:
    """Return why a verb does not take arguments; unless `whole`, some may be missing."""
    command: click.Command = group
    context = click.Context(group, info_name="holdfast")
    try:
        while isinstance(command, click.Group) and arguments:
            name, found, arguments = command.resolve_command(context, arguments)
            assert found
            command, context = found, click.Context(found, info_name=name, parent=context)
        command.make_context(context.info_name, arguments, parent=context.parent)
    except click.exceptions.NoArgsIsHelpError:
        return "a verb is missing" if whole else None
    except click.MissingParameter as error:
        return error.format_message() if whole else None
    except click.ClickException as error:
        return error.format_message()
    except click.exceptions.Exit:  # --help and --version
        return None
    return None


@pytest.fixture(autouse=True)
def paths(monkeypatch: pytest.MonkeyPatch) -> None:
    """Accept the path of a file that does not exist."""
    monkeypatch.setattr(click.Path, "convert", lambda _, value, *__: Path(value))


def test_every_advised_command_can_be_run() -> None:
    found = list(advised())
    assert len(found) > 90
    wrong = [f"{at}: {one}: {why}" for at, one in found if (why := error_of(one))]
    assert not wrong, "\n".join(wrong)


def test_every_verb_that_prose_names_exists() -> None:
    found = list(mentioned())
    assert len(found) > 90
    wrong = [
        f"{at}: {one}: {why}"
        for at, one in found
        if (why := _error_of_holdfast(shlex.split(one)[1:], whole=False))
    ]
    assert not wrong, "\n".join(wrong)


def made(text: str) -> Iterator[str]:
    """Yield each target and variable that commands of make name in a page's code."""
    code = "\n".join(block[2] for block in BLOCK.finditer(text))
    prose = "\n".join(re.findall(r"`make [^`]*`", BLOCK.sub("", text)))
    for found in MAKE.finditer(f"{code}\n{prose}"):
        yield from found["words"].split()


def test_every_target_of_make_exists() -> None:
    makefile = (ROOT / "Makefile").read_text()
    targets = set(TARGET.findall(makefile))
    pages = [*PAGES, ROOT / "CONTRIBUTING.md"]
    words = {(page.name, word) for page in pages for word in made(page.read_text())}
    assert len({word for _, word in words}) > 10
    for page, word in words:
        name, given, _ = word.partition("=")
        known = rf"\b{name} \?=|\$\((or \$\()?{name}\b" if given else ""
        good = bool(re.search(known, makefile)) if given else word in targets
        assert good, f"{page}: make {word}"


@pytest.mark.parametrize(
    "text",
    [
        "Run: holdfast deplyo",
        "Run: holdfast deploy --chekc",
        "Run: holdfast robot renew",
        "none yet. Run: holdfast deploy now",
        "Next: holdfast client certificate, then",
        "Run: frobnicate it",
        "Run: systemctl frobnicate it",
        "Run: chmod 600 'it",
    ],
)
def test_a_wrong_advice_is_found(text: str) -> None:
    assert [error_of(one) for one in commands(text)] not in ([], [None])


@pytest.mark.parametrize(
    ("text", "completed"),
    [
        ("damaged. Run: holdfast deploy", "damaged. Run: holdfast deploy -i a"),
        ("Run: holdfast deploy, which heals it", "Run: holdfast deploy -i a, which heals it"),
        ("See: holdfast issuer show. Wait", "See: holdfast issuer show -i a. Wait"),
        (
            "then run: holdfast certificate rotate-ca --finish && holdfast deploy",
            "then run: holdfast certificate rotate-ca --finish -i a && holdfast deploy -i a",
        ),
        (
            "Run: holdfast storage move, or holdfast rollback",
            "Run: holdfast storage move -i a, or holdfast rollback -i a",
        ),
        ("Next: holdfast deploy -i b", "Next: holdfast deploy -i b"),
        ("Next: holdfast user add bob --plain", "Next: holdfast user add bob --plain -i a"),
        ("Run: holdfast import x -o y", "Run: holdfast import x -o y"),
        ("only: holdfast does so", "only: holdfast does so"),
    ],
)
def test_a_command_names_the_inventory(text: str, completed: str) -> None:
    assert advice.complete(text, "-i a") == completed
    assert advice.complete(text, "") == text


def test_a_path_is_quoted_for_a_shell() -> None:
    assert inventory_options((Path("a b"), Path("c"))) == "-i 'a b' -i c"
