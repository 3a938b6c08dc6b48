"""Who gets in, and who does not."""

from holdfast.verification.controls.control import Control

CONTROLS = (
    Control(
        "auth.asked",
        "A login is asked for, in the way of the settings",
        "Clients send none until they are asked.",
        "RFC 7235, 4.1",
        depth="basic",
    ),
    Control(
        "auth.closed",
        "Nothing is given and nothing taken without a login",
        "Anybody could pull images, or replace them.",
        "NIST SP 800-190 4.2.3",
        depth="basic",
    ),
    Control(
        "auth.right-password",
        "The right password gets in",
        "Users need to.",
        depth="basic",
    ),
    Control(
        "auth.wrong-password",
        "A wrong password does not get in",
        "That is what a password is for.",
        depth="basic",
    ),
    Control(
        "auth.empty-password",
        "A user without a password does not get in",
        "Some servers take an empty one for anonymous.",
        "RFC 4513, 5.1.2",
    ),
    Control(
        "auth.unknown-user",
        "An unknown user does not get in",
        "Only those of the settings may.",
    ),
    Control(
        "auth.open",
        "Everybody gets in where the settings want that, and nowhere else",
        "A registry that is open by mistake asks nobody.",
        "NIST SP 800-190 4.2.3",
        off="registry_auth_mode: none",
    ),
)
