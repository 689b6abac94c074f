"""How is a signed contract told to other services?"""

from datetime import date

from services.loans.cofinancing.queries import Sources
from services.loans.domain import agreement
from services.loans.domain.agreement import Agreement
from services.loans.domain.signing import SigningFile
from shared.bookings import FundShare
from shared.events import ContractSigned, Due
from shared.ids import ApplicationId, ContractId


def signed(
    agreed: Agreement,
    *,
    contract_id: ContractId,
    application_id: ApplicationId,
    signed_on: date,
    file: SigningFile,
    country: str,
    sources: Sources | None,
) -> ContractSigned:
    """Tell a contract as it was signed; `sources` are its funds where several finance it."""
    terms = agreed.terms
    parts = sources.plan(terms.principal.minor).amounts() if sources else {}
    return ContractSigned(
        contract_id=contract_id,
        application_id=application_id,
        borrower_id=file.borrower_id,
        branch_id=file.branch_id,
        product_id=file.product_id,
        fund_id=file.fund_id,
        fund_kind=file.fund_kind.value,
        mode_of_finance=terms.mode_of_finance.value,
        currency=terms.currency,
        principal_minor=terms.principal.minor,
        term_months=file.term_months,
        signed_on=signed_on,
        sector=file.sector,
        region=file.region,
        borrower_kind=file.borrower_kind,
        sex=file.sex,
        youth=agreement.is_young(file.born_on, on=signed_on, country=country),
        allocation_order=tuple(component.value for component in terms.allocation_order),
        dues=tuple(
            Due(
                number=due.number,
                due_on=due.due_on,
                principal_minor=due.principal.minor,
                profit_minor=due.profit.minor,
                fee_minor=due.fee.minor,
            )
            for due in agreed.instalments
        ),
        shares=tuple(
            FundShare(fund_id=fund_id, principal_minor=minor) for fund_id, minor in parts.items()
        ),
    )
