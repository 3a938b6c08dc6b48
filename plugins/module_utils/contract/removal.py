"""Define the types of a removal: its plan, order and answer."""

from __future__ import annotations

from typing import TypedDict


class RemovalOrder(TypedDict):
    """Arguments of a removal."""

    also: list[str]
    """Words for things that stay otherwise: images, backups, certificates, logs."""


class RemovalPlan(TypedDict):
    """Everything of ours on a host, by the manifests of its generations; the removal's note."""

    units: list[str]
    """Units that can run: services with their instances, sockets, timers, the target."""
    links: dict[str, str]
    """Target by path of links in the system's directories."""
    masked: list[str]
    """Units of packages that were masked."""
    users: list[str]
    directories: list[str]
    """Directories of ours alone."""
    metrics: list[str]
    """Files in the directory of metrics, which can be another program's."""
    logs: list[str]
    """Log files that are written to."""
    kept: dict[str, list[str]]
    """Directories by the word without which they stay."""
    elsewhere: list[str]
    """Places of images and backups on other machines, which a removal never touches."""
    packages: list[str]


class Removed(TypedDict):
    """Texts about what goes or is gone, and about what stays."""

    gone: list[str]
    stays: list[str]
