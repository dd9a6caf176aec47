"""Somebody who registers: every page opened, every token read, every form sent."""

import re
from urllib.parse import quote, urlencode

from benchmarks.wire import Answer, Connection

ANSWERS: dict[str, dict[str, str]] = {
    "name": {"given_names": "Ada", "family_name": "Number {}", "badge_name": ""},
    "email": {"email": "ada-{}@example.org"},
    "work": {"organisation": "Office of fairness", "role": "Clerk", "country": "GB"},
    "days": {"days": "2008-11-06"},
    "access-needs": {"access_needs": ""},
    "dietary-needs": {"dietary_needs": "Vegan"},
    "consent": {"consent": "y"},
}
FORMS = len(ANSWERS) + 1  # that are sent, the confirmation included
STEPS = 2 * FORMS + 2  # pages opened for their tokens and forms sent, from start to confirmation
TOKEN = re.compile(r'name="csrf_token"[^>]* value="([^"]+)"')


class Person:
    """Someone with a plain browser."""

    def __init__(self, connection: Connection, number: int, encoding: str = "") -> None:
        self.cookies: dict[str, str] = {}
        self._encoding = {"Accept-Encoding": encoding} if encoding else {}
        self._connection = connection
        self._number = number
        self._check: Answer

    def register(self) -> int:
        """Go the whole way; tell the status at which it ended."""
        self.see("/register")
        shown = self.see("/register/name")
        for step, answers in ANSWERS.items():
            if shown.status != 200:
                return shown.status
            sent = self.send(f"/register/{step}", shown, answers)
            shown = self.follow(sent) if sent.status == 303 else sent
        if shown.status != 200:
            return shown.status
        self._check = shown
        return self.confirm()

    def confirm(self) -> int:
        """Send the registration, once or once more, and see its confirmation."""
        sent = self.send("/register/confirm", self._check, {})
        return self.follow(sent).status if sent.status == 303 else sent.status

    def see(self, path: str) -> Answer:
        """Open a page."""
        return self._ask("GET", path)

    def send(self, path: str, shown: Answer, answers: dict[str, str]) -> Answer:
        """Fill in the form of a page and send it."""
        token = TOKEN.search(shown.text)
        assert token, shown
        filled = {name: text.format(self._number) for name, text in answers.items()}
        body = urlencode({"csrf_token": token[1], **filled}, quote_via=quote)
        return self._ask("POST", path, body.encode())

    def follow(self, answer: Answer) -> Answer:
        """Go where a page leads."""
        assert answer.status == 303, answer
        return self.see(answer.path)

    def _ask(self, method: str, path: str, body: bytes = b"") -> Answer:
        cookies = "; ".join(f"{name}={value}" for name, value in self.cookies.items())
        headers = {"Cookie": cookies, **self._encoding}
        answer = self._connection.ask(method, path, headers, body)
        self.cookies |= answer.cookies
        return answer


def register(connection: Connection, number: int) -> int:
    """Let one person register."""
    return Person(connection, number).register()
