"""The forms of registration, one for each step; their fields are in ``fields.FIELDS``."""

from collections.abc import Mapping, Sequence
from datetime import date
from typing import Any, Self, cast

from flask_babel import gettext
from flask_babel import lazy_gettext as _l
from rapidfuzz.distance import OSA
from wtforms import BooleanField, Field, HiddenField, SelectField
from wtforms.validators import ValidationError

from app import clock
from app.delegates import private_answers
from app.delegates.answer_json import Answers, dump_answers, load_answers
from app.delegates.fields import BY_NAME, CONSENT, EMAIL, PRIVATE_FIELDS, STEPS, Step
from app.delegates.requirement_kinds import OTHER
from app.forms.form import Form
from app.web import signing
from app.web.formatting import local_date

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
MIN_LENGTH_FOR_TWO_TYPOS = 8  # characters; shorter domains may have one
MAX_DOMAIN_LENGTH = 30  # longer domains are never corrected


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
    """Return the well-known domain within one or two typos of this one, or the domain itself."""
    if domain in COMMON_DOMAINS:
        return domain
    distance, nearest = min((OSA.distance(domain, known), known) for known in COMMON_DOMAINS)
    allowed = 2 if min(len(domain), len(nearest)) >= MIN_LENGTH_FOR_TWO_TYPOS else 1
    return nearest if distance <= allowed else domain


DISPLAYED = "displayed answers"  # the salt of a signature
# The values of the button on the check page, other than to register.
WAITING_LIST, APPLICATION = "waiting", "application"


class AnswersForm(Form):
    """A form that asks for some fields of delegates."""

    template = "registration/question.html"
    heading: Any = ""
    lede: Any = ""
    explanations: Mapping[str, Any] = {}  # reasons for asking, shown beside the questions
    deleted_on: str = ""  # a date, if the page says once when all its answers are deleted
    order: Sequence[str] = tuple(BY_NAME)

    @property
    def questions(self) -> Sequence[Field]:
        """Return the fields that are declared in the table, in their order."""
        return [self[name] for name in self.order if name in self]

    def set_choices(self) -> None:
        """Set the choices, in the language of the page."""
        for question in self.questions:
            name = question.short_name
            choices = BY_NAME[name].choices if name in BY_NAME else None
            if choices and isinstance(question, SelectField):
                question.choices = list(choices())

    def explain_unreadable(self, answers: Answers) -> None:
        """Say beside a question that its stored answer cannot be read, and leave it empty."""
        for question in self.questions:
            answer = answers.get(question.name, "")
            if private_answers.is_unreadable(answer):
                question.description = gettext("Your earlier answer cannot be read. Answer again")
                if question.data == answer:
                    question.data = ""

    def get_answers(self) -> Answers:
        """Return the submitted answers, as they are stored."""
        return {question.name: _to_answer(question.data) for question in self.questions}


def limit_days(form: AnswersForm, days: Sequence[date]) -> None:
    """Offer only these days, those of a category."""
    form["days"].choices = [(day.isoformat(), local_date(day)) for day in days]


def _to_answer(data: Any) -> str:
    return " ".join(sorted(set(data))) if isinstance(data, list) else data or ""


class EmailForm(AnswersForm):
    """An email address, questioned once if it looks mistyped."""

    template = "registration/email.html"
    email = BY_NAME[EMAIL].question
    suggestion_shown_for = HiddenField()  # the address for which a correction has been suggested

    suggestion: str | None = None

    def validate_email(self, field: Field) -> None:
        """Suggest a correction once if an address looks mistyped."""
        suggestion = None if field.errors else suggest_correction(field.data)
        if suggestion and self.suggestion_shown_for.data != field.data:
            self.suggestion = suggestion
            self.suggestion_shown_for.data = field.data
            raise ValidationError(
                gettext("Check your email address: did you mean %(meant)s?", meant=suggestion)
            )


class PrivateForm(AnswersForm):
    """A question whose answer is stored only with the delegate's consent."""

    template = "registration/private_question.html"
    consent = BooleanField(
        _l("I agree that the organisers can keep and use this to arrange what I need")
    )

    def validate_consent(self, field: Field) -> None:
        """Require consent if there is an answer."""
        if field.data or not self._has_answer():
            return
        if any(question.data and isinstance(question.data, list) for question in self.questions):
            raise ValidationError(gettext("Tick the box if you agree, or remove your answers"))
        raise ValidationError(gettext("Tick the box if you agree, or delete what you have written"))

    def validate(self, extra_validators: Any = None) -> bool:
        """Require details if "something else" is chosen."""
        is_valid = bool(super().validate(extra_validators))
        *choices, words = self.questions
        is_vague = any(OTHER in (choice.data or ()) for choice in choices) and not words.data
        if is_vague and not words.errors:
            words.errors = [gettext("Tell us what else you need, or untick “Something else”")]
        return is_valid and not is_vague

    def get_answers(self) -> Answers:
        """Return the submitted answers, with the time of consent."""
        consent = {CONSENT: clock.now().isoformat()} if self._has_answer() else {}
        return {**super().get_answers(), **consent}

    def _has_answer(self) -> bool:
        return any(question.data for question in self.questions)


class CheckForm(Form):
    """The button that confirms all answers, with the answers that its page displays."""

    displayed = HiddenField()
    list = HiddenField()  # WAITING_LIST or APPLICATION, if the page offers that

    @property
    def is_for_waiting_list(self) -> bool:
        """Whether the page offered the waiting list."""
        return bool(self.list.data == WAITING_LIST)

    @property
    def is_application(self) -> bool:
        """Whether the page offered to apply for a place."""
        return bool(self.list.data == APPLICATION)

    @classmethod
    def display(cls, answers: Answers) -> Self:
        """Return the form for a page that displays these answers."""
        return cls(
            formdata=None, data={"displayed": signing.sign_text(DISPLAYED, dump_answers(answers))}
        )

    def get_displayed(self) -> Answers | None:
        """Return the answers that the page displayed, or None if they are missing."""
        if not self.displayed.data:
            return None
        document = signing.unsign_text(DISPLAYED, self.displayed.data)
        return load_answers(document) if document else {}  # the site never displays an empty page


def _choose_base(step: Step) -> type[AnswersForm]:
    if step.name == EMAIL:
        return EmailForm
    return PrivateForm if step.is_private else AnswersForm


FORMS = {
    step.name: cast(
        "type[AnswersForm]",
        type(
            "QuestionForm",
            (_choose_base(step),),
            {
                "heading": step.heading,
                "lede": step.lede,
                **{field.name: field.question for field in step.fields},
            },
        ),
    )
    for step in STEPS
}


def initial_data(answers: Answers, step: str) -> dict[str, Any]:
    """Return the initial data of the form of a step."""
    return {
        **answers,
        "suggestion_shown_for": answers.get(EMAIL),
        "consent": CONSENT in answers and any(answers.get(one) for one in _private_names(step)),
    }


def _private_names(step: str) -> list[str]:
    return [one.name for one in PRIVATE_FIELDS if one.step == step]
