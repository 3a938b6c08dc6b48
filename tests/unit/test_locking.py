"""A host that is closed to deploys: who closed it, who may open it, and what is refused."""

from __future__ import annotations

import time
from pathlib import Path
from typing import Any

import pytest
from ansible_collections.holdfast.registry.plugins.module_utils import dispatch
from ansible_collections.holdfast.registry.plugins.module_utils.deploy import locking
from ansible_collections.holdfast.registry.plugins.module_utils.system import paths
from ansible_collections.holdfast.registry.plugins.module_utils.system.progress import (
    Log,
    StepError,
)

from holdfast.cli.reason import LONGEST

pytestmark = pytest.mark.usefixtures("root")


def close(etc: Path, by: str = "ann", reason: str = "moving the disk") -> Log:
    log = Log()
    locking.change({"unlock": False, "reason": reason, "by": by}, log, str(etc))
    return log


def test_a_closed_host_says_who_closed_it_since_when_and_why(tmp_path: Path) -> None:
    etc = tmp_path / "etc"
    assert locking.locked(str(etc)) is None
    locking.refuse(Log(), despite=False, etc=str(etc))
    close(etc)
    day = time.strftime("%Y-%m-%d", time.gmtime())
    with pytest.raises(StepError, match=f"locked by ann since {day} .*: moving the disk"):
        locking.refuse(Log(), despite=False, etc=str(etc))
    assert (etc / "locked.json").stat().st_mode & 0o777 == 0o600


def test_an_override_is_told(tmp_path: Path) -> None:
    close(tmp_path)
    log = Log()
    locking.refuse(log, despite=True, etc=str(tmp_path))
    (told,) = log.events
    assert told["state"] == "warning"
    assert told["text"].startswith("locked by ann since ")
    assert told["text"].endswith("moving the disk; overridden by --despite-lock")


def test_another_one_cannot_close_it_again_but_open_it(tmp_path: Path) -> None:
    close(tmp_path)
    with pytest.raises(StepError, match="locked by ann"):
        close(tmp_path, "bob", "mine")
    close(tmp_path, "ann", "until Tuesday")
    found = locking.locked(str(tmp_path))
    assert found
    assert found["reason"] == "until Tuesday"
    log = Log()
    assert locking.change({"unlock": True, "reason": "", "by": "bob"}, log, str(tmp_path)) is None
    assert "it was locked by ann" in log.events[0]["text"]
    assert locking.locked(str(tmp_path)) is None
    locking.change({"unlock": True, "reason": "", "by": "bob"}, log, str(tmp_path))
    assert (log.events[1]["state"], log.events[1]["text"]) == ("ok", "was open already")


@pytest.mark.parametrize("text", ["", "{", "[]", '{"by": 3, "time": "x", "reason": "\\u001b[2J"}'])
def test_a_damaged_note_still_closes_the_host(tmp_path: Path, text: str) -> None:
    (tmp_path / "locked.json").write_text(text)
    with pytest.raises(StepError, match="locked by") as caught:
        locking.refuse(Log(), despite=False, etc=str(tmp_path))
    assert "\x1b" not in caught.value.message


def test_a_reason_has_the_same_limit_everywhere() -> None:
    assert locking.LONGEST == LONGEST


def test_all_that_activates_something_is_refused(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(paths, "LOCK", str(tmp_path / "lock"))
    monkeypatch.setattr(locking, "locked", lambda *_: {"by": "ann", "reason": "x", "time": 0.0})
    lockable = {name for name, verb in dispatch.VERBS.items() if verb.lockable}
    assert lockable == {
        *("deploy", "rollback", "rotate", "restart", "move-begin", "remove", "patch", "reboot"),
    }
    for name in lockable:
        # No order is complete: what is not refused has to fail before it does anything.
        order: dict[str, Any] = {"despite_lock": False}
        done = dispatch.run(name, order, {}, check=False)
        assert (done["failed"], done["refused"]) == (True, True)
        assert "locked by ann" in done["msg"]
