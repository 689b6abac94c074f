"""How do several processes answer at one port, and who sees to it that they go on?

Each opens the port for itself (SO_REUSEPORT); Linux deals new connections out among them. The
process that started them answers nothing: it starts anew what ended, and ends what it started.
"""

import signal
import socket
import time
from collections.abc import Callable
from multiprocessing import connection, get_context
from multiprocessing.context import SpawnProcess
from multiprocessing.synchronize import Event

PAUSE_SECONDS = 1.0
END_SECONDS = 30.0

Work = Callable[[Event], None]
"""What each process does; it sets the event once it answers, and ends at SIGTERM."""

_SPAWN = get_context("spawn")


def is_taken(host: str, port: int) -> bool:
    """Whether somebody listens there already, whom opening the port again would not disturb."""
    with socket.socket(_family(host)) as probe:
        probe.setsockopt(socket.SOL_SOCKET, socket.SO_REUSEADDR, 1)
        try:
            probe.bind((host, port))
        except OSError:
            return True
    return False


def open_port(host: str, port: int) -> socket.socket:
    """Open a port that our other processes have open too."""
    found = socket.socket(_family(host))
    found.setsockopt(socket.SOL_SOCKET, socket.SO_REUSEADDR, 1)
    found.setsockopt(socket.SOL_SOCKET, socket.SO_REUSEPORT, 1)
    found.bind((host, port))
    return found


def keep(count: int, work: Work) -> int:
    """Run so many processes until we are told to end; return the exit code.

    One that ends after it answered is started anew; one that never answered ends them all.
    """
    family = _Family(work)
    before = {name: signal.signal(name, family.end) for name in (signal.SIGTERM, signal.SIGINT)}
    try:
        for _ in range(count):
            family.start()
        code: int | None = None
        while family.members and code is None:
            code = family.look_after()
        return 0 if code is None else abs(code) or 1
    finally:
        family.end()
        family.wait()
        for name, handler in before.items():
            signal.signal(name, handler)


class _Family:
    def __init__(self, work: Work) -> None:
        self._work = work
        self.members: dict[SpawnProcess, Event] = {}
        self.is_ending = False

    def start(self) -> None:
        answers = _SPAWN.Event()
        member = _SPAWN.Process(target=self._work, args=(answers,))
        member.start()
        self.members[member] = answers
        if self.is_ending:  # told so while it was being started
            member.terminate()

    def look_after(self) -> int | None:
        """Wait until members end and start them anew; give the code of one that never answered."""
        connection.wait([member.sentinel for member in self.members])
        for member, answers in list(self.members.items()):
            if member.is_alive():
                continue
            member.join()
            del self.members[member]
            if self.is_ending:
                continue
            if not answers.is_set():
                return member.exitcode
            time.sleep(PAUSE_SECONDS)  # one that ends at once again does not spin
            if not self.is_ending:
                self.start()
        return None

    def end(self, *_: object) -> None:
        """Tell all to end; those that are told twice end at once."""
        self.is_ending = True
        for member in self.members:
            if member.is_alive():
                member.terminate()

    def wait(self) -> None:
        """Wait until all have ended; those that do not are killed."""
        deadline = time.monotonic() + END_SECONDS
        for member in self.members:
            member.join(max(deadline - time.monotonic(), 0.0))
            if member.is_alive():
                member.kill()
                member.join()


def _family(host: str) -> socket.AddressFamily:
    return socket.AF_INET6 if ":" in host else socket.AF_INET
