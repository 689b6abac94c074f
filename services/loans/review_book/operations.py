"""How is a book written as lines: a head, its rows as texts, and a foot with their hash?"""

import hashlib
from collections.abc import AsyncIterator
from datetime import datetime
from typing import Any

import orjson

from services.loans.review_book import queries
from services.loans.review_book.queries import Wanted
from shared.clients.review_books import FIGURES
from shared.db import TenantDb


async def lines(db: TenantDb, wanted: Wanted, *, known_at: datetime) -> AsyncIterator[bytes]:
    """Write a book in one snapshot, a part at a time: a million contracts need no more memory."""
    digest, count, loans, contracts = hashlib.sha256(), 0, 0, 0
    async with db(snapshot=True) as session:
        grouped = await queries.is_large(session, wanted)
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
            written = "".join([f"{row.line}\n" for row in part]).encode()
            digest.update(written)
            count += len(part)
            loans += sum(row.loans for row in part)
            contracts = part[0].contracts
            yield written
        if not count:
            contracts = await queries.contracts_in(session, wanted)
        yield _line(
            {
                "rows": count,
                "loans": loans,
                "left_out": contracts - loans,
                "sha256": digest.hexdigest(),
            }
        )


def _line(value: Any) -> bytes:
    return orjson.dumps(value, option=orjson.OPT_APPEND_NEWLINE)
