"""Which identity does a new thing get? (UUID version 7, RFC 9562 section 5.7)"""

import secrets
import time
from collections.abc import Callable
from datetime import timedelta
from threading import Lock
from typing import Final, NewType
from uuid import UUID

InstitutionId = NewType("InstitutionId", UUID)
BranchId = NewType("BranchId", UUID)
StaffId = NewType("StaffId", UUID)
ClientId = NewType("ClientId", UUID)
FundId = NewType("FundId", UUID)
DonorId = NewType("DonorId", UUID)
AccountId = NewType("AccountId", UUID)
EntryId = NewType("EntryId", UUID)
BorrowerId = NewType("BorrowerId", UUID)
ProductId = NewType("ProductId", UUID)
ApplicationId = NewType("ApplicationId", UUID)
AssessmentId = NewType("AssessmentId", UUID)
ContractId = NewType("ContractId", UUID)
PaymentId = NewType("PaymentId", UUID)
DisbursementId = NewType("DisbursementId", UUID)
RepaymentId = NewType("RepaymentId", UUID)
ProjectId = NewType("ProjectId", UUID)
EventId = NewType("EventId", UUID)

_NANOSECONDS_IN_MILLISECOND: Final = 1_000_000
_VERSION: Final = 0x7 << 76
_VARIANT: Final = 0b10 << 62


class Sequence:
    """Identities that grow strictly, also between threads and when the clock steps back.

    60 leading bits carry the time: milliseconds since 1970 in 48, the fraction of the millisecond
    in 12 (method 3 of RFC 9562 section 6.2), one more than the last where the clock has not moved
    on. The 62 remaining bits are random.
    """

    def __init__(self, time_ns: Callable[[], int] = time.time_ns) -> None:
        self._time_ns = time_ns
        self._lock = Lock()
        self._last = -1

    def new(self) -> UUID:
        """Give the next identity."""
        milliseconds, rest = divmod(self._time_ns(), _NANOSECONDS_IN_MILLISECOND)
        stamp = milliseconds << 12 | (rest << 12) // _NANOSECONDS_IN_MILLISECOND
        with self._lock:
            stamp = self._last = max(stamp, self._last + 1)
        leading = (stamp >> 12) << 80 | (stamp & 0xFFF) << 64
        return UUID(int=leading | _VERSION | _VARIANT | secrets.randbits(62))


def first_of(identity: UUID, *, before: timedelta) -> UUID:
    """Give the least identity of the moment so long before another was made: 1 s before is 1,000
    milliseconds less in its 48 leading bits.
    """
    milliseconds = (identity.int >> 80) - before // timedelta(milliseconds=1)
    return UUID(int=milliseconds << 80 | _VERSION | _VARIANT)


_sequence = Sequence()


def new() -> UUID:
    """Give a new identity, greater than every one given before in this process."""
    return _sequence.new()
