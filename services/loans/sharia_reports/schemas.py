"""What do the reports shaped after AAOIFI's standards look like on the wire?"""

from collections.abc import Mapping, Sequence
from datetime import date, datetime
from typing import Any, Final, Self
from uuid import UUID

from pydantic import Field
from sqlalchemy import Row

from services.loans.domain.chart import FundKind
from services.loans.domain.sharia_report import Section, Standard
from services.loans.institutions.tables import InstitutionRow
from services.loans.papers.documents import DayOut, WordsOut, seal_of
from services.loans.sharia_reports.queries import FundMoves
from shared.schemas import Body, MoneyBody

SHAPED: Final = (
    "Shaped after {standard}; not audited for conformity with it. The standard's own text decides."
)


class LineOut(Body):
    """A figure, and the accounts that it is the sum of; none where other lines add up to it."""

    code: str
    amount: MoneyBody
    accounts: list[str]


class SectionOut(Body):
    """Figures under a heading."""

    code: str
    lines: list[LineOut]

    @classmethod
    def of(cls, section: Section) -> Self:
        """Write a section."""
        return cls(
            code=section.code,
            lines=[
                LineOut(
                    code=line.code,
                    amount=MoneyBody.of(line.amount),
                    accounts=list(line.accounts),
                )
                for line in section.lines
            ],
        )


class PossessionOut(Body):
    """How many goods were bought, became ours and were sold, and how many are on the way.

    `not_yet_ours`: bought, and not in our possession on the last day. `ours_unsold`: ours then,
    and neither sold nor lost.
    """

    bought: int = 0
    taken: int = 0
    sold: int = 0
    not_yet_ours: int = 0
    ours_unsold: int = 0

    @classmethod
    def of(cls, row: Row[Any] | None) -> Self:
        """Write what was counted; nothing where there was nothing."""
        return cls() if row is None else cls.model_validate(row, from_attributes=True)


class FundReportOut(Body):
    """The figures of one fund in its currency."""

    fund_id: UUID
    fund_code: str
    fund_kind: FundKind
    names: WordsOut
    currency: str
    sections: list[SectionOut]
    possession: PossessionOut | None

    @classmethod
    def of(
        cls, fund: FundMoves, sections: Sequence[Section], *, possession: PossessionOut | None
    ) -> Self:
        """Write the figures of a fund."""
        return cls(
            fund_id=fund.fund_id,
            fund_code=fund.code,
            fund_kind=fund.kind,
            names=WordsOut(ar=fund.name_ar, fr=fund.name_fr, en=fund.name_en),
            currency=fund.currency,
            sections=[SectionOut.of(one) for one in sections],
            possession=possession,
        )


class ShariaReportOut(Body):
    """A report from a day to another, both included, as the books knew it; sealed.

    `sha256` is the hash of all other members: the same question has the same answer.
    """

    standard: Standard
    shaped_after: str
    institution: WordsOut
    institution_code: str
    since: DayOut | None
    as_of: DayOut
    known_at: datetime | None
    funds: list[FundReportOut] = Field(default_factory=list)
    sha256: str = ""

    @classmethod
    def of(
        cls,
        standard: Standard,
        funds: Sequence[FundReportOut],
        *,
        institution: InstitutionRow,
        span: tuple[date | None, date],
        known_at: datetime | None,
    ) -> Self:
        """Write a report and seal it."""
        since, as_of = span
        report = cls(
            standard=standard,
            shaped_after=SHAPED.format(standard=standard.value),
            institution=WordsOut(
                ar=institution.name_ar, fr=institution.name_fr, en=institution.name_en
            ),
            institution_code=institution.code,
            since=None if since is None else DayOut.of(since),
            as_of=DayOut.of(as_of),
            known_at=known_at,
            funds=list(funds),
        )
        return report.model_copy(update={"sha256": seal_of(report)})


def counted(rows: Mapping[UUID, Row[Any]], fund_id: UUID) -> PossessionOut:
    """What was counted of a fund."""
    return PossessionOut.of(rows.get(fund_id))
