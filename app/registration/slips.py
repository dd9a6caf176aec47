"""Slips of the finger in email addresses: ``ada@gmial.com`` was meant for gmail.com."""

WELL_KNOWN = (
    "aol.com",
    "bluewin.ch",
    "btinternet.com",
    "free.fr",
    "gmail.com",
    "gmx.de",
    "gmx.net",
    "googlemail.com",
    "hotmail.co.uk",
    "hotmail.com",
    "hotmail.fr",
    "icloud.com",
    "live.co.uk",
    "live.com",
    "mac.com",
    "me.com",
    "msn.com",
    "nhs.net",
    "orange.fr",
    "outlook.com",
    "protonmail.com",
    "sky.com",
    "talktalk.net",
    "virginmedia.com",
    "web.de",
    "who.int",
    "yahoo.co.in",
    "yahoo.co.uk",
    "yahoo.com",
    "yahoo.fr",
)
ALSO_REAL = frozenset({
    "ail.com",
    "email.com",
    "fmail.com",
    "gmx.at",
    "gmx.ch",
    "gmx.com",
    "gmx.fr",
    "gmx.us",
    "hotmail.be",
    "hotmail.ca",
    "hotmail.de",
    "hotmail.es",
    "hotmail.it",
    "live.be",
    "live.ca",
    "live.fr",
    "live.nl",
    "mail.com",
    "my.com",
    "outlook.es",
    "outlook.fr",
    "proton.me",
    "protonmail.ch",
    "rocketmail.com",
    "ymail.com",
    "yahoo.ca",
    "yahoo.de",
    "yahoo.es",
    "yahoo.in",
    "yahoo.it",
    "zmail.com",
})  # fmt: skip
SLIPS_OF_ENDINGS = {
    ".c": ".com",
    ".cim": ".com",
    ".cmo": ".com",
    ".co.ik": ".co.uk",
    ".co.k": ".co.uk",
    ".co.u": ".co.uk",
    ".co.ukk": ".co.uk",
    ".co.um": ".co.uk",
    ".com.com": ".com",
    ".comm": ".com",
    ".con": ".com",
    ".coom": ".com",
    ".cpm": ".com",
    ".ner": ".net",
    ".nett": ".net",
    ".ogr": ".org",
    ".orgg": ".org",
    ".og": ".org",
    ".vom": ".com",
    ".xom": ".com",
}
SHORTEST_FOR_TWO = 8  # letters of a domain in which two slips may be seen
MOST_LETTERS = 30  # longer domains resemble no well-known one


def meant(address: str) -> str | None:
    """Give the address that was probably meant, when this one looks like a slip."""
    name, _, domain = address.rpartition("@")
    domain = domain.lower()
    if domain in WELL_KNOWN or domain in ALSO_REAL or len(domain) > MOST_LETTERS:
        return None
    better = _resembled(_with_right_ending(domain))
    return f"{name}@{better}" if better != domain else None


def _with_right_ending(domain: str) -> str:
    for slip, ending in SLIPS_OF_ENDINGS.items():
        if domain.endswith(slip) and "." in domain:
            return domain.removesuffix(slip) + ending
    return domain


def _resembled(domain: str) -> str:
    """Give the well-known domain that this one is a slip or two away from, else itself."""
    if domain in WELL_KNOWN:
        return domain
    near = [known for known in WELL_KNOWN if _may_be_near(domain, known)]
    distance, nearest = min(
        ((_distance(domain, known), known) for known in near), default=(0, domain)
    )
    allowed = 2 if min(len(domain), len(nearest)) >= SHORTEST_FOR_TWO else 1
    return nearest if distance <= allowed else domain


def _may_be_near(one: str, other: str) -> bool:
    """Whether two words can be two slips apart; a slip adds and takes one letter at most."""
    return abs(len(one) - len(other)) <= 2 and len(set(one) ^ set(other)) <= 4


def _distance(one: str, other: str) -> int:
    """Count the slips between two words: a letter too many, too few, wrong, or two swapped."""
    before: list[int] = []
    row = list(range(len(other) + 1))
    for i, letter in enumerate(one, 1):
        before, last, row = row, before, [i]
        for j, wanted in enumerate(other, 1):
            steps = [before[j] + 1, row[j - 1] + 1, before[j - 1] + (letter != wanted)]
            if i > 1 and j > 1 and letter == other[j - 2] and one[i - 2] == wanted:
                steps.append(last[j - 2] + 1)
            row.append(min(steps))
    return row[-1]
