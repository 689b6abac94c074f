"""What the processes of `test_several` do: answer each connection with their own id, or end."""

import os
import signal
import sys
from functools import partial
from multiprocessing.synchronize import Event

from services.cli import several

HOST = "127.0.0.1"


def answer(port: int, answers: Event) -> None:
    signal.signal(signal.SIGTERM, lambda *_: sys.exit(0))
    with several.open_port(HOST, port) as found:
        found.listen()
        answers.set()
        while True:
            other, _ = found.accept()
            with other:
                other.sendall(str(os.getpid()).encode())


def end(status: int, _answers: Event) -> None:
    sys.exit(status)


if __name__ == "__main__":
    what, number = sys.argv[1], int(sys.argv[2])
    sys.exit(several.keep(2, partial(answer if what == "answer" else end, number)))
