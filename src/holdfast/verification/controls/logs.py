"""Controls of logs: required and forbidden content."""

from holdfast.verification.controls.control import Control

CONTROLS = (
    Control(
        "logs.structured",
        "Each request is one JSON object in the access log",
        "Log tools have to be able to parse it.",
        "NIST SP 800-53 AU-3",
    ),
    Control(
        "logs.access",
        "No secret is in the access log",
        "Logs are read by many, and kept for long.",
        "OWASP Logging Cheat Sheet; CWE-532",
    ),
    Control(
        "logs.journal",
        "No secret is in the journal",
        "Logs are read by many, and kept for long.",
        "OWASP Logging Cheat Sheet; CWE-532",
        facts=("journal",),
    ),
    Control(
        "logs.deaths",
        "No service has crashed recently",
        "The log is the only trace of a crash.",
        facts=("journal",),
    ),
    Control(
        "logs.rotation",
        "The access log is rotated",
        "It would fill the disk.",
        "NIST SP 800-53 AU-4",
    ),
    Control(
        "logs.size",
        "The access log does not fill the disk",
        "A full disk ends every push.",
        "NIST SP 800-53 AU-4",
    ),
)
