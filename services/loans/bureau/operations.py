"""How is it kept what a borrower said he owes, and what a bureau found?"""

from collections import defaultdict
from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field
from datetime import date, timedelta
from uuid import UUID

from sqlalchemy.dialects.postgresql import insert
from sqlalchemy.ext.asyncio import AsyncSession

from services.loans.borrowers import queries as borrowers
from services.loans.bureau.tables import DebtReportRow
from services.loans.domain.borrower import ConsentPurpose, Document
from services.loans.domain.bureau_file import (
    BorrowerNotHere,
    Bureau,
    BureauNotAllowed,
    Entry,
    Refused,
    ReportIncomplete,
)
from services.loans.domain.debts import (
    DECLARED_HOLDS_DAYS,
    Debt,
    DebtSource,
    Report,
    ReportNotYet,
)
from services.loans.institutions import queries as institutions
from shared import ids, tenancy
from shared.auth import Actor
from shared.ids import BorrowerId

Key = tuple[str, str, str]


@dataclass(slots=True, kw_only=True)
class Loaded:
    """What became of a bureau's answers: reports kept, known already, and lines refused."""

    reports: int = 0
    known: int = 0
    refused: list[Refused] = field(default_factory=list)


async def declare_debts(
    session: AsyncSession,
    debts: Sequence[Debt],
    *,
    borrower_id: BorrowerId,
    as_of: date,
    on: date,
    actor: Actor,
) -> None:
    """Keep what a borrower says he owes elsewhere; earlier words stay as they were.

    Raises `BorrowerNotFound`, `ReportNotYet`.
    """
    row = await borrowers.borrower(session, borrower_id, actor=actor)
    if as_of > on:
        raise ReportNotYet(as_of=as_of, today=on)
    report = Report(
        source=DebtSource.DECLARED,
        as_of=as_of,
        fresh_until=as_of + timedelta(days=DECLARED_HOLDS_DAYS),
        debts=debts,
    )
    values = _values(report, borrower_id=row.borrower_id, actor=actor)
    values["institution_id"] = row.institution_id
    await session.execute(insert(DebtReportRow), [values])


async def load(
    session: AsyncSession, bureau: Bureau, *, digest: bytes, on: date, actor: Actor
) -> Loaded:
    """Keep a bureau's answers about borrowers who are here and allow it; the same again is none.

    Lines are matched by the document as the register compares it; of a stranger, or of one who
    gave no consent, nothing is kept but the line's number in the quarantine. Where one line about
    a person cannot be read the others about him are refused too.
    """
    country = (await institutions.institution(session)).country
    loaded = Loaded()
    answers = bureau.answers(country=country, on=on)
    loaded.refused += [one for one in answers if isinstance(one, Refused)]
    broken = {
        _key(one.document): one.line.number for one in loaded.refused if one.document is not None
    }
    entries = [one for one in answers if isinstance(one, Entry)]
    owners = await borrowers.owners_of_documents(session, [one.document for one in entries])
    allowed = await borrowers.consenting(
        session, set(owners.values()), purpose=ConsentPurpose.CREDIT_BUREAU, on=on
    )
    broken_owners = {
        owner: line for key, line in broken.items() if (owner := owners.get(key)) is not None
    }
    kept = _sorted_out(entries, owners, allowed, broken_owners, loaded=loaded)
    for (borrower_id, as_of), debts in kept.items():
        report = Report(
            source=DebtSource.BUREAU,
            as_of=as_of,
            fresh_until=as_of + timedelta(days=bureau.valid_days),
            debts=debts,
        )
        values = _values(report, borrower_id=borrower_id, actor=actor) | {
            "institution_id": tenancy.institution_of(session),
            "bureau": bureau.name,
            "file_digest": digest,
        }
        statement = insert(DebtReportRow).on_conflict_do_nothing()
        is_new = (
            await session.execute(statement.returning(DebtReportRow.report_id), [values])
        ).scalar_one_or_none()
        loaded.reports += is_new is not None
        loaded.known += is_new is None
    loaded.refused.sort(key=lambda one: one.line.number)
    return loaded


def _sorted_out(
    entries: Sequence[Entry],
    owners: Mapping[Key, UUID],
    allowed: set[UUID],
    broken: Mapping[UUID, int],
    *,
    loaded: Loaded,
) -> dict[tuple[UUID, date], list[Debt]]:
    kept: defaultdict[tuple[UUID, date], list[Debt]] = defaultdict(list)
    for entry in entries:
        owner = owners.get(_key(entry.document))
        if owner is None:
            loaded.refused.append(Refused(line=entry.line, error=BorrowerNotHere()))
        elif owner not in allowed:
            refusal = BureauNotAllowed(borrower_id=str(owner))
            loaded.refused.append(Refused(line=entry.line, error=refusal))
        elif owner in broken:
            refusal_ = ReportIncomplete(other=broken[owner])
            loaded.refused.append(Refused(line=entry.line, error=refusal_))
        else:
            kept[owner, entry.as_of] += [] if entry.debt is None else [entry.debt]
    return dict(kept)


def _values(report: Report, *, borrower_id: UUID, actor: Actor) -> dict[str, object]:
    return {
        "report_id": ids.new(),
        "borrower_id": borrower_id,
        "source": report.source.value,
        "as_of": report.as_of,
        "fresh_until": report.fresh_until,
        "debts": [
            {
                "lender": debt.lender,
                "monthly_minor": debt.monthly.minor,
                "outstanding_minor": debt.outstanding.minor,
                "currency": debt.monthly.currency,
            }
            for debt in report.debts
        ],
        "actor_id": actor.id,
    }


def _key(document: Document) -> Key:
    return document.type.value, document.country, document.key
