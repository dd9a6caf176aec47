"""GOV.UK Frontend's components, for our form macros (templates/components/form.html).

Their macros ask for names that need not be there; our own templates may not. So they are
read in an environment of their own, and templates get them as ready functions, with two more
that say of a form's field what those functions want to know.
"""

from collections.abc import Callable, Iterable, Iterator, MutableMapping
from functools import cache
from typing import Any

from flask import Flask
from flask_babel import gettext
from jinja2 import Environment, PackageLoader, PrefixLoader
from wtforms import BooleanField, Field, FieldList, FormField, SelectFieldBase

from app.forms import without_hidden

PACKAGE = "govuk_frontend_jinja"
COMPONENTS = {
    "govukButton": "button",
    "govukCheckboxes": "checkboxes",
    "govukInput": "input",
    "govukRadios": "radios",
    "govukSelect": "select",
    "govukTextarea": "textarea",
}
MOST_REMEMBERED = 500


class SameNames:
    """Jinja in which every template has the same names, known before the first is read.

    A template asks for the names that it has each time it imports another, and a page does so
    dozens of times. Asking a plain dictionary takes a tenth of the time.
    """

    globals: dict[str, Any]

    def make_globals(self, d: MutableMapping[str, Any] | None) -> MutableMapping[str, Any]:
        """Give a template its names."""
        return {**self.globals, **(d or {})}


class _Kit(SameNames, Environment):
    """The environment of GOV.UK Frontend's macros."""


def attach(app: Flask) -> None:
    """Let templates call ``govukInput({…})`` and the other components of forms."""
    for name, draw in _components().items():
        app.add_template_global(draw, name)
    app.add_template_global(asked)
    app.add_template_global(asked_with_choices)
    app.add_template_global(asked_to_tick)
    app.add_template_global(wrong_fields)


@cache
def _components() -> dict[str, Callable[[dict[str, Any]], str]]:
    """Compile the components: once in a process, as a tenth of a second goes into it."""
    kit = _Kit(
        loader=PrefixLoader({PACKAGE: PackageLoader(PACKAGE)}),
        autoescape=True,
        auto_reload=False,  # an installed package does not change
        trim_blocks=True,
        lstrip_blocks=True,
    )
    found = {}
    for macro, component in COMPONENTS.items():
        template = kit.get_template(f"{PACKAGE}/components/{component}/macro.html")
        found[macro] = _remembered(getattr(template.module, macro))
    return found


def _remembered(macro: Callable[[dict[str, Any]], str]) -> Callable[[dict[str, Any]], str]:
    """Remember how a component looks in which nobody has typed or chosen anything.

    It depends on nothing but what it is told, and takes longer to draw than all else on a page.
    What people say is not kept here.
    """
    drawn: dict[str, str] = {}

    def draw(about: dict[str, Any]) -> str:
        if _holds_an_answer(about):
            return macro(about)
        told = repr(about)
        found = drawn.get(told)
        if found is None:
            found = macro(about)
            if len(drawn) < MOST_REMEMBERED:
                drawn[told] = found
        return found

    return draw


def _holds_an_answer(about: dict[str, Any]) -> bool:
    if about.get("value") or about.get("errorMessage"):
        return True
    return any(item.get("checked") or item.get("selected") for item in about.get("items", ()))


def _value(field: Any) -> str:
    """Give what stands in a field, as WTForms' own widgets show it."""
    return str(field._value())  # noqa: SLF001


def _choices(field: Any) -> Iterable[Any]:
    """List the choices of a field; its types still say what they were before WTForms 3.3."""
    choices: Iterable[Any] = field.iter_choices()
    return choices


def asked(field: Field, hint: str | None, *, heading: bool) -> dict[str, Any]:
    """Describe a field with one box to fill in."""
    return {
        **_question(field, hint),
        "label": _words(field, heading=heading),
        "value": without_hidden(_value(field)),
    }


def asked_with_choices(
    field: SelectFieldBase, hint: str | None, *, heading: bool
) -> dict[str, Any]:
    """Describe a field whose answers are chosen from a few; a summary's link finds the first."""
    return {
        **_question(field, hint),
        "idPrefix": field.id,
        "label": _words(field, heading=heading),
        "fieldset": {"legend": _words(field, heading=heading)},
        "items": [
            {
                "value": choice.value,
                "text": str(choice.label),
                "checked": choice.selected,
                "selected": choice.selected,
                "hint": {"text": choice.render_kw.get("hint")},
            }
            for choice in _choices(field)
        ],
    }


def asked_to_tick(field: BooleanField, hint: str | None) -> dict[str, Any]:
    """Describe one box to tick, which is its own question."""
    box = {"value": "y", "text": str(field.label.text), "checked": bool(field.data)}
    return {**_question(field, hint), "idPrefix": field.id, "items": [box]}


def wrong_fields(fields: Iterable[Field]) -> Iterator[Field]:
    """Give the fields of a form in which something is wrong, those in its rows of fields too."""
    for field in fields:
        if isinstance(field, FieldList | FormField):
            yield from wrong_fields(field)
        elif field.errors:
            yield field


def _question(field: Field, hint: str | None) -> dict[str, Any]:
    words = hint or field.description
    error = [{"text": str(told), "visuallyHiddenText": gettext("Error")} for told in field.errors]
    return {
        "id": field.id,
        "name": field.name,
        "hint": {"text": words} if words else None,
        "attributes": {**(field.render_kw or {}), **({"aria-invalid": "true"} if error else {})},
        "errorMessage": error[0] if error else None,
    }


def _words(field: Field, *, heading: bool) -> dict[str, Any]:
    return {
        "text": str(field.label.text),
        "isPageHeading": heading,
        "classes": "asked asked--heading" if heading else "asked",
    }
