"""How is it said when borrowers are reminded, and how one wants to be?"""

import re

from sqlalchemy.ext.asyncio import AsyncSession

from services.loans.domain import borrower as people
from services.loans.domain.reminding import ReminderChannel, ReminderPolicy, Wish
from services.loans.payments.sealing import Sealer
from services.loans.reminders.tables import ReminderContactRow, ReminderPolicyRow
from shared import ids, tenancy
from shared.auth import Actor
from shared.errors import Kind, RafidError
from shared.ids import BorrowerId
from shared.texts import Language

MAIL = re.compile(r"[^@\s]{1,64}@[^@\s]+\.[^@\s.]+")


class MailAddressInvalid(RafidError):
    """The e-mail address is not one"""

    kind = Kind.RULE
    service = "loans"
    detail = "An address is like name@example.org, with one @ and no spaces."


async def set_policy(
    session: AsyncSession, policy: ReminderPolicy, *, language: Language, actor: Actor
) -> ReminderPolicyRow:
    """Say when borrowers are reminded from now on."""
    row = ReminderPolicyRow(
        institution_id=tenancy.institution_of(session),
        policy_id=ids.new(),
        before_days=policy.before_days,
        after_days=policy.after_days,
        quiet_from=policy.quiet_from,
        quiet_until=policy.quiet_until,
        language=language,
        actor_id=actor.id,
    )
    session.add(row)
    await session.flush()
    return row


async def set_contact(
    session: AsyncSession,
    wish: Wish,
    *,
    borrower_id: BorrowerId,
    country: str,
    sealer: Sealer,
    actor: Actor,
) -> None:
    """Keep how a borrower wants to be reminded. Raises MailAddressInvalid, PhoneNotValid."""
    address = wish.address.strip()
    if wish.channel is ReminderChannel.SMS:
        address = people.phone_number(address, country=country)
    elif not MAIL.fullmatch(address):
        raise MailAddressInvalid
    institution_id = tenancy.institution_of(session)
    session.add(
        ReminderContactRow(
            institution_id=institution_id,
            contact_id=ids.new(),
            borrower_id=borrower_id,
            channel=wish.channel.value,
            address_sealed=sealer.seal(institution_id, address.encode()),
            language=wish.language,
            actor_id=actor.id,
        )
    )
    await session.flush()
