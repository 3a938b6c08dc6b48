"""Controls of systemd units and processes: state and sandbox."""

from holdfast.verification.controls.control import Control

CONTROLS = (
    Control(
        "units.active",
        "Every unit of the registry runs",
        "A stopped unit serves no requests, or does no maintenance.",
        depth="basic",
    ),
    Control(
        "units.one-generation",
        "The services of the current generation run, and no others",
        "An old one would accept uploads with an old configuration.",
    ),
    Control("units.boot", "Everything starts at boot", "A power cut must not end the service."),
    Control(
        "units.as-deployed",
        "Units are those of the current generation, without drop-ins",
        "A drop-in can remove every limit of a unit, and no generation shows it.",
        "systemd.unit(5)",
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
        "The kernel limits the memory of each service",
        "A leak or a flood of uploads would take the host down with it.",
        "CIS Docker 5.11",
    ),
    Control(
        "units.environment",
        "No secret is in a unit's Environment=",
        "Every user of the host can read it.",
        "systemd.exec(5), Environment=",
    ),
    Control(
        "units.processes",
        "Every service has a process",
        "The next controls check processes.",
    ),
    Control(
        "units.users",
        "Processes run as their own users, never as root",
        "An attacker gets the rights of a compromised process.",
        "CIS Docker 4.1; NIST SP 800-190 4.4.3",
    ),
    Control(
        "units.capabilities",
        "Processes have no capabilities",
        "A capability lets a process change owners, mount, trace or bind ports.",
        "CIS Docker 5.4",
    ),
    Control(
        "units.new-rights",
        "Processes can gain no rights by a setuid program",
        "A setuid program can give a service root rights.",
        "CIS Docker 5.26",
    ),
    Control(
        "units.system-calls",
        "System calls are filtered",
        "Rare system calls expose vulnerabilities of the kernel.",
        "CIS Docker 5.22",
    ),
    Control(
        "units.network",
        "Processes have no network that they do not need",
        "A compromised process cannot scan the network or send images away.",
        "CIS Docker 5.10; NIST SP 800-190 4.4.2",
    ),
    Control(
        "units.read-only",
        "Processes see a file system that is read-only",
        "Nothing can be left behind for the next start.",
        "CIS Docker 5.13",
    ),
    Control(
        "units.shell",
        "The registry's file system has no shell",
        "Most attacks start one.",
    ),
    Control(
        "units.core-dumps",
        "Memory is never written to disk",
        "It contains keys, logins and the upload secret.",
        "CIS Debian 12, 1.5 Ensure core dumps are restricted",
    ),
    Control(
        "units.open-files",
        "Connections do not run out of open files",
        "A thousand slow clients would lock all others out.",
    ),
    Control(
        "units.accept",
        "No worker waits for a connection that another one took",
        "Parallel pushes would hang until their time-out.",
        "systemd.exec(5), NonBlocking=",
    ),
    Control(
        "units.tasks",
        "The kernel bounds the number of threads and processes",
        "A fork bomb would take the host down.",
        "CIS Docker 5.29",
    ),
    Control(
        "units.command-lines",
        "No secret is in a command line",
        "Every user of the host can read it.",
        "CWE-214",
    ),
    Control(
        "units.sandbox",
        "systemd's properties match the unit files",
        "A property that was changed at run time is in no file.",
    ),
    Control(
        "units.restart",
        "A service that ends is restarted",
        "A crash would be an outage until an administrator acts.",
        "CIS Docker 5.15",
    ),
    Control(
        "units.drain",
        "A stop waits for the requests of the old registry",
        "It would cut pushes and pulls.",
    ),
    Control(
        "units.stable",
        "Services do not crash repeatedly",
        "A restart hides it from clients, but not each time.",
    ),
    Control(
        "units.failed",
        "No unit of the registry has failed",
        "A failed unit has not done its work.",
    ),
    Control(
        "units.timer",
        "The timer of the certificates will elapse",
        "Without it they expire.",
    ),
    Control(
        "units.packages",
        "The package's own registry does not run",
        "It would take port 5000, without TLS and login.",
    ),
)
