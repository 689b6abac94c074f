"""With which key are tokens signed? One of the operator's, or one made at the first start."""

import os
import secrets
from pathlib import Path

from joserfc.jwk import ECKey, KeyParameters

FILE_NAME = "signing-key.pem"
CURVE = "P-256"
PARAMETERS: KeyParameters = {"use": "sig", "alg": "ES256"}


def signing_key(*, folder: Path, given: str | None = None) -> ECKey:
    """Give the key that `given` holds as PEM, else the one kept in `folder`, else a new one.

    The file is readable by its owner alone. Two processes that start at once agree on one key.
    Raises ValueError for a key that is not a private one on the curve P-256.
    """
    pem = given or _kept(folder / FILE_NAME)
    key = ECKey.import_key(pem, PARAMETERS)
    if key.curve_name != CURVE or not key.is_private:
        raise ValueError("the signing key must be a private key on the curve P-256")
    key.ensure_kid()
    return key


def _kept(path: Path) -> str:
    if not path.exists():
        path.parent.mkdir(parents=True, exist_ok=True)
        draft = path.with_name(f".{path.name}.{secrets.token_hex(8)}")
        pem = ECKey.generate_key(CURVE, PARAMETERS).as_pem(private=True)
        with os.fdopen(os.open(draft, os.O_CREAT | os.O_EXCL | os.O_WRONLY, 0o600), "wb") as file:
            file.write(pem)
            file.flush()
            os.fsync(file.fileno())
        try:
            os.link(draft, path)  # fails where another process was first: its key counts
        except FileExistsError:
            pass
        finally:
            draft.unlink()
    return path.read_text()
