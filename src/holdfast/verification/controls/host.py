"""Controls of the host: access, deployment and platform."""

from holdfast.verification.controls.control import Control

CONTROLS = (
    Control(
        "host.reachable",
        "Commands can be run on the host, as root",
        "Most checks need access to the host.",
        depth="basic",
    ),
    Control(
        "host.answers",
        "The registry's name and port answer",
        "Otherwise no check from outside is possible.",
        depth="basic",
    ),
    Control(
        "host.deployed",
        "The link `current` leads to a generation",
        "Without it nothing starts at the next boot.",
        depth="basic",
    ),
    Control(
        "host.platform",
        "The operating system is the one of the settings",
        "Ciphers, paths and versions were chosen for it.",
    ),
)
