"""A registry behind a gate with a repository of restic, and its jobs as processes of a test."""

from __future__ import annotations

import json
import shutil
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import pytest
from ansible_collections.holdfast.registry.plugins.module_utils.backup import links_file
from ansible_collections.holdfast.registry.plugins.module_utils.backup.listing import Listed
from ansible_collections.holdfast.registry.plugins.module_utils.backup.restic import Restic
from ansible_collections.holdfast.registry.plugins.module_utils.jobs import backup, heal, restore
from ansible_collections.holdfast.registry.plugins.module_utils.system.jobs import Outcome

from holdfast.preview import Preview
from testhosts.machine import HarnessError
from testhosts.unpacked import unpacked
from tests.integration.gated import behind_gate
from tests.skips import lacks

SECRET = "pass phrase of the repository"


@dataclass
class Saved:
    """A registry, and the repository to which it is saved."""

    preview: Preview
    plan: Any
    secrets: str

    @property
    def restic(self) -> Restic:
        """The repository."""
        return Restic(self.plan, self.secrets)

    def backup(self) -> Outcome:
        """Make a backup, as the job does."""
        return backup.job_of(self.plan).run(lambda: backup.work(self.plan, self.secrets, print))

    def restore(self, snapshot: str = "", only: str = "") -> Outcome:
        """Restore, as the job does."""
        generation = str(Path(self.secrets).parent)
        restore.request({"snapshot": snapshot, "only": only}, generation)
        return self.go_on()

    def go_on(self) -> Outcome:
        """Run the job of a restore with the order that is there."""
        return restore.job_of(self.plan).run(lambda: restore.work(self.plan, self.secrets, print))

    def heal(self, *locks: str) -> Outcome:
        """Bring back what the last scrub found damaged, as the job does."""
        return heal.job_of(self.plan).run(lambda: heal.work(self.plan, self.secrets, print, locks))

    def onto(self, preview: Preview, folder: Path) -> Saved:
        """Return another registry with the repository of this one."""
        other = saved_in(preview, folder, moved=False)
        shutil.copytree(self.secrets, other.secrets, dirs_exist_ok=True)
        # The list is found by its path on the host, which is the same for two real ones.
        own = {key: self.plan[key] for key in ("target", "path", "host", "work")}
        other.plan.update(own)
        other.write()
        return other

    def write(self) -> None:
        """Write the plan where the verbs of a host read it."""
        path = Path(self.secrets).parent / "agent" / "backup.json"
        path.parent.mkdir(exist_ok=True)
        path.write_text(json.dumps(self.plan))

    def links(self, snapshot: str) -> tuple[Listed, str]:
        """Return the list of a snapshot, and the snapshot of its blobs."""
        with self.restic.reading("dump", snapshot, f"{self.plan['work']}/links.jsonl") as stream:
            return links_file.read(stream)


def find_restic(monkeypatch: pytest.MonkeyPatch) -> None:
    """Let this process and its children find restic."""
    if shutil.which("restic"):
        return
    try:
        programs = unpacked("restic", ("restic",)) / "usr" / "bin"
    except HarnessError as error:
        lacks("restic", str(error))
    monkeypatch.setenv("PATH", str(programs), prepend=":")


def saved_in(preview: Preview, folder: Path, *, moved: bool = True) -> Saved:
    """Return a registry with its results in a folder, and its repository, if that is moved."""
    (path,) = preview.scratch.rglob("agent/backup.json")
    target, secrets = folder / "repository", folder / "backup"
    shutil.copytree(path.parents[1] / "backup", secrets)
    for one in secrets.iterdir():
        one.chmod(0o600)
    own = {"work": folder / "work", "records": folder / "jobs"}
    if moved:
        (secrets / "repository").write_text(f"{target}\n")
        own |= {"target": target, "path": target}
    plan = {**json.loads(path.read_text()), **{key: str(value) for key, value in own.items()}}
    for one in (target, folder / "work"):
        one.mkdir()
    Path(plan["state"]).mkdir(exist_ok=True)
    return Saved(preview, {**plan, "metrics": str(folder)}, str(secrets))


@contextmanager
def saving(binary: Path, version: str, **more: Any) -> Iterator[Preview]:
    """Run a registry without a cache, as after a flush, that makes backups."""
    settings = {
        "registry_backup_target": "/nowhere",
        "registry_backup_password": SECRET,
        "registry_backup_same_disk": True,
        **more,
    }
    with behind_gate(binary, "none", version, **settings) as preview:
        yield preview
