"""The section `registry_backup_*`: backups by restic."""

from __future__ import annotations

import re
from typing import Annotated, Any

from pydantic import AfterValidator, Field, StringConstraints, model_validator
from pydantic_core import PydanticCustomError

from holdfast.settings import types as t
from holdfast.settings.refusal import refusal
from holdfast.settings.section import Section
from holdfast.settings.types import Expect

Target = Annotated[
    str,
    StringConstraints(
        pattern=r"^(?:/(?!.*(?:^|/)\.\.?(?:/|$))[A-Za-z0-9._/+@-]+"
        r"|sftp:(?://)?[A-Za-z0-9._-]+@[A-Za-z0-9.\[\]:_-]+[:/][A-Za-z0-9._/+@-]+"
        r"|rest:https?://\S+|s3:https?://[^\s/]+/\S+)$",
        max_length=500,
    ),
    Expect(
        "a repository of restic: /PATH, sftp:USER@HOST:/PATH, rest:https://HOST/PATH or"
        " s3:https://HOST/BUCKET",
        "A login of the target: registry_backup_username and registry_backup_secret",
    ),
]


def _numbers(given: dict[str, Any]) -> dict[str, Any]:
    for kind, number in given.items():
        if kind not in KINDS or type(number) is not int or not 1 <= number <= 10_000:
            raise PydanticCustomError("keep", "form")
    return given


KINDS = ("last", "hourly", "daily", "weekly", "monthly", "yearly")
Keep = Annotated[
    dict[str, Any],
    AfterValidator(_numbers),
    Expect(
        "numbers of snapshots by last, hourly, daily, weekly, monthly and yearly",
        "e.g. {daily: 7, weekly: 5}; {} keeps all, as for a target that removes nothing",
    ),
]
KnownHosts = Annotated[
    str,
    StringConstraints(pattern=r"^\S+ \S+ [A-Za-z0-9+/=]+"),
    Expect("lines of ssh's known_hosts", "From: ssh-keyscan HOST; compare them with the host's"),
]
_SSH = re.compile(r"sftp:(?://)?([A-Za-z0-9._-]+)@(\[[0-9a-f:]+\]|[A-Za-z0-9._-]+)(?::(\d+)/)?")


class Backup(Section):
    """Backup: links, images and the host's keys go to another place, while the registry serves."""

    target: Target | None = None
    """Repository of restic: a path on another disk of the host, or a server by SFTP, rest-server or
    S3. Without one there is no backup."""
    password: t.PlainSecret | None = None
    """Password that encrypts the repository. Without it no backup can be read: keep it in a second
    place, too."""
    schedule: t.Calendar = "*-*-* 04:30:00"
    """Calendar event of systemd at which the host makes a backup; empty for never."""
    keep: Keep = Field(default={"daily": 7, "weekly": 5, "monthly": 12})
    """Numbers of snapshots that stay: the last ones, and the last one of so many hours, days,
    weeks, months and years. `{}` removes none, as for a target to which the host can only add."""
    drill_schedule: t.Calendar = "*-*-* 06:30:00"
    """Calendar event of systemd at which the host restores a part of the newest backup to a scratch
    directory, and proves it; empty for never."""
    within: t.Duration = "3d"
    """Age of the last backup, and of its last proof by a drill, above which `status`, `doctor` and
    `verify` report it."""
    same_disk: bool = False
    """Accept a path on the disk of the images or of the system, which is lost together with
    them."""
    username: t.PlainName | None = None
    """Login at the target: user of a rest-server, or access key of S3."""
    secret: t.PlainSecret | None = None
    """Password of `username`, or secret key of S3."""
    ssh_key: t.SecretPem | None = None
    """Private key without a passphrase by which the host logs in at an SFTP server."""
    known_hosts: KnownHosts | None = None
    """Keys of the SFTP server."""
    ca: t.PemText | None = None
    """Authorities of a target with https, if they are not the system's."""
    rate: t.Rate | None = None
    """Most bytes that a backup sends in a second: a number, or one with MiB or GiB."""

    @model_validator(mode="after")
    def _target_is_complete(self) -> Backup:
        if self.target is None:
            return self
        if "@" in self.target and not self.sftp:
            hint = "Give registry_backup_username and registry_backup_secret"
            raise refusal("target", "no login in it", hint, given="an address with one")
        if self.password is None:
            hint = "Make one with: openssl rand -hex 32, keep it in a vault and in a second place"
            raise refusal("password", "a password, for registry_backup_target is given", hint)
        if self.sftp and not (self.ssh_key and self.known_hosts):
            key = "known_hosts" if self.ssh_key else "ssh_key"
            raise refusal(key, "to be given, for an SFTP server", "See docs/backup.md")
        if (self.username is None) != (self.secret is None):
            key = "username" if self.username is None else "secret"
            raise refusal(key, "both or none of username and secret", "Give the other one, too")
        return self

    @property
    def sftp(self) -> tuple[str, str, str | None] | None:
        """User, host and port of an SFTP server; None for another target."""
        found = _SSH.match(self.target or "")
        return (found[1], found[2].strip("[]"), found[3]) if found else None

    @property
    def path(self) -> str:
        """Directory of a target on the host; "" for another target."""
        return self.target if self.target and self.target.startswith("/") else ""
