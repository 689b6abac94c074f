"""What does the sign-in page look like, and how is its form bound to one browser?

The form carries what the client asked for, signed, with an end after ten minutes and the hash of
a random word that only this browser's cookie holds: a form made elsewhere is refused.
"""

import base64
import hashlib
import hmac
from dataclasses import asdict
from functools import cache
from pathlib import Path
from typing import Any
from urllib.parse import urlencode, urlsplit

import orjson
from jinja2 import Environment, FileSystemLoader

from services.loans.identity.issuer import Issuer
from services.loans.identity.operations import Wish
from shared import texts
from shared.texts import LANGUAGES, Language

COOKIE = "rafid_sign_in"
PATH = "/loans/v1/authorize"
FORM_LIFETIME_SECONDS = 600

LANGUAGE_NAMES = {"ar": "العربية", "fr": "Français", "en": "English"}
SENTENCES = {
    "title": "Sign in to Rafid",
    "login": "Login",
    "hint": "As name@institution, for example amina@example",
    "password": "Password",
    "button": "Sign in",
    "languages": "Languages",
}

_FOLDER = Path(__file__).parent / "templates"
_SIGNATURE_BYTES = 32


def sealed(wish: Wish, *, issuer: Issuer, browser: str) -> str:
    """Sign what the client asked for, for one browser, for ten minutes."""
    end = int(issuer.clock.now().timestamp()) + FORM_LIFETIME_SECONDS
    message = orjson.dumps({"wish": asdict(wish), "end": end, "browser": _hash(browser)})
    return base64.urlsafe_b64encode(issuer.form_signature(message) + message).decode()


def opened(sealed_wish: str, *, issuer: Issuer, browser: str) -> Wish | None:
    """Give what the client asked for; None if the form is old, changed or another browser's."""
    try:
        content = base64.urlsafe_b64decode(sealed_wish)
    except ValueError:
        return None
    signature, message = content[:_SIGNATURE_BYTES], content[_SIGNATURE_BYTES:]
    if not hmac.compare_digest(signature, issuer.form_signature(message)):
        return None
    form = orjson.loads(message)
    is_late = form["end"] < issuer.clock.now().timestamp()
    if is_late or not hmac.compare_digest(form["browser"], _hash(browser)):
        return None
    return Wish(**form["wish"])


def page(
    *,
    language: Language,
    message: str = "",
    wish: str = "",
    login: str = "",
    query: list[tuple[str, str]] | None = None,
) -> str:
    """Write the page; without a wish it only tells the message."""
    links: list[dict[str, Any]] = [
        {
            "language": other,
            "name": LANGUAGE_NAMES[other],
            "href": f"{PATH}?{urlencode([*query, ('ui_locales', other)])}",
        }
        for other in LANGUAGES
        if query and other != language
    ]
    return (
        _environment()
        .get_template("sign_in.html")
        .render(
            language=language,
            texts={
                name: texts.translate(text, language=language, service="loans")
                for name, text in SENTENCES.items()
            },
            style=style(),
            action=PATH,
            message=message,
            wish=wish,
            login=login,
            links=links,
        )
    )


def policy(*, redirect_uri: str | None) -> str:
    """Write the page's Content-Security-Policy; browsers apply form-action to redirects too."""
    digest = base64.b64encode(hashlib.sha256(style().encode()).digest()).decode()
    back = urlsplit(redirect_uri or "")
    target = f" {back.scheme}://{back.netloc}" if back.netloc else ""
    return (
        f"default-src 'none'; style-src 'sha256-{digest}'; form-action 'self'{target}; "
        "base-uri 'none'; frame-ancestors 'none'"
    )


@cache
def style() -> str:
    """Give the page's style, which stands in the page and is allowed by its hash."""
    return (_FOLDER / "sign_in.css").read_text()


@cache
def _environment() -> Environment:
    return Environment(loader=FileSystemLoader(_FOLDER), autoescape=True, trim_blocks=True)


def _hash(browser: str) -> str:
    return hashlib.sha256(browser.encode()).hexdigest()
