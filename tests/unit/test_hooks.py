"""Hooks around a deploy: what they get, and what happens if they fail, hang or cannot run."""

from __future__ import annotations

import time
from pathlib import Path

import pytest
from click.testing import CliRunner

from holdfast.cli import hooks
from holdfast.cli.main import group
from holdfast.errors import Exit, InputError, RefusedError
from holdfast.playbook import Outcome
from tests.waiting import until


@pytest.fixture
def inventory(tmp_path: Path) -> Path:
    (tmp_path / "hooks").mkdir()
    (tmp_path / "hosts.yml").write_text("registry:\n  hosts:\n    r1:\n")
    return tmp_path


def hook(inventory: Path, name: str, script: str) -> Path:
    path = inventory / "hooks" / name
    path.write_text(f"#!/bin/sh\n{script}\n")
    path.chmod(0o755)
    return path


def around(inventory: Path, result: Exit = Exit.OK, reason: str = "") -> Exit:
    failed = {} if result is Exit.OK else {"r1": result}
    outcome = Outcome(inventory / "log", hosts=["r1", "r2"], failed=failed, changes={"r1": ["x"]})
    facts = {"HOLDFAST_REASON": reason, "HOLDFAST_LIMIT": ""}
    return hooks.around([inventory], facts, lambda: outcome)


def test_without_hooks_a_deploy_is_a_deploy(inventory: Path) -> None:
    assert around(inventory) is Exit.OK
    assert around(inventory, Exit.FAILED) is Exit.FAILED


def test_hooks_run_in_the_inventory_and_know_what_happens(inventory: Path) -> None:
    hook(inventory, "before-deploy", 'echo "$HOLDFAST_HOOK: $HOLDFAST_REASON" > seen')
    facts = '"$HOLDFAST_HOOK $HOLDFAST_RESULT $HOLDFAST_HOSTS $HOLDFAST_CHANGED"'
    hook(inventory, "after-deploy", f"echo {facts} >> seen")
    assert around(inventory, Exit.FAILED, "a; $(b)") is Exit.FAILED
    lines = (inventory / "seen").read_text().splitlines()
    assert lines == ["before-deploy: a; $(b)", "after-deploy failed r1,r2 1"]


def test_a_deploy_is_refused_if_the_hook_before_fails(inventory: Path) -> None:
    hook(inventory, "before-deploy", "exit 3")
    hook(inventory, "after-deploy", "touch ran")
    with pytest.raises(RefusedError, match="before-deploy: expected exit code 0, got 3"):
        hooks.around([inventory], {}, lambda: pytest.fail("deployed"))
    assert not (inventory / "ran").exists()


def test_a_hook_that_fails_after_is_reported(
    inventory: Path, capfd: pytest.CaptureFixture[str]
) -> None:
    hook(inventory, "after-deploy", "echo words; exit 2")
    assert around(inventory) is Exit.UNEXPECTED
    assert around(inventory, Exit.REFUSED) is Exit.REFUSED
    out, err = capfd.readouterr()
    assert out == ""
    assert "words" in err
    assert "after-deploy: expected exit code 0, got 2. The deploy itself: ok" in err


def test_a_hook_that_hangs_is_ended_with_all_that_it_started(
    inventory: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setenv(hooks.LIMIT, "0.5")
    monkeypatch.setattr(hooks, "GRACE", 0.2)
    hook(inventory, "before-deploy", "trap '' TERM; sleep 60 & echo $! > child; wait; sleep 60")
    begun = time.monotonic()
    with pytest.raises(RefusedError, match=r"expected an end within 0.5 s"):
        around(inventory)
    assert time.monotonic() - begun < 20
    child = Path(f"/proc/{(inventory / 'child').read_text().strip()}/stat")
    until(lambda: not _runs(child))  # a kill takes effect a moment later


def _runs(status: Path) -> bool:
    """Return True if a process is there, and not only waits to be collected."""
    try:
        return status.read_text().rsplit(")", 1)[1].split()[0] not in "ZX"
    except OSError:
        return False


@pytest.mark.parametrize(
    ("mode", "text", "expected"),
    [
        (0o644, "#!/bin/sh\n", "expected a program, it is none. Run: chmod u\\+x "),
        (0o757, "#!/bin/sh\n", "not everybody may write, got one. Run: chmod o-w "),
    ],
)
def test_a_file_that_is_no_program_is_told_before_anything_runs(
    inventory: Path, mode: int, text: str, expected: str
) -> None:
    hook(inventory, "before-deploy", "touch ran")
    path = hook(inventory, "after-deploy", "")
    path.write_text(text)
    path.chmod(mode)
    with pytest.raises(InputError, match=expected):
        around(inventory)
    assert not (inventory / "ran").exists()


def test_a_program_that_does_not_start_refuses(inventory: Path) -> None:
    hook(inventory, "before-deploy", "").write_text("#!/nowhere/at/all\n")
    with pytest.raises(RefusedError, match="it does not start: No such file"):
        around(inventory)


def test_a_dangling_link_is_told(inventory: Path) -> None:
    (inventory / "hooks" / "before-deploy").symlink_to("nowhere")
    with pytest.raises(InputError, match="expected a program"):
        around(inventory)


@pytest.mark.parametrize("given", ["x", "0", "-1", "nan", "1e9"])
def test_a_wrong_limit_is_told(
    inventory: Path, monkeypatch: pytest.MonkeyPatch, given: str
) -> None:
    monkeypatch.setenv(hooks.LIMIT, given)
    with pytest.raises(InputError, match=f"{hooks.LIMIT}: expected seconds"):
        around(inventory)


def test_the_hook_after_runs_when_ansible_cannot_start(
    inventory: Path, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setenv("XDG_STATE_HOME", str(tmp_path / "state"))
    hook(inventory, "after-deploy", 'echo "$HOLDFAST_RESULT" > seen')
    (inventory / "hosts.yml").write_text("registry: [\n")
    done = CliRunner().invoke(group, ["deploy", "-i", str(inventory)])
    assert isinstance(done.exception, InputError)
    assert (inventory / "seen").read_text() == "input\n"


def test_a_check_runs_no_hooks(
    inventory: Path, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setenv("XDG_STATE_HOME", str(tmp_path / "state"))
    hook(inventory, "before-deploy", "touch ran")
    (inventory / "hosts.yml").write_text("registry: [\n")
    CliRunner().invoke(group, ["deploy", "--check", "-i", str(inventory)])
    assert not (inventory / "ran").exists()
