"""What a speaker's page says of a person, and the rules for the links on it.

A link leads to a page of the web over an encrypted connection, carries no name or password, and
nothing by which somebody follows whoever opens it.
"""

from collections.abc import Iterable, Iterator, Sequence
from typing import Final
from urllib.parse import parse_qsl, urlencode, urlsplit

from babel import Locale

FIELDS: Final = (
    "name",
    "honorific",
    "pronunciation",
    "pronouns",
    "role",
    "organisation",
    "country",
    "biography",
    "biographies",
    "links",
)
IN_LANGUAGES = (
    "am ar bn cs cy da de el es fa fi fr ga gd he hi hu id it ja ko ms ne nl no pl pt ro ru "
    "sv sw ta th tr uk ur vi zh"
)
LANGUAGES: Final = tuple(IN_LANGUAGES.split())  # that a biography may be in, besides English
MOST_LINKS: Final = 8
LONGEST_ADDRESS: Final = 500  # characters
LONGEST_LABEL: Final = 100
SECURE: Final = "https"
FOLLOW_READERS = (
    "dclid fbclid gbraid gclid gclsrc igsh igshid li_fat_id mc_cid mc_eid mkt_tok msclkid "
    "oly_anon_id oly_enc_id s_cid srsltid ttclid twclid vero_id wbraid wickedid yclid "
    "__hsfp __hssc __hstc _ga _gl _hsenc _hsmi _openstat"
)
TRACKING: Final = frozenset(FOLLOW_READERS.split())
TRACKING_BEGINS: Final = ("utm_", "hsa_", "pk_", "mtm_", "matomo_")


def language_in_english(code: str) -> str:
    """Name a language as the history does, in English."""
    return Locale.parse(code).get_display_name("en") or code


def without_tracking(address: str) -> str:
    """Give an address without what tells its site where a reader has come from."""
    parts = urlsplit(address)
    asked = parse_qsl(parts.query, keep_blank_values=True)
    kept = [(name, value) for name, value in asked if not _follows(name)]
    if len(kept) == len(asked):
        return address
    return parts._replace(query=urlencode(kept)).geturl()


def fault(address: str) -> str:
    """Say what is wrong with an address; nothing when it may stand on a page."""
    try:
        parts = urlsplit(address)
        host = parts.hostname or ""
        _ = parts.port  # a wrong one is found only when it is asked for
    except ValueError:
        return "is not a web address"
    if parts.scheme != SECURE or "." not in host.strip("."):
        return "must begin with https:// and the name of a website, like https://example.org"
    if parts.username is not None or parts.password is not None:
        return "must not hold a name or a password"
    if len(address) > LONGEST_ADDRESS:
        return f"must be {LONGEST_ADDRESS} characters or fewer"
    return "" if address.isprintable() and " " not in address else "must not hold spaces"


def shown_links(links: Iterable[Sequence[str]]) -> str:
    """Write links as somebody types them: one a line, the address and then its words."""
    return "\n".join(f"{address} {label}".strip() for address, label in links)


def read_links(typed: str) -> list[list[str]]:
    """Read links; one without words is called by the name of its site."""
    return [list(pair) for pair in dict(_links(typed)).items()]


def _links(typed: str) -> Iterator[tuple[str, str]]:
    """Give each address with its words, without what follows a reader."""
    for line in typed.splitlines():
        address, _, label = line.strip().partition(" ")
        if address:
            bare = address if fault(address) else without_tracking(address)
            yield bare, label.strip() or _host(bare)


def _host(address: str) -> str:
    return address if fault(address) else (urlsplit(address).hostname or "").removeprefix("www.")


def _follows(name: str) -> bool:
    return name.lower() in TRACKING or name.lower().startswith(TRACKING_BEGINS)
