"""The client of loans understands the real service, and both count a waterfall alike."""

from collections.abc import AsyncIterator, Callable
from datetime import UTC, date, datetime

import httpx
import pytest
from hypothesis import given
from hypothesis import strategies as st

from services.loans.domain import allocation
from services.loans.domain.allocation import Parts
from services.loans.domain.chart import FundKind
from services.loans.domain.giving import ReceiptNature
from services.loans.domain.journal import Channel
from services.loans.domain.terms import Component
from services.loans.funds import operations as funds
from services.loans.funds import router as fund_routes
from services.loans.institutions import router as institution_routes
from services.loans.institutions.names import Names
from services.loans.ledger.queries import JOURNAL
from services.monitoring.domain import standing
from services.monitoring.domain.standing import Agreement, Due
from shared import feed, ids
from shared.auth import Role
from shared.clients.loans import FundFigures, HttpLoansClient, LoansUnavailable
from shared.clients.tokens import TokenUnavailable
from shared.db import Database
from shared.feed import Sequencer
from shared.feed_router import feed_router
from shared.ids import FundId, InstitutionId
from shared.money import Money
from tests import office
from tests.office import Office

FUTURE = datetime(2199, 1, 1, tzinfo=UTC)


class Tokens:
    """Hands out one token after the other; `forget` takes the next."""

    def __init__(self, *tokens: str) -> None:
        self.waiting = list(tokens)

    async def token(self) -> str:
        if not self.waiting:
            raise TokenUnavailable(reason="ConnectError")
        return self.waiting[0]

    def forget(self) -> None:
        self.waiting.pop(0)


@pytest.fixture
async def house(loans_db: Database, institution_id: InstitutionId) -> AsyncIterator[Office]:
    routers = (institution_routes.router, fund_routes.router)
    events = feed_router(prefix="/loans/v1", source="loans")
    async with office.opened(loans_db, institution_id, *routers, events) as opened:
        yield opened


@pytest.fixture
def client(house: Office) -> HttpLoansClient:
    return HttpLoansClient(house.http, tokens=Tokens(house.caller(Role.SERVICE).token))


async def opened_fund(house: Office, *, received: str) -> FundId:
    """A waqf fund with one receipt, numbered and chained."""
    actor_id = ids.new()
    async with house.database.begin(house.institution_id) as session:
        fund = await funds.create_fund(
            session,
            code="W1",
            kind=FundKind.WAQF,
            names=Names(ar="وقف", fr="Waqf", en="Waqf"),
            floor=Money.zero("JOD"),
            lending_ruling=None,
            on=office.TODAY,
            actor_id=actor_id,
        )
        await funds.receive(
            session,
            fund_id=fund.fund_id,
            amount=Money.parse(received, "JOD"),
            received_on=office.TODAY,
            channel=Channel.CASH,
            nature=ReceiptNature.WAQF_PERMANENT,
            donor_id=None,
            actor_id=actor_id,
        )
    await Sequencer(house.database, chains=(feed.EVENTS, JOURNAL)).number(house.institution_id)
    return FundId(fund.fund_id)


async def test_the_directory_and_an_institution_s_own_words_are_understood(
    house: Office, client: HttpLoansClient
) -> None:
    listed = {entry.institution_id: entry for entry in await client.institutions()}
    assert house.institution_id in listed
    described = await client.institution(house.institution_id)
    assert described.code == listed[house.institution_id].code
    assert (described.names.ar, described.country) == ("مؤسسة", "JO")
    assert (described.currency, described.timezone) == ("JOD", "Asia/Amman")


async def test_the_feed_is_read_part_after_part(house: Office, client: HttpLoansClient) -> None:
    await opened_fund(house, received="100.000")
    whole = await client.events(house.institution_id, after=0, limit=100)
    first = await client.events(house.institution_id, after=0, limit=2)
    rest = await client.events(house.institution_id, after=first.next, limit=100)
    assert (*first.events, *rest.events) == whole.events
    assert [event.sequence for event in whole.events] == list(range(1, len(whole.events) + 1))
    assert whole.head == whole.next == len(whole.events)
    assert whole.events[-1].type == "loans.fund-received.v1"
    assert whole.events[-1].data["amount_minor"] == 100_000


async def test_a_fund_s_figures_are_the_ledger_s(house: Office, client: HttpLoansClient) -> None:
    fund_id = await opened_fund(house, received="100.000")
    found = await client.fund_figures(house.institution_id, fund_id=fund_id, known_at=FUTURE)
    assert isinstance(found, FundFigures)
    assert (found.received_minor, found.cash_minor, found.currency) == (100_000, 100_000, "JOD")
    assert (found.disbursed_minor, found.returned_minor) == (0, 0)
    page = await client.events(house.institution_id, after=0, limit=100)
    assert found.known_at == page.events[-1].knownat
    assert found.sequence == page.head


async def test_a_refused_token_is_replaced_once(house: Office) -> None:
    good = house.caller(Role.SERVICE).token

    def answer(request: httpx.Request) -> httpx.Response:
        if request.headers["authorization"] != f"Bearer {good}":
            return httpx.Response(401)
        return httpx.Response(200, json={"events": [], "next": 0, "head": 0})

    http = httpx.AsyncClient(transport=httpx.MockTransport(answer), base_url="http://loans")
    client = HttpLoansClient(http, tokens=Tokens("stale", good))
    assert (await client.events(house.institution_id, after=0, limit=1)).head == 0


def broken(_request: httpx.Request) -> httpx.Response:
    raise httpx.ConnectError("refused")


NO_ANSWERS: dict[str, Callable[[httpx.Request], httpx.Response]] = {
    "nobody listens": broken,
    "it fails": lambda _: httpx.Response(500),
    "it is not allowed": lambda _: httpx.Response(403, json={"type": "x"}),
    "nonsense comes back": lambda _: httpx.Response(200, text="<html>"),
    "something else comes back": lambda _: httpx.Response(200, json={"events": "none"}),
}


@pytest.mark.parametrize("case", NO_ANSWERS)
async def test_what_is_no_answer_is_called_one(case: str) -> None:
    transport = httpx.MockTransport(NO_ANSWERS[case])
    http = httpx.AsyncClient(transport=transport, base_url="http://loans")
    client = HttpLoansClient(http, tokens=Tokens("token"))
    with pytest.raises(LoansUnavailable):
        await client.events(InstitutionId(ids.new()), after=0, limit=1)


minors = st.integers(min_value=0, max_value=10_000)
instalments = st.lists(st.tuples(minors, minors, minors, st.just(0)), max_size=12)


@given(instalments, st.permutations(tuple(Component)), st.integers(0, 200_000))
def test_loans_and_monitoring_pour_the_same_waterfall(
    dues: list[Parts], order: list[Component], paid: int
) -> None:
    """Two implementations, since services never import each other; one rule."""
    theirs = allocation.allocate(
        paid, paid_before=0, instalments=dues, order=allocation.order_of(order)
    )
    ours = standing.portions(
        Agreement(
            currency="JOD",
            dues=tuple(
                Due(
                    due_on=date(2026, 1, 1),
                    principal_minor=principal,
                    profit_minor=profit,
                    fee_minor=fee,
                )
                for principal, profit, fee, _ in dues
            ),
            allocation_order=tuple(component.value for component in order),
        ),
        paid_minor=paid,
    )
    assert (ours.principal_minor, ours.profit_minor, ours.fee_minor, ours.surplus_minor) == (
        theirs.principal,
        theirs.profit,
        theirs.fee,
        theirs.surplus,
    )
