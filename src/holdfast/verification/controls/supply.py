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
    Control(
        "supply.running",
        "What runs is what lies on disk",
        "After an update the old program goes on until it is restarted, holes included.",
    ),
    Control(
        "supply.packages",
        "The files of the packages are as they came",
        "A changed nginx or OpenSSL hears every password.",
        "NIST SP 800-53 SI-7",
        facts=("packages",),
    ),
    Control(
        "supply.sources",
        "Packages come from signed sources alone",
        "Whoever is on the way could send their own.",
        "CIS Debian 12, 1.2.1",
    ),
    Control(
        "supply.openssl",
        "nginx speaks TLS by a supported OpenSSL",
        "An older one gets no corrections.",
    ),
    Control(
        "supply.updates",
        "No security update waits",
        "What it mends is public by then.",
        "CIS Debian 12, 1.2.2",
        depth="hardening",
        facts=("updates",),
    ),
)
