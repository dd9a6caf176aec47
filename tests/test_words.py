"""An editor reads what the site says: odd phrases are found, and hard texts are measured."""

from pathlib import Path

import pytest

from scripts import words
from scripts.prose import Segment, list_segments

PLANTED = {
    "templates/site/a.html": (
        '<p title="{{ _("Hand it in") }}">\n{# whoever #}{{ _("Letters") }}\n  stands\n  here</p>'
    ),
    "templates/mail/a.txt": "{% if letter %}A place is yours{% endif %}\n",
    "content/pages/en/a.md": "---\ntitle: Back office\n---\nRun `anew` ~~anew~~\n\nFor readers\n",
    "content/conference.json": '{\n  "letter": "A",\n  "summary": "For whoever comes"\n}\n',
    "app/a.py": (
        '"""Letters."""\nlog.info("letter for readers")\nraise Gone(f"Called off {when}")\n'
        'KEY = "letter"\nNAME = _("Letter")\n'
        '@click.command("a")\ndef a():\n    """Take the list away."""\n'
    ),
    "assets/js/a.js": '// letters for readers\nsay("It goes out now");\n',
    "docs/a.md": "```\nletters for readers\n```\n\nUse a screen reader\nby itself\n",
}
FOUND = [
    "app/a.py:3: “Called off”",
    "app/a.py:5: “Letter”",
    "app/a.py:7: “Take the list away”",
    "assets/js/a.js:2: “goes out”",
    "content/conference.json:3: “whoever”",
    "content/pages/en/a.md:2: “Back office”",
    "content/pages/en/a.md:6: “readers”",
    "docs/a.md:6: “by itself”",
    "templates/mail/a.txt:1: “place is yours”",
    "templates/site/a.html:1: “Hand it in”",
    "templates/site/a.html:2: “Letters”",
    "templates/site/a.html:3: “stands here”",
]


def test_every_discouraged_phrase_is_found_with_its_line(tmp_path: Path) -> None:
    for name, text in PLANTED.items():
        (tmp_path / name).parent.mkdir(parents=True, exist_ok=True)
        (tmp_path / name).write_text(text, encoding="utf-8")

    offences = words.find_offences(list_segments(tmp_path))

    assert sorted(one.rpartition(": ")[0] for one in offences) == FOUND


def test_an_offence_names_what_to_write_instead() -> None:
    offences = words.find_offences([Segment("README.md", 7, "We handed the list in.")])

    assert list(offences) == ["README.md:7: “handed the list in”: upload, submit or transfer"]


@pytest.mark.parametrize(
    "text",
    [
        "Use a screen reader",
        "Capital letters and small letters",
        "Bring a letter of invitation",
        "Tell us in your own words",
        "Kind regards",
    ],
)
def test_an_allowed_phrase_is_no_offence(text: str) -> None:
    assert list(words.find_offences([Segment("README.md", 1, text)])) == []


@pytest.mark.parametrize(
    ("word", "syllables"),
    [("the", 1), ("makes", 1), ("table", 2), ("needed", 2), ("agenda", 3), ("accessibility", 6)],
)
def test_syllables_are_counted(word: str, syllables: int) -> None:
    assert words.count_syllables(word) == syllables


def test_the_reading_age_rises_with_sentence_length() -> None:
    easy = ["You can change your booking. Open the link in your email."] * 5
    hard = ["Notwithstanding considerable organisational difficulties, registration continues."] * 9
    segments = [
        *(Segment("content/pages/en/easy.md", 1, text) for text in easy),
        *(Segment("templates/admin/hard/index.html", 1, text) for text in hard),
        Segment("templates/site/short.html", 1, "Too short to say anything about."),
    ]

    ages = [(audience.name, page, round(age)) for audience, page, age in words.read_ages(segments)]

    assert ages == [("organisers", "admin: hard", 43), ("visitors", "/easy", 7)]
