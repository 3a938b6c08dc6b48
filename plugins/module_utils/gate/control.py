"""Ask the gate for the steps of a clean-up, as root."""

from __future__ import annotations

import json
from collections.abc import Iterator
from contextlib import contextmanager
from types import TracebackType
from typing import TYPE_CHECKING, Any

from ansible_collections.holdfast.registry.plugins.module_utils.gate.protocol import (
    StaleCycleError,
)
from ansible_collections.holdfast.registry.plugins.module_utils.registry.http import (
    Connection,
    RegistryError,
    Unix,
)
from ansible_collections.holdfast.registry.plugins.module_utils.system.progress import StepError

if TYPE_CHECKING:
    from ansible_collections.holdfast.registry.plugins.module_utils.contract.gate import (
        BatchDone,
        GateFigures,
        Pushed,
        Taken,
        TakeOrder,
    )
    from ansible_collections.holdfast.registry.plugins.module_utils.contract.scrub import BlobSeen

SOCKET = "/run/holdfast-gate/control.sock"
SECONDS = 150.0
"""Longest wait: a step waits for pushes that have begun."""


@contextmanager
def explained(what: str) -> Iterator[None]:
    """Convert the gate's errors in the block to StepError; `what` begins their messages."""
    try:
        yield
    except StaleCycleError as error:
        raise StepError(f"{what}: {error}. Repeat it") from error
    except RegistryError as error:
        raise StepError(f"{what}: {error}. Run: holdfast deploy") from error


class Control:
    """Requests of the gate. Raises RegistryError if it does not answer."""

    def __init__(self, path: str = SOCKET) -> None:
        self._connection = Connection(lambda: Unix(path, "gate", SECONDS), f"unix:{path}:")

    def set_aside(self, digest: str, seen: BlobSeen) -> bool:
        """Move a damaged blob away; False if another file is at its place than was seen."""
        return bool(self._ask("set_aside", digest=digest, seen=seen))

    def bring_back(
        self, repository: str, digest: str, tag: str = "", pushed: Pushed | None = None
    ) -> bool:
        """Move a manifest with all that it needs back from the trash, and its tag.

        The gate records that the tag was `pushed` then. False if something is missing, or the tag
        exists.
        """
        order = {"repository": repository, "digest": digest, "tag": tag, "pushed": pushed}
        return bool(self._ask("bring_back", **order))

    def close(self) -> None:
        """Close the connection."""
        self._connection.close()

    def _ask(self, verb: str, **order: Any) -> Any:
        body = json.dumps(order).encode()
        reply = self._connection.request("POST", f"/{verb}", body, {})
        if reply.status == 409:
            raise StaleCycleError(json.loads(reply.body)["problem"])
        if reply.status != 200:
            text = reply.body[:300].decode("utf-8", "replace")
            raise RegistryError(f"gate: expected 200 for {verb}, got {reply.status}: {text}")
        return json.loads(reply.body)


class Cycle(Control):
    """One cycle of a clean-up; a block that ends it whatever happens.

    Raises RegistryError if the gate does not answer, and StaleCycleError if it was restarted.
    """

    def __init__(self, path: str = SOCKET) -> None:
        super().__init__(path)
        self._name = ""

    def __enter__(self) -> Cycle:
        self._name = self._ask("begin")
        return self

    def __exit__(
        self,
        kind: type[BaseException] | None,
        error: BaseException | None,
        trace: TracebackType | None,
    ) -> None:
        self._ask("end", cycle=self._name)
        self.close()

    def trash(self, places: list[str]) -> BatchDone:
        """Move places to the trash, except those that a push needs."""
        return self._batch("trash", places)

    def purge(self, places: list[str]) -> BatchDone:
        """Remove places from the trash, except those that a push needs."""
        return self._batch("purge", places)

    def restore(self, places: list[str]) -> BatchDone:
        """Move places back from the trash."""
        return self._batch("restore", places)

    def take(
        self,
        repository: str,
        tags: dict[str, str],
        manifests: list[str],
        by: str,
        *,
        for_ever: bool = False,
    ) -> Taken:
        """Move tags, if they still name these digests, and manifests to the trash.

        What was pushed since the cycle began stays. `for_ever` removes them from a bucket without
        versions, which has no trash.
        """
        order: TakeOrder = {
            "cycle": self._name,
            "repository": repository,
            "tags": tags,
            "manifests": manifests,
            "by": by,
            "for_ever": for_ever,
        }
        found: Taken = self._ask("take", **order)
        return found

    def figures(self) -> GateFigures:
        """Return the counts since the gate started."""
        found: GateFigures = self._ask("figures")
        return found

    def _batch(self, verb: str, places: list[str]) -> BatchDone:
        found: BatchDone = self._ask(verb, cycle=self._name, places=places)
        return found
