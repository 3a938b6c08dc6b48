"""Break one thing after the other: the right control sees it, and sees when it is mended."""

from __future__ import annotations

from contextlib import ExitStack

import pytest

from holdfast.verification.controls import CONTROLS, chosen
from tests.sabotage.bench import Bench, looked_at
from tests.sabotage.cases import ALL, TOGETHER, kernel
from tests.sabotage.sabotage import Sabotage

REDS: set[str] = set().union(*(case.reds for case in ALL))
GREEN = chosen("default") | REDS - {"http.slow-body"}


def test_each_way_has_a_name_and_a_control() -> None:
    assert len({case.name for case in ALL}) == len(ALL) >= 60
    assert CONTROLS.keys() >= REDS


def test_a_host_that_nobody_broke_is_green(bench: Bench) -> None:
    found = bench.look(GREEN)
    assert [f"{one.check}: {one.text}" for one in found.failures] == []
    seen = {one.check for one in found.outcomes if one.state == "passed"}
    assert REDS - seen == {"http.slow-body"}


def words(cases: list[Sabotage]) -> str:
    return (cases[0].together or cases[0].name).replace(" ", "-")


@pytest.mark.parametrize("cases", TOGETHER, ids=words)
def test_is_seen(bench: Bench, cases: list[Sabotage]) -> None:
    with ExitStack() as undo:
        for case in cases:
            undo.callback(bench.sh, case.undo)
        bench.sh("\n".join(case.do for case in cases))
        found = bench.look(set().union(*map(looked_at, cases)))
    red = {one.check: one.text for one in found.failures}
    reds = set().union(*(case.reds for case in cases))
    assert sorted(reds - red.keys()) == [], f"not seen; red are {red}"
    assert {c.name: red[c.red] for c in cases if c.says not in red[c.red]} == {}
    more = red.keys() - reds.union(*(case.also for case in cases))
    assert [red[name] for name in sorted(more)] == []
    # That it is mended shows at the next one: what is still red there is not its own.


def test_a_kernel_that_is_not_as_the_settings_want_it_is_seen(bench: Bench) -> None:
    try:
        bench.sh(kernel.STANDS_IN)
        before = bench.look(kernel.RED)
        bench.sh(kernel.BREAK)
        found = bench.look(kernel.RED)
    finally:
        bench.sh(kernel.UNDO)
    assert {one.check: one.text for one in before.outcomes if one.state != "passed"} == {}
    red = dict.fromkeys(kernel.RED, "") | {one.check: one.text for one in found.failures}
    assert {name: red[name] for name, says in kernel.RED.items() if says not in red[name]} == {}


MOUNT = {"storage.mount"}


def test_images_on_a_disk_that_is_not_their_own_are_seen(bench: Bench) -> None:
    wanted = {"registry_storage_mount": True}
    bench.sh("mount -t tmpfs tmpfs /srv/registry")
    try:
        mounted = bench.look(MOUNT, **wanted)
    finally:
        bench.sh("umount /srv/registry")
    assert mounted.failures == ()
    found = {one.check: one.text for one in bench.look(MOUNT, **wanted).failures}
    assert found.keys() == MOUNT
    assert "expected a mount, found none" in found["storage.mount"]


BACKUP = {"storage.backup", "storage.proven-backup"}
RECORDS = "/var/lib/holdfast/jobs/backup.json /var/lib/holdfast/jobs/drill.json"


@pytest.mark.parametrize(
    ("good", "says"),
    [("$(date +%s)", ""), ("0", "backup yet"), ("$(date +%s -d -9days)", "is 9 days old")],
)
def test_a_backup_that_is_old_or_missing_is_seen(bench: Bench, good: str, says: str) -> None:
    wanted = {"registry_backup_target": "/mnt/backup", "registry_backup_password": "for a look"}
    bench.sh(f'echo "{{\\"good\\": {good}}}" | tee {RECORDS}')
    try:
        found = bench.look(BACKUP, **wanted).failures
    finally:
        bench.sh(f"rm {RECORDS}")
    assert {one.check for one in found} == (BACKUP if says else set())
    assert all(says in one.text for one in found)


def test_in_the_end_the_host_is_green_again(bench: Bench) -> None:
    found = bench.look(GREEN)
    assert [f"{one.check}: {one.text}" for one in found.failures] == []
