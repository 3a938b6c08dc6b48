"""Controls of the group files."""

from holdfast.hardening.control import CIS, Control

CONTROLS = (
    Control(
        "files.umask",
        "What people make on the host is not readable by others",
        "A copy of a configuration, made in a hurry, is world-readable otherwise.",
        "/etc/profile.d/holdfast.sh is as deployed; a login shell has umask 027",
        reference=CIS + "5.4.3.3",
        lines={"umask.sh": ("umask 027",)},
    ),
    Control(
        "files.cores",
        "Programs that people start leave no core dumps",
        "A dump holds what the program knew.",
        "/etc/security/limits.d/holdfast.conf is as deployed",
        reference=CIS + "1.5.3",
        lines={"limits.conf": ("* hard core 0",)},
    ),
)
