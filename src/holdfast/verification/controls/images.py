"""What a registry is for."""

from holdfast.verification.controls.control import Control

CONTROLS = (
    Control(
        "images.push",
        "An image can be pushed",
        "It is what the registry is there for, under all other controls.",
        "OCI Distribution 1.1, Push",
        depth="basic",
    ),
    Control(
        "images.pull",
        "It comes back as it was, by tag and by digest",
        "It is what the registry is there for, under all other controls.",
        "OCI Distribution 1.1, Pull",
        depth="basic",
    ),
    Control(
        "images.delete",
        "Deletes are allowed or not, as set",
        "A deleted image is one that a deployment cannot start.",
        off="registry_storage_delete: true",
    ),
)
