"""Whatever was booked: assets are liabilities, equity and result, as the trial balance says."""

from collections import defaultdict

from hypothesis import given, settings
from hypothesis import strategies as st

from services.loans.domain import book_statements
from services.loans.domain.book_headings import Balance
from services.loans.domain.book_statements import Section
from services.loans.domain.chart import CHART, AccountClass, FundKind
from services.loans.domain.own_accounts import class_of, code_of
from services.loans.domain.own_chart import ChartLine, Mapped, OwnChart
from shared import ids
from shared.ids import FundId

FUNDS = {kind: FundId(ids.new()) for kind in FundKind}
CURRENCIES = {kind: "USD" if kind is FundKind.STATE else "JOD" for kind in FundKind}
OWN = tuple(code_of(one, "9") for one in AccountClass)
CLASSES = {account.code: account.account_class for account in CHART}
Entry = tuple[int, FundKind, dict[str, int]]


@st.composite
def entries(draw: st.DrawFn) -> list[Entry]:
    """Balanced entries of any accounts of a fund's kind, on days of three years."""
    found = []
    for _ in range(draw(st.integers(1, 6))):
        kind = draw(st.sampled_from(list(FundKind)))
        codes = [account.code for account in CHART if kind in account.fund_kinds] + list(OWN)
        chosen = draw(st.lists(st.sampled_from(codes), min_size=2, max_size=5, unique=True))
        amounts = [draw(st.integers(-(10**12), 10**12)) for _ in chosen[1:]]
        lines = dict(zip(chosen, [-sum(amounts), *amounts], strict=True))
        found.append((draw(st.integers(0, 1_000)), kind, lines))
    return found


def balances(made: list[Entry], *, starts_on: int, until: int) -> list[Balance]:
    sums: defaultdict[tuple[FundKind, str], list[int]] = defaultdict(lambda: [0, 0, 0])
    for day, kind, lines in made:
        for code, minor in lines.items() if day <= until else ():
            column = 0 if day < starts_on else 1 if minor > 0 else 2
            sums[kind, code][column] += -minor if column == 2 else minor
    return [
        Balance(
            fund_id=FUNDS[kind],
            fund_kind=kind,
            code=code,
            account_class=class_of(code) or CLASSES[code],
            currency=CURRENCIES[kind],
            opening=opening,
            debits=debits,
            credits=credits_,
        )
        for (kind, code), (opening, debits, credits_) in sums.items()
    ]


@st.composite
def charts(draw: st.DrawFn) -> OwnChart | None:
    """None, or a chart that puts some accounts under a few numbers, with headings above."""
    if draw(st.booleans()):
        return None
    lines = []
    for place, account_class in enumerate(AccountClass):
        heading = str(place)
        lines.append(_line(heading, account_class))
        codes = [
            one.code for one in CHART if one.account_class is account_class and draw(st.booleans())
        ]
        half = draw(st.integers(0, len(codes)))
        for number, some in enumerate((codes[:half], codes[half:])):
            accounts = tuple(Mapped(code=code) for code in some)
            lines.append(_line(f"{place}{number}", account_class, heading, accounts))
        lines.append(_line(f"{place}8", account_class, heading))
        lines.append(_line(f"{place}9", account_class, f"{place}8", is_own=draw(st.booleans())))
    return OwnChart(lines=tuple(lines))


def _line(
    number: str,
    account_class: AccountClass,
    parent: str | None = None,
    accounts: tuple[Mapped, ...] = (),
    *,
    is_own: bool = False,
) -> ChartLine:
    return ChartLine(
        number=number,
        name_ar=number,
        name_fr=number,
        name_en=number,
        account_class=account_class,
        parent=parent,
        accounts=accounts,
        is_own=is_own,
    )


@settings(max_examples=40)
@given(made=entries(), own=charts(), cuts=st.tuples(st.integers(0, 1_000), st.integers(0, 1_000)))
def test_assets_are_liabilities_equity_and_result_at_every_cut(
    made: list[Entry], own: OwnChart | None, cuts: tuple[int, int]
) -> None:
    start, until = sorted(cuts)

    for block in book_statements.balance_sheet(
        balances(made, starts_on=start, until=until), own=own
    ):
        assert book_statements.difference(block) == 0
        for fund_id in FUNDS.values():
            of_fund = {part.section: part.by_fund.get(fund_id, 0) for part in block.parts}
            assert of_fund.pop(Section.ASSETS) == sum(of_fund.values())


@settings(max_examples=40)
@given(made=entries(), own=charts(), cuts=st.tuples(st.integers(0, 1_000), st.integers(0, 1_000)))
def test_statements_are_the_trial_balance_told_otherwise(
    made: list[Entry], own: OwnChart | None, cuts: tuple[int, int]
) -> None:
    start, until = sorted(cuts)
    now = balances(made, starts_on=start, until=until)
    trial = {block.currency: block for block in book_statements.trial_balance(now, own=own)}
    sheets = {block.currency: block for block in book_statements.balance_sheet(now, own=own)}
    incomes = {block.currency: block for block in book_statements.income_statement(now, own=own)}

    assert set(trial) == set(sheets) == set(incomes)
    for currency, block in trial.items():
        assert block.opening == 0
        assert block.debits == block.credits
        leaves = [row for row in block.rows if not row.heading.is_heading]
        closing = sum(row.closing for row in leaves if row.heading.account_class == "asset")
        assert closing == sheets[currency].part(Section.ASSETS).amount
        moved = -sum(
            row.debits - row.credits
            for row in leaves
            if row.heading.account_class in {"income", "expense"}
        )
        assert moved == incomes[currency].part(Section.RESULT).amount
        assert moved == sheets[currency].part(Section.RESULT_OF_YEAR).amount


@settings(max_examples=40)
@given(made=entries(), own=charts(), until=st.integers(0, 1_000))
def test_rows_without_headings_add_up_to_their_section_whatever_the_chart(
    made: list[Entry], own: OwnChart | None, until: int
) -> None:
    now = balances(made, starts_on=0, until=until)
    house = book_statements.balance_sheet(now)

    for block, ours in zip(book_statements.balance_sheet(now, own=own), house, strict=True):
        for part in block.parts[:3]:
            assert part.amount == ours.part(part.section).amount
            leaves = [row for row in part.rows if not row.heading.is_heading]
            assert sum(row.amount for row in leaves) == part.amount
            for row in part.rows:
                assert sum(row.by_fund.values()) == row.amount


@settings(max_examples=40)
@given(made=entries(), cuts=st.tuples(*[st.integers(0, 1_000)] * 3))
def test_periods_that_follow_each_other_add_up(
    made: list[Entry], cuts: tuple[int, int, int]
) -> None:
    start, middle, until = sorted(cuts)

    def result(first: int, last: int) -> dict[str, int]:
        now = balances(made, starts_on=first, until=last)
        return {
            block.currency: block.part(Section.RESULT).amount
            for block in book_statements.income_statement(now)
        }

    first, second, whole = result(start, middle), result(middle + 1, until), result(start, until)

    for currency, amount in whole.items():
        assert amount == first.get(currency, 0) + second.get(currency, 0)
