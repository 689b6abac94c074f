"""How long does one opinion take, and how many a second are answered over HTTP?

The service runs as an operator would run it, in several processes; tokens are signed here.
"""

import asyncio
import json
import os
import statistics
import sys
import time
from collections.abc import AsyncIterator, Callable, Mapping
from contextlib import AsyncExitStack, asynccontextmanager
from dataclasses import dataclass
from importlib import resources
from uuid import UUID

import httpx
from fastapi import FastAPI
from joserfc import jwt
from joserfc.jwk import ECKey

from services.cli.running import free_port, web_server
from services.scoring.domain import assessment, card_form, documents, pricing
from services.scoring.domain.scorecard import Scorecard
from shared import ids
from shared.clients.scoring import AssessmentRequest

PATH = "/scoring/v1/assessments"
HOST = "127.0.0.1"
CONNECTIONS = 64
READY_SECONDS = 120.0
SETTLE_SECONDS = 2.0  # the first answers; the others of its processes are about to
TOKEN_SECONDS = 3_600
CREATED = b" 201 "
SALES = (500, 0, 300, 600, 1_500, 2_400, 3_000, 2_400, 1_500, 1_600, 900, 500)
FORGETS = (
    documents.parsed,
    pricing.hazard_of,
    pricing.instalment_factor,
    pricing.profit_factor,
    pricing.effective_annual_rate,
)

Json = dict[str, object]


@dataclass(frozen=True, slots=True, kw_only=True)
class Opinions:
    """Milliseconds of each opinion, nothing remembered from the one before, and its corners."""

    milliseconds: tuple[float, ...]
    corners: int
    feasible: int

    @property
    def median(self) -> float:
        """The one in the middle."""
        return statistics.median(self.milliseconds)


@dataclass(frozen=True, slots=True, kw_only=True)
class Answers:
    """What was answered in how many seconds; `refused` are answers other than 201.

    `load_share` is how much of one processor the asking itself took.
    """

    answered: int
    seconds: float
    p50: float
    p99: float
    refused: int
    load_share: float

    @property
    def rate(self) -> float:
        """Answers a second."""
        return self.answered / self.seconds


def money(minor: int) -> Json:
    """Write an amount of dinars."""
    return {"amount": f"{minor // 1000}.{minor % 1000:03d}", "currency": "JOD"}


def seasonal(number: int, *, ceiling: str | None = None, fee_share: str = "0") -> Json:
    """Make the same up with twelve unequal months: most of its corners pass by season alone."""
    made = application(number, ceiling=ceiling, fee_share=fee_share)
    costs = {
        "other_income": money(350_000),
        "business_costs": money(100_000),
        "household_costs": money(250_000),
        "debt_service": money(0),
    }
    step = number % 997 * 1000
    months = [{**costs, "sales": money(1000 * sold + number % 7 * 1000)} for sold in SALES]
    product = {**made["product"], "seasonal": True} if isinstance(made["product"], dict) else {}
    return {
        **made,
        "product": product,
        "amount": money(3_000_000 + step),
        "season": {"months": months, "buffer": money(50_000)},
    }


def application(number: int, *, ceiling: str | None = None, fee_share: str = "0") -> Json:
    """Make an application up: 63 corners, 21 rates; each is a little other than the last."""
    step = number % 997 * 1000
    return {
        "assessment_id": str(ids.new()),
        "application_id": str(ids.new()),
        "product": {
            "product_id": str(UUID(int=7)),
            "version": 1,
            "mode_of_finance": "conventional",
            "charge_method": "declining_balance",
            "amount_min": money(100_000),
            "amount_max": money(5_000_000),
            "term_months_min": 6,
            "term_months_max": 24,
            "annual_rate_min": "0.10",
            "annual_rate_default": "0.18",
            "annual_rate_max": "0.30",
            "grace_months_max": 2,
        },
        "amount": money(600_000 + step),
        "term_months": 12,
        "household": {
            "other_income": money(600_000),
            "sales": money(1_000_000 + step),
            "business_costs": money(300_000),
            "household_costs": money(350_000),
            "debt_service": money(50_000),
        },
        "characteristics": {"past_repayment": "all_repaid", "months_in_business": "48"},
        "hard_facts": {"of_legal_age": True},
        "price": {
            "cost_of_funds": "0.05",
            "operating_cost": money(20_000),
            "operating_cost_monthly": money(1_000),
            "fee_share": fee_share,
            "subsidy_available": money(0),
            "annual_rate_ceiling": ceiling,
        },
    }


def opinions(
    count: int,
    *,
    ceiling: str | None = None,
    fee_share: str = "0",
    make: Callable[..., Json] = application,
) -> Opinions:
    """Form so many opinions in this process, each with everything forgotten before."""
    card = _expert()
    taken: list[float] = []
    sizes: list[tuple[int, int]] = []
    for number in range(count):
        body = make(number, ceiling=ceiling, fee_share=fee_share)
        request = AssessmentRequest.model_validate_json(json.dumps(body))
        inputs = request.model_dump(mode="json")
        for remembered in FORGETS:
            remembered.cache_clear()
        started = time.perf_counter()
        found = assessment.opinion_of(inputs, card=card)
        taken.append((time.perf_counter() - started) * 1000)
        feasible, rejected = found["feasible"], found["rejected"]
        if isinstance(feasible, int) and isinstance(rejected, list):
            sizes.append((feasible, feasible + len(rejected)))
    feasible_last, corners = sizes[-1]
    return Opinions(milliseconds=tuple(taken), corners=corners, feasible=feasible_last)


@asynccontextmanager
async def serving(database_url: str, *, processes: int) -> AsyncIterator[tuple[int, str]]:
    """Run scoring in so many processes; give its port, and a service's token."""
    key = ECKey.generate_key("P-256", {"use": "sig", "alg": "ES256"})
    key.ensure_kid()
    async with AsyncExitStack() as stack:
        issuer_port = await stack.enter_async_context(_issuer(key))
        issuer = f"http://{HOST}:{issuer_port}"
        environment = {
            **os.environ,
            "RAFID_ISSUER": issuer,
            "RAFID_JWKS_URL": f"{issuer}/keys",
            "RAFID_SCORING_DATABASE_URL": database_url,
            "RAFID_LOG_LEVEL": "warning",
            "RAFID_PROCESSES": str(processes),
        }
        port = free_port(issuer_port + 10)
        await stack.enter_async_context(_server(port, environment))
        yield port, _token(key, issuer)


async def answers(
    port: int, *, token: str, institution_id: UUID, seconds: float, batch: int
) -> Answers:
    """Post applications until the time is over, one by one or in batches."""
    taken: list[float] = []
    refused = 0
    head = f"Authorization: Bearer {token}\r\nX-Institution: {institution_id}\r\n"
    started, worked = time.perf_counter(), time.process_time()
    deadline = started + seconds

    async def work(number: int) -> None:
        nonlocal refused
        reader, writer = await asyncio.open_connection(HOST, port)
        turn = number
        while (began := time.perf_counter()) < deadline:
            bodies = [application(turn + place) for place in range(batch)]
            turn += CONNECTIONS + batch
            status = await _post(reader, writer, head, bodies)
            taken.append((time.perf_counter() - began) * 1000)
            refused += status != CREATED
        writer.close()
        await writer.wait_closed()

    await asyncio.gather(*(work(number) for number in range(CONNECTIONS)))
    elapsed = time.perf_counter() - started
    taken.sort()
    return Answers(
        answered=len(taken) * batch,
        seconds=elapsed,
        p50=taken[len(taken) // 2],
        p99=taken[min(len(taken) - 1, int(len(taken) * 0.99))],
        refused=refused,
        load_share=(time.process_time() - worked) / elapsed,
    )


async def _post(
    reader: asyncio.StreamReader, writer: asyncio.StreamWriter, head: str, bodies: list[Json]
) -> bytes:
    many = len(bodies) > 1
    body = json.dumps({"requests": bodies} if many else bodies[0]).encode()
    path = f"{PATH}/batch" if many else PATH
    writer.write(
        f"POST {path} HTTP/1.1\r\nHost: {HOST}\r\n{head}Content-Type: application/json\r\n"
        f"Content-Length: {len(body)}\r\n\r\n".encode()
        + body
    )
    answer = await reader.readuntil(b"\r\n\r\n")
    length = answer.lower().split(b"content-length:")[1].split(b"\r\n")[0]
    await reader.readexactly(int(length))
    return answer[8:13]


@asynccontextmanager
async def _issuer(key: ECKey) -> AsyncIterator[int]:
    app = FastAPI()

    @app.get("/keys")
    async def keys() -> dict[str, list[Mapping[str, object]]]:
        return {"keys": [dict(key.as_dict(private=False))]}

    port = free_port(8_200)
    server = web_server(app, port=port)
    task = asyncio.create_task(server.serve())
    await server.answers.wait()
    try:
        yield port
    finally:
        server.should_exit = True
        await task


@asynccontextmanager
async def _server(port: int, environment: Mapping[str, str]) -> AsyncIterator[None]:
    command = ("-c", "from services.cli import main; main()", "serve", "scoring")
    process = await asyncio.create_subprocess_exec(
        sys.executable, *command, "--port", str(port), env=dict(environment)
    )
    try:
        async with httpx.AsyncClient() as http:
            for _ in range(int(READY_SECONDS * 10)):
                try:
                    await http.get(f"http://{HOST}:{port}/scoring/v1/health")
                    break
                except httpx.TransportError:
                    await asyncio.sleep(0.1)
        await asyncio.sleep(SETTLE_SECONDS)
        yield
    finally:
        process.terminate()
        await process.wait()


def _token(key: ECKey, issuer: str) -> str:
    claims = {
        "iss": issuer,
        "aud": "rafid",
        "sub": str(ids.new()),
        "institution": "*",
        "roles": ["service"],
        "exp": int(time.time()) + TOKEN_SECONDS,
    }
    return jwt.encode({"alg": "ES256", "kid": key.kid}, claims, key)


def _expert() -> Scorecard:
    text = (resources.files("services.scoring.models") / "cards/expert-v1.json").read_text("utf-8")
    return card_form.scorecard_of(json.loads(text))
