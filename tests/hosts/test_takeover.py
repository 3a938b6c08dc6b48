"""A host of the previous version is upgraded, and rolled back, without a lost request."""

from __future__ import annotations

import os
import subprocess
import sys
from collections.abc import Callable
from pathlib import Path

from tests.hosts.conftest import Site
from tests.hosts.traffic import load
from tests.render_diff import ROOT, checkout
from tests.skips import lacks

EARLIER = "ddc5ff96c390"
"""The last commit whose manifests have format 1: they name no units."""


def test_a_host_of_the_version_before_is_taken_over(new_site: Callable[..., Site]) -> None:
    site = new_site()
    site.write()
    earlier(site, "deploy")
    first = site.current()
    with load(site.client) as counts:
        out = site.deploy()
        second = site.current()
        again = site.holdfast("deploy")
        back = site.holdfast("rollback")
        third = site.current()
        forward = site.holdfast("deploy")
    assert second > first, out
    assert "nothing to do" in again.stdout, again.stdout + again.stderr
    assert back.returncode == 0, back.stdout + back.stderr
    assert third == first
    assert forward.returncode == 0, forward.stdout + forward.stderr
    assert counts.failures == [], counts
    assert counts.pulls > 20
    assert counts.pushes > 5
    gone = site.host.run("systemctl list-units --state=failed --plain --no-legend 'holdfast*'")
    assert gone.stdout.strip() == ""


def earlier(site: Site, *arguments: str) -> None:
    """Run the command of the previous version on the site's inventory."""
    source = checkout(commit())
    environment = {
        **os.environ,
        "PYTHONPATH": os.pathsep.join([str(source / "src"), str(source / ".collections")]),
        "XDG_STATE_HOME": str(site.folder / "rendered"),
    }
    argv = [sys.executable, "-m", "holdfast", *arguments, "-i", str(site.folder)]
    done = subprocess.run(
        argv, cwd=source, env=environment, text=True, capture_output=True, check=False
    )
    assert done.returncode == 0, done.stdout + done.stderr


def commit() -> str:
    """Return the commit's full name; the test is skipped where the history is not here."""
    argv = ["git", "rev-parse", "--verify", "--quiet", f"{EARLIER}^{{commit}}"]
    done = subprocess.run(argv, cwd=Path(ROOT), text=True, capture_output=True, check=False)
    if done.returncode:
        lacks("history", "the version before is made from it")
    return done.stdout.strip()
