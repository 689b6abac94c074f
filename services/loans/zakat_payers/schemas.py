"""What do payers, prices and receipts of zakat look like on the wire?"""

from datetime import date
from decimal import Decimal
from typing import Annotated, Literal, Self
from uuid import UUID

from pydantic import Field, model_validator
from pydantic_core import PydanticCustomError

from services.loans.domain.journal import Channel
from services.loans.domain.zakat.collecting import Origin
from services.loans.domain.zakat.nisab import Price
from services.loans.domain.zakat.rules import Base, Metal
from services.loans.domain.zakat.ties import Relation
from services.loans.funds.tables import ReceiptRow
from services.loans.rulebook.schemas import FactOut
from services.loans.zakat_payers.commands import Assessed, Collecting
from services.loans.zakat_payers.tables import CollectionRow, PayerRow, PriceRow, TieRow
from shared import texts
from shared.calendar import HijriDate
from shared.money import Money
from shared.schemas import Body, MoneyBody
from shared.texts import Language

Region = Annotated[str, Field(min_length=1, max_length=60, examples=["amman"])]
Words = Annotated[str, Field(min_length=1, max_length=300)]
Sha256 = Annotated[str, Field(pattern=r"^[0-9a-f]{64}$")]
PerGram = Annotated[str, Field(pattern=r"^\d{1,9}(\.\d{1,6})?$", examples=["450"])]


class DayBody(Body):
    """A day by both calendars; the Hijri one by the Umm al-Qura tables, where they reach."""

    gregorian: date
    hijri: str | None

    @classmethod
    def of(cls, day: date) -> Self:
        """Write a day: 2026-03-01 is 1447-09-12."""
        try:
            hijri = HijriDate.of(day).to_text()
        except ValueError:
            hijri = None
        return cls(gregorian=day, hijri=hijri)


class PriceIn(Body):
    """What a gram of a metal cost on a day, and who says so."""

    metal: Metal
    currency: Annotated[str, Field(pattern=r"^[A-Z]{3}$")]
    per_gram: PerGram
    priced_on: date
    source: Words

    def price(self) -> Price:
        """Give the price as the rules know it."""
        Money.zero(self.currency)
        return Price(
            metal=self.metal,
            per_gram=Decimal(self.per_gram),
            currency=self.currency,
            priced_on=self.priced_on,
            source=self.source,
        )

    @model_validator(mode="after")
    def _costs_something(self) -> Self:
        if not Decimal(self.per_gram):
            raise PydanticCustomError("price", "a gram costs more than nothing")
        return self


class PriceOut(Body):
    """A recorded price."""

    price_id: UUID
    metal: Metal
    currency: str
    per_gram: str
    priced_on: date
    source: str

    @classmethod
    def of(cls, row: PriceRow) -> Self:
        """Write a price."""
        return cls(
            price_id=row.price_id,
            metal=Metal(row.metal),
            currency=row.currency,
            per_gram=f"{row.per_gram.normalize():f}",
            priced_on=row.priced_on,
            source=row.source,
        )


class DueIn(Body):
    """Wealth held since a day: what is owed on it? Without a day, as of today."""

    wealth: MoneyBody
    base: Base = Base.MONEY_LUNAR
    held_since: Annotated[date, Field(ge=date(1900, 1, 1), le=date(2100, 1, 1))]
    on: Annotated[date, Field(ge=date(1900, 1, 1), le=date(2100, 1, 1))] | None = None


class DueOut(Body):
    """What is owed, with nisab, the price it rests on, and the rules by their sources."""

    wealth: MoneyBody
    base: Base
    nisab: MoneyBody | None
    reaches_nisab: bool
    falls_due: DayBody | None
    due: MoneyBody
    metal: Metal | None
    per_gram: str | None
    priced_on: date | None
    price_source: str | None
    facts: list[FactOut]

    @classmethod
    def of(cls, found: Assessed, *, asked: DueIn) -> Self:
        """Write what is owed."""
        due, price = found.due, found.price
        return cls(
            wealth=asked.wealth,
            base=asked.base,
            nisab=None if due.nisab is None else MoneyBody.of(due.nisab),
            reaches_nisab=due.reaches_nisab,
            falls_due=None if due.falls_due_on is None else DayBody.of(due.falls_due_on),
            due=MoneyBody.of(due.amount),
            metal=None if price is None else price.metal,
            per_gram=None if price is None else f"{price.per_gram.normalize():f}",
            priced_on=None if price is None else price.priced_on,
            price_source=None if price is None else price.source,
            facts=[FactOut.of(one) for one in found.facts],
        )


class PayerIn(Body):
    """Who pays zakat and wants to be known; others stay anonymous."""

    name: Annotated[str, Field(min_length=1, max_length=200)]


class PayerOut(Body):
    """A payer."""

    payer_id: UUID
    reference: str
    name: str

    @classmethod
    def of(cls, row: PayerRow) -> Self:
        """Write a payer."""
        return cls(payer_id=row.payer_id, reference=row.reference, name=row.name)


class TieIn(Body):
    """A receiver is kin of a payer or of a member of staff, or is that person (`self`)."""

    borrower_id: UUID
    relation: Relation
    payer_id: UUID | None = None
    staff_id: UUID | None = None

    @model_validator(mode="after")
    def _names_one(self) -> Self:
        if (self.payer_id is None) == (self.staff_id is None):
            raise PydanticCustomError("tie", "name a payer or a member of staff")
        return self


class TieOut(Body):
    """A declared tie."""

    tie_id: UUID
    borrower_id: UUID
    relation: Relation
    payer_id: UUID | None
    staff_id: UUID | None

    @classmethod
    def of(cls, row: TieRow) -> Self:
        """Write a tie."""
        return cls(
            tie_id=row.tie_id,
            borrower_id=row.borrower_id,
            relation=Relation(row.relation),
            payer_id=row.payer_id,
            staff_id=row.staff_id,
        )


class CollectionIn(Body):
    """Zakat that is paid: where it was collected, and what the payer intends.

    Without a payer it is anonymous; without a day, of today. `company_levy` is what companies owe
    by law, which few authorities call zakat.
    """

    fund_id: UUID
    amount: MoneyBody
    region: Region
    intention: Annotated[str, Field(min_length=1, max_length=200)] = "zakat"
    payer_id: UUID | None = None
    origin: Origin = Origin.PAYER
    received_on: date | None = None
    channel: Channel = Channel.CASH

    def told(self, *, received_on: date) -> Collecting:
        """Give what is told to be booked."""
        return Collecting(
            fund_id=self.fund_id,
            amount=self.amount.money(),
            received_on=received_on,
            channel=self.channel,
            region=self.region,
            intention=self.intention,
            payer_id=self.payer_id,
            origin=self.origin,
        )


class CollectionOut(Body):
    """The payer's receipt: a paper that names amount, day, intention and the rules of the place.

    `payer` is null for an anonymous payer; `says` is the receipt in words of the language asked.
    """

    receipt_id: UUID
    reference: str
    fund_id: UUID
    payer: PayerOut | None
    amount: MoneyBody
    received: DayBody
    channel: Channel
    region: str
    intention: str
    nature: Literal["zakat"]
    origin: Origin
    says: str
    facts: list[FactOut]

    @classmethod
    def of(
        cls,
        row: CollectionRow,
        receipt: ReceiptRow,
        payer: PayerRow | None,
        *,
        language: Language,
    ) -> Self:
        """Write a receipt in a language."""
        amount = Money(receipt.amount_minor, receipt.currency)
        return cls(
            receipt_id=row.receipt_id,
            reference=row.reference,
            fund_id=row.fund_id,
            payer=None if payer is None else PayerOut.of(payer),
            amount=MoneyBody.of(amount),
            received=DayBody.of(receipt.received_on),
            channel=Channel(receipt.channel),
            region=row.region,
            intention=row.intention,
            nature="zakat",
            origin=Origin(row.origin),
            says=_says(row, amount, receipt.received_on, payer=payer, language=language),
            facts=[FactOut.of_kept(one) for one in row.facts],
        )


class ConsentIn(Body):
    """The payer agrees to have a receipt back: the day, and the SHA-256 of the signed paper."""

    given_on: date
    evidence: Sha256


class ConsentOut(Body):
    """A recorded consent."""

    receipt_id: UUID
    given_on: date


def _says(
    row: CollectionRow, amount: Money, on: date, *, payer: PayerRow | None, language: Language
) -> str:
    def say(sentence: str) -> str:
        return texts.translate(sentence, language=language, service="loans")

    name = say("a payer who is not named") if payer is None else payer.name
    sentence = say(
        "Receipt {reference}: received as zakat from {payer} on {day} ({hijri}): {amount}."
        " Intention: {intention}. It is kept in a fund of zakat and given to none but the eight"
        " classes."
    )
    return sentence.format(
        reference=row.reference,
        payer=name,
        day=on.isoformat(),
        hijri=_hijri(on, language=language),
        amount=amount.to_text(),
        intention=row.intention,
    )


def _hijri(on: date, *, language: Language) -> str:
    try:
        return texts.hijri(on, language=language)
    except ValueError:
        return "–"
