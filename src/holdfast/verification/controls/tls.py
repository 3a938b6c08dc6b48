"""Controls of the certificate and of TLS parameters."""

from holdfast.verification.controls.control import Control

CONTROLS = (
    Control(
        "tls.chain",
        "Clients can verify the certificate",
        "Clients that cannot verify it fail, or users disable verification.",
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
        "The proxy serves the certificate on disk",
        "A renewal that is not activated ends in an expired certificate.",
    ),
    Control(
        "tls.care",
        "The last maintenance of the certificates found no problem",
        "It renews them.",
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
        "A certificate of each configured key type is served",
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
        "No certificate is served for another name",
        "It would reveal the registry's owner to scanners.",
    ),
    Control(
        "tls.client-certificates",
        "Clients without a certificate of the authority are refused, if one is required",
        "Otherwise mutual TLS protects nothing.",
        off="registry_mtls_verify: off",
    ),
    Control(
        "tls.strength",
        "Certificates have a key of 256 (EC) or 2048 (RSA) bits at least, and no SHA-1",
        "Shorter ones can be broken, and clients refuse them.",
        "BSI TR-02102-2, 3.6; Mozilla Server Side TLS",
    ),
    Control(
        "tls.lifetime",
        "The certificate is valid for 825 days at most",
        "Clients of Apple refuse it, and a key that was lost stays good for long.",
        "Apple, HT210176",
    ),
    Control(
        "tls.own-name",
        "A certificate that holdfast issued has no other names",
        "Its key could be used to impersonate that name.",
    ),
    Control(
        "tls.pair",
        "Keys belong to their certificates",
        "nginx would not start again.",
    ),
    Control(
        "tls.forward-secrecy",
        "Ciphers without forward secrecy are refused",
        "A key that leaks later would decrypt recorded traffic.",
        "BSI TR-02102-2, 3.3; Mozilla Server Side TLS",
    ),
    Control(
        "tls.groups",
        "Weak groups are refused",
        "Curves of less than 128 bits of security can be broken.",
        "BSI TR-02102-2, 3.4",
    ),
    Control(
        "tls.post-quantum",
        "A hybrid post-quantum group is offered",
        "A quantum computer could decrypt traffic that is recorded today.",
        "BSI TR-02102-2; draft-ietf-tls-ecdhe-mlkem",
    ),
    Control(
        "tls.tickets",
        "No session ticket is given",
        "Its key, which nginx keeps for long, would open recorded sessions.",
        "Mozilla Server Side TLS",
    ),
    Control(
        "tls.renegotiation",
        "Renegotiation is the secure one, if any",
        "Others' requests could be put before a client's.",
        "RFC 5746",
    ),
    Control(
        "tls.compression",
        "Nothing is compressed",
        "The length of what is compressed tells secrets (CRIME).",
        "RFC 7525, 3.3",
    ),
    Control(
        "tls.protocols",
        "HTTP/1.1 is the protocol that is agreed on",
        "Go clients pull large layers at half the speed by HTTP/2; its own attacks go with it.",
    ),
    Control(
        "tls.no-name",
        "No certificate is shown to those who ask for no name",
        "It would reveal the registry's owner to scanners.",
    ),
    Control(
        "tls.testssl",
        "testssl.sh finds nothing above LOW",
        "Auditors will run it.",
        "testssl.sh 3.2",
        depth="hardening",
    ),
    Control(
        "tls.sslyze",
        "sslyze calls it compliant with Mozilla's profile of the same name",
        "Auditors will run it.",
        "Mozilla Server Side TLS",
        depth="hardening",
    ),
)
