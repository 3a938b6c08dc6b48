"""Mirrors of other registries."""

from holdfast.verification.controls.control import Control

CONTROLS = (
    Control(
        "mirrors.answer",
        "Every mirror answers those who may pull",
        "One that does not run sends its clients to the upstream, or nowhere.",
        depth="basic",
    ),
    Control(
        "mirrors.logins",
        "Every mirror asks for a login, or for none, as the settings say",
        "With a user of the upstream's, a mirror shows what that user may see.",
        "NIST SP 800-190 4.2.3",
    ),
    Control(
        "mirrors.read-only",
        "Nothing can be put into a mirror, or taken out of it",
        "What a client pushed there would pass for the upstream's.",
    ),
)
