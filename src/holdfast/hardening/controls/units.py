"""Controls of the group units."""

from holdfast.hardening.control import Control

CONTROLS = (
    Control(
        "units.apparmor",
        "An AppArmor profile confines the registry",
        "A second wall, of another make: the kernel refuses what the sandbox forgot.",
        "/proc/PID/attr/apparmor/current says enforce; not applicable without AppArmor",
    ),
)
