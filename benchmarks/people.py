"""Simulates a person who registers: opens every page, reads every token, sends every form."""

import re
from collections.abc import Mapping
from urllib.parse import quote, urlencode

from benchmarks.wire import Connection, WireResponse
from tests.registration_answers import build_forms

ANSWERS = {  # besides what is usual
    "family_name": "Number {}",
    "email": "ada-{}@example.org",
    "organisation": "Office of fairness",
    "role": "Clerk",
    "days": "2008-11-06",
    "dietary_needs": "Vegan",
}
FORMS = build_forms(**ANSWERS)
FORMS_SENT = len(FORMS) + 1  # the confirmation included
TOKEN = re.compile(r'name="csrf_token"[^>]* value="([^"]+)"')


class RegisteringVisitor:
    """Someone with a plain browser."""

    forms: Mapping[str, Mapping[str, str | list[str]]] = FORMS  # of each page, in order

    def __init__(self, connection: Connection, number: int, encoding: str = "") -> None:
        self.cookies: dict[str, str] = {}
        self._encoding = {"Accept-Encoding": encoding} if encoding else {}
        self._connection = connection
        self._number = number
        self._check_page: WireResponse

    def register(self) -> int:
        """Go through the whole registration and return the final status."""
        self.open("/register")
        page = self.open(f"/register/{next(iter(self.forms))}")
        for step, answers in self.forms.items():
            if page.status != 200:
                return page.status
            response = self.submit(f"/register/{step}", page, answers)
            page = self.follow(response) if response.status == 303 else response
        if page.status != 200:
            return page.status
        self._check_page = page
        return self.confirm()

    def confirm(self) -> int:
        """Send the registration, once or once more, and see its confirmation."""
        response = self.submit("/register/confirm", self._check_page, {})
        return self.follow(response).status if response.status == 303 else response.status

    def open(self, path: str) -> WireResponse:
        """Open a page."""
        return self._request("GET", path)

    def submit(
        self, path: str, page: WireResponse, answers: Mapping[str, str | list[str]]
    ) -> WireResponse:
        """Fill in the form of a page and send it."""
        token = TOKEN.search(page.text)
        assert token, page
        values = {
            name: typed.format(self._number) if isinstance(typed, str) else typed
            for name, typed in answers.items()
        }
        body = urlencode({"csrf_token": token[1], **values}, doseq=True, quote_via=quote)
        return self._request("POST", path, body.encode())

    def follow(self, answer: WireResponse) -> WireResponse:
        """Go where a page leads."""
        assert answer.status == 303, answer
        return self.open(answer.path)

    def _request(self, method: str, path: str, body: bytes = b"") -> WireResponse:
        cookies = "; ".join(f"{name}={value}" for name, value in self.cookies.items())
        headers = {"Cookie": cookies, **self._encoding}
        answer = self._connection.request(method, path, headers, body)
        self.cookies |= answer.cookies
        return answer


def register(connection: Connection, number: int) -> int:
    """Let one person register."""
    return RegisteringVisitor(connection, number).register()
