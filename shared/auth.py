"""Who is asking, for which institution, and may they? Tokens are verified here, made elsewhere."""

import base64
import json
from collections import OrderedDict
from dataclasses import dataclass, replace
from enum import StrEnum
from typing import Annotated, Any, Self
from uuid import NAMESPACE_URL, UUID, uuid5

from fastapi import Depends, Request
from fastapi.openapi.models import HTTPBearer
from fastapi.routing import APIRoute, RouteContext
from fastapi.security.base import SecurityBase
from joserfc import jwt
from joserfc.errors import BadSignatureError, ExpiredTokenError, JoseError

from shared.clock import Clock
from shared.errors import Kind, RafidError
from shared.ids import BranchId, DonorId, InstitutionId
from shared.jwks import KeySource
from shared.settings import ServiceSettings

INSTITUTION_HEADER = "x-institution"
EVERY_INSTITUTION = "*"
NOWHERE = InstitutionId(UUID(int=0))  # nothing belongs to it
MAX_TOKEN = 8_192
CLOCK_SKEW_SECONDS = 30
REMEMBERED_TOKENS = 10_000


class Role(StrEnum):
    """What a person or program may do in its institution; SERVICE is our own services."""

    OFFICER = "officer"
    APPROVER = "approver"
    FUNDS_MANAGER = "funds_manager"
    AUDITOR = "auditor"
    DONOR = "donor"
    INTEGRATOR = "integrator"
    ADMINISTRATOR = "administrator"
    SERVICE = "service"


@dataclass(frozen=True, slots=True, kw_only=True)
class Actor:
    """Who acts. `branch_ids` None: every branch of the institution."""

    id: UUID
    institution_id: InstitutionId
    roles: frozenset[Role]
    branch_ids: frozenset[BranchId] | None = None
    donor_id: DonorId | None = None

    def sees_branch(self, branch_id: BranchId) -> bool:
        """Tell whether the actor's scope reaches a branch."""
        return self.branch_ids is None or branch_id in self.branch_ids


class Unauthenticated(RafidError):
    """Nobody is signed in; the web answers 401."""

    kind = Kind.FORBIDDEN


class TokenMissing(Unauthenticated):
    """No token was sent"""

    detail = "Send a token in the header Authorization, as Bearer and the token."


class TokenExpired(Unauthenticated):
    """The token has expired"""

    detail = "Ask for a new token and send the request again."


class TokenRefused(Unauthenticated):
    """The token is not accepted"""

    detail = "The token is not accepted here (reason: {reason})."
    reason: str


class RoleMissing(RafidError):
    """Your role does not allow this"""

    kind = Kind.FORBIDDEN
    detail = "This needs one of the roles {needed}; the token has {held}."
    needed: tuple[Role, ...]
    held: tuple[Role, ...]


class ForeignInstitution(RafidError):
    """The token belongs to another institution"""

    kind = Kind.FORBIDDEN
    detail = "The header X-Institution names an institution for which the token does not speak."


class InstitutionNotNamed(RafidError):
    """The institution is not named"""

    detail = "A token of a service needs the header X-Institution with the id of an institution."


@dataclass(frozen=True, slots=True, kw_only=True)
class Claims:
    """What the issuer calls our claims; a point leads into an object (`realm_access.roles`)."""

    institution: str = "institution"
    roles: str = "roles"
    branches: str = "branches"
    donor: str = "donor"


class TokenVerifier:
    """Turns a token into an actor; the same token costs microseconds until it expires."""

    def __init__(
        self,
        keys: KeySource,
        *,
        issuer: str,
        audience: str,
        clock: Clock,
        algorithms: tuple[str, ...] = ("ES256",),
        claims: Claims | None = None,
        remembered: int = REMEMBERED_TOKENS,
    ) -> None:
        if any(name.lower() == "none" or name.startswith("HS") for name in algorithms):
            raise ValueError("only signatures by public key are accepted")
        self._keys = keys
        self._issuer, self._audience = issuer, audience
        self._clock = clock
        self._algorithms = algorithms
        self._claims = claims or Claims()
        self._remembered = remembered
        self._known: OrderedDict[tuple[str, str | None], tuple[float, Actor]] = OrderedDict()

    @classmethod
    def of(cls, settings: ServiceSettings, keys: KeySource, *, clock: Clock) -> Self:
        """Make the verifier that a service's settings describe."""
        return cls(
            keys,
            issuer=settings.issuer_url,
            audience=settings.audience,
            clock=clock,
            algorithms=settings.token_algorithms,
            claims=Claims(
                institution=settings.claim_institution,
                roles=settings.claim_roles,
                branches=settings.claim_branches,
                donor=settings.claim_donor,
            ),
        )

    async def verify(self, token: str, *, institution: str | None = None) -> Actor:
        """Give the actor of a token; `institution` is what the header X-Institution said.

        Raises TokenExpired, TokenRefused, ForeignInstitution, InstitutionNotNamed, and
        IssuerUnavailable where the issuer's keys are needed and cannot be had.
        """
        now = self._clock.now().timestamp()
        known = self._known.get((token, institution))
        if known is not None and now < known[0]:
            self._known.move_to_end((token, institution))
            return known[1]
        claims = await self._verified(token, now=now)
        actor = self._actor(claims, institution=institution)
        self._known[(token, institution)] = (float(claims["exp"]), actor)
        if len(self._known) > self._remembered:
            self._known.popitem(last=False)
        return actor

    async def _verified(self, token: str, *, now: float) -> dict[str, Any]:
        if len(token) > MAX_TOKEN:
            raise TokenRefused(reason="too_long")
        keys = await self._keys.key_set(kid=_kid(token))
        rules = jwt.JWTClaimsRegistry(
            now=int(now),
            leeway=CLOCK_SKEW_SECONDS,
            iss={"essential": True, "value": self._issuer},
            aud={"essential": True, "value": self._audience},
            sub={"essential": True},
            exp={"essential": True},
        )
        try:
            claims = jwt.decode(token, keys, algorithms=list(self._algorithms)).claims
            rules.validate(claims)
        except ExpiredTokenError:
            raise TokenExpired from None
        except BadSignatureError:
            raise TokenRefused(reason="signature") from None
        except JoseError as error:
            raise TokenRefused(reason=error.error) from None
        except (ValueError, TypeError, KeyError):
            raise TokenRefused(reason="malformed") from None
        return claims

    def _actor(self, claims: dict[str, Any], *, institution: str | None) -> Actor:
        try:
            donor = _member(claims, self._claims.donor)
            actor = Actor(
                id=_subject(claims["sub"], issuer=self._issuer),
                institution_id=NOWHERE,
                roles=_roles(_member(claims, self._claims.roles)),
                branch_ids=_branches(_member(claims, self._claims.branches)),
                donor_id=DonorId(UUID(donor)) if donor else None,
            )
            home = _member(claims, self._claims.institution)
            home_id = None if home == EVERY_INSTITUTION else InstitutionId(UUID(home))
        except (ValueError, TypeError, AttributeError):
            raise TokenRefused(reason="claims") from None
        if home_id is None and Role.SERVICE not in actor.roles:
            raise TokenRefused(reason="claims")
        return replace(actor, institution_id=_spoken_for(home_id, institution))


def _spoken_for(home: InstitutionId | None, header: str | None) -> InstitutionId:
    if header is None:
        if home is None:
            raise InstitutionNotNamed
        return home
    try:
        named = InstitutionId(UUID(header))
    except ValueError:
        raise InstitutionNotNamed from None
    if home not in (None, named):
        raise ForeignInstitution
    return named


def _kid(token: str) -> str | None:
    """Read which key the token says it was signed with; nothing is trusted yet."""
    try:
        head = token.split(".", 1)[0]
        header = json.loads(base64.urlsafe_b64decode(head + "=" * (-len(head) % 4)))
        kid = header.get("kid")
    except (ValueError, AttributeError, RecursionError):
        raise TokenRefused(reason="malformed") from None
    return kid if isinstance(kid, str) else None


def _member(claims: dict[str, Any], path: str) -> Any:
    if path in claims:
        return claims[path]
    found: Any = claims
    for name in path.split("."):
        found = found.get(name) if isinstance(found, dict) else None
    return found


def _subject(subject: str, *, issuer: str) -> UUID:
    """Give the actor's id: the subject if it is a UUID, else one made of issuer and subject."""
    try:
        return UUID(subject)
    except ValueError:
        return uuid5(NAMESPACE_URL, f"{issuer}#{subject}")


def _roles(named: Any) -> frozenset[Role]:
    words = named.split() if isinstance(named, str) else named or ()
    return frozenset(role for role in Role if role.value in words)


def _branches(named: Any) -> frozenset[BranchId] | None:
    return None if named is None else frozenset(BranchId(UUID(branch)) for branch in named)


async def signed_in(request: Request) -> Actor:
    """Give the actor of a request, whatever its roles; `require` is what guards a route."""
    header = request.headers.get(INSTITUTION_HEADER)
    return await _actor_of(request, institution=header)


async def _actor_of(request: Request, *, institution: str | None) -> Actor:
    kept: Actor | None = request.scope.get("rafid.actor")
    if kept is not None:
        return kept
    scheme, _, token = request.headers.get("authorization", "").partition(" ")
    if scheme.lower() != "bearer" or not token.strip():
        raise TokenMissing
    verifier: TokenVerifier = request.app.state.verifier
    actor = await verifier.verify(token.strip(), institution=institution)
    request.scope["rafid.actor"] = actor
    return actor


SignedIn = Annotated[Actor, Depends(signed_in)]


class Guard(SecurityBase):
    """The dependency that `require` makes; `roles` is what a test of the routes reads."""

    def __init__(self, roles: frozenset[Role], *, everywhere: bool) -> None:
        self.model = HTTPBearer(bearerFormat="JWT")
        self.scheme_name = "token"
        self.roles = roles
        self._everywhere = everywhere

    async def __call__(self, request: Request) -> Actor:
        """Give the actor if one of its roles is allowed here. Raises RoleMissing."""
        try:
            actor = await signed_in(request)
        except InstitutionNotNamed:
            if not self._everywhere or INSTITUTION_HEADER in request.headers:
                raise
            actor = await _actor_of(request, institution=str(NOWHERE))
        if self.roles.isdisjoint(actor.roles):
            raise RoleMissing(needed=tuple(sorted(self.roles)), held=tuple(sorted(actor.roles)))
        return actor


def require(*roles: Role, everywhere: bool = False) -> Any:
    """Guard a route with the roles it allows: the annotation of its parameter `actor`.

    A route is `everywhere` if our own services may ask it without naming an institution; behind
    the walls it then sees nothing.
    """
    if not roles:
        raise ValueError("a route needs at least one role")
    return Depends(Guard(frozenset(roles), everywhere=everywhere))


def roles_of(route: APIRoute | RouteContext) -> frozenset[Role] | None:
    """Give the roles a route allows, None if it asks for none: the table test walks all routes."""
    waiting = [route.dependant]
    while waiting:
        dependant = waiting.pop()
        if isinstance(dependant.call, Guard):
            return dependant.call.roles
        waiting.extend(dependant.dependencies)
    return None
