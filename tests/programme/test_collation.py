"""Names are listed where people look for them: by family name, in whatever order it stands."""

import pytest

from app.programme import collation

FAMILY_NAMES = {
    "Michael Marmot": "Marmot",
    "Martin Luther King Jr.": "King",
    "Martin Luther King, Jr.": "King",
    "Ada Lovelace, PhD, M.D.": "Lovelace",
    "García Márquez, Gabriel": "García Márquez",
    "Gabriel GARCÍA MÁRQUEZ": "GARCÍA MÁRQUEZ",
    "LI Wei": "LI",
    "AJ Smith": "Smith",
    "J.R. Smith": "Smith",
    "ADA MARSH": "MARSH",
    "Mohammed al-Rashid": "al-Rashid",
    "مريم العلوي": "العلوي",
    "王伟": "王伟",
    "王 伟": "王",
    "김 민준": "김",
    "Madonna": "Madonna",
    "": "",
}


@pytest.mark.parametrize("name", FAMILY_NAMES)
def test_the_family_name_is_recognised_in_a_full_name(name: str) -> None:
    assert collation.family_name(name) == FAMILY_NAMES[name]


def test_people_are_sorted_by_family_name_without_accents_case_and_arabic_articles() -> None:
    people = ["Mohammed al-Rashid", "Zoë Ångström", "LI Wei", "Ada Quill", "Bea Ångström"]

    assert sorted(people, key=collation.person_sort_key) == [
        "Bea Ångström",
        "Zoë Ångström",
        "LI Wei",
        "Ada Quill",
        "Mohammed al-Rashid",
    ]
