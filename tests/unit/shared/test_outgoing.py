"""An address that somebody gave leads where it says, and nowhere inside."""

import asyncio
import socket
import ssl
from collections.abc import AsyncIterator
from contextlib import asynccontextmanager
from datetime import timedelta
from pathlib import Path
from typing import Any

import pytest
from cryptography import x509
from cryptography.hazmat.primitives import hashes, serialization
from cryptography.hazmat.primitives.asymmetric import ec

from shared import outgoing
from shared.clock import SystemClock
from shared.outgoing import AddressRefused, Answer, Outgoing

NAME = "hooks.integrator.example"


@asynccontextmanager
async def listening(
    said: bytes, *, tls: ssl.SSLContext | None = None
) -> AsyncIterator[tuple[int, list[bytes]]]:
    """Answer whoever asks with these bytes, and keep what was asked."""
    heard: list[bytes] = []

    async def serve(reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
        heard.append(await reader.read(10_000))
        writer.write(said)
        await writer.drain()
        writer.close()

    server = await asyncio.start_server(serve, "127.0.0.1", 0, ssl=tls)
    async with server:
        yield server.sockets[0].getsockname()[1], heard


@asynccontextmanager
async def caller(*trusted: str, seconds: float = 15) -> AsyncIterator[Outgoing]:
    out = Outgoing(trusted=trusted, timeout_seconds=seconds)
    try:
        yield out
    finally:
        await out.close()


def answer(status: str, *headers: str) -> bytes:
    return "\r\n".join([f"HTTP/1.1 {status}", *headers, "content-length: 0", "", ""]).encode()


async def sent(port: int, *, seconds: float = 15) -> Answer:
    async with caller(f"127.0.0.1:{port}", seconds=seconds) as out:
        return await out.call(
            "POST", f"http://127.0.0.1:{port}/a", body=b"{}", headers={"x-a": "1"}
        )


@pytest.mark.parametrize(
    "address",
    [
        "http://example.org/",
        "ftp://example.org/",
        "https:///path",
        "https://user:password@example.org/",
        "https://example.org/#part",
        "https://example.org:99999/",
        "https://127.0.0.1/",
        "https://10.1.2.3/",
        "https://169.254.169.254/latest/meta-data",
        "https://[::1]/",
        "https://[::ffff:10.0.0.1]/",
        "https://[64:ff9b::a00:1]/",
        "https://100.64.0.1/",
        "https://0.0.0.0/",
        "https://224.0.0.1/",
        "https://" + "a" * 3_000,
        "example.org",
        "",
    ],
)
def test_what_is_never_called_is_refused(address: str) -> None:
    with pytest.raises(AddressRefused) as refused:
        Outgoing().require_callable(address)
    assert "password" not in str(refused.value.address)


@pytest.mark.parametrize("address", ["https://example.org/a?b=c", "https://8.8.8.8:8443/"])
def test_the_open_internet_may_be_called(address: str) -> None:
    Outgoing().require_callable(address)


def test_only_the_very_host_and_port_is_trusted() -> None:
    near = Outgoing(trusted=["localhost:9000"])
    near.require_callable("http://localhost:9000/hook")
    for other in ("http://localhost:9001/hook", "http://127.0.0.1:9000/hook", "http://localhost/"):
        with pytest.raises(AddressRefused):
            near.require_callable(other)


async def test_body_and_headers_arrive_as_given() -> None:
    async with listening(answer("202 Accepted")) as (port, heard):
        told = await sent(port)
    assert (told.status, told.fault, told.is_taken) == (202, None, True)
    assert heard[0].startswith(b"POST /a HTTP/1.1\r\n")
    assert b"x-a: 1\r\n" in heard[0]
    assert heard[0].endswith(b"\r\n\r\n{}")


async def test_a_redirection_is_not_followed() -> None:
    async with listening(answer("200 OK")) as (_elsewhere, untouched):
        moved = answer("307 Temporary Redirect", f"location: http://127.0.0.1:{_elsewhere}/")
        async with listening(moved) as (port, _):
            told = await sent(port)
    assert (told.status, told.is_taken, untouched) == (307, False, [])


@pytest.mark.parametrize(
    ("header", "read"), [("120", 120), ("Wed, 21 Oct 2026 07:28:00 GMT", None), ("-1", None)]
)
async def test_how_long_to_wait_is_read_in_seconds(header: str, read: int | None) -> None:
    async with listening(answer("503 Busy", f"retry-after: {header}")) as (port, _):
        told = await sent(port)
    assert (told.status, told.retry_after, told.is_taken) == (503, read, False)


async def test_who_is_silent_is_left_after_a_while() -> None:
    with socket.socket() as silent:
        silent.bind(("127.0.0.1", 0))
        silent.listen()
        told = await sent(silent.getsockname()[1], seconds=0.2)
    assert (told.status, told.fault) == (None, outgoing.TOO_SLOW)


async def test_nobody_there_and_no_answer_of_http_is_unreached() -> None:
    async with listening(b"SMTP, sorry\r\n\r\n") as (port, _):
        assert (await sent(port)).fault == outgoing.UNREACHED
    assert (await sent(port)).fault == outgoing.UNREACHED


def leading_to(monkeypatch: pytest.MonkeyPatch, *addresses: str) -> None:
    async def found(host: str, port: int, **_kind: object) -> list[Any]:
        assert host == NAME
        return [(0, 0, 0, "", (address, port)) for address in addresses]

    monkeypatch.setattr(asyncio.get_running_loop(), "getaddrinfo", found, raising=False)


async def test_a_name_that_leads_inside_is_not_called(monkeypatch: pytest.MonkeyPatch) -> None:
    async with listening(answer("200 OK")) as (port, heard):
        leading_to(monkeypatch, "8.8.8.8", "127.0.0.1")
        async with caller() as out:
            told = await out.call("POST", f"https://{NAME}:{port}/", body=b"", headers={})
    assert (told.fault, heard) == (outgoing.LED_INSIDE, [])


async def test_the_call_goes_to_the_address_looked_at_by_its_name(
    monkeypatch: pytest.MonkeyPatch, tmp_path: Path
) -> None:
    asked: list[str | None] = []
    tls = _certified(tmp_path)
    tls.sni_callback = lambda _socket, name, _context: asked.append(name)
    async with listening(answer("200 OK"), tls=tls) as (port, heard):
        leading_to(monkeypatch, "127.0.0.1")
        monkeypatch.setattr(outgoing, "_is_open", lambda _address: True)
        async with caller() as out:
            told = await out.call("POST", f"https://{NAME}:{port}/", body=b"", headers={})
    # Its certificate is signed by nobody, so the message is not given to it.
    assert (asked, told.fault, heard) == ([NAME], outgoing.UNREACHED, [])


def _certified(folder: Path) -> ssl.SSLContext:
    key = ec.generate_private_key(ec.SECP256R1())
    name = x509.Name([x509.NameAttribute(x509.NameOID.COMMON_NAME, NAME)])
    now = SystemClock().now()
    signed = (
        x509.CertificateBuilder()
        .subject_name(name)
        .issuer_name(name)
        .public_key(key.public_key())
        .serial_number(x509.random_serial_number())
        .not_valid_before(now - timedelta(days=1))
        .not_valid_after(now + timedelta(days=1))
        .sign(key, hashes.SHA256())
    )
    file = folder / "server.pem"
    pem = serialization.Encoding.PEM
    form, none = serialization.PrivateFormat.PKCS8, serialization.NoEncryption()
    file.write_bytes(key.private_bytes(pem, form, none) + signed.public_bytes(pem))
    context = ssl.SSLContext(ssl.PROTOCOL_TLS_SERVER)
    context.load_cert_chain(file)
    return context
