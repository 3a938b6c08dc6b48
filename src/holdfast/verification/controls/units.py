"""systemd's view, and the kernel's: what runs, and how little it may do."""

from holdfast.verification.controls.control import Control

CONTROLS = (
    Control(
        "units.active",
        "Every unit of the registry runs",
        "One that does not run serves nobody, or cares for nothing.",
        depth="basic",
    ),
    Control(
        "units.one-generation",
        "The services of the current generation run, and no others",
        "An old one that goes on would take uploads by an old configuration.",
    ),
    Control("units.boot", "Everything starts at boot", "A power cut must not end the service."),
    Control(
        "units.as-deployed",
        "Units are those of the current generation, with no drop-in beside them",
        "A drop-in can take away every bound of a unit, and no file of ours shows it.",
        "systemd.unit(5)",
    ),
    Control(
        "units.rights",
        "Processes are not root, have no capabilities and gain none, and filter system calls",
        "What breaks into a process gets what the process may do.",
        "CIS Docker 5.4, 5.26; NIST SP 800-190 4.4",
    ),
    Control(
        "units.exposure",
        "systemd-analyze security calls the units safe",
        "It weighs some eighty properties of a unit against each other.",
        "systemd-analyze(1)",
        facts=("exposure",),
    ),
    Control(
        "units.memory",
        "The kernel bounds the registry's memory",
        "A leak or a flood of uploads would take the host down with it.",
        "CIS Docker 5.11",
    ),
    Control(
        "units.environment",
        "No secret is in a unit's Environment=",
        "Every user of the host may read it.",
        "systemd.exec(5), Environment=",
    ),
)
