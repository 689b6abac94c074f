"""How is a book written as lines: a head, its rows as texts, and a foot with their hash?"""

import hashlib
from collections.abc import AsyncIterator
from datetime import datetime
from decimal import Decimal
from typing import Any

import orjson

from services.loans.review_book import queries
from services.loans.review_book.queries import Wanted
from shared.clients.review_books import FIGURES
from shared.db import TenantDb


async def lines(db: TenantDb, wanted: Wanted, *, known_at: datetime) -> AsyncIterator[bytes]:
    """Write a book in one snapshot, a part at a time: a million contracts need no more memory."""
    digest, count, loans = hashlib.sha256(), 0, 0
    async with db(snapshot=True) as session:
        contracts = await queries.contracts_in(session, wanted)
        grouped = contracts > queries.GROUPED_FROM
        yield _line(
            {
                "as_of": wanted.moment.as_of,
                "known_at": known_at,
                "currency": wanted.currency,
                "figures": FIGURES,
                "segments": wanted.by,
                "grouped": grouped,
            }
        )
        async for part in queries.rows(session, wanted, grouped=grouped):
            written = b"".join(_line([_told(cell) for cell in row]) for row in part)
            digest.update(written)
            count += len(part)
            loans += sum(int(row[0]) for row in part)
            yield written
        yield _line(
            {
                "rows": count,
                "loans": loans,
                "left_out": contracts - loans,
                "sha256": digest.hexdigest(),
            }
        )


def _told(cell: object) -> str:
    """A figure or a label as text: 1200.000000 is "1200", 0.240000 is "0.24"."""
    if not isinstance(cell, Decimal):
        return str(cell)
    return f"{cell.normalize():f}"


def _line(value: Any) -> bytes:
    return orjson.dumps(value, option=orjson.OPT_APPEND_NEWLINE)
