"""The section `registry_metrics_*`: metrics for Prometheus."""

from __future__ import annotations

from ipaddress import ip_address
from typing import Annotated

from pydantic import AfterValidator, Field, SecretStr, StringConstraints, model_validator
from pydantic_core import PydanticCustomError

from holdfast.settings import types as t
from holdfast.settings.refusal import refusal
from holdfast.settings.section import Section
from holdfast.settings.types import Expect

LEAST_TOKEN = 32
"""Least length of a token: it is kept as a SHA-256, which is quick to guess at."""


def _is_place(text: str) -> str:
    """Check an address with a port."""
    if text != "none":
        address, _, port = text.rpartition(":")
        try:
            ip_address(address.strip("[]"))
        except ValueError as error:
            raise PydanticCustomError("place", "address") from error
        if not 1 <= int(port) <= 65535:
            raise PydanticCustomError("place", "port")
    return text


def _is_token(secret: SecretStr) -> SecretStr:
    text = secret.get_secret_value()
    if not LEAST_TOKEN <= len(text) <= 512 or not all("!" <= one <= "~" for one in text):
        raise PydanticCustomError("token", "form")
    return secret


class Metrics(Section):
    """Metrics for Prometheus."""

    directory: t.AbsolutePath = "/var/lib/holdfast/metrics"
    """Directory of `holdfast.prom`, for the textfile collector of the node exporter."""
    listen: Annotated[
        str,
        StringConstraints(
            pattern=r"^(?:none|(?:[0-9.]{7,15}|\[[0-9a-f:]{2,45}\]):[1-9][0-9]{0,4})$"
        ),
        AfterValidator(_is_place),
        Expect("none, or an address of the host with a port", "e.g. 127.0.0.1:9464"),
    ] = "none"
    """Address at which `/metrics` answers: plain HTTP on loopback, TLS with the registry's
    certificate on any other one; `none` for no such service. See docs/monitoring.md."""
    allow: Annotated[
        tuple[t.Network, ...], Field(strict=False), Expect("a list of addresses or networks")
    ] = ()
    """Addresses and networks that may scrape. Required unless `registry_metrics_listen` is on
    loopback."""
    token: (
        Annotated[
            SecretStr,
            AfterValidator(_is_token),
            Expect(
                f"{LEAST_TOKEN} to 512 printable characters without spaces",
                "e.g. openssl rand -hex 32, kept in a vault",
            ),
        ]
        | None
    ) = None
    """Token that Prometheus sends (`authorization: credentials`). The host has its SHA-256."""
    client_ca: t.PemText | None = None
    """CA certificates of Prometheus's client certificate, in addition to the token or in place of
    it."""

    @property
    def address(self) -> str:
        """The address to listen on, without the port; "" for none."""
        return "" if self.listen == "none" else self.listen.rpartition(":")[0].strip("[]")

    @property
    def port(self) -> int:
        """The port to listen on; 0 for none."""
        return 0 if self.listen == "none" else int(self.listen.rpartition(":")[2])

    @property
    def on_loopback(self) -> bool:
        """True if only programs on the host can reach the address, or none can."""
        return not self.address or ip_address(self.address).is_loopback

    @model_validator(mode="after")
    def _guarded(self) -> Metrics:
        if self.on_loopback:
            if self.address and self.client_ca:
                raise refusal(
                    "client_ca",
                    "nothing, for on loopback there is no TLS",
                    "Remove it, or use registry_metrics_token",
                )
            return self
        if not self.allow:
            raise refusal(
                "allow",
                f"the addresses that may scrape, for registry_metrics_listen is {self.listen}",
                "Name them, or listen on 127.0.0.1",
                given="nothing",
            )
        if self.token is None and self.client_ca is None:
            raise refusal(
                "token",
                f"a token, or registry_metrics_client_ca, for registry_metrics_listen is"
                f" {self.listen}",
                "Make one with: openssl rand -hex 32",
                given="nothing",
            )
        return self
