"""How are messages and phones kept so that the database alone cannot read them?"""

import base64
import os
import secrets
from pathlib import Path

from cryptography.fernet import Fernet
from cryptography.hazmat.primitives.hashes import SHA256
from cryptography.hazmat.primitives.kdf.hkdf import HKDF

from shared.ids import InstitutionId

KEY_BYTES = 32


class Sealer:
    """Encrypts with a key of each institution, derived from one key of the installation."""

    def __init__(self, key: bytes) -> None:
        if len(key) < KEY_BYTES:
            raise ValueError(f"a sealing key has at least {KEY_BYTES} bytes")
        self._key = key
        self._ciphers: dict[InstitutionId, Fernet] = {}

    def seal(self, institution_id: InstitutionId, plain: bytes) -> bytes:
        """Encrypt for an institution."""
        return self._cipher(institution_id).encrypt(plain)

    def opened(self, institution_id: InstitutionId, sealed: bytes) -> bytes:
        """Decrypt; raises `cryptography.fernet.InvalidToken` for another institution's."""
        return self._cipher(institution_id).decrypt(sealed)

    def _cipher(self, institution_id: InstitutionId) -> Fernet:
        cipher = self._ciphers.get(institution_id)
        if cipher is None:
            derived = HKDF(
                algorithm=SHA256(),
                length=KEY_BYTES,
                salt=None,
                info=b"rafid" + institution_id.bytes,
            ).derive(self._key)
            cipher = self._ciphers[institution_id] = Fernet(base64.urlsafe_b64encode(derived))
        return cipher


def kept_secret(folder: Path, name: str) -> bytes:
    """Give the random secret kept in a file of the folder; made at the first start.

    The file is readable by its owner alone; two processes that start at once agree on one.
    """
    path = folder / name
    if not path.exists():
        folder.mkdir(parents=True, exist_ok=True)
        draft = folder / f".{name}.{secrets.token_hex(8)}"
        with os.fdopen(os.open(draft, os.O_CREAT | os.O_EXCL | os.O_WRONLY, 0o600), "wb") as file:
            file.write(secrets.token_bytes(KEY_BYTES))
            file.flush()
            os.fsync(file.fileno())
        try:
            os.link(draft, path)  # fails where another process was first: its secret counts
        except FileExistsError:
            pass
        finally:
            draft.unlink()
    return path.read_bytes()
