"""Email texts that organisers have edited, with their versions.

A language without an edited version uses its shipped text. No version is ever lost: restoring an
earlier one, or the shipped text, adds a version.
"""

from collections.abc import Collection, Iterator, Mapping, Sequence
from dataclasses import dataclass
from typing import Any, Final, NamedTuple

from flask import Flask, current_app
from flask_babel import gettext
from sqlalchemy import Select, func, select

from app import cache_version, clock
from app.database import db, lock_table
from app.errors import NotFound, RuleViolation, StaleEdit, require
from app.history import services as history
from app.history.models import Change
from app.mail import placeholders, rendering
from app.mail.fields.declaration import EmailField
from app.mail.fields.registry import EMAIL_FIELDS
from app.mail.models import EmailTextVersion
from app.mail.rendering import FOR_ORGANISERS, EmailText, RenderedEmail
from app.mail.shipped_texts import get_shipped_text
from app.web import languages
from app.web.languages import SOURCE_LANGUAGE

MAX_SUBJECT_LENGTH: Final = 300  # characters, placeholders included
MAX_BODY_LENGTH: Final = 20_000
LABELS: Final = {"subject": "Subject", "body": "Text"}
HISTORY_KIND: Final = "email-text"


class TextKey(NamedTuple):
    """An email in one language."""

    template: str
    language: str


class NewestVersion(NamedTuple):
    """The part of a text's newest version that sending an email needs."""

    template: str
    language: str
    version: int
    is_shipped: bool
    subject: str
    body: str
    shipped_subject: str
    shipped_body: str


@dataclass(frozen=True)
class EmailTextState:
    """The text of an email in one language, with what an edit needs to know about it."""

    text: EmailText
    version: int  # of the newest version; 0 if there is none
    shipped_before: EmailText  # the shipped text when the newest version was saved
    is_shipped: bool
    has_shipped_changed: bool  # since then


def find(template: str, language: str) -> EmailText | None:
    """Return the organisers' text, cached until it changes; None for the shipped text."""
    newest = _load_newest().get(TextKey(template, language))
    return None if newest is None or newest.is_shipped else EmailText(newest.subject, newest.body)


def _load_newest() -> Mapping[TextKey, NewestVersion]:
    return cache_version.cached_globally("email texts", _query_newest)


def _query_newest() -> Mapping[TextKey, NewestVersion]:
    newest = select(func.max(EmailTextVersion.id)).group_by(
        EmailTextVersion.template, EmailTextVersion.language
    )
    columns = [getattr(EmailTextVersion, name) for name in NewestVersion._fields]
    rows = db.session.execute(select(*columns).where(EmailTextVersion.id.in_(newest)))
    found = [NewestVersion(*row) for row in rows]
    return {TextKey(version.template, version.language): version for version in found}


def init_app(app: Flask) -> None:
    """Make the rendering of emails use the organisers' texts."""
    app.extensions["email_texts"] = _render_own


def _render_own(
    template: str, context: dict[str, Any], *, has_qr_code: bool
) -> RenderedEmail | None:
    """Render an email with the organisers' text in the current language, if there is one."""
    code = languages.current().code
    own = find(template, code)
    if own is None or template not in EMAIL_FIELDS:
        return None
    return render(own, TextKey(template, code), context, has_qr_code=has_qr_code)


def render(
    own: EmailText, key: TextKey, context: dict[str, Any], *, has_qr_code: bool = False
) -> RenderedEmail:
    """Render an email with the organisers' text, from the variables of its template."""
    is_for_organisers = key.template in FOR_ORGANISERS
    with rendering.use_supported_language(key.language):
        variables = rendering.build_site_context(is_for_organisers=is_for_organisers) | context
        names = _list_used_names(own.subject, own.body)
        values = build_values(key.template, variables, names)
    return rendering.render_email_text(
        own,
        values,
        EMAIL_FIELDS[key.template].placeholders,
        key.language,
        has_qr_code=has_qr_code,
        is_for_organisers=is_for_organisers,
    )


def build_values(
    template: str, context: Mapping[str, Any], names: Collection[str]
) -> Mapping[str, str]:
    """Return the values of placeholders for one email, in the current language.

    ``context`` are the variables of its template.
    """
    fields = EMAIL_FIELDS[template].fields
    return {name: _evaluate(field, context) for name, field in fields.items() if name in names}


def _list_used_names(subject: str, body: str) -> set[str]:
    """Return the names of the placeholders of a text."""
    return placeholders.list_names(subject) | placeholders.list_names(body)


def _evaluate(field: EmailField, context: Mapping[str, Any]) -> str:
    if field.is_part:
        return current_app.jinja_env.get_template(field.source).render(context).strip()
    if field.condition and not _run(field.condition, context):
        return ""
    value = _run(field.source, context)
    return "" if value is None else str(value)


def _run(expression: str, context: Mapping[str, Any]) -> Any:
    """Evaluate a Jinja expression, compiled once."""
    compiled = current_app.extensions.setdefault("email_expressions", {})
    if expression not in compiled:
        compiled[expression] = current_app.jinja_env.compile_expression(expression)
    return compiled[expression](context)


def list_edited() -> Sequence[TextKey]:
    """List the emails with their languages that organisers have edited."""
    return sorted(key for key, newest in _load_newest().items() if not newest.is_shipped)


def find_state(key: TextKey) -> EmailTextState:
    """Return the state of a text in one language, from the cache, for read-only pages."""
    return _to_state(_load_newest().get(key), get_shipped_text(*key))


def get_state(key: TextKey) -> EmailTextState:
    """Return the state of a text in one language, from the database, for an edit."""
    return _to_state(_find_newest(key), get_shipped_text(*key))


def list_versions(key: TextKey) -> Sequence[EmailTextVersion]:
    """List the versions of a text, the newest first."""
    return db.session.scalars(_select(key).order_by(EmailTextVersion.version.desc())).all()


def get_version(key: TextKey, number: int) -> EmailTextVersion:
    """Return one version; raise NotFound if there is none."""
    found = db.session.scalar(_select(key).where(EmailTextVersion.version == number))
    return require(found, NotFound("There is no such version"))


def find_problems(template: str, text: EmailText) -> Mapping[str, Sequence[str]]:
    """Return the faults of a text by field, as sentences for its author."""
    known = EMAIL_FIELDS[template]
    values = {  # links may give access, and many people read subjects
        name: one
        for name, one in known.placeholders.items()
        if one.kind is placeholders.PlaceholderKind.VALUE
    }
    found = {
        "subject": placeholders.find_problems(text.subject, values),
        "body": placeholders.find_problems(text.body, known.placeholders, sorted(known.required)),
    }
    empty = {name: "" if field.is_optional else "." for name, field in known.fields.items()}
    if not found["subject"] and not placeholders.fill_line(text.subject, empty):
        found["subject"] = [gettext("The subject would be empty for some people")]
    return {part: problems for part, problems in found.items() if problems}


def find_gaps(template: str, text: EmailText) -> Sequence[str]:
    """Return the placeholders that leave a gap for some people, outside of any “only if”."""
    fields = EMAIL_FIELDS[template].fields
    is_value = {
        name: field.placeholder.kind is placeholders.PlaceholderKind.VALUE
        for name, field in fields.items()
    }
    values = {name: "" if field.is_optional else "." for name, field in fields.items()}
    empty = {
        name for part in (text.subject, text.body) for name in placeholders.find_empty(part, values)
    }
    return [name for name in fields if name in empty and is_value[name]]


def save(key: TextKey, text: EmailText, *, name: str, expected_version: int, actor: str) -> bool:
    """Save the next version; return False if nothing changed.

    If the shipped text has changed since the last version, an unchanged text is saved again to
    record that it was compared. Raise RuleViolation for invalid placeholders, and StaleEdit after a
    concurrent change.
    """
    lock_table(EmailTextVersion)
    state = get_state(key)
    changes = tuple(_compare(state.text, text))
    if not changes and not state.has_shipped_changed:
        return False
    if state.version != expected_version:
        raise StaleEdit(state.version, changes)
    problems = find_problems(key.template, text)
    if problems:
        raise RuleViolation(next(iter(problems.values()))[0])
    _insert(key, text, state.version + 1, actor=actor)
    _record(key, f"The text of “{name}” was changed", actor, changes)
    return True


def restore(key: TextKey, number: int, *, name: str, expected_version: int, actor: str) -> None:
    """Restore an earlier version, or the shipped text (0), as a new version."""
    lock_table(EmailTextVersion)
    state = get_state(key)
    old = get_version(key, number) if number else None
    shipped = get_shipped_text(*key)
    is_shipped = old is None or old.is_shipped
    text = shipped if old is None or is_shipped else EmailText(old.subject, old.body)
    changes = tuple(_compare(state.text, text))
    if state.version != expected_version:
        raise StaleEdit(state.version, changes)
    if is_shipped and state.is_shipped:
        raise RuleViolation("The email has the original text already")
    if find_problems(key.template, text):
        raise RuleViolation(
            "That version no longer has the placeholders that it needs. Change it instead"
        )
    _insert(key, text, state.version + 1, actor=actor, is_shipped=is_shipped)
    event = "the original text" if is_shipped else f"version {number}"
    _record(key, f"The text of “{name}” was restored to {event}", actor, changes)


def history_subject(template: str) -> str:
    """Return the subject of the history entries about an email."""
    return f"{HISTORY_KIND} {template}"


def _select(key: TextKey) -> Select[tuple[EmailTextVersion]]:
    return select(EmailTextVersion).where(
        EmailTextVersion.template == key.template, EmailTextVersion.language == key.language
    )


def _find_newest(key: TextKey) -> EmailTextVersion | None:
    newest = _select(key).order_by(EmailTextVersion.version.desc()).limit(1)
    return db.session.scalar(newest)


def _to_state(
    newest: EmailTextVersion | NewestVersion | None, shipped: EmailText
) -> EmailTextState:
    if newest is None or newest.is_shipped:
        number = newest.version if newest else 0
        return EmailTextState(shipped, number, shipped, is_shipped=True, has_shipped_changed=False)
    before = EmailText(newest.shipped_subject, newest.shipped_body)
    text = EmailText(newest.subject, newest.body)
    has_changed = before != shipped
    return EmailTextState(
        text, newest.version, before, is_shipped=False, has_shipped_changed=has_changed
    )


def _compare(before: EmailText, after: EmailText) -> Iterator[Change]:
    for name, label in LABELS.items():
        old, new = getattr(before, name), getattr(after, name)
        if old != new:
            yield Change(name, old, new, label, old, new)


def _insert(
    key: TextKey, text: EmailText, number: int, *, actor: str, is_shipped: bool = False
) -> None:
    shipped = get_shipped_text(*key)
    db.session.add(
        EmailTextVersion(
            template=key.template,
            language=key.language,
            version=number,
            subject=text.subject,
            body=text.body,
            is_shipped=is_shipped,
            shipped_subject=shipped.subject,
            shipped_body=shipped.body,
            author=actor,
            created_at=clock.now(),
        )
    )
    db.session.flush()
    cache_version.bump_cache_version()


def _record(key: TextKey, summary: str, actor: str, changes: Sequence[Change]) -> None:
    """Record a change; a language other than English is named."""
    language_note = "" if key.language == SOURCE_LANGUAGE else f" ({key.language})"
    subject = history_subject(key.template)
    history.record(f"{summary}{language_note}", subject=subject, actor=actor, field_changes=changes)
