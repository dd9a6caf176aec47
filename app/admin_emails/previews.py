"""Previews of emails: with invented people or a real one, wide or narrow, light or dark."""

from collections.abc import Mapping
from dataclasses import dataclass
from functools import cached_property
from typing import Any, Final

from flask import make_response, request, url_for
from flask.typing import ResponseReturnValue

from app.admin_emails import examples, preview_people
from app.admin_emails.kinds.samples import Context
from app.errors import NotFound, require
from app.mail import email_texts, placeholders
from app.mail.email_texts import TextKey
from app.mail.fields.registry import EMAIL_FIELDS
from app.mail.placeholders import PlaceholderKind
from app.mail.rendering import EmailText, RenderedEmail
from app.text import collapse_whitespace, strip_hidden
from app.web.rendering import render_page
from app.web.security_headers import CONTENT_SECURITY_POLICY

# The HTML of an email contains its styles. In its frame it runs no script, submits no form and
# fetches nothing; its QR code is inlined.
FRAME_POLICY: Final = (
    "sandbox; default-src 'none'; style-src 'unsafe-inline'; img-src data:; frame-ancestors 'self'"
)
PREVIEW_POLICY: Final = f"{CONTENT_SECURITY_POLICY}; frame-src 'self'"
MAX_SEARCH_LENGTH: Final = 100  # characters
DARK_QUERY: Final = "@media (prefers-color-scheme: dark)"  # in the styles of emails
SCHEMES: Final = {"light": "@media not all", "dark": "@media all"}


@dataclass(frozen=True)
class PreviewFrame:
    """How an email is shown in a frame: the width and colours in the URL."""

    endpoint: str  # of the page, and of the HTML in its frame
    html_endpoint: str
    args: Mapping[str, Any]  # of both URLs

    @property
    def is_narrow(self) -> bool:
        """Return True for the width of a phone."""
        return request.args.get("width") == "phone"

    @property
    def scheme(self) -> str:
        """Return "light" or "dark", or "" for the device's setting."""
        scheme = request.args.get("scheme", "")
        return scheme if scheme in SCHEMES else ""

    def url(self, **changes: str) -> str:
        """Return the URL of this preview with some arguments changed."""
        return self._build_url(self.endpoint, changes)

    @property
    def html_url(self) -> str:
        """Return the URL of the HTML."""
        return self._build_url(self.html_endpoint, {"width": ""})

    def _build_url(self, endpoint: str, changes: Mapping[str, str]) -> str:
        options = {name: request.args.get(name, "") for name in ("width", "scheme")}
        chosen = {**self.args, **options, **changes}
        return url_for(endpoint, **{name: value for name, value in chosen.items() if value})

    def set_colours(self, html: str) -> str:
        """Return the HTML of an email in the chosen colours, regardless of the device."""
        return html.replace(DARK_QUERY, SCHEMES[self.scheme]) if self.scheme else html


@dataclass(frozen=True)
class PreviewRequest:
    """A preview as requested in its URL."""

    key: TextKey
    endpoint: str  # of the page, and of the HTML in its frame
    html_endpoint: str
    text: EmailText | None = None  # an unsaved text; None: the current one

    @property
    def search(self) -> str:
        """Return the words of the search for a person."""
        words = strip_hidden(request.args.get("q", "")[:MAX_SEARCH_LENGTH])
        return collapse_whitespace(words) or ""

    @property
    def person_key(self) -> str:
        """Return the key of the person shown; "" for an invented one."""
        return request.args.get("person", "")

    @cached_property
    def person(self) -> Context | None:
        """Return the template variables about that person; raise NotFound if there is none."""
        if not self.person_key:
            return None
        found = preview_people.find_context(self.key.template, self.person_key)
        return require(found, NotFound("There is no such person"))

    @cached_property
    def context(self) -> Context:
        """Return the template variables."""
        return examples.build_context(self.key, self.person)

    @cached_property
    def email(self) -> RenderedEmail:
        """Return the email."""
        return examples.preview(self.key, self.text, self.context)

    @property
    def gaps(self) -> list[Any]:
        """Return the labels of the placeholders that this person has no value for."""
        text = self.text or email_texts.find_state(self.key).text
        known = EMAIL_FIELDS[self.key.template].placeholders
        values = examples.build_examples(self.key, self.context, placeholders.list_names(text.body))
        found = [known[name] for name in placeholders.find_empty(text.body, values)]
        return [one.label for one in found if one.kind is PlaceholderKind.VALUE]

    @cached_property
    def frame(self) -> PreviewFrame:
        """Return the frame's settings."""
        args = {**self.key._asdict(), "person": self.person_key}
        return PreviewFrame(self.endpoint, self.html_endpoint, args)

    def url(self, **changes: str) -> str:
        """Return the URL of this preview with some arguments changed."""
        return self.frame.url(**changes)

    def render_html(self) -> str:
        """Return the HTML in the chosen colours, regardless of the device."""
        return self.frame.set_colours(self.email.html)


def render_preview(page: str, asked: PreviewRequest, **context: Any) -> ResponseReturnValue:
    """Render a page with a preview in a frame."""
    source = preview_people.SOURCES.get(preview_people.find_source(asked.key.template))
    response = make_response(
        render_page(
            page,
            asked=asked,
            email=asked.email,
            person_source=source,
            people=source.find(asked.search) if source and asked.search else (),
            **context,
        )
    )
    response.headers["Content-Security-Policy"] = PREVIEW_POLICY
    return response
