"""Files of one process of the registry's binary: the registry itself, or a mirror."""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from typing import Any

from holdfast.rendering.accounts import REGISTRY_USER
from holdfast.rendering.component import Process, Source
from holdfast.rendering.layout import Layout
from holdfast.rendering.registry_binary import runtime

CONFIG = "registry/config.yml"
"""The configuration to which `registry_extra_config` is added."""


def files(config: str = CONFIG, **own: Any) -> Iterator[tuple[str, Source]]:
    """Yield path and source of each file; processes differ only in the variables `own`."""
    folder, service = own["folder"], own["service"]
    own["runtime"] = runtime(own["memory_mib"])
    yield f"{folder}/config.yml", Source(0o440, REGISTRY_USER, False, config, own, True)
    yield f"{folder}/ca.pem", Source(0o444, "root", False, "registry/ca.pem", own)
    yield f"{folder}/secrets.env", Source(0o400, "root", True, "registry/secrets.env", own)
    unit = "systemd/holdfast-registry@.service"
    yield f"systemd/holdfast-{service}@.service", Source(0o444, "root", False, unit, own)


def process(layout: Layout, service: str, folder: str, environment: Mapping[str, str]) -> Process:
    """Return the preview's process, with the environment of its unit."""
    argv = ("{binary}", "serve", f"{layout.current}/{folder}/config.yml")
    address = {"REGISTRY_HTTP_ADDR": f"{layout.run}/{service}/1.sock"}
    return Process(service, argv, {**address, "REGISTRY_HTTP_SECRET": "{random}", **environment})


def environment(
    memory_mib: int, secrets: Mapping[str, str], authorities: str | None = None
) -> dict[str, str]:
    """Return the environment of a process; `authorities` is a file of CA certificates to trust."""
    trusted = {"SSL_CERT_FILE": authorities} if authorities else {}
    return {**trusted, **runtime(memory_mib), **secrets}
