"""What does each mode of finance give: its steps, its schedule, its entries and its end?"""

from collections.abc import Mapping, Sequence
from datetime import date
from importlib import import_module
from typing import Protocol, cast

from services.loans.domain.allocation import Allocation
from services.loans.domain.chart import FundAccounts
from services.loans.domain.deal import Stepped
from services.loans.domain.disclosure import Disclosure
from services.loans.domain.early import RebateRule
from services.loans.domain.journal import Channel, JournalEntry
from services.loans.domain.lifecycle import ContractEvent, ContractStatus
from services.loans.domain.rebate import RebatePolicy, Settlement, Sold
from services.loans.domain.schedule import Instalment
from services.loans.domain.terms import ModeOfFinance, Terms
from shared.errors import Sentence
from shared.ids import ContractId
from shared.money import Money
from shared.rulebook import Fact


class Mode(Stepped, Protocol):
    """The same things from every mode; a module of this folder is a mode.

    `SUMMARY`: what the client is told that this contract is; `{rate}` is its nominal rate.
    `IS_DEBT`: whether the client owes instalments; partners and sellers of goods to come do not.
    `PAYS_CLIENT`: whether a disbursement brings the money to the client.
    `DEFERS_PROFIT`: whether the profit stands in the books as agreed, deferred until it is paid.
    `TRANSITIONS`: the states of a contract.
    """

    SUMMARY: Sentence
    IS_DEBT: bool
    PAYS_CLIENT: bool
    DEFERS_PROFIT: bool
    TRANSITIONS: Mapping[tuple[ContractStatus, ContractEvent], ContractStatus]

    @property
    def LATE_ACCOUNT(self) -> str | None:
        """Where an amount for lateness goes; None where there can be none."""

    @property
    def REBATE(self) -> RebateRule | None:
        """The rule of early settlement where law and product leave it free; None: voluntary."""

    def check_terms(self, terms: Terms) -> None:
        """Refuse terms that the mode cannot have."""

    def schedule(self, terms: Terms, *, overrides: Sequence[Fact] = ()) -> tuple[Instalment, ...]:
        """The instalments; none where nothing is owed."""

    def disclose(self, terms: Terms, *, instalments: Sequence[Instalment]) -> Disclosure:
        """What the contract costs the client, told before it is signed."""

    def settlement(
        self,
        sold: Sold,
        *,
        paid: Money,
        on: date,
        policy: RebatePolicy,
        granted: Money | None = None,
    ) -> Settlement:
        """What settles the contract on a day."""

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
    mode: cast("Mode", import_module(f"{__name__}.{mode}")) for mode in ModeOfFinance
}
"""Every mode by its word: the modules of this folder, found by their names."""
