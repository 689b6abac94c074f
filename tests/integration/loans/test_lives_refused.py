"""What of a contract's life cannot have been is named by its line, and nothing of it stays."""

import json
from collections.abc import Mapping, Sequence
from datetime import date
from decimal import Decimal
from typing import Any

import pytest
from sqlalchemy import text

from services.cli import intake_files
from services.loans.disbursements import operations as disbursements
from services.loans.disbursements.operations import Payout
from services.loans.domain.portfolio_file import COLUMNS
from services.loans.takeover import reliving, sheets
from shared import ids, texts
from shared.db import Database
from shared.digits import to_western_digits
from shared.ids import ContractId, InstitutionId
from tests.integration.loans import twins
from tests.integration.loans.scene import NOON, Scene
from tests.integration.loans.signing import officer
from tests.integration.loans.takeovers import (
    PEOPLE,
    Cells,
    House,
    contract,
    found,
    moved,
    sound,
    total,
    written,
)

LOAN = {"product": "LOAN", "fund": "BANK", "annual_rate": "0.18", "principal": "1000.000"}
HEAD = contract("OLD-9", "p1", "900.000", status="active", **LOAN)
PAID_OUT = moved("OLD-9", 1, "disbursement", "2025-10-01", "1000.000")
CAME = moved("OLD-9", 2, "repayment", "2025-11-03", "115.000")


def order(number: int, kind: str, on: str, amount: str = "", **changes: str) -> Cells:
    return moved("OLD-9", number, kind, on, amount, reason="agreement") | changes


def details(**members: object) -> str:
    return json.dumps(members)


def file(*rows: Cells, head: Mapping[str, str] = HEAD, owed: str | None = None) -> list[Cells]:
    stated = dict(head) | ({} if owed is None else {"outstanding": owed})
    return [*PEOPLE, stated, *rows, total(1, stated["principal"], stated["outstanding"])]


@pytest.fixture
async def house(loans_db: Database, institution_id: InstitutionId) -> House:
    return await found(Scene(database=loans_db, institution_id=institution_id))


async def counted(house: House) -> dict[str, int]:
    """How many rows every table of the institution holds, but for the numbers it gave."""
    tables = await twins.rows(
        house.scene,
        "select c.table_name from information_schema.columns c join information_schema.tables t"
        " using (table_schema, table_name) where c.table_schema = 'loans'"
        " and t.table_type = 'BASE TABLE' and c.column_name = 'institution_id'"
        " and has_table_privilege('loans.' || c.table_name, 'select')",
    )
    each = (f"select '{name}', count(*) from {name}" for (name,) in tables)
    return dict(await twins.rows(house.scene, " union all ".join(each)))


WRONG: Sequence[tuple[str, list[Cells], str]] = [
    (
        "an order before its cause",
        [PAID_OUT, order(2, "refund", "2025-11-01", "5.000"), CAME | {"number": "3"}],
        "beyond-what-is-there",
    ),
    (
        "a reversal before what it takes back",
        [PAID_OUT, order(2, "reversal", "2025-11-01", reverses="3"), CAME | {"number": "3"}],
        "taken-back-unfounded",
    ),
    (
        "a reversal of a reversal",
        [
            PAID_OUT,
            CAME,
            order(3, "reversal", "2025-11-04", reverses="2", reason="duplicate"),
            order(4, "reversal", "2025-11-05", reverses="3"),
        ],
        "taken-back-unfounded",
    ),
    (
        "taken back twice",
        [
            PAID_OUT,
            CAME,
            order(3, "reversal", "2025-11-04", reverses="2", reason="duplicate"),
            order(4, "reversal", "2025-11-05", reverses="2", reason="duplicate"),
        ],
        "taken-back-unfounded",
    ),
    (
        "taken back by another amount",
        [PAID_OUT, CAME, order(3, "reversal", "2025-11-04", "1.000", reverses="2", reason="")],
        "taken-back-unfounded",
    ),
    ("a day to come", [PAID_OUT, order(2, "write_off", "2027-01-01")], "movement-out-of-order"),
    ("before the signature", [PAID_OUT | {"on": "2025-09-30"}], "movement-out-of-order"),
    (
        "booked on a day to come",
        [PAID_OUT, order(2, "write_off", "2025-12-01", booked_on="2027-01-01")],
        "movement-out-of-order",
    ),
    ("nothing paid out", [PAID_OUT | {"amount": ""}], "movement-out-of-order"),
    (
        "more than was agreed",
        [PAID_OUT | {"amount": "1000.001"}],
        "tranche-amount-wrong",
    ),
    ("paid out twice", [PAID_OUT, PAID_OUT | {"number": "2"}], "nothing-left-to-draw"),
    ("repaid before it was paid out", [CAME | {"number": "1"}], "contract-not-paid-out"),
    (
        "an order without what it takes",
        [PAID_OUT, order(2, "payment_holiday", "2025-12-01")],
        "order-member-wrong",
    ),
    (
        "an order that takes too much",
        [PAID_OUT, order(2, "write_off", "2025-12-01", details=details(periods=1))],
        "order-member-wrong",
    ),
    (
        "a holiday without end",
        [PAID_OUT, order(2, "payment_holiday", "2025-12-01", details=details(periods=10**9))],
        "cell-invalid",
    ),
    (
        "a rate finer than any",
        [
            PAID_OUT,
            order(2, "rate_change", "2025-12-01", details=details(annual_rate="0.1234567")),
        ],
        "cell-invalid",
    ),
    (
        "no number",
        [PAID_OUT, order(2, "payment_holiday", "2025-12-01", details=details(periods="many"))],
        "cell-invalid",
    ),
    (
        "an id of ours",
        [PAID_OUT, order(2, "transfer", "2025-12-01", details=details(borrower_id=str(ids.new())))],
        "cell-invalid",
    ),
    (
        "no reason",
        [PAID_OUT, order(2, "write_off", "2025-12-01", reason="=cmd()")],
        "cell-invalid",
    ),
    (
        "nobody of that name",
        [PAID_OUT, order(2, "transfer", "2025-12-01", details=details(borrower="nobody"))],
        "borrower-absent",
    ),
    (
        "no repayment of that number",
        [
            PAID_OUT,
            order(2, "charge_back", "2025-12-01", "1.000", details=details(repayment=7)),
        ],
        "nothing-of-the-name",
    ),
    (
        "a contract that is nowhere",
        [PAID_OUT, order(2, "refinance", "2025-12-01", details=details(contract="MOON"))],
        "other-not-here",
    ),
    (
        "more charged back than came",
        [
            PAID_OUT,
            CAME,
            order(3, "charge_back", "2025-12-01", "116", details=details(repayment=2)),
        ],
        "beyond-what-is-there",
    ),
    (
        "forgiven without zakat",
        [PAID_OUT, order(2, "forgiveness", "2025-12-01")],
        "forgiveness-not-zakat",
    ),
    (
        "money held that was not agreed",
        [PAID_OUT, order(2, "deposit", "2025-12-01", "1.000", reason="")],
        "nothing-agreed-to-hold",
    ),
    (
        "cancelled after it was paid out",
        [PAID_OUT, order(2, "cancellation", "2025-12-01", reason="not_collected")],
        "transition-refused",
    ),
    (
        "another balance",
        [PAID_OUT, CAME, order(3, "write_off", "2025-12-01")],
        "outstanding-differs",
    ),
]


async def test_lives_that_cannot_have_been_are_refused_by_name_and_leave_nothing(
    house: House,
) -> None:
    before = await counted(house)
    for name, rows, slug in WRONG:
        taken = await twins.take(house.scene, written(file(*rows)), at=NOON)
        said = {one.error.slug() for one in taken.refused}
        assert (taken.taken, slug in said) == (0, True), (name, said)
        for one in taken.refused:
            told = {texts.render(one.error, language=lang) for lang in ("ar", "fr", "en")}
            assert len(told) == 3, (name, told)
            assert one.line.number >= 4, name
        assert await counted(house) == before, name


async def test_a_faulty_movement_is_named_by_its_own_line(house: House) -> None:
    rows = file(PAID_OUT, CAME, order(3, "refund", "2025-12-01", "1.000"))
    taken = await twins.take(house.scene, written(rows), at=NOON)
    assert [(one.line.number, one.error.slug()) for one in taken.refused] == [
        (7, "beyond-what-is-there"),
        (4, "contract-incomplete"),
    ]


@pytest.mark.parametrize(
    ("changes", "slug"),
    [
        ({"outstanding": "900.001"}, "outstanding-differs"),
        ({"status": "closed"}, "standing-differs"),
        ({"status": "sold"}, "cell-invalid"),
        ({"details": details(surplus="0.001")}, "standing-differs"),
        ({"details": details(schedule="0" * 64)}, "standing-differs"),
        ({"details": details(moon="1")}, "cell-invalid"),
        ({"details": "[1]"}, "contract-incomplete"),
    ],
)
async def test_a_life_that_does_not_lead_to_what_is_stated_is_refused(
    house: House, changes: dict[str, str], slug: str
) -> None:
    owed = await owed_after(house, file(PAID_OUT, CAME))
    head = HEAD | {"outstanding": owed} | changes
    taken = await twins.take(house.scene, written(file(PAID_OUT, CAME, head=head)), at=NOON)
    assert taken.taken == 0
    assert await house.count("contract") == 0
    if slug != "contract-incomplete":
        assert slug in {one.error.slug() for one in taken.refused}


SOUND = file(
    PAID_OUT,
    CAME,
    order(3, "waiver", "2025-12-01", "1.000", details=details(part="profit")),
    order(4, "payment_holiday", "2025-12-10", details=details(periods="٢")),
    order(5, "reversal", "2025-12-11", reverses="3", reason="error"),
    order(6, "write_off", "2026-01-20", booked_on="2026-01-21", reason="uncollectable"),
    order(7, "recovery", "2026-02-01", "٢٠.٠٠٠", channel="wallet"),
    head=HEAD | {"status": "written_off"},
    owed="900.000",
)


async def owed_after(house: House, rows: list[Cells]) -> str:
    """What the life leaves owed, as the refusal of a wrong balance tells it."""
    taken = await twins.take(house.scene, written(rows), at=NOON, is_trial=True)
    (refused,) = taken.refused
    return str(refused.error.computed)  # type: ignore[attr-defined] # OutstandingDiffers


async def lived(house: House) -> list[Cells]:
    owed = await owed_after(house, SOUND)
    rows = [dict(one) for one in SOUND]
    rows[2]["outstanding"] = rows[-1]["outstanding"] = owed
    return rows


async def test_a_trial_lives_it_all_and_writes_nothing(house: House) -> None:
    rows = await lived(house)
    before = await counted(house)
    taken = await twins.take(house.scene, written(rows), at=NOON, is_trial=True)
    assert (taken.taken, taken.refused) == (1, [])
    assert await counted(house) == before
    taken = await twins.take(house.scene, written(rows), at=NOON)
    assert (taken.taken, taken.moved, taken.refused) == (1, 7, [])
    await sound(house)


async def test_the_same_life_by_any_file_has_no_second_effect(house: House) -> None:
    rows = await lived(house)
    await twins.take(house.scene, written(rows), at=NOON)
    before = await counted(house)
    table = [[one.get(name, "") for name in COLUMNS] for one in rows]
    for content in (
        written(rows),
        sheets.xlsx_of(COLUMNS, table),
        to_western_digits(written(rows).decode("utf-8-sig")).encode("cp1256"),
    ):
        again = await twins.take(house.scene, content, at=NOON)
        assert (again.taken, again.known, again.refused) == (0, 1, [])
    assert await counted(house) == before


async def test_a_life_that_reads_otherwise_the_second_time_is_refused(house: House) -> None:
    rows = await lived(house)
    await twins.take(house.scene, written(rows), at=NOON)
    other = [one | {"reason": "policy"} if one.get("number") == "6" else one for one in rows]
    again = await twins.take(house.scene, written(other), at=NOON)
    assert [one.error.slug() for one in again.refused] == ["contract-changed"]


async def test_what_is_killed_within_a_life_leaves_nothing_and_comes_whole_again(
    house: House, monkeypatch: pytest.MonkeyPatch
) -> None:
    rows = await lived(house)
    before = await counted(house)

    async def killed(*_: Any, **__: Any) -> None:
        raise ConnectionError

    with monkeypatch.context() as torn:
        torn.setattr(reliving, "_take_back", killed)
        with pytest.raises(ConnectionError):
            await twins.take(house.scene, written(rows), at=NOON)
    assert await counted(house) == before
    taken = await twins.take(house.scene, written(rows), at=NOON)
    assert (taken.taken, taken.refused) == (1, [])
    await sound(house)


async def test_a_contract_of_one_name_twice_in_a_file_is_refused(house: House) -> None:
    rows = await lived(house)
    both = str(2 * Decimal(rows[2]["outstanding"]))
    twice = [*rows[:-1], rows[2] | {"sector": "trade"}, total(2, "2000.000", both)]
    taken = await twins.take(house.scene, written(twice), at=NOON)
    assert "name-twice" in {one.error.slug() for one in taken.refused}


async def test_reasons_of_a_refused_life_stand_in_the_quarantine_in_three_languages(
    house: House, tmp_path: Any
) -> None:
    rows = file(PAID_OUT, order(2, "refund", "2025-12-01", "1.000"))
    taken = await twins.take(house.scene, written(rows), at=NOON)
    said = set()
    for language in ("ar", "fr", "en"):
        path = tmp_path / f"{language}.csv"
        intake_files.write_quarantine(path, taken.refused, language=language)
        said.add(intake_files.quarantine_of(path).read_text("utf-8-sig"))
    assert len(said) == 3


async def test_what_is_signed_may_be_paid_out_here_if_its_fund_has_the_money(house: House) -> None:
    head = HEAD | {"status": "signed"}
    taken = await twins.take(house.scene, written(file(head=head, owed="0.000")), at=NOON)
    assert taken.refused == []
    committed = await house.scene.scalar(
        "select sum(amount_minor) from fund_claim where kind = 'commit'"
    )
    assert committed == 1_000_000
    await sound(house)
    contract_id = ContractId(await house.scene.scalar("select contract_id from contract"))  # type: ignore[arg-type] # an id
    async with house.scene.database.begin(house.scene.institution_id) as session:
        payout = Payout(contract_id=contract_id, disbursed_on=date(2025, 10, 20))
        await disbursements.disburse_contracts(session, [payout], actor=officer(house.scene))
    assert await house.scene.scalar("select status from contract") == "active"
    dear = HEAD | {"status": "signed", "reference": "OLD-10", "principal": "5000.000"}
    more = [dear | {"reference": f"OLD-1{number}"} for number in range(2)]
    rows = [*PEOPLE, *(one | {"outstanding": "0"} for one in more), total(2, "10000.000", "0.000")]
    taken = await twins.take(house.scene, written(rows), at=NOON)
    assert (taken.taken, [one.error.slug() for one in taken.refused]) == (1, ["claims-rest-on-due"])
    await sound(house)


async def closed(house: House) -> None:
    statement = text(
        "insert into closing (institution_id, closing_id, closed_through, actor_id)"
        " values (:i, :c, '2025-10-01', :i)"
    )
    scene = house.scene
    async with scene.database.begin(scene.institution_id) as session:
        await session.execute(statement, {"i": scene.institution_id, "c": ids.new()})


async def test_a_life_that_began_on_a_closed_day_is_refused(house: House) -> None:
    rows = await lived(house)
    await closed(house)
    taken = await twins.take(house.scene, written(rows), at=NOON)
    assert [one.error.slug() for one in taken.refused] == ["period-closed"]
