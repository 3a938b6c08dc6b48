"""Controls of the group time."""

from holdfast.hardening.control import CIS, Control

CONTROLS = (
    Control(
        "time.sync",
        "The clock follows a time server",
        "Certificates, tokens and logs are as right as the clock.",
        "a service that sets the clock is active",
        reference=CIS + "2.3.2.2",
    ),
)
