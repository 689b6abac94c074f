"""How is the demonstration institution founded, and with which words are its people let in?"""

import asyncio
from collections.abc import Mapping, Sequence
from dataclasses import dataclass, replace
from datetime import date

from sqlalchemy.ext.asyncio import AsyncSession

from services.demonstration import agreeing, making, queries, ruling
from services.demonstration import institution as plan
from services.demonstration.queries import Founded
from services.loans.approvals import operations as approvals
from services.loans.domain.terms import is_sharia_bound
from services.loans.funds import donors as givers
from services.loans.funds import operations as funds
from services.loans.institutions import operations as institutions
from services.loans.institutions import passwords
from services.loans.institutions import queries as institution_queries
from services.loans.products import operations as products
from shared import ids
from shared.auth import Actor, Role
from shared.clock import Clock
from shared.db import TenantDb
from shared.ids import BranchId, ClientId, DonorId, InstitutionId, ProductId
from shared.schemas import Page


@dataclass(frozen=True, slots=True, kw_only=True)
class Credential:
    """How somebody signs in, or a program asks for a token; the secret is shown once."""

    roles: tuple[str, ...]
    login: str
    secret: str
    variable: str | None = None

    @property
    def is_program(self) -> bool:
        """Whether it is a program's, kept in a variable of the shell."""
        return self.variable is not None


@dataclass(frozen=True, slots=True)
class _Secret:
    text: str
    hash: str


async def is_founded(db: TenantDb) -> bool:
    """Whether the institution exists."""
    async with db() as session:
        return await queries.is_founded(session)


async def found(
    db: TenantDb, *, contracts: int, since: date, code: str = plan.CODE
) -> list[Credential]:
    """Found the institution with everything but its business, all or nothing.

    Funds are open and products offered `since` the day the history begins. Returns the
    credentials, made at random; only their hashes are kept.
    """
    logins = [post.login for post in plan.STAFF]
    words = await asyncio.gather(*(_secret(passwords.new_password()) for _ in logins))
    keys = await asyncio.gather(*(_secret(passwords.new_secret()) for _ in plan.PROGRAMS))
    async with db.begin() as session:
        founded = await institutions.create_institution(
            session,
            code=code,
            names=plan.NAMES,
            country=plan.COUNTRY,
            currency=plan.CURRENCY,
            timezone=plan.TIMEZONE,
            administrator_login=plan.ADMINISTRATOR,
        )
        chief = Actor(
            id=founded.administrator.staff_id,
            institution_id=db.institution_id,
            roles=frozenset({Role.ADMINISTRATOR}),
        )
        branches = {}
        for branch in plan.BRANCHES:
            row = await institutions.create_branch(
                session, code=branch.code, names=branch.names, region=branch.region
            )
            branches[branch.code] = BranchId(row.branch_id)
        donors = await _fund(session, contracts=contracts, since=since, actor=chief)
        await _employ(
            session, dict(zip(logins, words, strict=True)), branches=branches, donors=donors
        )
        for program, key in zip(plan.PROGRAMS, keys, strict=True):
            await institutions.create_client(
                session, name=program.name, roles=program.roles, secret_hash=key.hash
            )
        manager = await _manager(session, actor=chief)
        await _offer(session, since=since, actor=chief, second=manager)
        await agreeing.sign(session, donors=donors, since=since, maker=manager, checker=chief)
    chief_word = Credential(
        roles=(Role.ADMINISTRATOR,), login=founded.login, secret=founded.password
    )
    staff = [
        _of_post(post, word.text, code=code) for post, word in zip(plan.STAFF, words, strict=True)
    ]
    programs = [
        _of_program(program, key.text, login=f"{code}.{program.name}")
        for program, key in zip(plan.PROGRAMS, keys, strict=True)
    ]
    return [chief_word, *staff, *programs]


async def _secret(text: str) -> _Secret:
    return _Secret(text, await passwords.hashed(text))


async def _fund(
    session: AsyncSession, *, contracts: int, since: date, actor: Actor
) -> dict[str, DonorId]:
    """Open the funds and link those who give to them."""
    donors = {}
    for donor in plan.DONORS:
        row = await givers.create_donor(
            session, code=donor.code, names=donor.names, actor_id=actor.id
        )
        donors[donor.code] = DonorId(row.donor_id)
    for one in plan.FUNDS:
        fund = await funds.create_fund(
            session,
            code=one.code,
            kind=one.kind,
            names=one.names,
            floor=making.scaled(one.floor, making.scale(contracts)),
            lending_ruling=None,
            on=since,
            actor_id=actor.id,
        )
        await givers.link_donor(
            session, fund_id=fund.fund_id, donor_id=donors[one.donor], actor_id=actor.id
        )
    return donors


async def _employ(
    session: AsyncSession,
    words: Mapping[str, _Secret],
    *,
    branches: Mapping[str, BranchId],
    donors: Mapping[str, DonorId],
) -> None:
    for post in plan.STAFF:
        await institutions.create_staff(
            session,
            login=post.login,
            name=post.name,
            roles=post.roles,
            password_hash=words[post.login].hash,
            branch_ids=[branches[post.branch]] if post.branch else None,
            donor_id=donors[post.donor] if post.donor else None,
        )


async def _manager(session: AsyncSession, *, actor: Actor) -> Actor:
    """Whoever runs the funds: what one of the two enters the other approves."""
    manager = await institution_queries.find_staff_by_login(session, plan.FUNDS_MANAGER)
    if manager is None:
        raise LookupError(f"nobody signs in as {plan.FUNDS_MANAGER}")
    return replace(actor, id=manager.staff_id, roles=frozenset({Role.FUNDS_MANAGER}))


async def _offer(session: AsyncSession, *, since: date, actor: Actor, second: Actor) -> None:
    """Offer the products under a board's ruling, and say who decides up to how much."""
    ruling_id = await ruling.register(
        session, country=plan.COUNTRY, on=since, maker=second, checker=actor
    )
    for offer in plan.OFFERS:
        is_bound = is_sharia_bound(offer.product.mode_of_finance)
        offered = replace(
            offer.product,
            product_id=ProductId(ids.new()),
            ruling_id=ruling_id if is_bound else None,
        )
        await products.create_product(session, offered, names=offer.names, on=since, actor=actor)
    for level, most in plan.AUTHORITY:
        await approvals.set_authority_level(
            session,
            product_id=None,
            fund_id=None,
            max_amount=most,
            level=level,
            role=Role.APPROVER,
            actor=actor,
        )


async def renew_credentials(db: TenantDb, *, clock: Clock) -> list[Credential]:
    """Give everybody another password, and the programs other names and secrets."""
    posts = [
        plan.Post(
            login=plan.ADMINISTRATOR,
            name=plan.ADMINISTRATOR,
            roles=frozenset({Role.ADMINISTRATOR}),
        ),
        *plan.STAFF,
    ]
    words = await asyncio.gather(*(_secret(passwords.new_password()) for _ in posts))
    keys = await asyncio.gather(*(_secret(passwords.new_secret()) for _ in plan.PROGRAMS))
    mark = ids.new().hex[-6:]
    async with db.begin() as session:
        founded = await queries.founded(session)
        code = (await institution_queries.institution(session)).code
        for post, word in zip(posts, words, strict=True):
            staff_id = founded.staff[post.login]
            await institutions.reset_password(session, staff_id, password_hash=word.hash)
        for row in await institution_queries.clients(session, page=Page()):
            if row.name.startswith(tuple(program.name for program in plan.PROGRAMS)):
                await institutions.deactivate_client(
                    session, ClientId(row.client_id), at=clock.now()
                )
        for program, key in zip(plan.PROGRAMS, keys, strict=True):
            await institutions.create_client(
                session,
                name=f"{program.name}-{mark}",
                roles=program.roles,
                secret_hash=key.hash,
            )
    staff = [_of_post(post, word.text, code=code) for post, word in zip(posts, words, strict=True)]
    programs = [
        _of_program(program, key.text, login=f"{code}.{program.name}-{mark}")
        for program, key in zip(plan.PROGRAMS, keys, strict=True)
    ]
    return [*staff, *programs]


def _of_post(post: plan.Post, password: str, *, code: str) -> Credential:
    return Credential(
        roles=tuple(sorted(post.roles)), login=f"{post.login}@{code}", secret=password
    )


def _of_program(program: plan.Program, secret: str, *, login: str) -> Credential:
    return Credential(
        roles=tuple(sorted(program.roles)),
        login=login,
        secret=secret,
        variable=program.variable,
    )


async def variables(db: TenantDb, credentials: Sequence[Credential], *, url: str) -> dict[str, str]:
    """Give what the calls of the README read from the shell: address, programs, ids."""
    async with db() as session:
        founded = await queries.founded(session)
    return {
        "RAFID_URL": url,
        **{one.variable: f"{one.login}:{one.secret}" for one in credentials if one.variable},
        "RAFID_BRANCH": str(founded.branches[plan.FIRST_LOAN_BRANCH]),
        "RAFID_FUND": str(founded.funds[plan.FIRST_LOAN_FUND]),
    }


def actor_of(founded: Founded, login: str, *, institution_id: InstitutionId) -> Actor:
    """Somebody of the staff, as the operations know them."""
    post = next(post for post in plan.STAFF if post.login == login)
    branches: Sequence[BranchId] = [BranchId(founded.branches[post.branch])] if post.branch else ()
    return Actor(
        id=founded.staff[login],
        institution_id=institution_id,
        roles=post.roles,
        branch_ids=frozenset(branches) if post.branch else None,
    )
