"""Who listens where."""

from holdfast.verification.controls.control import Control

CONTROLS = (
    Control(
        "net.ports",
        "The ports of the settings are listened on",
        "Clients come by them.",
    ),
    Control(
        "net.registry",
        "The registry itself listens on no TCP port",
        "There, it would ask for no login.",
        "CIS Docker 5.9",
    ),
    Control(
        "net.closed",
        "No registry answers beside the proxy",
        "Ports 5000 and 5001 are where a registry listens that nobody told otherwise.",
    ),
)
