"""What may be offered, who has authority over it, and what the rules decide by themselves."""

from typing import Any
from uuid import UUID, uuid4

import pytest

from services.loans.approvals import by_rules, operations
from services.loans.domain.authority import NoAuthorityLevel, RoleLacksAuthority
from services.loans.domain.chart import FundKind
from shared.auth import Role
from shared.ids import ApplicationId, FundId
from tests import bodies
from tests.fakes import FakeScoring
from tests.integration.loans.desks import (
    LEVELS,
    application_of,
    approval,
    decide,
    file_of,
    level,
    open_fund,
    problem,
)
from tests.office import NOW, TODAY, Office


async def test_an_approval_against_the_rules_needs_its_own_reason(
    desk: Office, scoring: FakeScoring
) -> None:
    scoring.points = 20
    fund, application = await open_fund(desk), await application_of(desk)
    approver = desk.caller(Role.APPROVER)
    answer = await decide(approver, application, approval(fund))
    assert problem(answer) == (422, "override-reason-missing")
    body = approval(fund, override_reason="guaranteed by the cooperative")
    decided = (await decide(approver, application, body)).json()["decision"]
    assert decided["recommended"] == "reject"
    assert decided["override_reason"] == "guaranteed by the cooperative"


@pytest.mark.parametrize(
    ("changes", "expected"),
    [
        ({"menu_line": None}, "offer-missing"),
        ({"fund_id": None}, "offer-missing"),
        ({"menu_line": 9}, "menu-line-unknown"),
        (
            {"menu_line": None, "terms": {"amount": bodies.amount("1000.001"), "term_months": 12}},
            "offer-above-asked",
        ),
        (
            {"menu_line": None, "terms": {"amount": bodies.amount("1000.000"), "term_months": 25}},
            "outside-product",
        ),
        (
            {"menu_line": None, "terms": {"amount": bodies.amount("99.000"), "term_months": 12}},
            "outside-product",
        ),
        (
            {
                "menu_line": None,
                "terms": {
                    "amount": bodies.amount("500.000"), "term_months": 12, "annual_rate": "0.01",
                },
            },
            "outside-product",
        ),
        ({"outcome": "reject"}, "offer-not-asked"),
    ],
)  # fmt: skip
async def test_an_offer_that_cannot_be_made_is_refused(
    desk: Office, changes: dict[str, Any], expected: str
) -> None:
    fund, application = await open_fund(desk), await application_of(desk)
    answer = await decide(desk.caller(Role.APPROVER), application, approval(fund) | changes)
    assert problem(answer) == (422, expected)


async def test_less_than_asked_may_be_offered_at_the_usual_rate(desk: Office) -> None:
    fund = await open_fund(desk, kind=FundKind.COMMERCIAL)
    application = await application_of(desk, product_code="LOAN")
    terms = {"amount": bodies.amount("700.000"), "term_months": 10}
    body = approval(fund, menu_line=None, terms=terms, override_reason="visited")
    offer = (await decide(desk.caller(Role.APPROVER), application, body)).json()["decision"][
        "offer"
    ]
    assert (offer["amount"]["amount"], offer["annual_rate"]) == ("700.000", "0.18")


async def test_the_amount_offered_decides_which_levels_are_needed(desk: Office) -> None:
    fund = await open_fund(desk)
    application = await application_of(desk, amount=bodies.amount("3000.000"))
    terms = {"amount": bodies.amount("2000.000"), "term_months": 12}
    body = approval(fund, menu_line=None, terms=terms, override_reason="visited")
    answer = await decide(desk.caller(Role.APPROVER), application, body)
    assert answer.json()["status"] == "approved"


async def test_levels_of_a_product_or_fund_speak_alone_and_end(desk: Office) -> None:
    fund = await open_fund(desk)
    narrow = await level(desk, 1, "500.000", fund_id=fund)
    application = await application_of(desk)
    approver = desk.caller(Role.APPROVER)
    answer = await decide(approver, application, approval(fund))
    assert problem(answer) == (422, "no-authority-level")
    admin = desk.caller(Role.ADMINISTRATOR)
    path = f"{LEVELS}/{narrow['authority_level_id']}/end"
    assert (await admin.post(path, None)).json()["in_force"] is False
    assert (await decide(approver, application, approval(fund))).status_code == 201
    listed = (await admin.get(LEVELS)).json()["items"]
    assert [one["in_force"] for one in listed] == [True, True, False]


async def test_an_authority_over_what_does_not_exist_is_refused(desk: Office) -> None:
    admin = desk.caller(Role.ADMINISTRATOR)
    body = {"max_amount": bodies.amount("1.000"), "level": 1, "role": "approver"}
    for stray in ("product_id", "fund_id"):
        assert (await admin.post(LEVELS, body | {stray: str(uuid4())})).status_code == 404
    assert (await admin.post(LEVELS, body | {"role": "donor"})).status_code == 422
    for nothing in ("0.000", "-1.000"):
        empty = await admin.post(LEVELS, body | {"max_amount": bodies.amount(nothing)})
        assert problem(empty) == (422, "authority-empty")
    assert (await admin.post(f"{LEVELS}/{uuid4()}/end", None)).status_code == 404
    for role in set(Role) - {Role.ADMINISTRATOR}:
        assert (await desk.caller(role).post(LEVELS, body)).status_code == 403


async def test_the_rules_decide_where_they_have_authority_and_leave_the_rest_to_people(
    desk: Office, scoring: FakeScoring
) -> None:
    fund = FundId(UUID(await open_fund(desk, holds="1500.000")))
    cases = {"good": 70, "poor": 20, "doubtful": 45, "second": 80, "large": 90}
    made: dict[str, ApplicationId] = {}
    for day, (name, points) in enumerate(cases.items()):
        scoring.points = points
        amount = bodies.amount("3000.000" if name == "large" else "1000.000")
        made[name] = ApplicationId(UUID(await application_of(desk, day=day, amount=amount)))

    async def decided_by_rules() -> dict[str, Any]:
        async with desk.database.begin(desk.institution_id) as session:
            outcomes = await by_rules.decide_by_rules(
                session, list(made.values()), fund_id=fund, at=NOW, on=TODAY
            )
        return dict(zip(made, outcomes, strict=True))

    before = await decided_by_rules()
    assert before["doubtful"] is None
    assert all(isinstance(before[name], RoleLacksAuthority) for name in ("good", "poor"))
    product = (await file_of(desk, str(made["good"])))["product_id"]
    await level(desk, 1, "2000.000", role="service", product_id=product)
    after = await decided_by_rules()
    assert isinstance(after["large"], NoAuthorityLevel)
    states = {name: (await file_of(desk, str(one)))["status"] for name, one in made.items()}
    assert states == {
        "good": "approved", "poor": "rejected", "doubtful": "assessed",
        "second": "waiting_for_funds", "large": "assessed",
    }  # fmt: skip
    decided = (await file_of(desk, str(made["good"])))["decisions"][0]
    assert decided["actor_id"] == str(operations.RULES_ID)
    assert decided["reasons"] == ["rules of QARD version 1: 70 points"]


async def test_who_refused_to_be_decided_on_by_rules_waits_for_a_person(
    desk: Office, scoring: FakeScoring
) -> None:
    fund = FundId(UUID(await open_fund(desk, holds="9000.000")))
    scoring.points = 80
    made = [await application_of(desk, day=day) for day in range(3)]
    files = [await file_of(desk, application) for application in made]
    await level(desk, 1, "2000.000", role="service", product_id=files[0]["product_id"])
    said = {0: [False], 1: [False, True], 2: []}
    for place, words in said.items():
        path = f"/loans/v1/borrowers/{files[place]['borrower_id']}/consents"
        for granted in words:
            body = {
                "purpose": "automatic_decision", "granted": granted,
                "effective_on": TODAY.isoformat(),
            }  # fmt: skip
            answer = await desk.caller(Role.OFFICER).post(path, body)
            assert answer.status_code == 201, answer.text

    async with desk.database.begin(desk.institution_id) as session:
        await by_rules.decide_by_rules(
            session,
            [ApplicationId(UUID(application)) for application in made],
            fund_id=fund,
            at=NOW,
            on=TODAY,
        )

    states = [(await file_of(desk, application))["status"] for application in made]
    assert states == ["assessed", "approved", "approved"]


async def test_a_fund_that_may_not_pay_refuses_and_nothing_is_decided(desk: Office) -> None:
    commercial = await open_fund(desk, kind=FundKind.COMMERCIAL)
    application = await application_of(desk)
    answer = await decide(desk.caller(Role.APPROVER), application, approval(commercial))
    assert problem(answer) == (422, "fund-restricted")
    file = await file_of(desk, application)
    assert (file["status"], file["decisions"]) == ("assessed", [])
    large = await application_of(desk, amount=bodies.amount("3000.000"), day=2)
    early = await decide(desk.caller(Role.APPROVER), large, approval(commercial))
    assert problem(early) == (422, "fund-restricted")


async def test_an_unknown_fund_is_not_found(desk: Office) -> None:
    application = await application_of(desk)
    answer = await decide(desk.caller(Role.APPROVER), application, approval(str(uuid4())))
    assert answer.status_code == 404


@pytest.mark.parametrize(
    "changes",
    [
        {"reasons": []},
        {"reasons": [""]},
        {"reasons": ["x" * 501]},
        {"reasons": "because"},
        {"outcome": "perhaps"},
        {"terms": {"amount": bodies.amount("1.000"), "term_months": 1}},
        {"menu_line": "1"},
        {"level": 0},
        {"fund_id": "waqf"},
    ],
)
async def test_a_body_of_another_form_is_refused(desk: Office, changes: dict[str, Any]) -> None:
    application = await application_of(desk)
    answer = await decide(desk.caller(Role.APPROVER), application, approval(str(uuid4())) | changes)
    assert (answer.status_code, answer.json()["type"]) == (422, "/problems/invalid-request")
