"""The certificate that is shown, and how connections are encrypted."""

from holdfast.verification.controls.control import Control

CONTROLS = (
    Control(
        "tls.chain",
        "Clients can verify the certificate",
        "Clients that cannot refuse to pull, or are told to stop verifying.",
        "RFC 5280, 6",
        depth="basic",
    ),
    Control(
        "tls.names",
        "The certificate is for the registry's name",
        "Clients compare the two.",
        "RFC 9525",
        depth="basic",
    ),
    Control(
        "tls.days-left",
        "The certificate is valid for long enough",
        "An expired one stops every client at once.",
        depth="basic",
    ),
    Control(
        "tls.served",
        "The certificate on disk is the one that is shown",
        "A renewal that was not taken up ends in an expired certificate.",
    ),
    Control(
        "tls.care",
        "The last care for the certificates found no problem",
        "It is what renews them.",
    ),
    Control(
        "tls.versions",
        "TLS 1.3 is offered, and 1.2 by the profile, with AEAD ciphers",
        "Every client finds something it can speak.",
        "BSI TR-02102-2, 3; Mozilla Server Side TLS",
    ),
    Control(
        "tls.old-versions",
        "Older versions of TLS are refused",
        "They can be broken (BEAST, POODLE).",
        "RFC 8996; BSI TR-02102-2, 3.2",
    ),
    Control(
        "tls.kinds",
        "Each kind of certificate of the settings is shown",
        "Old clients need the RSA one.",
    ),
    Control(
        "tls.weak-ciphers",
        "Ciphers without AEAD are refused",
        "CBC, RC4 and their like can be broken (Lucky 13).",
        "BSI TR-02102-2, 3.3; Mozilla Server Side TLS",
    ),
    Control(
        "tls.other-names",
        "No certificate is shown to those who ask for another name",
        "It would tell scanners of addresses whose registry this is.",
    ),
    Control(
        "tls.client-certificates",
        "Clients without a certificate of the authority are refused, when one is asked for",
        "That is what mutual TLS is for.",
        off="registry_mtls_verify: off",
    ),
)
