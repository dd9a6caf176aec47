"""The changes of a release, grouped and described for a page or a feed."""

from collections.abc import Iterator, Mapping
from dataclasses import dataclass
from functools import cached_property
from typing import Any

from flask import render_template, url_for
from flask_babel import gettext, ngettext
from flask_babel import lazy_gettext as _l

from app.releases import change_summary, diff_text, timeline
from app.releases.change_summary import ChangedItem, ChangeSummary, TimeAndRoom
from app.releases.diff_text import SESSION_HEADINGS, ChangeGroup
from app.releases.published_programme import PublishedProgramme
from app.releases.timeline import TimelineEntry
from app.web import atom, languages
from app.web.rendering import absolute_url

MAX_ITEMS_IN_LIST = 5  # per group, on pages with several releases
HEADINGS: Mapping[str, Any] = {
    **SESSION_HEADINGS,
    "speakers-added": _l("Added speakers"),
    "speakers-altered": _l("Changed speakers"),
    "speakers-withdrawn": _l("Withdrawn speakers"),
    "rooms-added": _l("Added rooms"),
    "rooms-altered": _l("Changed rooms"),
    "rooms-withdrawn": _l("Removed rooms"),
    "themes-added": _l("Added themes"),
    "themes-altered": _l("Changed themes"),
    "themes-withdrawn": _l("Removed themes"),
    change_summary.SETTINGS_GROUP: _l("Conference details"),
}
HIDDEN_FIELDS = frozenset({"shape", "palette", "colour", "letter"})  # visual only


@dataclass(frozen=True)
class ChangelogItem:
    """A changed session, speaker, room or theme, with values before and after."""

    name: str
    language: str
    address: str  # the URL of its page, or "" if it has none
    description: str = ""
    old: str = ""
    new: str = ""

    @property
    def new_language(self) -> str:
        """Return the language of the new value if it is the title, else ""."""
        return self.language if self.new == self.name else ""


ChangelogGroup = ChangeGroup[ChangelogItem]


@dataclass(frozen=True)
class ReleaseChanges:
    """The changes of a release when it became public."""

    entry: TimelineEntry
    summary: ChangeSummary
    current_programme: PublishedProgramme
    max_items: int | None = None  # per group; None for all

    @cached_property
    def groups(self) -> tuple[ChangelogGroup, ...]:
        """Return the changes, grouped by kind of change."""
        return tuple(self._groups())

    @property
    def heading(self) -> str:
        """Return the heading: Release 3, or Release 3 again after a rollback."""
        if self.entry.is_reactivation:
            return str(gettext("Release %(number)s again", number=self.entry.number))
        return str(gettext("Release %(number)s", number=self.entry.number))

    @property
    def address(self) -> str:
        """Return the URL of the full list of changes."""
        return url_for("changelog.show", number=self.entry.number, _anchor=self.anchor or None)

    @property
    def anchor(self) -> str:
        """Return the anchor on the release's page, or "" for the first publication."""
        return f"again-{self.entry.ordinal}" if self.entry.is_reactivation else ""

    def anchor_of(self, group: ChangelogGroup) -> str:
        """Return the anchor of a group on the release's page."""
        return "-".join(filter(None, (self.anchor, group.name)))

    def address_of(self, group: ChangelogGroup) -> str:
        """Return the URL of the full group."""
        number, place = self.entry.number, self.anchor_of(group)
        return url_for("changelog.show", number=number, _anchor=place)

    @property
    def note(self) -> str:
        """Return the publisher's note; "" if the release was published again."""
        return "" if self.entry.is_reactivation else self.entry.note

    @property
    def counts_text(self) -> str:
        """Return a short summary: Moved sessions: 2. Cancelled sessions: 1."""
        if self.summary.begins:
            return self.first_release_text
        counted = (f"{group.heading}: {group.count}." for group in self.groups)
        return " ".join(counted) or str(gettext("Only minor changes."))

    @property
    def first_release_text(self) -> str:
        """Return the summary of a release that did not replace an earlier programme."""
        if not self.summary.sessions:
            return str(gettext("%(title)s was announced.", title=self.summary.title))
        sessions = ngettext("%(num)s session", "%(num)s sessions", self.summary.sessions)
        speakers = ngettext("%(num)s speaker", "%(num)s speakers", self.summary.speakers)
        return str(
            gettext(
                "The programme of %(title)s was published, with %(sessions)s and %(speakers)s.",
                title=self.summary.title,
                sessions=sessions,
                speakers=speakers,
            )
        )

    def _groups(self) -> Iterator[ChangelogGroup]:
        for name, heading in HEADINGS.items():
            things = [thing for thing in self.summary.things if thing.group == name]
            if things:
                shown_items = tuple(self._item(thing) for thing in things[: self.max_items])
                yield ChangeGroup(name, heading, len(things), shown_items)

    def _item(self, entity: ChangedItem) -> ChangelogItem:
        description, old, new = _describe_item(entity)
        return ChangelogItem(
            entity.name, entity.language, self._address(entity), description, old, new
        )

    def _address(self, entity: ChangedItem) -> str:
        """Return the URL of an item's current page; for a withdrawn session, of its last state."""
        if entity.group.startswith("speakers"):
            slug = self.current_programme.speaker_slugs.get(entity.key, "")
            return url_for("programme.speaker", slug=slug) if slug else ""
        if entity.group not in SESSION_HEADINGS:
            return ""
        slug = self.current_programme.session_slugs.get(entity.key, "")
        if slug:
            return url_for("programme.session", slug=slug)
        is_gone = entity.group == "withdrawn"
        number = self.entry.previous_release if is_gone else self.entry.number
        return url_for("changelog.release_session", number=number, slug=entity.slug)


def build_changes(
    entry: TimelineEntry, current_programme: PublishedProgramme, max_items: int | None = None
) -> ReleaseChanges:
    """Return what a release changed, compared with the release before it."""
    return ReleaseChanges(entry, timeline.get_change_summary(entry), current_programme, max_items)


def build_feed_entry(changes: ReleaseChanges) -> atom.AtomEntry:
    """Return the feed entry of a release."""
    showing = changes.entry
    values = {"number": showing.number, "_anchor": changes.anchor or None}
    return atom.AtomEntry(
        identity=f"changes/{showing.number}/{showing.ordinal}",
        title=changes.heading,
        url=absolute_url("changelog.show", **values),
        published=showing.activated_at,
        updated=showing.activated_at,
        summary=changes.note or changes.counts_text,
        content=atom.absolutise_links(
            render_template("programme/_changelog_feed_entry.html", change=changes)
        ),
        language=languages.current().code,
    )


def _describe_item(entity: ChangedItem) -> tuple[str, str, str]:
    """Return the description of an item, and its old and new value."""
    if entity.old_place:
        return "", _describe_place(entity.old_place), _describe_place(entity.place)
    if entity.was_called:
        return _join_field_labels(entity.others), entity.was_called, entity.name
    if entity.group in {"added", "cancelled", "back", "withdrawn"}:
        return _describe_place(entity.place), "", ""
    return ". ".join(filter(None, _describe_people(entity))), "", ""


def _describe_place(place: TimeAndRoom | None) -> str:
    if place is None:
        return ""
    return ", ".join(filter(None, (diff_text.describe_time(place), place.room)))


def _describe_people(entity: ChangedItem) -> Iterator[str]:
    """Yield the speakers who were added or removed, and the other fields that changed."""
    if entity.joined:
        yield gettext("Now with %(names)s", names=", ".join(entity.joined))
    if entity.left:
        yield gettext("No longer with %(names)s", names=", ".join(entity.left))
    yield _join_field_labels(entity.others)


def _join_field_labels(field_names: tuple[str, ...]) -> str:
    """Return the labels of the changed fields: Abstract, Language."""
    labels = dict.fromkeys(
        str(diff_text.LABELS.get(name, name)) for name in field_names if name not in HIDDEN_FIELDS
    )
    return ", ".join(labels)
