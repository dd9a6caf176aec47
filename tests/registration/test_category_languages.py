"""Categories have names and texts for each language of the site."""

import pytest
from sqlalchemy import select

from app.database import db
from app.delegates.categories.models import RegistrationCategory
from app.delegates.categories.texts import CategoryTexts, dump_translations
from app.history import queries as history
from app.history.models import HistoryEntry
from app.registration.bookings import data_export
from tests.browser import Browser, Browsers
from tests.factories import make_category, make_delegate, sign_in
from tests.registration.test_categories import QUESTION, get_delegate
from tests.registration_flow import IN_FRENCH, continue_to
from tests.sent_emails import find_link, get_last_email_to

EN_FR = pytest.mark.settings(LANGUAGES='["en", "fr"]')
FRENCH = CategoryTexts("Étudiante", "Avec une carte", "Apportez votre **carte**.")


def make_student(french: CategoryTexts = FRENCH) -> RegistrationCategory:
    """Save a category with texts in two languages, beside one without a translation."""
    make_category(name="Delegate")
    return make_category(
        name="Student",
        description="With a student card",
        confirmation_text="Bring your **card**.",
        translations=dump_translations({"fr": french}),
    )


@EN_FR
@pytest.mark.both_databases
def test_an_organiser_can_translate_a_category(visitor: Browser) -> None:
    make_category(name="Delegate")
    page = sign_in(visitor).open("/organise/categories").follow("Add a category")

    page = page.press(
        "Add this category",
        {
            "Name": "Student",
            "Description (optional)": "With a student card",
            "Name (français, optional)": "Étudiante",
            "Text in the confirmation (français, optional)": "Apportez votre carte.",
        },
    )

    assert page.heading == "Student"
    assert page.summary_list["français"] == "Étudiante Apportez votre carte."
    form = page.follow("Change")
    page = form.press("Save", {"Name (français, optional)": "Étudiant"})
    assert page.summary_list["français"] == "Étudiant Apportez votre carte."
    late = form.press("Save", {"Name (français, optional)": "Élève"}, status=409)
    assert late.rows == [{"": "Name (fr)", "Saved now": "Étudiant", "Yours": "Élève"}]
    told = list(db.session.scalars(select(HistoryEntry.summary).order_by(HistoryEntry.id)))
    assert told[-1] == "Student was changed: name (fr)"
    french = visitor.open("/fr/register/category")
    assert "Étudiant With a student card" in french.text
    assert "Étudiant" not in visitor.open("/register/category").text


@EN_FR
@pytest.mark.both_databases
def test_a_french_registration_shows_the_category_in_french_everywhere(
    visitor: Browser, new_browser: Browsers
) -> None:
    make_student()
    page = visitor.open("/fr/register").follow("Start now")
    assert "Avec une carte" in page.text

    page = continue_to(page, answers={QUESTION: "Étudiante", **IN_FRENCH})
    assert page.summary_list["Category"] == "Étudiante"
    page = page.press("Confirm registration")

    assert page.text.count("Apportez votre carte.") == 1
    assert "Étudiante" in page.text
    email = get_last_email_to("ada@example.org")
    assert "Category: Étudiante" in email.text
    assert "Apportez votre carte." in email.text
    assert "Bring your card" not in email.text
    own = find_link(email, "/fr/booking/")
    assert visitor.open(own).summary_list["Category"] == "Étudiante"
    in_english = new_browser().open(own.replace("/fr/", "/"))
    assert in_english.summary_list["Category"] == "Student"
    assert data_export.export_delegate(get_delegate())["booking"]["category"] == "Student"


@EN_FR
def test_an_untranslated_category_is_shown_in_the_default_language(
    visitor: Browser,
) -> None:
    make_student(CategoryTexts(name="Étudiante"))

    page = visitor.open("/fr/register").follow("Start now")

    assert "Étudiante With a student card" in page.text
    assert "Delegate" in page.text


@EN_FR
def test_an_email_about_a_changed_category_is_in_the_delegates_language(
    visitor: Browser,
) -> None:
    make_student()
    delegate = make_delegate(language="fr")
    page = sign_in(visitor).open(f"/organise/delegates/{delegate.reference}")

    page.follow("Change booking").press("Save", {"Category": "Student"})

    email = get_last_email_to(delegate.email)
    assert "Étudiante" in email.text
    assert "Student" not in email.text
    newest, *_ = history.list_entries(delegate.history_subject)
    assert [(one.old, one.new) for one in newest.field_changes] == [("", "Student")]
