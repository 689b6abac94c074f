"""A token is believed for what its issuer signed, as long as it holds, and for nothing else."""

import base64
import hmac
import json
from datetime import timedelta
from typing import Annotated, Any
from uuid import UUID

import pytest
from fastapi import Depends, FastAPI
from fastapi.routing import iter_route_contexts
from joserfc import jwt
from joserfc.jwk import ECKey

from shared.auth import (
    CLOCK_SKEW_SECONDS,
    NOWHERE,
    Actor,
    Claims,
    ForeignInstitution,
    InstitutionNotNamed,
    Role,
    TokenExpired,
    TokenRefused,
    TokenVerifier,
    require,
    roles_of,
)
from shared.ids import BranchId, InstitutionId
from shared.jwks import GivenKeys
from tests.tokens import AUDIENCE, INSTITUTION, ISSUER, OTHER_INSTITUTION, SUBJECT, Signer

BRANCH, DONOR = UUID(int=3), UUID(int=4)


def encoded(part: object) -> str:
    return base64.urlsafe_b64encode(json.dumps(part).encode()).decode().rstrip("=")


async def reason_of(verifier: TokenVerifier, token: str) -> str:
    with pytest.raises(TokenRefused) as refused:
        await verifier.verify(token)
    return refused.value.reason


async def test_a_token_tells_who_acts_where_and_as_what() -> None:
    signer = Signer()
    token = signer.token(roles=["officer", "donor"], branches=[str(BRANCH)], donor=str(DONOR))

    actor = await signer.verifier().verify(token)

    assert actor.id == SUBJECT
    assert actor.institution_id == INSTITUTION
    assert actor.roles == {Role.OFFICER, Role.DONOR}
    assert actor.branch_ids == frozenset({BranchId(BRANCH)})
    assert actor.donor_id == DONOR


async def test_without_branches_an_actor_sees_all_and_with_them_only_those() -> None:
    signer = Signer()
    everywhere = await signer.verifier().verify(signer.token())
    here = await signer.verifier().verify(signer.token(branches=[str(BRANCH)]))
    nowhere = await signer.verifier().verify(signer.token(branches=[]))

    assert everywhere.sees_branch(BranchId(BRANCH))
    assert here.sees_branch(BranchId(BRANCH))
    assert not here.sees_branch(BranchId(UUID(int=9)))
    assert not nowhere.sees_branch(BranchId(BRANCH))


async def test_another_issuer_may_call_its_claims_otherwise() -> None:
    signer = Signer()
    claims = Claims(institution="org.id", roles="realm_access.roles", donor="https://x/donor")
    token = signer.token(
        institution=None,
        roles=None,
        org={"id": str(INSTITUTION)},
        realm_access={"roles": ["approver", "offline_access"]},
        **{"https://x/donor": str(DONOR)},
    )

    actor = await signer.verifier(claims=claims).verify(token)

    assert (actor.institution_id, actor.donor_id) == (INSTITUTION, DONOR)
    assert actor.roles == {Role.APPROVER}, "roles that are not ours are passed over"


async def test_a_subject_that_is_no_uuid_becomes_the_same_one_each_time() -> None:
    signer = Signer()
    first = await signer.verifier().verify(signer.token(sub="auth0|amina"))
    second = await signer.verifier().verify(signer.token(sub="auth0|amina", jti="another"))
    other = await signer.verifier().verify(signer.token(sub="auth0|bilal"))

    assert first.id == second.id
    assert first.id != other.id


async def test_a_changed_claim_breaks_the_signature() -> None:
    signer = Signer()
    head, _, signature = signer.token().split(".")
    forged = f"{head}.{encoded(signer.claims(roles=['administrator']))}.{signature}"

    assert await reason_of(signer.verifier(), forged) == "signature"


async def test_a_token_without_signature_is_refused() -> None:
    signer = Signer()
    kid = signer.key.kid
    for algorithm in ("none", "None", "NONE"):
        unsigned = f"{encoded({'alg': algorithm, 'kid': kid})}.{encoded(signer.claims())}."
        assert await reason_of(signer.verifier(), unsigned) == "unsupported_algorithm"


async def test_the_public_key_is_no_password() -> None:
    """A verifier that believes the header's algorithm takes the public key for a shared secret."""
    signer = Signer()
    content = f"{encoded({'alg': 'HS256', 'kid': signer.key.kid})}.{encoded(signer.claims())}"
    for secret in (signer.key.as_pem(private=False), signer.key.as_der(private=False)):
        digest = hmac.digest(secret, content.encode(), "sha256")
        forged = f"{content}.{base64.urlsafe_b64encode(digest).decode().rstrip('=')}"
        assert await reason_of(signer.verifier(), forged) == "unsupported_algorithm"


async def test_another_key_under_the_same_name_is_refused() -> None:
    signer = Signer()
    stranger = ECKey.generate_key("P-256")
    forged = jwt.encode({"alg": "ES256", "kid": signer.key.kid}, signer.claims(), stranger)

    assert await reason_of(signer.verifier(), forged) == "signature"


@pytest.mark.parametrize(
    "changes",
    [
        {"iss": "https://stranger.example"},
        {"iss": None},
        {"aud": "another-service"},
        {"aud": None},
        {"exp": None},
        {"exp": "tomorrow"},
        {"sub": None},
        {"nbf": 4_000_000_000},
        {"institution": None},
        {"institution": "aman"},
        {"institution": ["*"]},
        {"branches": ["amman"]},
        {"branches": 7},
        {"donor": "zakat house"},
        {"roles": 7},
        {"institution": "*"},
        {"institution": "*", "roles": ["administrator"]},
    ],
)
async def test_claims_that_are_not_in_order_are_refused(changes: dict[str, Any]) -> None:
    signer = Signer()
    with pytest.raises(TokenRefused):
        await signer.verifier().verify(signer.token(**changes))


@pytest.mark.parametrize(
    "token",
    ["", "a", "a.b.c", "....", "e30.e30.e30", "[]", "W10.W10.W10", "ش.ش.ش", "\x00", "x" * 9_000],
)
async def test_what_is_no_token_is_refused(token: str) -> None:
    with pytest.raises(TokenRefused):
        await Signer().verifier().verify(token)


async def test_a_deeply_nested_header_is_refused() -> None:
    deep = base64.urlsafe_b64encode(b"[" * 5_000).decode()
    with pytest.raises(TokenRefused):
        await Signer().verifier().verify(f"{deep}.e30.e30")


async def test_a_token_ends_when_it_says_also_where_it_is_remembered() -> None:
    signer = Signer()
    verifier, token = signer.verifier(), signer.token()
    await verifier.verify(token)

    signer.clock.advance(timedelta(seconds=599))
    await verifier.verify(token)
    signer.clock.advance(timedelta(seconds=2 + CLOCK_SKEW_SECONDS))

    with pytest.raises(TokenExpired):
        await verifier.verify(token)


async def test_clocks_may_differ_a_little() -> None:
    signer = Signer()
    now = int(signer.clock.now().timestamp())
    late = signer.token(exp=now - CLOCK_SKEW_SECONDS + 1)
    early = signer.token(nbf=now + CLOCK_SKEW_SECONDS - 1)

    assert (await signer.verifier().verify(late)).id == SUBJECT
    assert (await signer.verifier().verify(early)).id == SUBJECT


async def test_the_same_token_is_verified_once() -> None:
    signer = Signer()
    verifier, token = signer.verifier(), signer.token()

    actors = [await verifier.verify(token) for _ in range(100)]

    assert signer.asked == 1
    assert len(set(actors)) == 1


async def test_only_so_many_tokens_are_remembered_the_latest_used() -> None:
    signer = Signer()
    verifier = signer.verifier(remembered=2)
    first, second, third = (signer.token(jti=str(number)) for number in range(3))
    for token in (first, second, first, third, first):
        await verifier.verify(token)
    assert signer.asked == 3

    await verifier.verify(second)
    assert signer.asked == 4, "the second was forgotten for the third"


async def test_a_service_names_the_institution_it_works_for() -> None:
    signer = Signer()
    token = signer.token(institution="*", roles=["service"])
    verifier = signer.verifier()

    for institution in (INSTITUTION, OTHER_INSTITUTION):
        actor = await verifier.verify(token, institution=str(institution))
        assert actor.institution_id == institution
    for missing in (None, "", "aman"):
        with pytest.raises(InstitutionNotNamed):
            await verifier.verify(token, institution=missing)


async def test_a_person_s_token_speaks_for_one_institution() -> None:
    signer = Signer()
    token, verifier = signer.token(), signer.verifier()

    assert (await verifier.verify(token, institution=str(INSTITUTION))).id == SUBJECT
    for _ in range(2):  # also when the token is remembered
        with pytest.raises(ForeignInstitution):
            await verifier.verify(token, institution=str(OTHER_INSTITUTION))


@pytest.mark.parametrize("algorithm", ["none", "HS256", "HS512"])
def test_a_verifier_cannot_be_made_to_believe_shared_secrets(algorithm: str) -> None:
    signer = Signer()
    with pytest.raises(ValueError, match="public key"):
        TokenVerifier(
            GivenKeys(signer.keys),
            issuer=ISSUER,
            audience=AUDIENCE,
            clock=signer.clock,
            algorithms=("ES256", algorithm),
        )


def test_a_route_tells_which_roles_it_allows() -> None:
    app = FastAPI()
    officer = Annotated[Actor, require(Role.OFFICER, Role.APPROVER)]

    async def deeper(actor: officer) -> UUID:
        return actor.id

    async def direct(actor: officer) -> None: ...

    async def nested(actor_id: Annotated[UUID, Depends(deeper)]) -> None: ...

    async def open_to_all() -> None: ...

    for path, route in (("/direct", direct), ("/nested", nested), ("/open", open_to_all)):
        app.get(path)(route)
    allowed = {
        context.path: roles_of(context)
        for context in iter_route_contexts(app.routes)
        if context.path in {"/direct", "/nested", "/open"}
    }

    both = frozenset({Role.OFFICER, Role.APPROVER})
    assert allowed == {"/direct": both, "/nested": both, "/open": None}


def test_a_guard_without_roles_is_a_mistake() -> None:
    with pytest.raises(ValueError, match="role"):
        require()


def test_nothing_belongs_to_nowhere() -> None:
    assert InstitutionId(UUID(int=0)) == NOWHERE
