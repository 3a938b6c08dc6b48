"""Controls of the clock."""

from holdfast.verification.controls.control import Control

CONTROLS = (
    Control(
        "time.clock",
        "The host's clock is within a minute of the verifier's",
        "Certificates and tokens are valid or not by the clock, and logs are read by it.",
        "CIS Debian 12, 2.3 Configure time synchronization",
    ),
    Control(
        "time.date",
        "Answers have the right Date",
        "Clients judge tokens and caches by it.",
        "RFC 9110, 6.6.1",
    ),
)
