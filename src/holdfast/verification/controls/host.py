"""Whether the host can be looked at, and is what the settings call it."""

from holdfast.verification.controls.control import Control

CONTROLS = (
    Control(
        "host.reachable",
        "Commands can be run on the host, as root",
        "Most of what is checked shows inside alone.",
        depth="basic",
    ),
    Control(
        "host.answers",
        "The registry's name and port lead to something that answers",
        "Otherwise nothing else can be known from outside.",
        depth="basic",
    ),
    Control(
        "host.deployed",
        "The link to the current generation leads to one",
        "Without it nothing starts at the next boot.",
        depth="basic",
    ),
    Control(
        "host.platform",
        "The operating system is the one of the settings",
        "Ciphers, paths and versions were chosen for it.",
    ),
)
