"""A refused reservation names rule, source and date in the language of who asked for it."""

import pytest

from services.loans.domain.chart import FundKind
from shared import ids
from shared.auth import Role
from tests.integration.loans.desks import (
    APPLICATIONS,
    application_of,
    approval,
    open_fund,
    problem,
    reserved,
)
from tests.office import Office


@pytest.mark.parametrize(
    ("language", "first", "second"),
    [
        (
            "ar",
            ("لا يقدم المنتج من صناديق هذا النوع", "رافد: شروط الصندوق والمنتج"),
            (
                "صندوق من هذا النوع لا يمول بهذه الصيغة إلا بفتوى، ولم تسجل فتوى",
                "علي القره داغي، فتوى في الإقراض من أموال الزكاة",
            ),
        ),
        (
            "fr",
            (
                "le produit n’est pas offert par des fonds de ce type",
                "Rafid : conditions du fonds et du produit",
            ),
            (
                (
                    "un fonds de ce type ne finance ce mode qu’avec un avis charia,"
                    " et aucun n’est enregistré"
                ),
                "Ali al-Qaradaghi, fatwa sur le prêt à partir de la zakat",
            ),
        ),
    ],
)
async def test_a_refused_reservation_is_told_in_the_readers_language(
    desk: Office, language: str, first: tuple[str, str], second: tuple[str, str]
) -> None:
    fund = await open_fund(desk, kind=FundKind.ZAKAT)
    application = await application_of(desk)

    answer = await desk.caller(Role.APPROVER).post(
        f"{APPLICATIONS}/{application}/decisions",
        approval(fund),
        Idempotency_Key=str(ids.new()),
        Accept_Language=language,
    )

    assert problem(answer) == (422, "fund-restricted")
    told = answer.json()
    assert (told["reason"], told["source"]) == first
    assert all(words in told["detail"] for words in first)
    assert [(one["reason"], one["source"]) for one in told["refusals"]] == [first, second]
    assert [(one["rule"], one["in_force_from"]) for one in told["refusals"]] == [
        ("product-fund-kinds", None),
        ("zakat-qard", "2021-11-28"),
    ]
    assert await reserved(desk) == 0
