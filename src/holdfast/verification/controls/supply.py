"""Which programs the host runs, and whether they are the ones that were meant."""

from holdfast.verification.controls.control import Control

CONTROLS = (
    Control(
        "supply.registry",
        "The registry has the version of the settings",
        "Its configuration was made and checked for that version.",
    ),
    Control(
        "supply.binary",
        "The registry's binary is the one that was brought, and root's",
        "Whoever changes it has every image.",
        "NIST SP 800-53 SI-7; SLSA 1.0, verifying artifacts",
    ),
    Control(
        "supply.nginx",
        "nginx is new enough",
        "Older ones lack what the configuration relies on.",
    ),
)
