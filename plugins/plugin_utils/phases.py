"""Choose the phases of a deploy by the tags that Ansible runs with."""

from __future__ import annotations

from collections.abc import Iterable

PHASES = frozenset({"preflight", "install", "deploy", "smoke"})


def chosen(tags: Iterable[str], skipped: Iterable[str]) -> frozenset[str]:
    """Return the phases that `--tags` and `--skip-tags` leave; all if `--tags` names none.

    A deploy always checks the host before, and proves itself after, unless that is skipped.
    """
    named = PHASES & {*tags} or PHASES
    if "deploy" in named:
        named |= {"smoke"}
    return named - {*skipped}
