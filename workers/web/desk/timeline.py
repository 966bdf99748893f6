"""A request's history, its words to people, and its open steps, as the desk reads them.

Codes are stored; a test holds that each has its words here.
"""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from typing import Final

from schemas.actors import recipient_of, without_desk
from schemas.datamap import DataMap
from schemas.delays import EXTENSIONS, MISSING
from schemas.refusals import REFUSALS
from workers.pipeline import STATIONS
from workers.web.catalogues import marked
from workers.web.desk.words import WORDS
from workers.web.pages import Reader

HAPPENED: Final[Mapping[str, str]] = {
    "address_announced": marked("Told every old address of the change"),
    "address_overtaken": marked("The new address needs no confirmation any more"),
    "address_settled": marked("Nobody has stopped the change of the address"),
    "address_taken": marked("The new address belongs to somebody else"),
    "address_unchanged": marked("The address stays as it is"),
    "address_unconfirmed": marked("Nobody has confirmed the new address"),
    "alarm": marked("Alarm: the legal deadline"),
    "answered": marked("Answered"),
    "approval_failed": marked("The approval had no effect"),
    "approved": marked("Approved"),
    "approved_alone": marked("Approved by a desk of one; it waits"),
    "approved_once": marked("Approved by one; it takes a second"),
    "asserted": marked("Proven by a login"),
    "assertion_overtaken": marked("A login came too late"),
    "call_confirmed": marked("Said yes on the phone"),
    "call_due": marked("To be called"),
    "call_sent": marked("Called"),
    "call_undeliverable": marked("Could not be called"),
    "came_again": marked("Came again after a worker had died"),
    "folded": marked("Another request of the same content is open"),
    "sender_put_off": marked("The sender has asked very often: it waits for a day"),
    "not_challenged": marked("There is nobody to send a code to"),
    "purpose_not_ended": marked("The purpose has not ended after all"),
    "challenge_put_off": marked("The code is put off: too many today"),
    "challenge_summoned": marked("The person asked for the code"),
    "challenged": marked("A code is due"),
    "clock_stopped": marked("A clock has ended"),
    "code_asked": marked("A code for the package is asked for"),
    "code_killed": marked("Too many wrong codes"),
    "code_sent": marked("A code for the package is due"),
    "code_wrong": marked("A wrong code"),
    "collected": marked("The package is made"),
    "collected_later": marked("The package takes longer"),
    "completion_due": marked("The result is due to be told"),
    "confirmation_due": marked("The new address is asked"),
    "confirmation_put_off": marked("The new address is asked later"),
    "confirmation_wrong": marked("A wrong code from the new address"),
    "consent_withdrawn": marked("The consent is withdrawn everywhere"),
    "cooling_off": marked("Waits, so that it can be stopped"),
    "corrected": marked("Corrected in every copy"),
    "corrected_in_part": marked("Corrected in part"),
    "deleted": marked("Deleted"),
    "deleted_after_restore": marked("Deleted again after a restore"),
    "deleted_in_part": marked("Deleted in part"),
    "deletion_begun": marked("The deletion has begun"),
    "deletion_blocked": marked("Something stands in the way of the deletion"),
    "disowned": marked("The contact on file says: not me"),
    "evidence_added": marked("Evidence was handed in"),
    "evidence_destroyed": marked("Evidence was destroyed"),
    "expired": marked("Nobody has proven it in time"),
    "extended": marked("The deadline was put off"),
    "guardian_unclear": marked("The guardian is unclear"),
    "handed_out": marked("The package was fetched"),
    "inquired": marked("A question for the desk"),
    "interim_due": marked("An interim word is due"),
    "answer_due": marked("The answer is due to be told"),
    "letter_due": marked("A letter is to be posted"),
    "letter_printed": marked("The letter was printed"),
    "letter_sent": marked("The letter was posted"),
    "letter_undeliverable": marked("The letter cannot arrive"),
    "lift_sent": marked("A link that lifts it was sent"),
    "lifted": marked("The restriction is lifted"),
    "mail_attempt": marked("A mail is being sent"),
    "mail_bounced": marked("A mail came back"),
    "mail_put_off": marked("The mail server refused for now"),
    "mail_sent": marked("A mail was sent"),
    "mail_undeliverable": marked("A mail cannot be sent"),
    "matched": marked("It was said whom it is about"),
    "needs_no_proof": marked("It needs no proof"),
    "no_code_sent": marked("No code was sent for the package"),
    "no_evidence_left": marked("No evidence is left"),
    "noted": marked("A note was written"),
    "nothing_arrived": marked("The requester says: no code arrived"),
    "notice_attempt": marked("A recipient is being told"),
    "notice_shown": marked("A notice was looked at"),
    "notice_waits": marked("A notice waits for a newer one"),
    "notices_settled": marked("Every recipient is settled"),
    "notices_told": marked("Recipients were told, or have answered"),
    "number_shown": marked("The number was looked at"),
    "package_disowned": marked("The contact on file blocked the package"),
    "paused": marked("The requester is asked; the clock stands still"),
    "pin_given": marked("A PIN for the status page was told"),
    "pin_wrong": marked("A wrong PIN on the status page"),
    "proven": marked("It was proven who asks"),
    "purpose_ended": marked("The purpose has ended"),
    "put_off": marked("Put off; tried again later"),
    "reason_kept": marked("A recipient gave its reason"),
    "refused": marked("Refused"),
    "registered": marked("Registered"),
    "released": marked("Nothing of it is restricted any more"),
    "restricted": marked("Restricted everywhere"),
    "resumed": marked("The clock goes on"),
    "revealed": marked("Particulars were looked at in clear"),
    "review_due": marked("It comes to the desk"),
    "second_scan_blocked": marked("Something stands in the way of the second scan"),
    "second_scan_clean": marked("The second scan found nothing"),
    "second_scan_found": marked("The second scan found more, and deleted it"),
    "second_scan_in_part": marked("The second scan goes on"),
    "seconded": marked("A second contact said yes"),
    "sent_again": marked("A command was sent again"),
    "shredded": marked("The keys are destroyed in every backup"),
    "not_shredded_yet": marked("Keys in backups are not destroyed yet"),
    "status_asked": marked("A recipient was asked how far it is"),
    "still_paused": marked("The requester has not answered yet"),
    "subject_gone": marked("Nobody is on record any more"),
    "task_late": marked("A call or letter is late"),
    "viewed": marked("Looked at on the status page"),
    "viewing_code_sent": marked("A code for the status page is due"),
    "viewing_code_wrong": marked("A wrong code on the status page"),
    "withdrawn": marked("Withdrawn"),
    "withdrawn_in_part": marked("The consent is withdrawn in part"),
}
"""Per code of a history entry, without what follows its colon."""

MAILS: Final[Mapping[str, str]] = {
    "acknowledgement": marked("Acknowledgement"),
    "answer": marked("Answer to the question"),
    "approval": marked("Word of an approval, to every contact"),
    "alarm": marked("Alarm to the department"),
    "challenge": marked("Code to the contact on file"),
    "completion": marked("Result"),
    "confirmation": marked("Code to the new address"),
    "cooling": marked("Word that can stop it, to every contact"),
    "digest": marked("Word that more requests wait"),
    "download": marked("Code for the package"),
    "disowned": marked("Alarm to the department: not asked for, says the contact on file"),
    "escalation": marked("Word to the department: a recipient does not settle"),
    "expiry": marked("Word that nobody has proven it"),
    "extension": marked("Word that it takes longer"),
    "followup": marked("Late answer of a recipient"),
    "guardian": marked("Word to the child"),
    "interim": marked("Interim word"),
    "lift": marked("Link that lifts the restriction"),
    "lifted": marked("Word that the restriction is lifted"),
    "notice": marked("Word to the old address"),
    "pause": marked("Question to the requester"),
    "refusal": marked("Refusal"),
    "viewing": marked("Code for the status page"),
    "withdrawal": marked("Word that it is withdrawn"),
}
"""Per purpose of a word to a person."""

STEPS: Final[Mapping[str, str]] = {
    "access": marked("Make the package"),
    "answer": marked("Wait for a recipient's answer"),
    "answered": marked("Have the answer told"),
    "approved": marked("Wait until the approval takes effect"),
    "assertion": marked("Go on after a login"),
    "call": marked("Call"),
    "challenge": marked("Send the code"),
    "completion": marked("Have the result told"),
    "cooling_off": marked("Wait, so that it can be stopped"),
    "correction": marked("Correct every copy"),
    "deadline": marked("Watch the legal deadline"),
    "deletion": marked("Delete"),
    "download": marked("Send a code for the package"),
    "evidence": marked("Destroy the evidence"),
    "expiry": marked("Wait for the proof"),
    "inquiry": marked("Bring the question to the desk"),
    "interim": marked("Have an interim word told"),
    "letter": marked("Post a letter"),
    "lifting": marked("Tell recipients that it is lifted"),
    "mail": marked("Send a mail"),
    "new_address": marked("Have the new address confirmed"),
    "notice": marked("Tell a recipient"),
    "objection": marked("Withdraw the consent everywhere"),
    "paused": marked("Wait for the requester"),
    "poll": marked("Ask a recipient how far it is"),
    "propagation": marked("Tell the recipients"),
    "release": marked("Lift what was restricted"),
    "rescan": marked("Scan a second time"),
    "restriction": marked("Restrict everywhere"),
    "shredding": marked("Destroy the keys in backups"),
}
"""Per kind of step."""


@dataclass(frozen=True, slots=True)
class Wording:
    """Puts codes of one request into the reader's words."""

    datamap: DataMap
    reader: Reader

    def happened(self, what: str) -> str:
        """A history entry."""
        code, _, about = what.partition(":")
        said = self.reader.say(HAPPENED.get(code, code))
        if not about:
            return said
        return f"{said}: {', '.join(self._detail(code, one) for one in about.split(','))}"

    def mail(self, name: str) -> str:
        """A word to a person: its purpose, and which of several or about whom."""
        purpose, _, which = name.partition("-")
        said = self.reader.say(MAILS.get(purpose, purpose))
        if not which or which == "1":
            return said
        return f"{said} ({self.recipient(which)})"

    def step(self, name: str) -> str:
        """An open step."""
        kind, _, about = name.partition(":")
        said = self.reader.say(STEPS.get(kind, kind))
        if not about:
            return said
        words = self.mail(about) if kind in {"mail", "call", "letter"} else self.recipient(about)
        return f"{said}: {words}"

    def recipient(self, name: str) -> str:
        """By its label, where the data map knows it."""
        known = self.datamap.recipients.get(name)
        return known.label.text(self.reader.language) if known else name

    def field(self, name: str) -> str:
        """By the label of the data map."""
        subjects = self.datamap.subjects.values()
        found = next((one.fields[name] for one in subjects if name in one.fields), None)
        return found.label.text(self.reader.language) if found else name

    def purpose(self, name: str) -> str:
        """The same of what an objection names."""
        subjects = self.datamap.subjects.values()
        found = next((one.purposes[name] for one in subjects if name in one.purposes), None)
        return found.label.text(self.reader.language) if found else name

    def who(self, by: str) -> str:
        """Whoever did it: an account, the mailbox, a recipient; workers by no name of their own."""
        if by in STATIONS:
            return self.reader.say(marked("automatic"))
        return self.person(by)

    def person(self, by: str) -> str:
        """The same of notes and evidence: they are no stage's, whatever an account is called."""
        if (recipient := recipient_of(by)) is not None:
            return self.recipient(recipient)
        name = without_desk(by)
        return self.reader.say(WORDS[name]) if name == "mailbox" else name

    def _detail(self, what: str, about: str) -> str:
        """What follows the colon; the same code may be one of several lists."""
        language = self.reader.language
        if what == "paused" and about in MISSING:
            return MISSING[about].text(language)
        grounds = {"refused": REFUSALS, "extended": EXTENSIONS}.get(what, {})
        if about in grounds:
            return grounds[about].reason.text(language)
        return self.reader.say(WORDS[about])
