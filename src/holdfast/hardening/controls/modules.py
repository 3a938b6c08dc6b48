"""Controls of the group kernel: modules that must not be loaded, one for each control."""

from holdfast.hardening.control import CIS, Control

_PROTOCOL = "A protocol that nobody here speaks, and whose code any user can reach."
_FILES = "A file system that no server mounts, and whose code reads what a stranger made."

_MODULES = (
    ("dccp", _PROTOCOL, "3.2.1"),
    ("tipc", _PROTOCOL, "3.2.2"),
    ("rds", _PROTOCOL, "3.2.3"),
    ("sctp", _PROTOCOL, "3.2.4"),
    ("cramfs", _FILES, "1.1.1.1"),
    ("freevxfs", _FILES, "1.1.1.2"),
    ("hfs", _FILES, "1.1.1.3"),
    ("hfsplus", _FILES, "1.1.1.4"),
    ("jffs2", _FILES, "1.1.1.5"),
    ("udf", _FILES, "1.1.1.8"),
    ("usb-storage", "A server takes no sticks: data goes in and out by the network.", "1.1.1.9"),
    ("firewire-core", "Devices on this bus read memory by themselves.", ""),
)


def _module(name: str, reason: str, reference: str) -> Control:
    return Control(
        f"kernel.module-{name}",
        f"The module {name} cannot be loaded",
        reason,
        f"modprobe --dry-run --verbose {name} ends in /bin/false; it is not in /proc/modules",
        reference=CIS + reference if reference else "",
        lines={"modprobe.conf": (f"install {name} /bin/false", f"blacklist {name}")},
    )


CONTROLS = tuple(_module(*row) for row in _MODULES)
