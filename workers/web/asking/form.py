"""What is typed into the form, and what is wrong with it, said beside the input it is about."""

from __future__ import annotations

from collections.abc import Callable, Mapping
from dataclasses import dataclass
from typing import Any, Final

from wtforms import Form, SelectField, SelectMultipleField, StringField, TextAreaField
from wtforms.fields.core import Field
from wtforms.validators import InputRequired, Length, Optional, StopValidation, ValidationError

from schemas.base import clean, single_line
from schemas.datamap import DataMap
from schemas.errors import ValueRefused
from schemas.submission import Kind
from schemas.values import DateSpec, EmailSpec, PhoneSpec, TextSpec, ValueSpec, check
from workers.web.asking.slots import Slot, choices, correctable, slots
from workers.web.bodies import Typed
from workers.web.catalogues import marked

MOST_FIELDS: Final = 20
"""Fields that one form corrects."""

MULTIPLE: Final = frozenset({"chosen"})
"""Inputs that come once for each of their boxes that is ticked."""

MISSING: Final = marked("Please fill this in.")
NOBODY: Final = marked("Fill in at least one of these, so that we can find the record.")
NO_ANSWER: Final = marked("Give an e-mail address or a phone number, so that we can answer you.")
_TOO_LONG: Final = marked("Please shorten this.")
_DIGITS: Final = marked("Please type a number that is possible here.")
_CHOOSE: Final = marked("Please choose one of the list.")
_PLAIN: Final = marked("This holds invisible or control characters. Please type it by hand.")
_FORM: Final = marked("This does not have the form that is used here. Please check it.")
SENTENCES: Final[Mapping[str, str]] = {
    "empty": MISSING,
    "blank": MISSING,
    "missing_part": MISSING,
    "too_long": _TOO_LONG,
    "too_short": marked("Please type a little more."),
    "too_many_items": marked("These are too many. Please leave some out."),
    "too_few_items": marked("These are too few. Please add some."),
    "not_email": marked("Please type one whole address, such as minji@mail.example."),
    "not_phone": marked("Please type the whole number, such as 010-1234-5678."),
    "not_date": marked("Please type the date as year, month and day: 2015-03-02."),
    "not_rrn": marked("Please type the number as it is on the card: 900302-2123456."),
    "not_an_option": _CHOOSE,
    "not_a_flag": _CHOOSE,
    "not_a_number": _DIGITS,
    "not_an_integer": _DIGITS,
    "out_of_range": _DIGITS,
    "line_break": marked("Please type this on one line."),
    "control_character": _PLAIN,
    "forbidden_character": _PLAIN,
}


@dataclass(frozen=True, slots=True)
class Wish:
    """What the address of the form says already: nothing of it is about a person."""

    kind: Kind
    child: bool
    fields: tuple[str, ...] = ()

    def query(self) -> list[tuple[str, str]]:
        """The same, as an address holds it."""
        said = [("for", "child")] if self.child else []
        return said + [("field", name) for name in self.fields]


def _text(label: str, *, required: bool = False, most: int = 320) -> Any:
    return _checked(StringField, label, TextSpec(max=most), required=required)


def _checked(kind: type[Field], label: str, spec: ValueSpec, *, required: bool, **more: Any) -> Any:
    first = InputRequired(MISSING) if required else Optional()
    return kind(label, [first, _fits(spec)], **more)


def _fits(spec: ValueSpec, raw: Callable[[str], Any] = str) -> Callable[[Form, Field], None]:
    def fit(_: Form, field: Field) -> None:
        try:
            check(spec, raw(field.data))
        except ValueRefused as refused:
            raise ValidationError(SENTENCES.get(refused.code, _FORM)) from None

    return fit


def _prose(_: Form, field: Field) -> None:
    try:
        clean(field.data.replace("\r\n", "\n"))
    except ValueError as error:
        raise StopValidation(SENTENCES.get(str(error), _PLAIN)) from None


def _line(_: Form, field: Field) -> None:
    try:
        single_line(clean(field.data))
    except ValueError as error:
        raise StopValidation(SENTENCES.get(str(error), _PLAIN)) from None


class _Asked(Form):
    """What every request needs: whom we answer, and what there is to say."""

    requester_name = _text(marked("Your name"), required=True)
    requester_email = _checked(
        StringField, marked("Your e-mail address"), EmailSpec(normalise="keep"), required=False
    )
    requester_phone = _checked(
        StringField, marked("Your phone number"), PhoneSpec(), required=False
    )

    def validate(self, extra_validators: Any = None) -> bool:
        """Each input alone, then what they must hold together."""
        good = super().validate(extra_validators)
        if not self.requester_email.data and not self.requester_phone.data:
            self.requester_email.errors = [*self.requester_email.errors, NO_ANSWER]
            good = False
        return good


class ForMyself(_Asked):
    """How the person is found in the records; without any of it by the e-mail address above."""

    login_id = _text(marked("Login ID"))
    record_email = _checked(
        StringField,
        marked("E-mail address in our records"),
        EmailSpec(normalise="keep"),
        required=False,
    )
    record_phone = _checked(
        StringField, marked("Phone number in our records"), PhoneSpec(), required=False
    )

    def validate(self, extra_validators: Any = None) -> bool:
        """Somebody must be named."""
        good = super().validate(extra_validators)
        named = (self.login_id, self.record_email, self.record_phone, self.requester_email)
        if not any(field.data for field in named):
            self.login_id.errors = [*self.login_id.errors, NOBODY]
            good = False
        return good


class ForChild(_Asked):
    """How the child is found; the name is asked, since the record has to be the child's."""

    child_name = _text(marked("Name of the child"), required=True)
    child_login_id = _text(marked("Login ID of the child"))
    child_email = _checked(
        StringField,
        marked("E-mail address of the child in our records"),
        EmailSpec(normalise="keep"),
        required=False,
    )
    child_birth_date = _checked(
        StringField, marked("Date of birth of the child"), DateSpec(), required=False
    )


def make_form(wish: Wish, datamap: DataMap, typed: Typed | None = None) -> Any:
    """The form of this wish, with what was typed."""
    inputs: dict[str, Any] = {
        "statement": TextAreaField(
            marked("Your question")
            if wish.kind == "inquiry"
            else marked("Anything that we should know"),
            [
                InputRequired(MISSING) if wish.kind == "inquiry" else Optional(),
                Length(max=3000, message=_TOO_LONG),
                _prose,
            ],
        )
    }
    if wish.kind == "correction":
        known = correctable(datamap)
        for name in wish.fields:
            now = [Optional(), Length(max=150, message=_TOO_LONG), _line]
            inputs[f"now.{name}"] = StringField(marked("Now"), now)
            for slot in slots(name, known[name].value):
                inputs[slot.name] = _input(slot)
    elif names := choices(datamap, wish.kind):
        options: Any = names
        inputs["chosen"] = SelectMultipleField("", choices=options)
    made = type("Asked", (ForChild if wish.child else ForMyself,), inputs)
    return made(formdata=typed)


def _input(slot: Slot) -> Any:
    """The input of a slot, checked by the rule of its value."""
    label, rule = slot.part or "", _fits(slot.spec, slot.raw)
    first: Any = InputRequired(MISSING) if slot.required else Optional()
    if slot.mates:
        first = _with_its_row(slot.mates)
    if slot.kind == "choice":
        given: Any = ["", *slot.options]
        return SelectField(label, [first, rule], choices=given, validate_choice=False)
    return (TextAreaField if slot.kind == "lines" else StringField)(label, [first, rule])


def _with_its_row(mates: tuple[str, ...]) -> Callable[[Form, Field], None]:
    def complete(form: Form, field: Field) -> None:
        if field.data:
            return
        begun = any(form[name].data for name in mates)
        raise StopValidation(MISSING if begun else "")

    return complete
