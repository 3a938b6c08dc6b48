"""Backup: a job that saves links, images and keys."""

from __future__ import annotations

import json
from collections.abc import Iterator, Mapping
from typing import TYPE_CHECKING

from holdfast import __version__, durations
from holdfast.rendering import outbound
from holdfast.rendering.component import Component, Directory, Job, Source
from holdfast.rendering.gated import gated
from holdfast.rendering.layout import Layout
from holdfast.rendering.registry_binary import binary_path
from holdfast.rendering.tree import File
from holdfast.settings import Settings
from holdfast.settings.sections.backup import Backup

if TYPE_CHECKING:
    from ansible_collections.holdfast.registry.plugins.module_utils.contract.backup import (
        BackupPlan,
    )
    from pydantic import SecretStr


def component(settings: Settings, layout: Layout) -> Component | None:
    """Return the component; None without a target."""
    wanted = settings.backup
    if wanted.target is None:
        return None
    within = float(durations.seconds(wanted.within))
    return Component(
        "backup",
        files={"agent/backup.json": Source()},
        ready={
            f"backup/{name}": File(text, 0o400, "root", "root", sensitive=True)
            for name, text in _secrets(settings).items()
        },
        variables={"backup_plan": _plan(settings, layout), "images": gated(settings)},
        jobs=(
            Job("backup", "jobs.backup", wanted.schedule, within),
            Job("restore", "jobs.restore"),
            Job("drill", "jobs.drill", wanted.drill_schedule, within),
            *((Job("heal", "jobs.heal"),) if gated(settings) else ()),
        ),
        directories=(Directory(layout.backup_state, 0o700), Directory(_cache(layout), 0o700)),
        packages=("restic", *(("openssh-client",) if wanted.sftp else ())),
    )


def _plan(settings: Settings, layout: Layout) -> BackupPlan:
    wanted = settings.backup
    return {
        "images": gated(settings),
        "elsewhere": "" if gated(settings) or settings.only_mirror else settings.storage.place,
        "host": settings.hostname,
        "version": __version__,
        "target": wanted.target or "",
        "path": wanted.path,
        "same_disk": wanted.same_disk,
        "options": list(_options(wanted)),
        "keep": dict(wanted.keep),
        "etc": layout.etc,
        "state": layout.state,
        "pushes": f"{layout.gate_state}/pushes.jsonl",
        "references": f"{layout.state}/references",
        "control": f"{layout.gate_run}/control.sock",
        "work": layout.backup_state,
        "cache": "" if wanted.path else _cache(layout),
        "binary": binary_path(settings, layout),
        "scratch": f"{layout.state}/drill",
        "metrics": settings.metrics.directory,
        "records": layout.job_records,
    }


def _options(wanted: Backup) -> Iterator[str]:
    """Yield options of restic; {secrets} in them is the folder of the files with secrets."""
    if wanted.rate:
        yield from ("--limit-upload", str(max(wanted.rate >> 10, 1)))
    if wanted.ca:
        yield from ("--cacert", "{secrets}/ca.pem")
    if wanted.sftp:
        user, host, port = wanted.sftp
        argv = ["ssh", "-i", "{secrets}/ssh-key", "-o", "UserKnownHostsFile={secrets}/known-hosts"]
        for option in ("StrictHostKeyChecking", "BatchMode", "IdentitiesOnly"):
            argv += ["-o", f"{option}=yes"]
        argv += [*(("-p", port) if port else ()), f"{user}@{host}", "-s", "sftp"]
        yield from ("-o", f"sftp.command={' '.join(argv)}")


def _secrets(settings: Settings) -> Mapping[str, str]:
    """Return the files that only root may read, by name."""
    wanted = settings.backup
    found = {
        "password": _text(wanted.password),
        "repository": _repository(wanted),
        "environment.json": json.dumps(_environment(settings), sort_keys=True),
        "ssh-key": _text(wanted.ssh_key).rstrip("\n"),
        "known-hosts": wanted.known_hosts or "",
        "ca.pem": wanted.ca or "",
    }
    return {name: f"{text}\n" for name, text in found.items() if text}


def _repository(wanted: Backup) -> str:
    """Return the address of the repository, with the login of a rest-server."""
    target = wanted.target or ""
    kind, _, rest = target.partition("://")
    if not (kind.startswith("rest:") and wanted.username):
        return target
    from urllib.parse import quote  # noqa: PLC0415 -- rarely needed

    login = f"{quote(wanted.username, safe='')}:{quote(_text(wanted.secret), safe='')}"
    return f"{kind}://{login}@{rest}"


def _environment(settings: Settings) -> dict[str, str]:
    wanted = settings.backup
    target = wanted.target or ""
    found = {} if wanted.path or wanted.sftp else outbound.environment(settings)
    if target.startswith("s3:") and wanted.username:
        keys = {"AWS_ACCESS_KEY_ID": wanted.username, "AWS_SECRET_ACCESS_KEY": _text(wanted.secret)}
        return {**found, **keys}
    return found


def _text(secret: SecretStr | None) -> str:
    return secret.get_secret_value() if secret else ""


def _cache(layout: Layout) -> str:
    return (
        "/var/cache/holdfast-backup"
        if layout.state.startswith("/var")
        else f"{layout.state}/restic"
    )
