"""Which tests have seen which controls red."""

from __future__ import annotations

from collections.abc import Iterable, Iterator

from tests.hosts import test_cache, test_judged
from tests.integration import (
    test_mirroring,
    test_tokens,
    test_verification,
    test_verification_fails,
)
from tests.sabotage import test_sabotage
from tests.sabotage.cases import ALL, kernel


def proofs() -> Iterator[tuple[str, Iterable[str]]]:
    """Yield the name of each test and the controls that it fails without seeing red.

    Each is the table that the test itself reads: a control in it that stays green fails the test.
    """
    yield "test_sabotage", test_sabotage.MOUNT | test_sabotage.BACKUP
    yield "tests/sabotage/cases", kernel.RED.keys() | set().union(*(case.reds for case in ALL))
    yield "hosts/test_judged", test_judged.RED
    yield "hosts/test_cache", test_cache.OTHERWISE.keys() | test_cache.AWAY
    answers = (red for *_, red in test_verification_fails.SERVERS.values())
    yield "test_verification_fails", test_verification_fails.ABSENT.union(*answers)
    edits = (red for *_, red in test_verification.SABOTAGE)
    yield "test_verification", test_verification.OTHERS.keys() | set().union(*edits)
    yield "test_tokens", set().union(*(checks for _, checks in test_tokens.SABOTAGE.values()))
    yield "test_mirroring", test_mirroring.OPENED | test_mirroring.TAKES_PUSHES


def seen_red() -> set[str]:
    """Return the ids of all controls that some test has seen red."""
    return {control for _, controls in proofs() for control in controls}
