"""Restore certificates and keys of a host on which nothing is deployed yet."""

from __future__ import annotations

import os
import tarfile
import tempfile
from typing import TYPE_CHECKING

from ansible_collections.holdfast.registry.plugins.module_utils.backup import choosing
from ansible_collections.holdfast.registry.plugins.module_utils.backup.restic import (
    Restic,
    ResticError,
)
from ansible_collections.holdfast.registry.plugins.module_utils.system import files, systemd

if TYPE_CHECKING:
    from collections.abc import Mapping

    from ansible_collections.holdfast.registry.plugins.module_utils.contract.backup import KeysOrder

FOLDERS = ("{etc}/tls", "{etc}/keys", "{etc}/secrets", "{state}/acme")
"""Certificates, keys that sign tokens, the host's own passwords, account and certificates of
ACME."""


def restore(order: KeysOrder, secrets: Mapping[str, str], top: str = "/") -> list[str]:
    """Restore the folders that the snapshot has; return their names. Raises StepError.

    `secrets` are the files of the repository's login, by name.
    """
    plan, done = order["plan"], []
    with tempfile.TemporaryDirectory(dir="/run", prefix="holdfast-restore-") as folder:
        for name, text in secrets.items():
            files.write_new(os.path.join(folder, name), text.encode(), 0o400)
        restic = Restic({**plan, "cache": ""}, folder)
        chosen = choosing.snapshot(restic, order["snapshot"])["id"]
        if order["accounts"]:  # as a deploy would create them: the files belong to them
            systemd.run_checked(["systemd-sysusers", "-"], "make the users", order["accounts"])
        for form in FOLDERS:
            path = form.format(etc=plan["etc"], state=plan["state"])
            try:
                _extract(restic, chosen, path, top)
            except ResticError as error:
                if "not found in snapshot" not in error.said:
                    raise
                continue
            done.append(os.path.basename(path))
    return done


def _extract(restic: Restic, snapshot: str, path: str, top: str) -> None:
    with (
        restic.reading("dump", "--archive", "tar", snapshot, path) as stream,
        tarfile.open(fileobj=stream, mode="r|") as archive,
    ):
        if hasattr(tarfile, "fully_trusted_filter"):
            archive.extraction_filter = tarfile.fully_trusted_filter
        for member in archive:
            # Owners by their names, whose numbers differ between hosts.
            archive.extract(member, top)
