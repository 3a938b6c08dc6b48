"""Controls of the installed programs: versions and integrity."""

from holdfast.verification.controls.control import Control

CONTROLS = (
    Control(
        "supply.registry",
        "The registry has the version of the settings",
        "Its configuration was made and checked for that version.",
    ),
    Control(
        "supply.binary",
        "The registry's binary is the deployed one, and owned by root",
        "Anyone who can change it has access to every image.",
        "NIST SP 800-53 SI-7; SLSA 1.0, verifying artifacts",
    ),
    Control(
        "supply.nginx",
        "nginx is new enough",
        "Older ones lack what the configuration relies on.",
    ),
    Control(
        "supply.running",
        "The running programs are those on disk",
        "After an update the old program runs until a restart, with its vulnerabilities.",
    ),
    Control(
        "supply.packages",
        "The files of the packages are unchanged",
        "A modified nginx or OpenSSL can read every password.",
        "NIST SP 800-53 SI-7",
        facts=("packages",),
    ),
    Control(
        "supply.sources",
        "Packages come only from signed sources",
        "An attacker in the network could replace them.",
        "CIS Debian 12, 1.2.1",
    ),
    Control(
        "supply.openssl",
        "nginx uses a supported OpenSSL",
        "An older one gets no corrections.",
    ),
    Control(
        "supply.updates",
        "No security update is pending",
        "The vulnerability is public.",
        "CIS Debian 12, 1.2.2",
        depth="hardening",
        facts=("updates",),
    ),
)
