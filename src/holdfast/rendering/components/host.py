"""The shared base of all components on a host: target, accounts, directories, log rotation."""

from __future__ import annotations

from collections.abc import Sequence

from holdfast.rendering.accounts import SOCKET_GROUP
from holdfast.rendering.component import Component, Directory, Source, Unit
from holdfast.rendering.layout import Layout
from holdfast.settings import Settings


def component(settings: Settings, layout: Layout, others: Sequence[Component]) -> Component:
    """Return the component with one file each for systemd-sysusers, -tmpfiles and logrotate."""
    own = (
        Directory(layout.empty, 0o755),
        Directory(layout.run, 0o750, "root", SOCKET_GROUP),
        Directory(layout.state, 0o755),
        Directory(layout.job_records, 0o755),
        Directory(settings.metrics.directory, 0o755),
    )
    return Component(
        "host",
        files={
            "systemd/holdfast.target": Source(),
            "systemd/sysusers.conf": Source(),
            "systemd/tmpfiles.conf": Source(),
            "logrotate/holdfast": Source(),
        },
        variables={
            "accounts": [account for one in others for account in one.accounts],
            "directories": [*own, *(entry for one in others for entry in one.directories)],
            "logs": [log for one in others for log in one.logs],
        },
        units=(Unit("holdfast.target", active=True),),
        directories=own,
    )
