"""What does the receipt of a payer of zakat say, and how is it said in three languages?"""

from typing import Self
from uuid import UUID

from services.loans.papers.documents import DayOut, WordsOut, seal_of
from services.loans.papers.words import Words
from shared.money import Money
from shared.printing import Cell, Seal, Sheet, apart, figure
from shared.schemas import Body, MoneyBody
from shared.texts import Language


class ZakatReceiptOut(Body):
    """A payer's receipt: who gave how much, when, where and with which intention; sealed.

    `payer` is null for one who is not named, `taken_back_on` the day from which it is no receipt
    any more.
    """

    institution: WordsOut
    institution_code: str
    fund_names: WordsOut
    fund_code: str
    receipt_id: UUID
    reference: str
    payer_reference: str | None
    payer: str | None
    amount: MoneyBody
    received: DayOut
    region: str
    intention: str
    sources: list[str]
    taken_back_on: DayOut | None
    sha256: str = ""

    def sealed(self) -> Self:
        """Give the paper with the hash of everything else it says."""
        return self.model_copy(update={"sha256": seal_of(self)})


def zakat_receipt(paper: ZakatReceiptOut, *, language: Language) -> Sheet:
    """Say a payer's receipt; one of money that went back says so first."""
    words = Words(language)
    say = words.say
    paragraphs = [
        say(
            "Received as zakat from {payer} on {day}: {amount}.",
            payer=_payer(paper, words),
            day=words.day_in_words(paper.received),
            amount=figure(words.amount(paper.amount)),
        ),
        say("It is kept in a fund of zakat and given to none but the eight classes."),
    ]
    if paper.taken_back_on is not None:
        paragraphs.insert(
            0,
            say(
                "This zakat was given back on {day}: this paper is no receipt.",
                day=words.day_in_words(paper.taken_back_on),
            ),
        )
    return Sheet(
        language=language,
        institution=apart(getattr(paper.institution, language)),
        place=apart(getattr(paper.fund_names, language)),
        reference=paper.reference,
        title=say("Receipt of zakat"),
        subtitle=words.day_in_words(paper.received),
        paragraphs=paragraphs,
        facts=_facts(paper, words),
        notes=[say("By the rules of {source}.", source=apart(one)) for one in paper.sources],
        signatures=[say("The payer"), say("For the fund")],
        seal=Seal(
            label=say("Hash (SHA-256)"),
            sha256=paper.sha256,
            sentence=say("The same question to the books gives the same hash."),
        ),
    )


def drawn_up(
    *,
    institution: tuple[WordsOut, str],
    fund: tuple[WordsOut, str],
    amount: Money,
    **members: object,
) -> ZakatReceiptOut:
    """Draw up a receipt from what the books keep of it."""
    return ZakatReceiptOut.model_validate(
        {
            "institution": institution[0],
            "institution_code": institution[1],
            "fund_names": fund[0],
            "fund_code": fund[1],
            "amount": MoneyBody.of(amount),
            **members,
        }
    ).sealed()


def _payer(paper: ZakatReceiptOut, words: Words) -> str:
    return words.say("a payer who is not named") if paper.payer is None else apart(paper.payer)


def _facts(paper: ZakatReceiptOut, words: Words) -> list[tuple[str, Cell, bool]]:
    say = words.say
    facts: list[tuple[str, Cell, bool]] = [
        (say("Amount"), words.amount(paper.amount), True),
        (say("Received on"), words.day(paper.received), True),
        (say("Fund"), paper.fund_code, True),
        (say("Payer"), _payer(paper, words), False),
        (say("Intention"), apart(paper.intention), False),
        (say("Collected in"), apart(paper.region), False),
    ]
    if paper.payer_reference is not None:
        facts.append((say("Number of the payer"), paper.payer_reference, True))
    return facts
