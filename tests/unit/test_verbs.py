"""Walk all verbs: their options, an example and the address of the documentation in their help."""

from __future__ import annotations

import re
from collections.abc import Iterator
from pathlib import Path

import click
import pytest
import yaml
from click.testing import CliRunner

from holdfast import DOCS
from holdfast.cli.main import VERBS, group
from holdfast.cli.pages import OTHERS, PAGES, address, meant

ROOT = Path(__file__).parents[2]
EVERYWHERE = {"--inventory", "--limit", "--json", "--quiet", "--verbose"}

_EDITS = {"--limit", "--verbose"}  # edits the inventory: asks no host, and runs no Ansible
LACKING = {
    "user": _EDITS,
    "robot": _EDITS,
    "import": {*_EDITS, "--inventory"},
    "init": {*_EDITS, "--inventory", "--quiet"},  # there is none yet; what it prints is needed
    "history": {"--verbose"},  # runs no Ansible
    "catalogue": EVERYWHERE - {"--json"},  # asks no host, and reads no inventory
    "metrics": EVERYWHERE,  # prints a text that is the same for all
    "completion": EVERYWHERE,  # print a text
    "help": EVERYWHERE,
}
"""Options that a verb lacks, with the reason."""


def walk(command: click.Command, words: tuple[str, ...]) -> Iterator[tuple[str, click.Command]]:
    """Yield the words of each verb that can be run, and its command."""
    if not isinstance(command, click.Group):
        yield " ".join(words), command
        return
    context = click.Context(command)
    for name in command.list_commands(context):
        found = command.get_command(context, name)
        assert found
        yield from walk(found, (*words, name))


ALL = dict(walk(group, ()))


def helped(*words: str) -> str:
    """Return the help of a verb, as it is on 80 columns."""
    done = CliRunner().invoke(
        group, [*words, "--help"], prog_name="holdfast", env={"COLUMNS": "80"}
    )
    assert done.exit_code == 0, done.output
    return done.output


def test_there_are_many_verbs() -> None:
    assert len(ALL) > 50
    assert {words.split()[0] for words in ALL} == set(VERBS)


@pytest.mark.parametrize("words", ALL)
def test_a_verb_has_the_options_that_all_have(words: str) -> None:
    options = {name for one in ALL[words].params for name in one.opts if name.startswith("--")}
    assert EVERYWHERE - options == LACKING.get(words.split(maxsplit=1)[0], set())


@pytest.mark.parametrize("words", ALL)
def test_its_help_has_an_example_and_the_documentation(words: str) -> None:
    text = helped(*words.split())
    typed = words.removesuffix(" list") if words == "jobs list" else words
    assert re.search(rf"^  Example: .*holdfast {typed}\b", text, re.M), text
    assert text.rstrip().endswith(f"Documentation: {address(words.split(maxsplit=1)[0])}")


@pytest.mark.parametrize("verb", ["", *VERBS])
def test_help_is_a_verb_too(verb: str) -> None:
    words = verb.split()
    done = CliRunner().invoke(group, ["help", *words], prog_name="holdfast", env={"COLUMNS": "80"})
    assert (done.exit_code, done.output) == (0, helped(*words))


def test_help_goes_down_to_a_verb_below() -> None:
    done = CliRunner().invoke(group, ["help", "user", "add"], env={"COLUMNS": "80"})
    assert done.output == helped("user", "add")
    done = CliRunner().invoke(group, ["help", "deploy", "now"])
    assert done.exit_code == 2
    assert "holdfast deploy has no verbs below it" in done.output


def test_the_pages_exist() -> None:
    galaxy = yaml.safe_load((ROOT / "galaxy.yml").read_text())
    assert DOCS.startswith(galaxy["repository"])
    assert set(PAGES) <= set(VERBS)
    for verb in VERBS:
        assert (ROOT / "docs" / address(verb).rpartition("/")[2]).exists()


@pytest.mark.parametrize(
    ("word", "first"),
    [
        ("deplyo", "deploy"),
        ("stauts", "status"),
        ("generation", "generations"),
        ("ver", "verify"),
        ("rollbakc", "rollback"),
        *OTHERS.items(),
    ],
)
def test_a_wrong_verb_is_answered_with_the_right_one(word: str, first: str) -> None:
    assert meant(word, VERBS)[0] == first
    done = CliRunner().invoke(group, [word, "-i", "acme"])
    assert done.exit_code == 2
    assert f"No such verb: {word}. Did you mean {first}" in done.output


def test_a_verb_that_nobody_knows_is_answered_with_the_help() -> None:
    done = CliRunner().invoke(group, ["frobnicate"])
    assert (done.exit_code, "No such verb: frobnicate. See: holdfast help" in done.output) == (
        2,
        True,
    )


def test_a_quiet_listing_of_users_prints_nothing_and_a_new_secret_alone(tmp_path: Path) -> None:
    (tmp_path / "hosts.yml").write_text("registry:\n  hosts:\n    registry1:\n")
    (tmp_path / "group_vars/registry").mkdir(parents=True)
    (tmp_path / "group_vars/registry/main.yml").write_text("---\nregistry_hostname: r.example\n")
    made = CliRunner().invoke(group, ["robot", "add", "ci", "-i", str(tmp_path), "-q"])
    assert re.fullmatch(r"hfr_\S+\n", made.output), made.output
    for verb in (["robot", "list"], ["user", "list"]):
        assert CliRunner().invoke(group, [*verb, "-i", str(tmp_path), "-q"]).output == ""
