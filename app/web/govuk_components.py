"""GOV.UK Frontend components for the form macros (``templates/components/form.html``).

The macros of the package read variables that may be undefined, which the site's templates may not.
They are therefore compiled in an environment of their own and registered as template functions,
together with functions that convert a WTForms field to their parameters.
"""

from collections.abc import Callable, Iterable, Iterator, MutableMapping
from functools import cache
from typing import Any

from flask import Flask
from flask_babel import gettext
from jinja2 import Environment, PackageLoader, PrefixLoader
from wtforms import BooleanField, Field, FieldList, FormField, SelectFieldBase

from app.text import strip_hidden

PACKAGE = "govuk_frontend_jinja"
COMPONENTS = {
    "govukButton": "button",
    "govukCheckboxes": "checkboxes",
    "govukInput": "input",
    "govukRadios": "radios",
    "govukSelect": "select",
    "govukTextarea": "textarea",
}
MAX_CACHED_RENDERINGS = 500


class SharedGlobals:
    """A Jinja environment in which all templates share one dictionary of globals.

    Jinja looks up the globals each time a template imports another, dozens of times per page. A
    plain dictionary makes that ten times faster.
    """

    globals: dict[str, Any]

    def make_globals(self, d: MutableMapping[str, Any] | None) -> MutableMapping[str, Any]:
        """Return the globals of a template."""
        return {**self.globals, **(d or {})}


class _GovukEnvironment(SharedGlobals, Environment):
    """The Jinja environment of the GOV.UK Frontend macros."""


def init_app(app: Flask) -> None:
    """Register ``govukInput({…})``, the other form components and the parameter functions."""
    for name, render in _load_macros().items():
        app.add_template_global(render, name)
    app.add_template_global(input_params)
    app.add_template_global(choices_params)
    app.add_template_global(checkbox_params)
    app.add_template_global(fields_with_errors)


@cache
def _load_macros() -> dict[str, Callable[[dict[str, Any]], str]]:
    """Compile the components once per process; it takes a tenth of a second."""
    environment = _GovukEnvironment(
        loader=PrefixLoader({PACKAGE: PackageLoader(PACKAGE)}),
        autoescape=True,
        auto_reload=False,  # an installed package does not change
        trim_blocks=True,
        lstrip_blocks=True,
    )
    macros = {}
    for macro, component in COMPONENTS.items():
        template = environment.get_template(f"{PACKAGE}/components/{component}/macro.html")
        macros[macro] = _cached_macro(getattr(template.module, macro))
    return macros


def _cached_macro(macro: Callable[[dict[str, Any]], str]) -> Callable[[dict[str, Any]], str]:
    """Cache the HTML of components without input, which depends only on the parameters.

    Rendering them takes longer than the rest of a page. Typed values are never cached.
    """
    cache: dict[str, str] = {}

    def draw(params: dict[str, Any]) -> str:
        if _has_answer(params):
            return macro(params)
        key = repr(params)
        html = cache.get(key)
        if html is None:
            html = macro(params)
            if len(cache) < MAX_CACHED_RENDERINGS:
                cache[key] = html
        return html

    return draw


def _has_answer(params: dict[str, Any]) -> bool:
    if params.get("value") or params.get("errorMessage"):
        return True
    return any(item.get("checked") or item.get("selected") for item in params.get("items", ()))


def _display_value(field: Any) -> str:
    return str(field._value())  # noqa: SLF001


def _iter_choices(field: Any) -> Iterable[Any]:
    """Return the choices of a field; the type stubs are those of WTForms before 3.3."""
    choices: Iterable[Any] = field.iter_choices()
    return choices


def input_params(field: Field, hint: str | None, *, heading: bool) -> dict[str, Any]:
    """Return the parameters of a text input."""
    return {
        **_common_params(field, hint),
        "label": _label_params(field, heading=heading),
        "value": strip_hidden(_display_value(field)),
    }


def choices_params(field: SelectFieldBase, hint: str | None, *, heading: bool) -> dict[str, Any]:
    """Return the parameters of radios, checkboxes or a select.

    ``idPrefix`` lets the link of the error summary find the first choice.
    """
    return {
        **_common_params(field, hint),
        "idPrefix": field.id,
        "label": _label_params(field, heading=heading),
        "fieldset": {"legend": _label_params(field, heading=heading)},
        "items": [
            {
                "value": choice.value,
                "text": str(choice.label),
                "checked": choice.selected,
                "selected": choice.selected,
                "hint": {"text": choice.render_kw.get("hint")},
                "disabled": choice.render_kw.get("disabled", False),
            }
            for choice in _iter_choices(field)
        ],
    }


def checkbox_params(field: BooleanField, hint: str | None) -> dict[str, Any]:
    """Return the parameters of a single checkbox."""
    common = _common_params(field, hint)
    box = {
        "value": "y",
        "text": str(field.label.text),
        "checked": bool(field.data),
        "hint": common.pop("hint"),  # below the label, which it explains
    }
    return {**common, "idPrefix": field.id, "items": [box]}


def fields_with_errors(fields: Iterable[Field]) -> Iterator[Field]:
    """Yield the fields that have errors, including those of nested forms."""
    for field in fields:
        if isinstance(field, FieldList | FormField):
            yield from fields_with_errors(field)
        elif field.errors:
            yield field


def _common_params(field: Field, hint: str | None) -> dict[str, Any]:
    hint_text = hint or field.description
    error = [{"text": str(told), "visuallyHiddenText": gettext("Error")} for told in field.errors]
    return {
        "id": field.id,
        "name": field.name,
        "hint": {"text": hint_text} if hint_text else None,
        "attributes": {**(field.render_kw or {}), **({"aria-invalid": "true"} if error else {})},
        "errorMessage": error[0] if error else None,
    }


def _label_params(field: Field, *, heading: bool) -> dict[str, Any]:
    return {
        "text": str(field.label.text),
        "isPageHeading": heading,
        "classes": "asked asked--heading" if heading else "asked",
    }
