"""Answers by the name of each question, and their JSON in rows and forms."""

import json
from collections.abc import Mapping

Answers = Mapping[str, str]
# Keys under which drafts of earlier versions store several answers. A draft is kept for a week, so
# this can be removed a week after the last site has been upgraded.
FORMER_GROUPS = ("name", "work")


def dump_answers(answers: Answers) -> str:
    """Return answers as JSON."""
    return json.dumps(answers, ensure_ascii=False)


def load_answers(text: str) -> Answers:
    """Parse answers from JSON, also those of earlier versions of the site."""
    document = json.loads(text)
    for group in FORMER_GROUPS:
        if isinstance(document.get(group), dict):
            document |= document.pop(group)
    if isinstance(document.get("days"), list):  # drafts of earlier versions
        document["days"] = " ".join(document["days"])
    answers: dict[str, str] = document
    return answers


def full_name(answers: Answers) -> str:
    """Return the name in the order in which it was given."""
    return f"{answers.get('given_names', '')} {answers.get('family_name', '')}".strip()
