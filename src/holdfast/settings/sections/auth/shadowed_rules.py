"""Find access rules that another rule makes redundant. Only certain cases are reported."""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from itertools import product

from holdfast.issuer.rules import ANONYMOUS, CATALOG, EVERYONE, Rule

NOWHERE = ""
"""Pseudo-pattern for the action `catalog`, which applies to no single repository."""


def covered(rules: Sequence[Rule]) -> Iterator[tuple[int, int]]:
    """Yield (index of a redundant rule, index of a rule that allows all of it)."""
    of: dict[tuple[str, str], list[int]] = {}
    for number, rule in enumerate(rules):
        for key in product(rule.subjects, (*rule.repositories, *_nowhere(rule))):
            of.setdefault(key, []).append(number)
    for number, rule in enumerate(rules):
        # Thousands of rules for one group are compared with few: those that can have the first.
        wider = _wider(rule.subjects[0]), _holding(*rule.repositories[:1])
        near = {other for key in product(*wider) for other in of.get(key, ())}
        for other in sorted(near):
            if other == number or not _covers(rules[other], rule):
                continue
            # Of two that are equal, the second is the one too many.
            if other < number or not _covers(rule, rules[other]):
                yield number, other
                break


def _nowhere(rule: Rule) -> tuple[str, ...]:
    """Return NOWHERE if a rule allows listing all repositories, else nothing."""
    return (NOWHERE,) if CATALOG in rule.actions else ()


def _holding(narrow: str = NOWHERE) -> tuple[str, ...]:
    """Return every pattern for which `contains` can hold: the pattern, and its prefixes with
    `**`."""
    return (narrow, *(f"{narrow[:end]}**" for end in range(len(narrow) + 1)))


def _covers(wide: Rule, narrow: Rule) -> bool:
    subjects = all(set(_wider(one)) & set(wide.subjects) for one in narrow.subjects)
    return (
        subjects
        and narrow.allowed <= wide.allowed
        and all(any(contains(w, n) for w in wide.repositories) for n in narrow.repositories)
    )


def _wider(subject: str) -> tuple[str, ...]:
    """Return the subjects that include a given one."""
    if subject.startswith(("user:", "group:")):
        return (subject, EVERYONE, ANONYMOUS)
    return (subject, ANONYMOUS)


def contains(wide: str, narrow: str) -> bool:
    """Tell whether a pattern certainly matches all that another one matches."""
    if wide == narrow:
        return True
    head, deep, tail = wide.rpartition("**")
    # `a/**` has in it all that begins with `a/`, as long as that is nothing but letters.
    return bool(deep) and not tail and not set(head) & set("*{") and narrow.startswith(head)
