"""A small browser over the site's own test client, for stories about people.

It knows a page as its reader does: fields by label, buttons and links by their words, the page
by its heading. What cannot be found so cannot be found with a screen reader either. Cookies are
kept, tokens are sent, 303 is followed, and every page opened is checked in passing
(tests/pages.py).

    form = visitor.open("/register/name")
    page = form.press("Continue", given_names="Ada", family_name="Lovelace")
    assert page.heading == "What is your email address?"

Answers are named by their label as a Python word (``given_names``), or whole, in a mapping
(``{"What is your email address?": "ada@example.org"}``). A radio group or a set of checkboxes is
named by its legend and answered with the label of the choice (a list for several); a single
checkbox is named by its own label and answered with True or False. A file is ``(name, bytes)``.
"""

import re
from collections.abc import Callable, Collection, Iterator, Mapping, Sequence
from contextvars import Context
from dataclasses import dataclass
from functools import cached_property
from io import BytesIO
from pathlib import Path
from typing import Any
from urllib.parse import urljoin, urlsplit
from xml.etree.ElementTree import Element

from flask import Flask
from werkzeug.datastructures import MultiDict
from werkzeug.test import TestResponse

from tests.pages import FIELDS, HtmlTree, find_faults, read_text, read_title, save_for_validator

MAX_REDIRECTS = 6
Answer = str | bool | Sequence[str] | tuple[str, bytes]
Status = int | Collection[int]  # the one that is right, or those that are


class NotOnPage(AssertionError):
    """What the test looks for is not on the page; the message lists what is."""


class Browser:
    """Someone at the site, with a cookie jar of their own."""

    def __init__(
        self,
        site: Flask,
        address: str,
        before_request: Callable[[], None] = lambda: None,
        after_request: Callable[[], None] = lambda: None,
        save_to: Path | None = None,
    ) -> None:
        self._client = site.test_client()
        self._address = address
        self._before_request = before_request
        self._after_request = after_request
        self._save_to = save_to
        self.page: Page

    def open(self, address: str, status: int = 200, **headers: str) -> "Page":
        """Open an address; header names are written as Python words (``accept_language``)."""
        return self.send("GET", address, status, _header_names(headers))

    def press(
        self,
        button: str,
        answers: Mapping[str, Answer] | None = None,
        status: Status = 200,
        **named: Answer,
    ) -> "Page":
        """Fill in the form of a button on the page in view, and press it."""
        return self.page.press(button, answers, status, **named)

    def follow(self, link: str, status: int = 200) -> "Page":
        """Follow a link of the page in view by its words."""
        return self.page.follow(link, status)

    def send(
        self,
        method: str,
        address: str,
        status: Status = 200,
        headers: Mapping[str, str] | None = None,
        **body: Any,
    ) -> "Page":
        """Send any request, follow where it leads, and look at the page that comes back."""
        response = self.fetch(method, address, headers, **body)
        for _ in range(MAX_REDIRECTS):
            if response.status_code not in {301, 302, 303, 307, 308}:
                break
            address = urljoin(address, response.headers["Location"])
            if response.status_code in {301, 302, 303}:
                method, body = "GET", {}
            response = self.fetch(method, address, headers, **body)
        right = {status} if isinstance(status, int) else status
        assert response.status_code in right, self._describe_other_status(
            method, address, response, status
        )
        self.page = Page(self, response, address)
        if response.mimetype == "text/html" and response.get_data():
            self._check_page(self.page)
        return self.page

    def fetch(
        self, method: str, address: str, headers: Mapping[str, str] | None = None, **body: Any
    ) -> TestResponse:
        """Send one request and give the bare answer, as another program would see it."""
        referrer = {"Referer": urljoin(self._address, self.page.address)} if self._has_page else {}
        self._before_request()
        response: TestResponse = Context().run(  # each request in a context of its own, as served
            self._client.open,
            _path_on_site(self._address, address),
            method=method,
            base_url=self._address,
            headers={**referrer, **(headers or {})},
            **body,
        )
        self._after_request()
        return response

    def cookies(self) -> dict[str, str]:
        """Return the cookies of the visitor's browser."""
        jar = self._client._cookies or {}  # noqa: SLF001 - the client cannot list its cookies
        return {cookie.decoded_key: cookie.decoded_value for cookie in jar.values()}

    def set_cookie(self, name: str, value: str, path: str = "/") -> None:
        """Hold a cookie that this site may not have given."""
        domain = urlsplit(self._address).hostname or ""
        self._client.set_cookie(name, value, domain=domain, path=path)

    def delete_cookie(self, name: str, path: str = "/") -> None:
        """Lose one cookie, as when it has grown too old."""
        domain = urlsplit(self._address).hostname or ""
        self._client.delete_cookie(name, domain=domain, path=path)

    @property
    def _has_page(self) -> bool:
        return hasattr(self, "page")

    def _check_page(self, page: "Page") -> None:
        problems = find_faults(page.tree)
        assert not problems, f"{page.address} ({page.heading}):\n- " + "\n- ".join(problems)
        if self._save_to is not None:
            save_for_validator(page.source, page.tree, self._save_to)

    def _describe_other_status(
        self, method: str, address: str, response: TestResponse, status: Status
    ) -> str:
        page = Page(self, response, address)
        summary = page.errors or page.heading or page.text[:400]
        return f"{method} {address} answered {response.status_code}, not {status}: {summary}"


@dataclass
class Page:
    """A response, as its user sees it."""

    browser: Browser
    response: TestResponse
    address: str

    @property
    def status(self) -> int:
        """The status of the answer."""
        return self.response.status_code

    @property
    def headers(self) -> Any:
        """The headers of the answer."""
        return self.response.headers

    @cached_property
    def source(self) -> str:
        """The page as it was sent."""
        return self.response.get_data(as_text=True)

    @cached_property
    def tree(self) -> HtmlTree:
        """The page as elements, for what has no word here."""
        return HtmlTree(self.source)

    @property
    def heading(self) -> str:
        """Its main heading."""
        return next((read_text(one) for one in self.tree.find_all("h1")), "")

    @property
    def headings(self) -> list[str]:
        """All its headings, in order."""
        return [read_text(one) for one in self.tree.find_all("h1", "h2", "h3", "h4", "h5", "h6")]

    @property
    def title(self) -> str:
        """What its tab says."""
        return next((read_title(one) for one in self.tree.find_all("title")), "")

    @property
    def language(self) -> str:
        """The language that it says it is in."""
        return self.tree.root.get("lang") or ""

    @property
    def main(self) -> Element:
        """Its main part."""
        return next(self.tree.find_all("main"))

    @property
    def text(self) -> str:
        """The words of its main part."""
        return next(
            (read_text(one) for one in self.tree.find_all("main")), read_text(self.tree.root)
        )

    @property
    def errors(self) -> list[str]:
        """What its error summary lists."""
        boxes = self.tree.find_by_class("govuk-error-summary")
        return [read_text(one) for box in boxes for one in self.tree.find_all("li", within=box)]

    @property
    def links(self) -> dict[str, str]:
        """Where each link leads, by its words."""
        return {
            read_text(one) or one.get("aria-label", ""): one.get("href", "")
            for one in self.tree.find_all("a")
            if one.get("href")
        }

    @property
    def buttons(self) -> list[str]:
        """The words of each button, besides those in the header of every page of admin."""
        header = self._header
        return [_button_words(one) for one in _buttons(self.tree) if one not in header]

    @property
    def summary_list(self) -> dict[str, str]:
        """The summary lists by term; what follows in the history has the suffix."""
        past = {one for told in self.tree.find_by_class("past") for one in told.iter("dl")}
        return {
            read_text(term): read_text(fact)
            for listing in sorted(self.tree.find_all("dl"), key=lambda one: one not in past)
            for term, fact in _pair_terms(self.tree.find_all("dt", "dd", within=listing))
        }

    @property
    def rows(self) -> list[dict[str, str]]:
        """The rows of its tables, by column."""
        return [row for table in self.tree.find_all("table") for row in _rows(self.tree, table)]

    @property
    def labels(self) -> list[str]:
        """The labels of its fields, in order, as above; a choice by its own label."""
        fields = [one for one in self.tree.find_all(*FIELDS) if one not in self._header]
        return [self.tree.label_of(one) for one in fields if _is_visible(one)]

    @cached_property
    def _header(self) -> set[Element]:
        return {part for one in self.tree.find_all("header") for part in one.iter()}

    def text_by_id(self, identity: str) -> str:
        """Read the element with this id."""
        element = self.tree.find_by_id(identity)
        if element is None:
            raise NotOnPage(f"{self.address} has nothing with the id {identity}")
        return read_text(element)

    def has_field(self, label: str) -> bool:
        """Return whether a field can be filled in here."""
        forms = self.tree.find_all("form")
        return any(_Form(self.tree, form).find_fields(label) for form in forms)

    def value_of(self, label: str) -> str:
        """Return the value of a field: its text, or the label of the selected choice."""
        return ", ".join(_Form(self.tree, self._form_with(label)).current_values(label))

    def error_for(self, label: str) -> str:
        """Return the error message of a field or group, without its hidden prefix."""
        field = _Form(self.tree, self._form_with(label)).find_fields(label)[0]
        for name in self._described_by(field):
            element = self.tree.find_by_id(name)
            if element is not None and "govuk-error-message" in (element.get("class") or ""):
                return read_text(element).removeprefix("Error: ")
        return ""

    def press(
        self,
        button: str,
        answers: Mapping[str, Answer] | None = None,
        status: Status = 200,
        **named: Answer,
    ) -> "Page":
        """Fill in the form of a button, and press it."""
        return self.press_element(self._button(button), {**(answers or {}), **named}, status)

    def press_element(
        self, pressed: Element, answers: Mapping[str, Answer], status: Status
    ) -> "Page":
        """Fill in the form of this button, and press it."""
        owner = pressed.get("form")
        element = self.tree.find_by_id(owner) if owner else self.tree.closest(pressed, "form")
        assert element is not None, f"the button “{_button_words(pressed)}” belongs to no form"
        form = _Form(self.tree, element)
        form.fill(answers)
        asked = pressed.get("formaction") or element.get("action")
        address = urljoin(self.address, asked or self.address)
        method = element.get("method", "get").upper()
        if method == "GET":  # what is asked takes the place of what was asked before
            address = address.partition("?")[0]
        return self.browser.send(method, address, status, **form.build_request(pressed))

    def follow(self, link: str, status: int = 200) -> "Page":
        """Follow a link by its words."""
        links = self.links
        href = links.get(link)
        if href is None:
            raise NotOnPage(f"{self.address} has no link “{link}”, but: {sorted(links)}")
        return self.browser.open(urljoin(self.address, href), status)

    def _button(self, label: str) -> Element:
        for one in _buttons(self.tree):
            if _button_words(one) == label:
                return one
        raise NotOnPage(f"{self.address} has no button “{label}”, but: {self.buttons}")

    def _form_with(self, label: str) -> Element:
        for form in self.tree.find_all("form"):
            if _Form(self.tree, form).find_fields(label):
                return form
        raise NotOnPage(f"{self.address} has no field “{label}”, but: {self.labels}")

    def _described_by(self, field: Element) -> list[str]:
        group = self.tree.closest(field, "fieldset")
        holders = [field] if group is None else [field, group]
        return [name for one in holders for name in one.get("aria-describedby", "").split()]


class _Form:
    """The fields of a form and their values."""

    def __init__(self, tree: HtmlTree, form: Element) -> None:
        self._tree = tree
        self._form = form
        self._fields = [
            one
            for one in tree.find_all(*FIELDS, within=form)
            if "disabled" not in one.attrib and tree.closest(one, "template") is None
        ]
        self._values = {field: _initial_values(tree, field) for field in self._fields}

    def find_fields(self, name: str) -> list[Element]:
        """Find fields by label, or by the legend of their group; “(optional)” may be left out."""
        visible = [one for one in self._fields if _is_visible(one)]
        slugs = {_slug(name), _slug(f"{name} (optional)")}
        own = [one for one in visible if _slug(self._tree.label_of(one)) in slugs]
        return own or [one for one in visible if _slug(self._legend(one)) in slugs]

    def current_values(self, name: str) -> list[str]:
        """Return the values of the fields with this name."""
        return [
            self._option_label(field, value)
            for field in self.find_fields(name)
            for value in self._values[field]
        ]

    def fill(self, answers: Mapping[str, Answer]) -> None:
        """Put answers in."""
        for name, answer in answers.items():
            fields = self.find_fields(name)
            if not fields:
                visible = [self._tree.label_of(one) for one in self._fields if _is_visible(one)]
                raise NotOnPage(f"the form has no field “{name}”, but: {visible}")
            if _is_choice(fields[0]) and not isinstance(answer, bool):
                self._choose(fields, [answer] if isinstance(answer, str) else list(answer))
            else:
                self._values[fields[0]] = self._value_for(fields[0], answer)

    def build_request(self, button: Element) -> dict[str, Any]:
        """Give the request's body or question, as a browser makes it when this is pressed."""
        pairs = [
            (field.get("name", ""), value)
            for field in self._fields
            if field.get("name") and field.get("type") not in {"submit", "button", "reset"}
            for value in self._values[field]
        ]
        if button.get("name"):
            pairs.append((button.get("name", ""), button.get("value", "")))
        if self._form.get("method", "get").lower() == "get":
            return {"query_string": MultiDict(pairs)}
        return {"data": MultiDict(_encode_value(value, name) for name, value in pairs)}

    def _value_for(self, field: Element, answer: Any) -> list[Any]:
        if _is_choice(field):
            return [field.get("value", "on")] if answer else []
        if field.tag == "select":
            return [self._value_of_option(field, str(answer))]
        return [answer]

    def _value_of_option(self, field: Element, wanted: str) -> str:
        options = {read_text(one): one.get("value", read_text(one)) for one in field.iter("option")}
        if wanted not in options and wanted not in options.values():
            raise NotOnPage(f"“{self._tree.label_of(field)}” does not offer “{wanted}”")
        return options.get(wanted, wanted)

    def _choose(self, fields: list[Element], wanted: list[Any]) -> None:
        offered = {self._tree.label_of(one): one for one in fields}
        unknown = [one for one in wanted if one not in offered]
        if unknown:
            raise NotOnPage(f"{unknown} is not offered, but: {list(offered)}")
        for label, field in offered.items():
            self._values[field] = [field.get("value", "on")] if label in wanted else []

    def _legend(self, field: Element) -> str:
        group = self._tree.closest(field, "fieldset")
        legends = self._tree.find_all("legend", within=group) if group is not None else iter(())
        return next((read_text(one) for one in legends), "") if _is_choice(field) else ""

    def _option_label(self, field: Element, value: str) -> str:
        if _is_choice(field):
            return self._tree.label_of(field)
        options = {one.get("value", read_text(one)): read_text(one) for one in field.iter("option")}
        return options.get(value, value)


def _header_names(named: Mapping[str, str]) -> dict[str, str]:
    return {name.replace("_", "-").title(): value for name, value in named.items()}


def _path_on_site(site: str, address: str) -> str:
    """Give the path and question of an address, which must be on the site."""
    parts = urlsplit(urljoin(site, address))
    assert parts.netloc == urlsplit(site).netloc, f"{address} leads away from the site"
    return parts._replace(scheme="", netloc="", fragment="").geturl()


def _slug(label: str) -> str:
    return re.sub(r"[\W_]+", "_", label.lower()).strip("_")


def _is_visible(field: Element) -> bool:
    return field.get("type") not in {"hidden", "submit", "button", "reset"}


def _is_choice(field: Element) -> bool:
    return field.get("type") in {"radio", "checkbox"}


def _initial_values(tree: HtmlTree, field: Element) -> list[Any]:
    """Return the initial value of a field."""
    if _is_choice(field):
        return [field.get("value", "on")] if "checked" in field.attrib else []
    if field.tag == "textarea":
        return [(field.text or "").removeprefix("\n")]
    if field.tag == "select":
        options = list(tree.find_all("option", within=field))
        chosen = [one for one in options if "selected" in one.attrib] or options[:1]
        return [one.get("value", read_text(one)) for one in chosen]
    return [] if field.get("type") == "file" else [field.get("value", "")]


def _encode_value(value: Any, name: str) -> tuple[str, Any]:
    if isinstance(value, tuple):
        file_name, content = value
        return name, (BytesIO(content), file_name)
    return name, value


def _buttons(tree: HtmlTree) -> Iterator[Element]:
    return (
        one
        for one in tree.find_all("button", "input")
        if one.tag == "button" or one.get("type") == "submit"
    )


def _button_words(button: Element) -> str:
    return read_text(button) or button.get("value", "") or button.get("aria-label", "")


def _pair_terms(parts: Iterator[Element]) -> Iterator[tuple[Element, Element]]:
    """Pair each term with the first fact that follows it."""
    term = None
    for part in parts:
        if part.tag == "dt":
            term = part
        elif term is not None:
            yield term, part
            term = None


def _rows(tree: HtmlTree, table: Element) -> Iterator[dict[str, str]]:
    lines = [
        list(tree.find_all("th", "td", within=row)) for row in tree.find_all("tr", within=table)
    ]
    if not lines:
        return
    columns = [read_text(cell) for cell in lines[0]]
    for cells in lines[1:]:
        yield dict(zip(columns, map(read_text, cells), strict=False))


Browsers = Callable[[], Browser]  # the fixture `new_browser`
