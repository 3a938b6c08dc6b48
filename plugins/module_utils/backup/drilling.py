"""Prove a backup: restore a part of it to a scratch directory, and pull an image from there.

Each drill looks at all manifests and at the places of all blobs. It reads one of TURNS parts of the
blobs, so all of them are read within so many drills.
"""

from __future__ import annotations

import json
import os
import pwd
import random
import shutil
import subprocess
import tempfile
import time
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from typing import IO, TYPE_CHECKING

from ansible_collections.holdfast.registry.plugins.module_utils.backup import choosing, messages
from ansible_collections.holdfast.registry.plugins.module_utils.backup.fetching import (
    Writer,
    fetch,
)
from ansible_collections.holdfast.registry.plugins.module_utils.backup.listing import Listed
from ansible_collections.holdfast.registry.plugins.module_utils.backup.restic import Restic
from ansible_collections.holdfast.registry.plugins.module_utils.backup.saving import located
from ansible_collections.holdfast.registry.plugins.module_utils.gate import store as places
from ansible_collections.holdfast.registry.plugins.module_utils.gate.references import references
from ansible_collections.holdfast.registry.plugins.module_utils.registry.client import (
    RegistryError,
    over_unix,
)
from ansible_collections.holdfast.registry.plugins.module_utils.storage.preflight import USER
from ansible_collections.holdfast.registry.plugins.module_utils.system import digests, files
from ansible_collections.holdfast.registry.plugins.module_utils.system.progress import StepError

if TYPE_CHECKING:
    from ansible_collections.holdfast.registry.plugins.module_utils.contract.backup import (
        DrillFigures,
        Tagged,
    )

TURNS = 30
MOST_PULLED = 256 << 20
"""Bytes of an image that is pulled: a larger one is not chosen."""
START_SECONDS = 30.0
MOST_SAID = 500
"""Bytes of a registry's words that are shown."""
ROOM = 2
"""Free space that a drill needs, as a multiple of what it restores."""


class Drill:
    """One drill; `problems` has a sentence for each thing that could not be proven."""

    def __init__(self, restic: Restic, turn: int, say: Callable[[str], None]) -> None:
        self._restic, self._plan, self._say = restic, restic.plan, say
        self._turn = turn % TURNS
        self.problems: list[str] = []

    def run(self) -> DrillFigures:
        """Restore and prove; return the figures. Raises StepError."""
        chosen = choosing.snapshot(self._restic, "")
        found, snapshot = choosing.links(self._restic, chosen)
        known = located(self._restic, snapshot) if snapshot else {}
        sizes = {one: size for one, (_, size) in known.items()}
        whole = self._whole(found, set(sizes))
        image = self._image(found, whole, sizes)
        blobs = found.blobs
        wanted = {one for one in sizes if _turn(one) == self._turn} & blobs
        wanted |= found.needed(image["digest"]) if image else set()
        self._say(f"{len(found.manifests)} manifests, {len(wanted)} of {len(blobs)} blobs")
        with self._scratch(sum(sizes[one] for one in wanted)) as scratch:
            writer = Writer(scratch)
            done = fetch(self._restic, snapshot, known, wanted, writer)
            self.problems += [messages.damaged(one) for one in done.damaged]
            if image and not self.problems:
                self._pull(scratch, writer, image, found)
        return {
            "snapshot": chosen["id"],
            "time": chosen["time"],
            "turn": self._turn,
            "manifests": len(whole),
            "blobs": done.blobs,
            "bytes": done.bytes,
            "pulled": f"{image['repository']}:{image['tag']}" if image else "",
        }

    def _whole(self, found: Listed, there: set[str]) -> set[str]:
        """Return the manifests of which the snapshot has all; note the others."""
        whole = set()
        for one in found.manifests:
            lacking = found.needed(one["digest"]) - there
            if lacking:
                name = f"{one['repository']}@{one['digest']}"
                self.problems.append(messages.lacking(name, min(lacking)))
            else:
                whole.add(one["digest"])
        return whole

    def _image(self, found: Listed, whole: set[str], sizes: dict[str, int]) -> Tagged | None:
        """Return a tag whose image a registry can serve by itself, another one in each drill."""
        fit = [
            one
            for one in found.tags
            if one["digest"] in whole
            and _is_image(found.contents[one["digest"]])
            and sum(sizes[blob] for blob in found.needed(one["digest"])) <= MOST_PULLED
        ]
        return random.choice(fit) if fit else None  # noqa: S311 -- no secret

    @contextmanager
    def _scratch(self, needed: int) -> Iterator[str]:
        """Give the block an empty directory. Raises StepError if there is no room for it."""
        scratch = self._plan["scratch"]
        files.remove(scratch)
        os.makedirs(scratch, mode=0o700)
        try:
            free = shutil.disk_usage(scratch).free
            if free < ROOM * needed:
                raise StepError(
                    f"{scratch}: expected {ROOM * needed >> 20} MiB of free space for a drill,"
                    f" found {free >> 20} MiB. Make room"
                )
            user = _user()
            if user:
                os.chown(scratch, user.pw_uid, user.pw_gid)
            yield scratch
        finally:
            files.remove(scratch)

    def _pull(self, scratch: str, writer: Writer, image: Tagged, found: Listed) -> None:
        """Pull an image from a registry over the scratch directory; note why it cannot."""
        repository, digest = image["repository"], image["digest"]
        for path, named in _links(image, found.contents[digest]):
            writer.link(f"{places.STORE}/{path}", named)
        try:
            with serving(self._plan["binary"], scratch) as socket:
                client = over_unix(socket, "drill")
                client.pull(repository, image["tag"])
                client.close()
        except (RegistryError, OSError) as error:
            name = f"{repository}:{image['tag']}"
            self.problems.append(messages.unservable(name, str(error)))


@contextmanager
def serving(binary: str, scratch: str) -> Iterator[str]:
    """Run a registry over a directory while the block runs; give it the path of its socket.

    Raises OSError with the registry's own words if it does not start.
    """
    socket, config = f"{scratch}/drill.sock", f"{scratch}/config.yml"
    settings = {
        "version": "0.1",
        "log": {"level": "error"},
        "storage": {"filesystem": {"rootdirectory": scratch}},
        "http": {"net": "unix", "addr": socket, "secret": "drill"},
    }
    files.replace_own(config, [json.dumps(settings).encode()])
    os.chmod(config, 0o644)
    user = _user()
    with (
        tempfile.TemporaryFile() as said,
        subprocess.Popen(
            [binary, "serve", config],
            stdin=subprocess.DEVNULL,
            stdout=subprocess.DEVNULL,
            stderr=said,
            user=user.pw_uid if user else None,
            group=user.pw_gid if user else None,
            extra_groups=[] if user else None,
            env={"OTEL_TRACES_EXPORTER": "none", "PATH": os.defpath},
        ) as process,
    ):
        try:
            deadline = time.monotonic() + START_SECONDS
            while not os.path.exists(socket) and process.poll() is None:
                if time.monotonic() > deadline:
                    break
                time.sleep(0.05)
            if not os.path.exists(socket):
                raise OSError(_silent(binary, process.poll(), said))
            yield socket
        finally:
            process.kill()


def _silent(binary: str, code: int | None, said: IO[bytes]) -> str:
    """Return why a registry that was started does not listen."""
    said.seek(0)
    words = said.read(MOST_SAID).decode("utf-8", "replace").strip()
    found = f"found none after {START_SECONDS:.0f} s" if code is None else f"it ended with {code}"
    return f"{binary}: expected a registry that listens, {found}: {words or 'it said nothing'}"


def _links(image: Tagged, content: bytes) -> Iterator[tuple[str, str]]:
    """Yield path and digest of each link that a pull of an image needs."""
    repository, digest = image["repository"], image["digest"]
    for blob in references(content).blobs:
        yield places.layer(repository, blob), blob
    yield places.revision(repository, digest), digest
    place = places.tag(repository, image["tag"])
    yield f"{place}/index/{digests.folder_of(digest)}/link", digest
    yield f"{place}/current/link", digest


def _is_image(content: bytes) -> bool:
    manifest = json.loads(content)
    return bool(manifest.get("schemaVersion") == 2 and "config" in manifest)


def _turn(digest: str) -> int:
    return int(digest.partition(":")[2][:2], 16) % TURNS


def _user() -> pwd.struct_passwd | None:
    """Return the registry's account; None if this is no host, or not root."""
    try:
        return pwd.getpwnam(USER) if os.getuid() == 0 else None
    except KeyError:
        return None
