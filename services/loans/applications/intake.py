"""How do thousands of applications come in from a file, each line for itself, twice as once?"""

import contextlib
from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass
from datetime import date, datetime
from uuid import NAMESPACE_URL, UUID, uuid5

import orjson
from pydantic import ValidationError

from services.loans.applications import operations, queries
from services.loans.applications.schemas import ApplicationIn
from services.loans.applications.tables import ApplicationRow
from services.loans.domain import mapping
from services.loans.domain.application import Submission
from services.loans.domain.intake import IntakeFile, Line
from services.loans.domain.mapping import FieldRules, MappingUnclear, NotANumber, ValueUnknown
from services.loans.domain.product import Product
from services.loans.institutions import queries as institutions
from services.loans.products import queries as products
from shared import problems
from shared.auth import Actor, Role
from shared.db import TenantDb
from shared.errors import Kind, RafidError
from shared.ids import InstitutionId
from shared.texts import Language

# Who stands in the history as the maker of what came by file.
IMPORTER_ID = uuid5(NAMESPACE_URL, "rafid:loans:importer")
CHUNK = 250


class LineInvalid(RafidError):
    """The line does not make an application"""

    kind = Kind.RULE
    service = "loans"
    detail = "{faults}"
    faults: tuple[str, ...]


class BranchCodeUnknown(RafidError):
    """There is no branch of this code"""

    kind = Kind.NOT_FOUND
    service = "loans"
    detail = "No branch has the code {code}."
    code: str


@dataclass(frozen=True, slots=True, kw_only=True)
class Refused:
    """A line that was not taken in, and why."""

    line: Line
    error: RafidError


@dataclass(frozen=True, slots=True, kw_only=True)
class Taken:
    """What became of the lines of a file."""

    taken: int
    known: int
    refused: tuple[Refused, ...]


@dataclass(frozen=True, slots=True, kw_only=True)
class Order:
    """How a file is to be read: its rules, the product, the branches by code, the language.

    The rules may say `branch` and `product_code`, where the usual ones are not meant.
    """

    rules: FieldRules
    product_code: str
    branches: Mapping[str, UUID]
    branch_code: str | None
    language: Language
    at: datetime
    on: date


@dataclass(frozen=True, slots=True, kw_only=True)
class _Desk:
    """What every line of one file needs."""

    order: Order
    file: IntakeFile
    products: Mapping[str, Product]
    country: str


def importer(institution_id: InstitutionId) -> Actor:
    """The service that takes files in, as an actor of an institution."""
    roles = frozenset({Role.OFFICER})
    return Actor(id=IMPORTER_ID, institution_id=institution_id, roles=roles)


async def take_in(
    db: TenantDb, file: IntakeFile, order: Order, *, told: Callable[[int], None]
) -> Taken:
    """Submit every line that is not known yet, 250 to a transaction; call `told` after each.

    What was taken in before, by this or a broken-off run, has no effect. Raises `ColumnMissing`,
    `MappingUnclear`, `ProductNotFound`, before the first line.
    """
    order.rules.check(file.columns)
    async with db() as session:
        offered = {order.product_code: await products.product_by_code(session, order.product_code)}
        for code in _product_codes(file, order) - offered.keys():
            offered[code] = await products.product_by_code(session, code)
        country = (await institutions.institution(session)).country
    desk = _Desk(order=order, file=file, products=offered, country=country)
    taken = known = 0
    refused: list[Refused] = []
    for start in range(0, len(file.lines), CHUNK):
        lines = file.lines[start : start + CHUNK]
        outcomes = await _take_chunk(db, lines, desk=desk)
        for line, outcome in zip(lines, outcomes, strict=True):
            if isinstance(outcome, ApplicationRow):
                taken += 1
            elif outcome is None:
                known += 1
            else:
                refused.append(Refused(line=line, error=outcome))
        told(len(lines))
    return Taken(taken=taken, known=known, refused=tuple(refused))


def _product_codes(file: IntakeFile, order: Order) -> set[str]:
    """Every code that the rule gives for a line that it understands."""
    codes = set()
    for line in file.lines:
        if line.fault is None:
            with contextlib.suppress(ValueUnknown, NotANumber):  # the line itself will say so
                codes.add(_product_code(line, order))
    return codes


def _product_code(line: Line, order: Order) -> str:
    usual = order.product_code
    return order.rules.place("product_code", row=line.row, usual=usual, on=order.on) or usual


async def _take_chunk(
    db: TenantDb, lines: Sequence[Line], *, desk: _Desk
) -> list[ApplicationRow | RafidError | None]:
    """Take in some lines in one transaction; None stands for a line that is known already."""
    names = [desk.file.external_id(line) for line in lines]
    async with db.begin() as session:
        there = await queries.applications_by_external_id(session, names)
        outcomes: dict[int, ApplicationRow | RafidError | None] = {}
        submissions: dict[int, Submission] = {}
        for place, (line, name) in enumerate(zip(lines, names, strict=True)):
            if name in there:
                outcomes[place] = None
                continue
            try:
                submissions[place] = _submission(line, external_id=name, desk=desk)
            except RafidError as error:
                outcomes[place] = error
        submitted = await operations.submit_applications(
            session,
            list(submissions.values()),
            at=desk.order.at,
            on=desk.order.on,
            actor=importer(db.institution_id),
        )
        outcomes.update(zip(submissions, submitted, strict=True))
    return [outcomes[place] for place in range(len(lines))]


def _submission(line: Line, *, external_id: str, desk: _Desk) -> Submission:
    if line.fault is not None:
        raise line.fault
    order = desk.order
    product = desk.products[_product_code(line, order)]
    code = order.rules.place("branch", row=line.row, usual=order.branch_code, on=order.on)
    if code is None or code not in order.branches:
        raise BranchCodeUnknown(code=str(code))
    body = order.rules.body(row=line.row, currency=product.currency, on=order.on)
    own_name = body.pop("external_id", None)
    borrower = body.setdefault("borrower", {})
    borrower["branch_id"] = str(order.branches[code])
    borrower["external_id"] = own_name or external_id
    body["product_code"] = product.code
    told = _understood(body, language=order.language)
    if told.borrower is None:
        raise MappingUnclear(path="/borrower")
    return Submission(
        product=product,
        request=told.request(),
        borrower=told.borrower.new_borrower(country=desk.country),
        external_id=external_id,
    )


def _understood(body: mapping.Body, *, language: Language) -> ApplicationIn:
    try:
        return ApplicationIn.model_validate_json(orjson.dumps(body))
    except ValidationError as error:
        faults = tuple(
            f"{problems.pointer(('body', *fault['loc']))}: "
            + problems.fault_in_words(dict(fault), language=language)
            for fault in error.errors()
        )
        raise LineInvalid(faults=faults) from None
