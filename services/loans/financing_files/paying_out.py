"""How are the legs of a financing file paid out: all of them, or none?

The file is locked first, then its contracts in the order of their ids.
"""

from dataclasses import dataclass
from datetime import date
from uuid import UUID

from sqlalchemy.ext.asyncio import AsyncSession

from services.loans.contracts import queries as contracts
from services.loans.disbursements import operations as disbursements
from services.loans.disbursements.operations import Payout
from services.loans.domain.financing_structure import Leg
from services.loans.domain.journal import Channel
from services.loans.domain.lifecycle import ContractStatus
from services.loans.financing_files import queries
from services.loans.financing_files.operations import enter, not_in_state
from services.loans.financing_files.tables import FinancingFileRow
from shared import ids
from shared.auth import Actor
from shared.errors import Kind, RafidError
from shared.ids import ContractId, PaymentId
from shared.money import Money


class OwnShareMissing(RafidError):
    """The own share is not there yet"""

    kind = Kind.RULE
    service = "loans"
    detail = "Of the own share of {asked} {shown} is shown: no leg is paid out before all of it is."
    asked: Money
    shown: Money


class LegNotSigned(RafidError):
    """A leg of the file is not signed"""

    kind = Kind.CONFLICT
    service = "loans"
    detail = "The leg {leg} is {state}: all legs are paid out at once, or none."
    leg: Leg
    state: str


@dataclass(frozen=True, slots=True, kw_only=True)
class OverWallet:
    """Over which rail the legs are paid, and to which phone."""

    rail: str
    phone_sealed: bytes


async def pay_out_file(
    session: AsyncSession,
    file_id: UUID,
    *,
    on: date,
    actor: Actor,
    channel: Channel = Channel.CASH,
    wallet: OverWallet | None = None,
) -> tuple[FinancingFileRow, list[PaymentId]]:
    """Pay every leg out, all or none, once the whole own share is shown.

    Over a wallet the payments of all legs set out together; each is booked when it has arrived,
    and one that fails is asked for again on its own contract. Gives the payments that set out.
    Raises FileUnknown, FileNotInState, OwnShareMissing, LegNotSigned, and what
    `disbursements.disburse_contracts` raises.
    """
    file = await queries.file(session, file_id, actor=actor, lock=True)
    if file.status != "signed":
        raise not_in_state(file, needed="signed")
    asked = Money(file.own_minor, file.currency)
    shown = Money(await queries.own_shown(session, file_id), file.currency)
    if shown < asked:
        raise OwnShareMissing(asked=asked, shown=shown)
    contract_ids = []
    for leg in (await queries.standing(session, file)).legs:
        if leg.status != ContractStatus.SIGNED:
            raise LegNotSigned(leg=Leg(leg.leg), state=leg.status or leg.asked)
        contract_ids.append(ContractId(leg.contract_id))
    await contracts.locked_contracts(session, contract_ids)
    set_out: list[PaymentId] = []
    if wallet is not None:
        for contract_id in contract_ids:
            set_out.append(PaymentId(ids.new()))
            await disbursements.request_disbursement(
                session,
                contract_id,
                payment_id=set_out[-1],
                rail=wallet.rail,
                phone_sealed=wallet.phone_sealed,
                on=on,
                actor=actor,
                file_id=file.file_id,
            )
    else:
        payouts = [
            Payout(contract_id=one, disbursed_on=on, channel=channel, file_id=file.file_id)
            for one in contract_ids
        ]
        await disbursements.disburse_contracts(session, payouts, actor=actor)
    file.status = "paid_out"
    await enter(session, file, "paid_out", on=on, actor=actor)
    return file, set_out
