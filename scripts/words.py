"""Check the words that people read: phrases to avoid, and how hard each page is to read.

A phrase that ``docs/words.md`` advises against is reported with its file and line, and with what
to write instead. The reading age is the Flesch-Kincaid grade and five years: the age at which a
pupil can follow a text. Run it with ``python -m scripts.words`` at the top of the repository.
"""

import re
import sys
from collections.abc import Iterable, Iterator, Sequence
from functools import cache
from itertools import chain
from pathlib import Path
from typing import NamedTuple

from scripts.prose import Segment, list_segments


class Phrase(NamedTuple):
    """A pattern to avoid, and what to write instead."""

    pattern: str
    instead: str


class Allowed(NamedTuple):
    """Words in which such a pattern is right, and why."""

    pattern: str
    reason: str
    path: str = ""  # empty: everywhere


PHRASES = (
    # One thing, one name
    Phrase(r"letters?", "email"),
    Phrase(r"e-mails?|mails|by mail", "email"),
    Phrase(r"readers?", "visitors, delegates or the public"),
    Phrase(r"back office", "admin"),
    Phrase(r"emails? to many people", "group email"),
    Phrase(r"emails? (?:that )?(?:comes?|came) back", "emails are returned"),
    Phrase(r"kinds?", "type"),
    Phrase(r"who speaks|who is speaking", "speakers"),
    Phrase(r"telephones?", "phone"),
    Phrase(r"(?:dietary|access) needs", "dietary requirements, access requirements"),
    Phrase(r"(?:cannot|do not) eat|eat or drink", "dietary requirements"),
    Phrase(r"needs? (?:in order )?to take part", "access requirements"),
    Phrase(r"place of the (?:conference|event)|the place where", "venue, city or location"),
    Phrase(r"place (?:at the conference )?is yours", "you have a place"),
    Phrase(
        r"(?:can|please) (?:now )?edit|edit (?:the|its|title|from|and approve)|edited and approved",
        "change, write, or approve with changes",
    ),
    Phrase(r"seats? (?:of|at) the conference", "place"),
    Phrase(r"tak(?:e|es|ing) (?:the|your|their|this) (?:place|seat)(?! of)", "accept, confirm"),
    Phrase(
        r"address(?:es)? of (?:this|the|a|your|each) (?:page|calendar|agenda|feed|file)s?",
        "link or web address",
    ),
    Phrase(r"mak(?:e|ing) (?:the|an|another|a new) address", "create a link"),
    Phrase(r"without a connection", "offline"),
    Phrase(r"on this device any more|kept on this device", "saved on this device"),
    Phrase(r"(?:enough|too much|no|more) room (?:left|on)|takes? too much room", "space"),
    Phrase(r"deeds?", "action or change"),
    Phrase(r"right form", "correct format"),
    Phrase(r"(?:tried|trying) out|(?:try|trying) (?:\w+ )?things out|the trial", "test"),
    Phrase(r"follows? (?:whoever|those who)", "tracking codes"),
    Phrase(r"(?:set|chosen|certain|another|other|its|that) moment|moment (?:that|when)", "time"),
    Phrase(r"logs? in|logged in", "sign in"),
    Phrase(r"(?:its|other|same|your|their) words|words of (?:the|a|its)|no words", "text"),
    # Verbs that do the work of exact ones
    Phrase(
        r"(?:tak(?:e|es|en|ing)|took) (?:\w+ ){0,2}(?:away|along|out|off)",
        "delete, download, export",
    ),
    Phrase(r"(?:leav(?:e|es|ing)|left) (?:\w+ ){0,2}out", "remove, skip or exclude"),
    Phrase(r"br(?:ing|ings|inging|ought) (?:it |them |this |that )?back", "restore"),
    Phrase(r"br(?:ing|ings|inging|ought) (?:\w+ ){0,2}up to date", "update"),
    Phrase(r"hand(?:s|ed|ing)? (?:\w+ ){0,2}(?:in|over)", "upload, submit or transfer"),
    Phrase(r"call(?:s|ed|ing)? (?:\w+ )?off", "cancel"),
    Phrase(r"(?:go|goes|going|gone|went) out", "is sent or is published"),
    Phrase(r"(?:go|goes) on", "continue"),
    Phrase(r"(?:not|is|are) out yet|not settled|(?:is|are) settled", "published; confirmed"),
    Phrase(r"held back|holds? back|shut out", "pause; remove access"),
    Phrase(
        r"(?:stands?|stood|standing) (?:here|there|in|on|at|above|below|besides?|behind|under|now)",
        "is, appears or is listed",
    ),
    Phrase(
        r"(?:it|they|that|this|what|session|programme|how \w+(?: \w+)?) (?:stands?|stood)",
        "is; current, status",
    ),
    Phrase(r"(?:it|they|which|that|agenda) (?:holds?|held) (?:a|an|the|no|only)", "contains, has"),
    Phrase(r"we (?:still )?hold|what we hold", "we store, we keep"),
    Phrase(r"tells? (?:what|who|which|when|how|whether|where|of)", "shows, lists or says"),
    Phrase(r"(?:is|are|was|were|be|been) told", "is notified, or name who tells whom"),
    Phrase(r"counts? (?:as soon|at once|from|when)|(?:then|here|address) counts", "takes effect"),
    Phrase(r"on its way|on their way", "has been sent, is being sent"),
    Phrase(r"(?:letter|email|it) goes (?:to|at)", "is sent"),
    Phrase(
        r"writ(?:e|es|ing) to (?:us|you|him|her|them|people|speakers|delegates|that)",
        "email or contact",
    ),
    Phrase(r"mend(?:s|ed|ing)?", "fix, correct or repair"),
    Phrase(r"lack(?:s|ed|ing)?", "is missing, has no"),
    Phrase(r"parted|pester(?:s|ed|ing)?|befall\w*", "say it plainly"),
    Phrase(r"waits? for (?:you|your|somebody|someone)|what (?:waits|is waiting)", "to approve"),
    Phrase(r"what (?:became|becomes) of", "what happened to, or status"),
    Phrase(r"forget (?:this|my|the|your)|(?:is|was) forgotten", "delete"),
    Phrase(r"mean to go", "plan to go"),
    Phrase(r"utili[sz]e\w*|commenc\w+|facilitat\w+|leverag\w+", "use, start, help"),
    Phrase(r"erasure|eras(?:es?|ed|ing)", "delete"),
    Phrase(r"done again|do again", "redo"),
    # Vague subjects and quaint adverbs
    Phrase(r"who(?:m|so)?ever|wh(?:at|om)soever", "anyone who, or name the person"),
    Phrase(r"somebody", "someone"),
    Phrase(r"front page", "home page"),
    Phrase(r"(?:by|of) (?:itself|themselves|himself|herself)", "automatically"),
    Phrase(r"anew|afresh|once more", "again"),
    Phrase(r"at once", "immediately, straight away, at the same time"),
    Phrase(r"for good", "permanently"),
    Phrase(r"says? otherwise|said otherwise", "say what differs"),
    Phrase(r"in order to", "to"),
    Phrase(r"upon|whilst|amongst|thereby|thereof|hereby|henceforth|hitherto", "on, while, among"),
    Phrase(r"prior to|in the event of|with regard to|subsequent\w*", "before, if, about, later"),
    Phrase(r"left to do|lies? ahead", "open tasks, to do"),
    Phrase(r"(?:your|their|organisers’) word(?: on)?", "approval"),
    Phrase(r"fits? what you look for|look for other", "no results; search for"),
    # Whole expressions
    Phrase(
        r"clock (?:was|is) set|the clocks? shows?|runs on from",
        "This is a test site. Its date is set to ...",
    ),
    Phrase(r"only like these|show these", "apply filters"),
    Phrase(r"as will serve|as little .{0,20} as", "only what we need"),
    Phrase(r"know nothing (?:of|about) this", "Did you not ask for this?"),
    Phrase(r"get to .{0,30} in time", "these sessions overlap"),
    Phrase(r"what cannot (?:all )?be", "clashes"),
    Phrase(r"i mean (?:this|that|the)", "Load this as a different conference"),
    Phrase(r"step-free way", "step-free access"),
    Phrase(r"at your side|greet you", "with you; the name you would like on your badge"),
    Phrase(r"on purpose", "leave it out: a page does not explain itself"),
    Phrase(r"thank all", "send thank-you emails"),
    Phrase(r"keep the address", "bookmark this page"),
    Phrase(
        r"(?:reply to|answer) (?:this|any|our|the) (?:\w+ )?(?:emails?|letters?)",
        "contact us at %(contact)s: there may be no address for replies",
    ),
    Phrase(r"click here|read more(?! about)", "say where the link leads"),
)

ALLOWED = (
    Allowed(r"(?:screen|feed|news|card|pdf) readers?", "programs and devices"),
    Allowed(r"(?:capital|small|latin|first|theme) letters?", "of the alphabet"),
    Allowed(
        r"letters? (?:and|or|,) (?:\w+ )?(?:digits?|figures?|numbers?|shapes?)", "of the alphabet"
    ),
    Allowed(r"(?:one|two|three|\d+|a|by) letters? (?:of|long|in|or)", "of the alphabet"),
    Allowed(
        r"letters? (?:of invitation|for (?:a|your) visa)|visa letters?", "on paper, for a visa"
    ),
    Allowed(r"kind (?:IN|=).*", "a rule of the database"),
    Allowed(r"left out", "a key", "app/content/diff.py"),
    Allowed(r"left out", "a key", "app/interchange/import_report.py"),
    Allowed(r"left out", "a key", "app/interchange/importers/parsed_programme.py"),
    Allowed(r"letter", "a key", "app/registration/desk/services.py"),
    Allowed(r"letters?", "of the alphabet", "app/admin/theme_views.py"),
    Allowed(r"letters?", "of the alphabet", "templates/admin/themes/show.html"),
    Allowed(r"letter", "of a column of a table", "app/admin/import_export/forms.py"),
    Allowed(r"lower case letters", "of the alphabet"),
    Allowed(
        r"kind type sessiontype", "names of columns in files", "app/programme/fields/sessions.py"
    ),
    Allowed(r"erased?", "its name in the code", "docs/words.md"),
    Allowed(r"erased", "part of a stored key", "app/delegates/models.py"),
    Allowed(r"done again", "in older entries of the history", "app/programme/editing/undo.py"),
    Allowed(r"cards lacking", "a key", "app/releases/share_images.py"),
    Allowed(r"healthz letters", "an address that stays", "app/content/services.py"),
    Allowed(r"reply to this email", "where there is an address", "templates/mail/signature.txt"),
    Allowed(r"telephone", "typed by people who search", "app/site/search.py"),
    Allowed(r"kind regards", "the end of an email"),
    Allowed(r"(?:in|use) your own words", "asks for a free answer"),
)


def _blank(match: re.Match[str]) -> str:
    """Return spaces, and the line ends of a match so that later lines keep their numbers."""
    return " " + "\n" * match[0].count("\n")


@cache
def _find_allowed(path: str) -> re.Pattern[str]:
    """Return a pattern of what is right in a file."""
    patterns = (one.pattern for one in ALLOWED if one.path in {"", path})
    return re.compile("|".join(rf"\b(?:{one})\b" for one in patterns), re.IGNORECASE)


def find_offences(segments: Iterable[Segment]) -> Iterator[str]:
    """Yield a line for each phrase to avoid."""
    phrases = [
        (re.compile(rf"\b(?:{one.pattern})\b".replace(" ", r"\s+"), re.IGNORECASE), one.instead)
        for one in PHRASES
    ]
    for segment in segments:
        text = _find_allowed(segment.path).sub(_blank, segment.text)
        for pattern, instead in phrases:
            for match in pattern.finditer(text):
                line = segment.line + text.count("\n", 0, match.start())
                said = " ".join(match[0].split())
                yield f"{segment.path}:{line}: “{said}”: {instead}"


class Audience(NamedTuple):
    """Who reads some pages, and how easy these must be, as the age of a pupil."""

    name: str
    aim: int
    ceiling: float


VISITORS = Audience("visitors", 12, 14.0)
SPEAKERS = Audience("speakers", 12, 14.0)
ORGANISERS = Audience("organisers", 15, 15.0)
MIN_WORDS = 40  # fewer say nothing about a page
MIN_SENTENCE = 4  # words; labels and cells of tables are not sentences
AGE_IN_FIRST_GRADE = 5  # a grade is the years at school
WORD = re.compile(r"[A-Za-z’']+")


# Files, who reads them, and the name of the kind of page that they make.
PAGES = (
    (r"content/pages/\w+/(.+)\.md", VISITORS, r"/\1"),
    (r"content/.*", VISITORS, "news, and the texts of the conference"),
    (r"docs/organisers/(.+)\.md", ORGANISERS, r"docs: \1"),
    (r"templates/admin/(\w+)/.*", ORGANISERS, r"admin: \1"),
    (r"templates/admin/.*", ORGANISERS, "admin: every page"),
    (r"templates/mail/.*", VISITORS, "emails"),
    (r"templates/speakers/.*", SPEAKERS, "speakers’ pages"),
    (r"templates/site/(\w+)\.html", VISITORS, r"site: \1"),
    (r"templates/(\w+)/.*", VISITORS, r"\1"),
)


def name_page(path: str) -> tuple[Audience, str] | None:
    """Return who reads a file, and the kind of page that it belongs to."""
    for pattern, audience, name in PAGES:
        if match := re.fullmatch(pattern, path):
            return audience, match.expand(name)
    return None


def grade(texts: Sequence[str]) -> float | None:
    """Return the Flesch-Kincaid grade of some texts, or None where they are too short."""
    sentences = [
        words
        for text in texts
        for sentence in re.split(r"(?<=[.?!:])\s", text)
        if len(words := WORD.findall(sentence)) >= MIN_SENTENCE
    ]
    words = list(chain.from_iterable(sentences))
    if len(words) < MIN_WORDS:
        return None
    syllables = sum(map(count_syllables, words))
    return 0.39 * len(words) / len(sentences) + 11.8 * syllables / len(words) - 15.59


def count_syllables(word: str) -> int:
    """Count the syllables of an English word, nearly."""
    text = re.sub(r"[^a-z]", "", word.lower())
    if not re.search(r"le$|[td]ed$", text):  # table and needed end in a syllable, makes does not
        text = re.sub(r"(?<=[^aeiouy])(?:e|es|ed)$", "", text)
    return max(1, len(re.findall(r"[aeiouy]+", text)))


def read_ages(segments: Iterable[Segment]) -> list[tuple[Audience, str, float]]:
    """Return each kind of page with the age at which it can be read, the hardest first."""
    texts: dict[tuple[Audience, str], list[str]] = {}
    for segment in segments:
        if page := name_page(segment.path):
            texts.setdefault(page, []).append(segment.text)
    ages = (
        (audience, page, known + AGE_IN_FIRST_GRADE)
        for (audience, page), some in texts.items()
        if (known := grade(some)) is not None
    )
    return sorted(ages, key=lambda one: (one[0].name, -one[2]))


def main() -> int:
    """Print the phrases to change and the reading ages; return how it went."""
    segments = list(list_segments(Path.cwd()))
    offences = list(find_offences(segments))
    if offences:
        print(*offences, sep="\n")
    ages = read_ages(segments)
    for audience in (VISITORS, SPEAKERS, ORGANISERS):
        some = ", ".join(f"{page} {age:.0f}" for one, page, age in ages if one == audience)
        print(f"Reading ages, {audience.name} (aim {audience.aim}): {some}")
    too_hard = [page for audience, page, age in ages if age > audience.ceiling]
    print(f"{len(offences)} phrases to change; too hard to read: {', '.join(too_hard) or 'none'}")
    return 1 if offences or too_hard else 0


if __name__ == "__main__":
    sys.exit(main())
