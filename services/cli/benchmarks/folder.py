"""Where does a bench keep its database, so that nothing of it is left behind?"""

import tempfile
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path


@contextmanager
def temporary() -> Iterator[Path]:
    """Give a folder that goes with all that is in it.

    The database of a root user runs as another one, and would move out of a folder that is closed
    to it, to where nobody clears it away; so this one may be entered.
    """
    with tempfile.TemporaryDirectory(prefix="rafid-bench-") as name:
        folder = Path(name)
        folder.chmod(0o755)
        yield folder
