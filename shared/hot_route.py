"""How does a route that must be fast skip what most routes need?

FastAPI finds out for each request again what a route's parameters are. A hot route reads them by
hand where the request is an ordinary one, and leaves every other request to FastAPI, which then
says precisely what is wrong. Its description, its parameters and its guard stay FastAPI's.
"""

from collections.abc import Awaitable, Callable, Coroutine
from typing import Any

from fastapi import Request, Response
from fastapi.routing import APIRoute
from pydantic import ValidationError

Quick = Callable[[Request], Awaitable[Response]]


class NotOrdinaryError(ValueError):
    """The request is not one that the quick way reads; the usual way answers it."""


def hot_route(quick: Quick) -> type[APIRoute]:
    """Make the class of a route whose ordinary requests are answered by `quick`.

    `quick` raises NotOrdinaryError, or pydantic's ValidationError, before it has done anything.
    """

    class HotRoute(APIRoute):
        def get_route_handler(self) -> Callable[[Request], Coroutine[Any, Any, Response]]:
            usual = super().get_route_handler()

            async def handle(request: Request) -> Response:
                try:
                    return await quick(request)
                except (NotOrdinaryError, ValidationError):
                    return await usual(request)

            return handle

    return HotRoute
