"""The rules for the links and languages of a speaker's public profile.

A link must be an https URL without user name or password; tracking parameters are removed.
"""

from collections.abc import Iterable, Iterator, Sequence
from typing import Final
from urllib.parse import parse_qsl, urlencode, urlsplit

from babel import Locale

LANGUAGE_CODES = (
    "am ar bn cs cy da de el es fa fi fr ga gd he hi hu id it ja ko ms ne nl no pl pt ro ru "
    "sv sw ta th tr uk ur vi zh"
)
LANGUAGES: Final = tuple(LANGUAGE_CODES.split())  # offered for biographies besides English
MAX_LINKS: Final = 8
MAX_ADDRESS_LENGTH: Final = 500  # characters
MAX_LABEL_LENGTH: Final = 100
REQUIRED_SCHEME: Final = "https"
TRACKING_PARAM_NAMES = (
    "dclid fbclid gbraid gclid gclsrc igsh igshid li_fat_id mc_cid mc_eid mkt_tok msclkid "
    "oly_anon_id oly_enc_id s_cid srsltid ttclid twclid vero_id wbraid wickedid yclid "
    "__hsfp __hssc __hstc _ga _gl _hsenc _hsmi _openstat"
)
TRACKING_PARAMS: Final = frozenset(TRACKING_PARAM_NAMES.split())
TRACKING_PREFIXES: Final = ("utm_", "hsa_", "pk_", "mtm_", "matomo_")


def language_name_in_english(code: str) -> str:
    """Return the English name of a language, as the history uses it."""
    return Locale.parse(code).get_display_name("en") or code


def strip_tracking(address: str) -> str:
    """Return a URL without tracking parameters."""
    parts = urlsplit(address)
    params = parse_qsl(parts.query, keep_blank_values=True)
    kept_params = [(name, value) for name, value in params if not _is_tracking_param(name)]
    if len(kept_params) == len(params):
        return address
    return parts._replace(query=urlencode(kept_params)).geturl()


def link_error(address: str) -> str:
    """Return what is wrong with a URL, or "" if it may be published."""
    try:
        parts = urlsplit(address)
        host = parts.hostname or ""
        _ = parts.port  # an invalid port raises only when accessed
    except ValueError:
        return "is not a web address"
    if parts.scheme != REQUIRED_SCHEME or "." not in host.strip("."):
        return "must start with https:// and a website name, like https://example.org"
    if parts.username is not None or parts.password is not None:
        return "must not contain a user name or password"
    if len(address) > MAX_ADDRESS_LENGTH:
        return f"must be {MAX_ADDRESS_LENGTH} characters or fewer"
    return "" if address.isprintable() and " " not in address else "must not contain spaces"


def format_links(links: Iterable[Sequence[str]]) -> str:
    """Format links as typed into the form: one per line, the URL and then the label."""
    return "\n".join(f"{address} {label}".strip() for address, label in links)


def parse_links(typed: str) -> list[list[str]]:
    """Parse links from the form; a link without a label gets the name of its site."""
    return [list(pair) for pair in dict(_parse_pairs(typed)).items()]


def _parse_pairs(typed: str) -> Iterator[tuple[str, str]]:
    """Yield each URL, without tracking parameters, and its label."""
    for line in typed.splitlines():
        address, _, label = line.strip().partition(" ")
        if address:
            bare = address if link_error(address) else strip_tracking(address)
            yield bare, label.strip() or _site_name(bare)


def _site_name(address: str) -> str:
    return (
        address if link_error(address) else (urlsplit(address).hostname or "").removeprefix("www.")
    )


def _is_tracking_param(name: str) -> bool:
    return name.lower() in TRACKING_PARAMS or name.lower().startswith(TRACKING_PREFIXES)
