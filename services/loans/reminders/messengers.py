"""How does a message leave the house? By a folder that a gateway empties, or by a mail server."""

import asyncio
import json
import os
import secrets
import smtplib
import ssl
from email.message import EmailMessage
from pathlib import Path
from typing import Protocol
from urllib.parse import unquote, urlsplit
from uuid import UUID

from services.loans.domain.reminding import Letter

TIMEOUT_SECONDS = 15.0
SMTPS_PORT, SUBMISSION_PORT = 465, 587


class NotHandedOver(Exception):
    """The message did not leave, and may be tried again."""


class AddressTurnedDown(Exception):
    """The address is not taken; trying again would change nothing."""


class Messenger(Protocol):
    """Hands a message over. Any error but the two above: nobody knows whether it left."""

    async def send(self, reminder_id: UUID, letter: Letter) -> None:
        """Hand a message over, once for its id where the way knows ids."""


class FolderMessenger:
    """Writes each message as a file of JSON that a gateway of text messages takes away.

    A file appears whole, named by the reminder's id: written twice it is one.
    """

    def __init__(self, folder: Path) -> None:
        self._folder = folder

    async def send(self, reminder_id: UUID, letter: Letter) -> None:
        """Write `<id>.json`: {"id", "to", "text"}."""
        await asyncio.to_thread(self._write, reminder_id, letter)

    def _write(self, reminder_id: UUID, letter: Letter) -> None:
        told = {"id": str(reminder_id), "to": letter.address, "text": letter.text}
        draft = self._folder / f".{reminder_id}.{secrets.token_hex(4)}"
        try:
            self._folder.mkdir(parents=True, exist_ok=True)
            with draft.open("x", encoding="utf-8") as file:
                json.dump(told, file, ensure_ascii=False)
                file.flush()
                os.fsync(file.fileno())
            draft.rename(self._folder / f"{reminder_id}.json")
        except OSError as error:
            raise NotHandedOver from error


class MailMessenger:
    """Hands each message to a mail server: `smtps://user:password@host` or `smtp://…`, encrypted.

    `smtp://` asks for STARTTLS and goes without encryption only to this machine itself.
    """

    def __init__(self, url: str, *, sender: str) -> None:
        self._url = urlsplit(url)
        self._sender = sender
        if self._url.scheme not in {"smtp", "smtps"} or not self._url.hostname:
            raise ValueError("a mail server is smtp://host or smtps://host")

    async def send(self, reminder_id: UUID, letter: Letter) -> None:
        """Send an e-mail whose Message-ID is the reminder's id."""
        await asyncio.to_thread(self._send, reminder_id, letter)

    def _send(self, reminder_id: UUID, letter: Letter) -> None:
        mail = EmailMessage()
        mail["From"], mail["To"] = self._sender, letter.address
        mail["Subject"] = letter.subject
        mail["Message-ID"] = f"<{reminder_id}@{self._sender.rpartition('@')[2]}>"
        mail.set_content(letter.text)
        try:
            server = self._connected()
        except (OSError, smtplib.SMTPException) as error:
            raise NotHandedOver from error
        with server:
            try:
                server.send_message(mail)
            except smtplib.SMTPRecipientsRefused as error:
                raise AddressTurnedDown from error
            except (smtplib.SMTPSenderRefused, smtplib.SMTPDataError) as error:
                raise NotHandedOver from error

    def _connected(self) -> smtplib.SMTP:
        url, host = self._url, self._url.hostname or ""
        if url.scheme == "smtps":
            server: smtplib.SMTP = smtplib.SMTP_SSL(
                host,
                url.port or SMTPS_PORT,
                timeout=TIMEOUT_SECONDS,
                context=ssl.create_default_context(),
            )
        else:
            server = smtplib.SMTP(host, url.port or SUBMISSION_PORT, timeout=TIMEOUT_SECONDS)
            if host not in {"localhost", "127.0.0.1", "::1"}:
                server.starttls(context=ssl.create_default_context())
        if url.username:
            server.login(unquote(url.username), unquote(url.password or ""))
        return server
