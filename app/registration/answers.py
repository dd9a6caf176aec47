"""What somebody has answered so far: by the name of each field, the answer as it is stored.

A question that has been answered has its key, even if the answer is empty. Until an application
is submitted, its answers are stored as one JSON document.
"""

import json
from collections.abc import Mapping

Answers = Mapping[str, str]
# Keys under which drafts of earlier versions have several answers. A draft lives for a week, so
# they may go a week after the last site has begun to store answers by the name of each field.
FORMER_GROUPS = ("name", "work")


def dump(answers: Answers) -> str:
    """Return answers as JSON."""
    return json.dumps(answers, ensure_ascii=False)


def load(text: str) -> Answers:
    """Parse answers from JSON, also those of earlier versions of the site."""
    document = json.loads(text)
    for group in FORMER_GROUPS:
        if isinstance(document.get(group), dict):
            document |= document.pop(group)
    if isinstance(document.get("days"), list):  # in earlier drafts
        document["days"] = " ".join(document["days"])
    answers: dict[str, str] = document
    return answers


def full_name(answers: Answers) -> str:
    """Return the name in the order in which it was given."""
    return f"{answers.get('given_names', '')} {answers.get('family_name', '')}".strip()
