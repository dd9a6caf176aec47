"""The emails of a notice of change: a mailing whose recipients each get their own changes.

An organiser reviews, edits and sends it like any other. While it is a draft, another release
updates its recipients and keeps what an organiser has written.
"""

import json
from collections.abc import Collection, Iterable, Iterator, Sequence
from dataclasses import dataclass, field, replace
from typing import Final

from flask_babel import gettext
from sqlalchemy import Select, String, cast, literal, select
from sqlalchemy import delete as sql_delete

from app.database import db
from app.delegates.models import Delegate
from app.delegates.queries import ATTENDING
from app.interchange import ical_writer
from app.mailings import notice_text, recipients, services
from app.mailings.audiences import Candidate
from app.mailings.models import Mailing, MailingRecipient
from app.mailings.notice_models import ChangeNotice
from app.mailings.notice_recipients import NoticeRecipient
from app.mailings.recipients import PreparedRecipient
from app.mailings.services import Draft
from app.programme import public_settings, snapshot
from app.programme.models import Conference, Release
from app.releases import revisions
from app.releases.published_programme import PublishedProgramme, ReleaseContext
from app.web import languages
from app.web.rendering import absolute_url

AUDIENCE: Final = "notices"
CHANGES, SESSIONS = "changes", "followed_sessions"  # placeholders
SPEAKER_LINK: Final = "speaker_link"


def default_draft() -> Draft:
    """Return the default text of a mailing, in the language of the page."""
    paragraphs = (
        gettext("Dear {{ first_name }},"),
        gettext(
            "The programme of {{ conference }} has changed. These are the changes that affect you:"
        ),
        "{{ changes }}",
        "{{ only if followed_sessions }}",
        gettext(
            "Open the attached file to update these sessions in your calendar: "
            "{{ followed_sessions }}. If you subscribe to one of our calendars, it is updated "
            "automatically."
        ),
        "{{ end }}",
        "{{ only if speaker_link }}",
        gettext(
            "You get this email because you speak, or help a speaker. If anything is wrong, "
            "correct it on your speaker pages."
        ),
        f"[{gettext('Open your speaker pages')}]({{{{ speaker_link }}}})",
        "{{ end }}",
        f"[{gettext('View the programme')}]({{{{ programme_link }}}})",
    )
    return Draft(gettext("Changes to the programme of {{ conference }}"), "\n\n".join(paragraphs))


def create_or_update(
    notice: ChangeNotice, people: Sequence[NoticeRecipient], *, actor: str
) -> Mailing:
    """Create the draft of a notice, or update its recipients."""
    if notice.mailing is None:
        draft = replace(default_draft(), is_essential=_is_essential(people))
        notice.mailing = services.prepare(AUDIENCE, draft, _prepare(notice, people), actor=actor)
        _translate(notice.mailing, draft, actor=actor)
    else:
        update(notice, people)
    return notice.mailing


def _translate(mailing: Mailing, draft: Draft, *, actor: str) -> None:
    """Add the site's text to a draft in each language with a translation."""
    for code in languages.list_codes():
        with languages.use_language(code):
            other = replace(default_draft(), is_essential=draft.is_essential)
        if other != draft:
            version = mailing.version
            services.save(mailing, other, language=code, expected_version=version, actor=actor)


def update(notice: ChangeNotice, people: Sequence[NoticeRecipient]) -> None:
    """Update the recipients of a draft, if there is one; excluded people stay excluded."""
    mailing = notice.mailing
    if mailing is None:
        return
    addresses = _list_deselected_addresses(mailing)
    _delete_recipients(mailing)
    mailing.is_essential = _is_essential(people)
    recipients.store_prepared(mailing, _prepare(notice, people))
    _deselect_addresses(mailing, addresses)
    mailing.version += 1


def _list_deselected_addresses(mailing: Mailing) -> Collection[str]:
    people = [*recipients.iter_deselected(mailing)]
    statement = _select_address_keys(mailing).where(MailingRecipient.person.in_(people))
    return set(db.session.scalars(statement)) if people else set()


def _deselect_addresses(mailing: Mailing, addresses: Collection[str]) -> None:
    """Exclude these addresses, which may now be in the mailing in another role."""
    if addresses:
        statement = _select_address_keys(mailing).where(MailingRecipient.address_key.in_(addresses))
        people = db.session.scalars(statement.with_only_columns(MailingRecipient.person))
        deselected = {*recipients.iter_deselected(mailing), *people}
        mailing.deselected = json.dumps(sorted(deselected))


def _select_address_keys(mailing: Mailing) -> Select[tuple[str]]:
    return select(MailingRecipient.address_key).where(
        MailingRecipient.mailing_id == mailing.id, MailingRecipient.address_key != ""
    )


def delete(notice: ChangeNotice) -> None:
    """Delete the draft, if there is one."""
    mailing = notice.mailing
    if mailing is not None:
        _delete_recipients(mailing)
        notice.mailing = None
        db.session.flush()
        db.session.delete(mailing)


def lock(notice: ChangeNotice) -> None:
    """Lock the mailing, so that it is not sent while it is being updated."""
    if notice.mailing is not None:
        services.lock(notice.mailing)


def list_cancelled_speakers(
    mailing: Mailing, among: Sequence[MailingRecipient]
) -> Sequence[MailingRecipient]:
    """List essential recipients by a booking that is cancelled by now, unless excluded."""
    person = literal(f"{recipients.DELEGATE} ").concat(cast(Delegate.id, String))
    rows = select(MailingRecipient).where(
        MailingRecipient.id.in_([recipient.id for recipient in among]),
        MailingRecipient.is_essential,
        MailingRecipient.person.in_(select(person).where(~ATTENDING)),
        MailingRecipient.person.not_in([*recipients.iter_deselected(mailing)]),
    )
    return db.session.scalars(rows).all()


def rewrite(
    notice: ChangeNotice, rows: Sequence[MailingRecipient], people: Sequence[NoticeRecipient]
) -> None:
    """Update the texts of some recipients, in their language; or exclude them."""
    writer = _Writer(_load_programme(notice.to_release))
    found = {recipients.to_key(one.email): one for one in _merge_addresses(people)}
    for row in rows:
        person = found.get(row.address_key)
        if person is None:
            row.is_essential = False  # as for everyone with a cancelled booking
        else:
            prepared = writer.prepare(replace(person, language=row.language))
            row.own_values, row.calendar = json.dumps(dict(prepared.values)), prepared.calendar
    db.session.flush()


def _delete_recipients(mailing: Mailing) -> None:
    own = MailingRecipient.mailing_id == mailing.id
    db.session.execute(sql_delete(MailingRecipient).where(own))


def _is_essential(people: Iterable[NoticeRecipient]) -> bool:
    """Return True if a change concerns a day on which the person attends, whatever they follow.

    Changes that concern a person as a speaker are essential only in their own email.
    """
    return any(not (person.optional | person.own).issuperset(person.ids) for person in people)


@dataclass(frozen=True)
class _Writer:
    """Writes the texts of notices; cached for people with the same changes and language."""

    programme: PublishedProgramme
    blocks: dict[tuple[str, tuple[str, ...]], str] = field(default_factory=dict)
    calendars: dict[tuple[str, frozenset[str], frozenset[str]], bytes] = field(default_factory=dict)

    def prepare(self, person: NoticeRecipient) -> PreparedRecipient:
        """Return a person with their changes and the calendar entries of sessions they follow."""
        with languages.use_language(_supported(person.language)):
            values = {
                CHANGES: self._block(person),
                SESSIONS: _titles(person),
                SPEAKER_LINK: absolute_url("speakers.home") if person.own else "",
            }
            has_sessions = person.followed or person.sessions_left
            calendar = self._calendar(person) if has_sessions else None
        candidate = Candidate(
            person=_name_person(person),
            name=person.name,
            address=person.email,
            language=person.language,
            booking_reference=person.reference,
        )
        return PreparedRecipient(candidate, values, calendar, is_essential=bool(person.own))

    def _block(self, person: NoticeRecipient) -> str:
        key = (person.language, person.ids)
        if key not in self.blocks:
            self.blocks[key] = notice_text.render_block(person.changes)
        return self.blocks[key]

    def _calendar(self, person: NoticeRecipient) -> bytes:
        key = (person.language, person.followed, person.sessions_left)
        if key not in self.calendars:
            site = absolute_url("site.home").rstrip("/")
            self.calendars[key] = ical_writer.dump_update(
                self.programme,
                site=site,
                keys=person.followed | person.sessions_left,
                cancelled_for_reader=person.sessions_left,
            )
        return self.calendars[key]


def _name_person(person: NoticeRecipient) -> str:
    if person.person_id is not None:
        return f"{recipients.ACCOUNT} {person.person_id}"
    return f"{recipients.DELEGATE} {person.delegate_id}"


def _supported(language: str) -> str:
    return language if language in languages.list_codes() else languages.SOURCE_LANGUAGE


def _titles(person: NoticeRecipient) -> str:
    keys = person.followed | person.sessions_left
    sessions = (change.session for change in person.changes if change.key in keys)
    return "; ".join(dict.fromkeys(session.title for session in sessions if session))


def _prepare(
    notice: ChangeNotice, people: Iterable[NoticeRecipient]
) -> Iterator[PreparedRecipient]:
    writer = _Writer(_load_programme(notice.to_release))
    return map(writer.prepare, _merge_addresses(people))


def _merge_addresses(people: Iterable[NoticeRecipient]) -> Iterable[NoticeRecipient]:
    """Merge the changes of people who share an address, since an address gets one email."""
    found: dict[str, NoticeRecipient] = {}
    for person in people:
        key = recipients.to_key(person.email)
        found[key] = person.join(found[key]) if key in found else person
    return found.values()


def _load_programme(number: int) -> PublishedProgramme:
    """Load the programme within this transaction, which may have just published it."""
    release = db.session.get_one(Release, number)
    settings = db.session.scalars(select(Conference)).one().public_settings
    content = public_settings.apply(snapshot.load(release.snapshot), settings)
    context = ReleaseContext(revisions.load_all(db.session()))
    return PublishedProgramme(content, number, release.published_at, context)
