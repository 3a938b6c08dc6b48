"""Controls of the group storage."""

from holdfast.hardening.control import Control

CONTROLS = (
    Control(
        "storage.mount-options",
        "Nothing in the data can be a device, a program or change its user",
        "What a client uploads can never be run from there.",
        "findmnt of the data directory: nodev, nosuid, noexec",
    ),
)
