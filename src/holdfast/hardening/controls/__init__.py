"""The controls by group."""

from holdfast.hardening.controls import (
    clock,
    files,
    kernel,
    logs,
    modules,
    net,
    ssh,
    storage,
    supply,
    units,
)

GROUPS = (
    units.CONTROLS,
    net.CONTROLS,
    ssh.CONTROLS,
    kernel.CONTROLS,
    modules.CONTROLS,
    files.CONTROLS,
    storage.CONTROLS,
    clock.CONTROLS,
    logs.CONTROLS,
    supply.CONTROLS,
)
