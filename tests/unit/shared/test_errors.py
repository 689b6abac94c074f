"""An error is a fact with a title, an address, members, and a sentence made of them."""

import pickle
import types
from collections.abc import Iterator, Mapping
from contextlib import contextmanager
from dataclasses import dataclass
from datetime import UTC, date, datetime
from decimal import Decimal
from enum import IntEnum, StrEnum
from uuid import UUID

import pytest

from shared.errors import Filled, InvalidValue, Kind, RafidError, Sentence, to_json, to_text
from shared.money import CurrencyMismatch, Money, UnknownCurrency
from shared.periods import Period

FUND = UUID("0198c0de-0000-7000-8000-000000000001")


class Colour(StrEnum):
    GREEN = "green"


class Level(IntEnum):
    TWO = 2


class FundIsShort(RafidError):
    """The fund is short

    What stands here is for developers.
    """

    kind = Kind.CONFLICT
    service = "loans"
    detail = "{fund_id} misses {missing}, asked of {names}."
    fund_id: UUID
    missing: Money
    names: list[str]


class FundIsVeryShort(FundIsShort):
    """The fund is very short"""

    since: date | None = None


def short() -> FundIsShort:
    return FundIsShort(fund_id=FUND, missing=Money(125_500, "JOD"), names=["a", "b"])


def test_the_title_is_the_first_line_of_the_docstring() -> None:
    assert FundIsShort.title() == "The fund is short"


@pytest.mark.parametrize(
    ("name", "slug"),
    [
        ("FundIsShort", "fund-is-short"),
        ("NotAnAmount", "not-an-amount"),
        ("PAR30Missing", "par30-missing"),
        ("JWTExpired", "jwt-expired"),
    ],
)
def test_the_slug_is_the_name_in_words(name: str, slug: str) -> None:
    error: type[RafidError] = types.new_class(
        name, (RafidError,), exec_body=lambda body: body.update(__doc__="A title")
    )

    assert error.slug() == slug


def test_the_address_names_service_and_error() -> None:
    assert FundIsShort.type_uri() == "/problems/loans/fund-is-short"
    assert UnknownCurrency.type_uri() == "/problems/shared/unknown-currency"


def test_members_are_ready_for_json() -> None:
    assert short().fields() == {
        "fund_id": str(FUND),
        "missing": {"amount": "125.500", "currency": "JOD"},
        "names": ["a", "b"],
    }


def test_the_sentence_holds_the_members() -> None:
    assert str(short()) == f"{FUND} misses 125.500 JOD, asked of a, b."


def test_an_error_inherits_members_and_sentence() -> None:
    error = FundIsVeryShort(fund_id=FUND, missing=Money(1, "JOD"), names=[])

    assert error.kind is Kind.CONFLICT
    assert error.fields()["since"] is None
    assert error.type_uri() == "/problems/loans/fund-is-very-short"


def test_members_are_given_by_name() -> None:
    with pytest.raises(TypeError):
        FundIsShort(FUND, Money(1, "JOD"), [])  # type: ignore[call-arg]


def test_an_error_needs_a_title() -> None:
    with pytest.raises(TypeError, match="docstring"):
        type("Untitled", (RafidError,), {})


@pytest.mark.parametrize("name", ["status", "detail", "type", "fields"])
def test_a_member_cannot_take_a_name_that_means_something_else(name: str) -> None:
    with pytest.raises(TypeError, match=name):
        type("Clashing", (RafidError,), {"__doc__": "A title", "__annotations__": {name: str}})


def test_an_error_survives_a_context_manager() -> None:
    @contextmanager
    def session() -> Iterator[None]:
        yield

    error = short()
    with pytest.raises(FundIsShort) as raised, session():
        raise error

    assert raised.value is error
    assert error.__traceback__ is not None


def test_a_decorator_that_freezes_does_no_harm() -> None:
    @dataclass(frozen=True, kw_only=True, eq=False)
    class Frozen(RafidError):
        """A title"""

        detail = "{name}"
        name: str

    error = Frozen(name="x")
    error.__traceback__ = None
    error.__cause__ = None

    assert str(error) == "x"


def test_an_error_travels_between_processes() -> None:
    error = short()
    copy = pickle.loads(pickle.dumps(error))  # noqa: S301 - our own bytes

    assert type(copy) is FundIsShort
    assert copy.fields() == error.fields()


def test_two_errors_are_never_the_same() -> None:
    assert short() != short()
    assert len({short(), short()}) == 2


def test_the_catalogue_knows_the_errors_of_the_house_only() -> None:
    known = RafidError.all()

    assert CurrencyMismatch in known
    assert FundIsShort not in known
    assert InvalidValue not in known
    assert [error.type_uri() for error in known] == sorted({error.type_uri() for error in known})
    assert CurrencyMismatch in InvalidValue.all()


@pytest.mark.parametrize(
    ("value", "written"),
    [
        (None, None),
        (True, True),
        (3, 3),
        ("x", "x"),
        (Decimal("1E+3"), "1000"),
        (Decimal("0.180"), "0.180"),
        (date(2026, 3, 31), "2026-03-31"),
        (datetime(2026, 3, 31, 8, tzinfo=UTC), "2026-03-31T08:00:00+00:00"),
        (Colour.GREEN, "green"),
        (Level.TWO, 2),
        (FUND, str(FUND)),
        ([Money(1, "JOD")], [{"amount": "0.001", "currency": "JOD"}]),
        ((1, "a"), [1, "a"]),
        (frozenset({"b", "a"}), ["a", "b"]),
        ({Colour.GREEN: 1}, {"green": 1}),
        (Period(date(2026, 1, 1), date(2026, 2, 1)), {"start": "2026-01-01", "end": "2026-02-01"}),
    ],
)
def test_a_value_is_written_as_json(value: object, written: object) -> None:
    assert to_json(value) == written


@pytest.mark.parametrize("value", [b"bytes", 0.5, object()])
def test_a_value_without_a_rule_is_a_bug(value: object) -> None:
    with pytest.raises(TypeError, match="no rule"):
        to_json(value)


@pytest.mark.parametrize(
    ("value", "said"),
    [
        (None, "–"),
        (Money(1, "JOD"), "0.001 JOD"),
        (["a", 2, None], "a, 2, –"),
        ([], ""),
        ({"scheme": "angem", "micro": True}, "scheme: angem, micro: True"),
        (Period(date(2026, 1, 1), date(2026, 2, 1)), "2026-01-01/2026-02-01"),
        (Decimal("0.18"), "0.18"),
    ],
)
def test_a_value_is_said_in_a_sentence(value: object, said: str) -> None:
    assert to_text(value) == said


def test_the_texts_of_a_value_are_said_in_the_readers_language() -> None:
    def say(text: str) -> str:
        return {"a": "A", ", ": " / ", "scheme": "SCHEME"}.get(text, text)

    assert to_text("a", say=say) == "A"
    assert to_text(["a", 2, None], say=say) == "A / 2 / –"
    assert to_text({"scheme": "a"}, say=say) == "SCHEME: A"
    assert to_text(Money(1, "JOD"), say=say) == "0.001 JOD"


def test_a_sentence_is_a_text_that_stays_marked_in_json() -> None:
    written = to_json({"why": Sentence("too dear"), "rule": "dear"})

    assert written == {"why": "too dear", "rule": "dear"}
    assert isinstance(written, dict)
    assert {name for name, said in written.items() if isinstance(said, Sentence)} == {"why"}


def test_every_error_of_the_house_can_be_told() -> None:
    for error in RafidError.all():
        members: Mapping[str, object] = error.__dataclass_fields__  # type: ignore[attr-defined]
        assert error.title()
        assert error.detail.format_map(dict.fromkeys(members, "x"))


def test_a_filled_sentence_says_its_pattern_and_its_members_in_the_language() -> None:
    words = {"at most {amount} for {who}": "{who} : {amount} au plus", "women": "les femmes"}
    filled = Filled(Sentence("at most {amount} for {who}"), amount=5, who=Sentence("women"))
    assert filled == "at most 5 for women"

    def say(text: str) -> str:
        return words.get(text, text)

    assert filled.said(say) == "les femmes : 5 au plus"
    assert to_text({"why": filled}, say=say) == "why: les femmes : 5 au plus"
    assert to_json([filled]) == ["at most 5 for women"]
    outer = Filled(Sentence("({inner})"), inner=filled)
    assert outer.said(say) == "(les femmes : 5 au plus)"


def test_a_filled_sentence_takes_what_people_wrote_as_it_is() -> None:
    filled = Filled(Sentence("{text}"), text="{not} a member, {0} neither")
    assert filled.said(str) == "{not} a member, {0} neither"


def test_a_filled_sentence_survives_a_journey_between_processes() -> None:
    filled = Filled(Sentence("at most {amount}"), amount=5)
    again = pickle.loads(pickle.dumps(filled))  # noqa: S301 - our own
    assert (again, again.pattern, again.members) == (filled, filled.pattern, {"amount": 5})
