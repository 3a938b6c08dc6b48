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
    Control(
        "images.chunks",
        "A layer can be pushed in parts",
        "Clients do so with large ones.",
        "OCI Distribution 1.1, Pushing a blob in chunks",
    ),
    Control(
        "images.range",
        "A part of a layer can be pulled",
        "Clients go on where a line broke.",
        "RFC 9110, 14",
    ),
    Control(
        "images.head",
        "A layer can be asked for without pulling it",
        "Clients skip what is there.",
        "OCI Distribution 1.1, Checking if content exists",
    ),
    Control(
        "images.digest",
        "A layer with another digest than its own is refused",
        "What was damaged on the way must not become an image.",
        "OCI Distribution 1.1, Pushing Blobs",
    ),
    Control(
        "images.unknown-blob",
        "A manifest of what is not there is refused",
        "It would be an image that nobody can pull.",
        "OCI Distribution 1.1, Pushing Manifests",
    ),
    Control(
        "images.own-repository",
        "A layer is given in its own repositories alone",
        "Who may pull from one repository could pull from all whose digests are known.",
        "OCI Distribution 1.1, Pulling blobs",
    ),
    Control(
        "images.from-disk",
        "The proxy sends layers itself, where nobody could tell",
        "The registry would send them at half the speed, and for twice the processor's time.",
        off="registry_proxy_direct_blobs: false",
        check="of the layers in the last lines of the access log some did not come by the registry",
    ),
    Control(
        "images.absent",
        "What is not there is not found",
        "Clients take 404 for it, and nothing else.",
        "OCI Distribution 1.1, Pull",
    ),
    Control(
        "images.parallel",
        "Many can push at once",
        "One push alone does not show workers that hang.",
        depth="hardening",
    ),
)
