"""The client against the real registry."""

from __future__ import annotations

import socket
import threading
from collections.abc import Callable, Iterator
from dataclasses import replace
from pathlib import Path

import pytest
from ansible_collections.holdfast.registry.plugins.module_utils.registry.client import (
    Client,
    Image,
    RegistryError,
    over_tls,
    over_unix,
    two_layer_image,
)
from ansible_collections.holdfast.registry.plugins.module_utils.system import digests

Serve = Callable[..., Path]


@pytest.fixture(params=["registry_binary", "packaged_registry_binary"])
def binary(request: pytest.FixtureRequest) -> Path:
    """Both generations of the registry's code."""
    return Path(request.getfixturevalue(request.param))


@pytest.fixture
def client(binary: Path, serve: Serve) -> Iterator[Client]:
    client = over_unix(str(serve(binary)), "registry.test.example")
    yield client
    client.close()


def test_an_open_registry_answers_the_check(client: Client) -> None:
    assert client.check() == 200


@pytest.mark.parametrize("chunk", [None, 50], ids=["whole", "in chunks"])
def test_what_is_pushed_is_pulled(client: Client, chunk: int | None) -> None:
    image = two_layer_image("first")
    assert client.push("team/app", "1.0", image, chunk=chunk) == image.digest
    assert client.pull("team/app", "1.0") == image
    assert client.pull("team/app", image.digest) == image


def test_an_image_of_digests_by_other_algorithms(client: Client) -> None:
    image = two_layer_image("first")
    names = zip(image.blobs.items(), ("sha512", "sha384", "sha256"), strict=True)
    other = {old: digests.of(content, algorithm) for (old, content), algorithm in names}
    text = image.manifest.decode()
    for old, new in other.items():
        text = text.replace(old, new)
    image = Image(text.encode(), {other[old]: content for old, content in image.blobs.items()})
    client.push("team/app", "1.0", image)
    assert client.pull("team/app", "1.0") == image


def test_blobs_that_exist_are_not_sent_again(client: Client) -> None:
    image = two_layer_image("first")
    client.push("app", "1", image)
    # Were they sent, the registry would refuse bytes that do not fit their digests.
    client.push("app", "2", replace(image, blobs=dict.fromkeys(image.blobs, b"changed")))
    assert client.pull("app", "2") == image


def test_blobs_are_sent_again_when_asked_for(client: Client) -> None:
    image = two_layer_image("first")
    client.push("app", "1", image)
    client.push("app", "1", image, again=True)
    with pytest.raises(RegistryError, match="expected 201, got 400"):
        changed = dict.fromkeys(image.blobs, b"changed")
        client.push("app", "1", replace(image, blobs=changed), again=True)
    assert client.pull("app", "1") == image


def test_bytes_that_do_not_fit_their_digest_are_refused(client: Client) -> None:
    image = two_layer_image("first")
    with pytest.raises(RegistryError, match=r"^PUT unix:.*/blobs/uploads/.*expected 201, got 400"):
        client.push("app", "1", replace(image, blobs=dict.fromkeys(image.blobs, b"changed")))


def test_a_missing_image_is_told_with_the_registrys_words(client: Client) -> None:
    with pytest.raises(RegistryError, match=r"/v2/app/manifests/1: expected 200, got 404: .*MANI"):
        client.pull("app", "1")


def test_a_registry_that_allows_no_deletes_says_so(client: Client) -> None:
    digest = client.push("app", "1", two_layer_image("first"))
    assert client.delete("app", digest) is False
    assert client.pull("app", "1").digest == digest


def test_a_deleted_image_is_gone(binary: Path, serve: Serve) -> None:
    client = over_unix(str(serve(binary, delete=True)), "registry.test.example")
    digest = client.push("app", "1", two_layer_image("first"))
    assert client.delete("app", digest) is True
    with pytest.raises(RegistryError, match="404"):
        client.pull("app", digest)
    client.close()


def test_damage_in_the_store_is_noticed(registry_binary: Path, serve: Serve) -> None:
    listening = serve(registry_binary)
    client = over_unix(str(listening), "registry.test.example")
    image = two_layer_image("first")
    client.push("app", "1", image)
    layer = list(image.blobs)[-1].removeprefix("sha256:")
    stored = next(listening.parent.glob(f"data/**/blobs/sha256/*/{layer}/data"))
    stored.write_bytes(stored.read_bytes()[:-1] + b"?")
    with pytest.raises(RegistryError, match=rf"expected sha256:{layer}, got sha256:"):
        client.pull("app", "1")
    client.close()


def test_equal_labels_give_equal_images() -> None:
    assert two_layer_image("a") == two_layer_image("a")
    assert two_layer_image("a").digest != two_layer_image("b").digest
    assert len(two_layer_image("a").blobs) == 3


def test_a_connection_that_the_server_closed_is_opened_anew(
    tmp_path_factory: pytest.TempPathFactory,
) -> None:
    path = str(tmp_path_factory.mktemp("closing") / "socket")
    closed = threading.Semaphore(0)

    def answer_one_request_a_connection() -> None:
        for _ in range(2):
            connection, _ = listener.accept()
            connection.recv(65536)
            connection.sendall(b"HTTP/1.1 200 OK\r\nContent-Length: 0\r\n\r\n")
            connection.close()
            closed.release()

    with socket.socket(socket.AF_UNIX) as listener:
        listener.bind(path)
        listener.listen()
        threading.Thread(target=answer_one_request_a_connection, daemon=True).start()
        client = over_unix(path, "registry.test.example")
        for _ in range(2):
            assert client.check() == 200
            assert closed.acquire(timeout=5)
        client.close()


def test_errors_name_neither_login_nor_query(free_port: int) -> None:
    client = over_tls("registry.test.example", free_port, address="127.0.0.1")
    with pytest.raises(RegistryError) as caught:
        client.login("alice", "wonderland").request("GET", "/v2/?_state=token")
    result = str(caught.value)
    assert result.startswith(f"GET https://registry.test.example:{free_port}/v2/: no answer: ")
    assert not any(secret in result for secret in ("wonderland", "YWxpY2U6", "token"))
    assert isinstance(caught.value.__cause__, ConnectionRefusedError)
