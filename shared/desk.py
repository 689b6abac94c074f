"""In which form is a paper handed out: as JSON, or printed?"""

from collections.abc import Callable
from typing import Annotated, Any, Literal, TypeVar

from fastapi import Depends, Query, Request, Response

from shared import printing
from shared.printing import Printer, Sheet
from shared.schemas import Body
from shared.web import NamedLanguage

Form = Literal["json", "pdf"]
PDF: dict[int | str, dict[str, Any]] = {
    200: {"content": {printing.MEDIA_TYPE: {"schema": {"type": "string", "format": "binary"}}}}
}
Paper = TypeVar("Paper", bound=Body)


class Desk:
    """Answers with a paper in the form and language asked for."""

    def __init__(
        self,
        request: Request,
        language: NamedLanguage,
        form: Annotated[Form | None, Query(alias="format")] = None,
    ) -> None:
        accepted = request.headers.get("accept", "")
        self._language = language
        self._is_pdf = form == "pdf" or (form is None and printing.MEDIA_TYPE in accepted)
        self._printer: Printer = request.app.state.printer

    async def hand_out(
        self, paper: Paper, *, say: Callable[..., Sheet], name: str
    ) -> Response | Paper:
        """Give the paper itself, or print it; `name` is the file's."""
        if not self._is_pdf:
            return paper
        content = await self._printer.pdf(say(paper, language=self._language))
        headers = {
            "Content-Disposition": f'inline; filename="{name}.pdf"',
            "Content-Language": self._language,
        }
        return Response(content, media_type=printing.MEDIA_TYPE, headers=headers)


AtDesk = Annotated[Desk, Depends()]
