"""Controls of mirrors of other registries."""

from holdfast.verification.controls.control import Control

CONTROLS = (
    Control(
        "mirrors.answer",
        "Every mirror answers those who may pull",
        "Without it clients use the upstream, or fail.",
        depth="basic",
    ),
    Control(
        "mirrors.logins",
        "Every mirror requires a login if the settings say so",
        "With a user of the upstream's, a mirror shows what that user may see.",
        "NIST SP 800-190 4.2.3",
    ),
    Control(
        "mirrors.read-only",
        "Mirrors refuse pushes and deletes",
        "A pushed image would be taken for the upstream's.",
    ),
)
