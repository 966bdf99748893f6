"""What people read: a folder per purpose, with subject, text and HTML in Korean and English.

A `.paper` beside them is the text of a printed letter, where the mail's own would not do.
`schemas.letters` states the facts of each purpose; `Composer` turns them into a `Letter`. A
template sees, beside `language` and `words` (of `vocabulary`):

all          `organisation` (name, department, phone, email, postal_address, website or None,
             complaint_bodies of name, url, phone), `tracking`, `kind`, `fields`, `channel`,
             `received_at`, `deletion`, `access`, `inquiry` and so on (whether it is one),
             `everything` (no fields named); the HTML also `subject`; `relation` (self, guardian,
             agent), `asked_by` (the same in words; empty for oneself); `paper` (whether it is a
             letter)
acknowledgement  `deadline`, `nothing_arrived_link`, `same_as`
alarm        `deadline`, `late`
disowned     `disowned_at`, `of_package` (a code for it was not asked for; else the request)
escalation   `recipient`, `name`, `gone`
followup     `answered_at`, `recipients` (name, status)
recipient    instead of all these: `organisation`, `link` or `code`; to a person at a recipient
challenge    `code`, `link`, `not_me_link`, `ends_at`
guardian     `proven_at`
confirmation `code`, `link`, `ends_at`; by mail only, as a digest is
notice       `begins_at`, `stop_link`, `stop_code`, `go_on_link` (None but for a second contact)
digest       `codes`, `link`
cooling      `begins_at`, `stop_link`, `stop_code`, `go_on_link`
approval     `takes_effect_at`, `stop_link`, `stop_code`
interim      `applied_at`, `outcomes` (label, result, and of what was refused reason and
             legal_ground), `recipients` (name, status), `kept` (law, until), `corrected`, `partly`
completion   the same, and `receipt_link` and `package` (link, until, downloads, number of
             records), both of which may be None
download     `code`, `link`, `not_me_link`, `ends_at`
lift         `since`, `code`, `link`
viewing      `code`, `link`, `ends_at`
expiry       `expired_at`, `same_as`
refusal      `refused_at`, `reason`, `legal_ground`
withdrawal   `withdrawn_at`, `was_restricted`
announcement  instead of all these: `organisation`, `about` (its subject), `body` (text) or
             `paragraphs` (HTML), `effective`
extension    `deadline`, `reason`, `legal_ground`
pause        `paused_at`, `missing`
answer       `answered_at`, `answer` (the desk's own text)

All of them are words in the letter's language already; a name that is missing is an error. Tracking
code, codes, links and moments are filled in after the rendering (`shapes`): a template prints them
or asks whether they are there, and computes nothing from them.
"""

from __future__ import annotations

from workers.emails.composer import Composer
from workers.emails.shapes import Letter

__all__ = ["Composer", "Letter"]
