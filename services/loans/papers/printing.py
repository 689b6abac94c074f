"""What does a reader of loans hear where a paper takes too long to print?"""

from shared import printing
from shared.errors import Kind, RafidError


class PrinterBusy(RafidError):
    """The paper could not be printed in time"""

    kind = Kind.UNAVAILABLE
    service = "loans"
    detail = "Printing took longer than {seconds} seconds; ask again, or ask for it as JSON."
    seconds: int


class Printer(printing.Printer):
    """The printer of loans."""

    @staticmethod
    def busy(seconds: int) -> RafidError:
        """Refuse in the name of loans."""
        return PrinterBusy(seconds=seconds)
