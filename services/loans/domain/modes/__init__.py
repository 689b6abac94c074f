"""What does each mode of finance give: its steps, its schedule and its entries?"""

from collections.abc import Mapping, Sequence
from datetime import date
from typing import Protocol

from services.loans.domain.allocation import Allocation
from services.loans.domain.chart import FundAccounts
from services.loans.domain.journal import Channel, JournalEntry
from services.loans.domain.lifecycle import ContractEvent, ContractStatus
from services.loans.domain.modes import conventional, qard
from services.loans.domain.schedule import Instalment
from services.loans.domain.terms import ModeOfFinance, Terms
from shared.ids import ContractId
from shared.rulebook import Fact


class Mode(Protocol):
    """The same three things from every mode; a module is a mode."""

    @property
    def TRANSITIONS(self) -> Mapping[tuple[ContractStatus, ContractEvent], ContractStatus]:  # noqa: N802 - a module's constant
        """The steps of a contract."""

    def schedule(self, terms: Terms, *, overrides: Sequence[Fact] = ()) -> tuple[Instalment, ...]:
        """The instalments."""

    def repayment_entry(
        self,
        allocation: Allocation,
        *,
        fund: FundAccounts,
        received_on: date,
        contract_id: ContractId,
        channel: Channel = Channel.CASH,
    ) -> JournalEntry:
        """The entry of a repayment."""


MODES: Mapping[ModeOfFinance, Mode] = {
    ModeOfFinance.QARD: qard,
    ModeOfFinance.CONVENTIONAL: conventional,
}
