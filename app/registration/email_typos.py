"""Typing errors in email addresses, such as ``ada@gmial.com`` for gmail.com."""

from rapidfuzz.distance import OSA

COMMON_DOMAINS = (
    "aol.com", "bluewin.ch", "btinternet.com", "free.fr", "gmail.com", "gmx.de", "gmx.net",
    "googlemail.com", "hotmail.co.uk", "hotmail.com", "hotmail.fr", "icloud.com", "live.co.uk",
    "live.com", "mac.com", "me.com", "msn.com", "nhs.net", "orange.fr", "outlook.com",
    "protonmail.com", "sky.com", "talktalk.net", "virginmedia.com", "web.de", "who.int",
    "yahoo.co.in", "yahoo.co.uk", "yahoo.com", "yahoo.fr",
)  # fmt: skip
OTHER_REAL_DOMAINS = frozenset({
    "ail.com", "email.com", "fmail.com", "gmx.at", "gmx.ch", "gmx.com", "gmx.fr", "gmx.us",
    "hotmail.be", "hotmail.ca", "hotmail.de", "hotmail.es", "hotmail.it", "live.be", "live.ca",
    "live.fr", "live.nl", "mail.com", "my.com", "outlook.es", "outlook.fr", "proton.me",
    "protonmail.ch", "rocketmail.com", "ymail.com", "yahoo.ca", "yahoo.de", "yahoo.es",
    "yahoo.in", "yahoo.it", "zmail.com",
})  # fmt: skip
ENDING_TYPOS = {
    ".c": ".com", ".cim": ".com", ".cmo": ".com", ".co.ik": ".co.uk", ".co.k": ".co.uk",
    ".co.u": ".co.uk", ".co.ukk": ".co.uk", ".co.um": ".co.uk", ".com.com": ".com",
    ".comm": ".com", ".con": ".com", ".coom": ".com", ".cpm": ".com", ".ner": ".net",
    ".nett": ".net", ".ogr": ".org", ".orgg": ".org", ".og": ".org", ".vom": ".com",
    ".xom": ".com",
}  # fmt: skip
MIN_LENGTH_FOR_TWO_TYPOS = 8  # characters; shorter domains may have only one error
MAX_DOMAIN_LENGTH = 30  # longer domains resemble no well-known one


def suggest_correction(address: str) -> str | None:
    """Return the address that was probably meant, or None."""
    name, _, domain = address.rpartition("@")
    domain = domain.lower()
    if domain in COMMON_DOMAINS or domain in OTHER_REAL_DOMAINS or len(domain) > MAX_DOMAIN_LENGTH:
        return None
    better = _closest_domain(_fix_ending(domain))
    return f"{name}@{better}" if better != domain else None


def _fix_ending(domain: str) -> str:
    for slip, ending in ENDING_TYPOS.items():
        if domain.endswith(slip) and "." in domain:
            return domain.removesuffix(slip) + ending
    return domain


def _closest_domain(domain: str) -> str:
    """Return the well-known domain within one or two typing errors of this one, else itself."""
    if domain in COMMON_DOMAINS:
        return domain
    distance, nearest = min((OSA.distance(domain, known), known) for known in COMMON_DOMAINS)
    allowed = 2 if min(len(domain), len(nearest)) >= MIN_LENGTH_FOR_TWO_TYPOS else 1
    return nearest if distance <= allowed else domain
