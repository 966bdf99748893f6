"""The data map: one company's database, described well enough to correct and delete in it.

The types, in the order in which to read them: `links` (how a document belongs to a person),
`fields` (a fact and its copies), `purposes` (what one can object to), `subjects`, `deletion`,
`retention`, `recipients`, `organisation`, `map` (all together, and the questions to ask it),
`placements` (every place of a field).
`parse` builds a map and refuses one that contradicts itself. `schemas.values` says what a value may
be. Reading the file is `workers.datamap_file`. An example, with everything that may be said:

    schema: dsr.datamap/1
    name: shop
    organisation:                          # what mails and pages say
      name: {ko: 가게, en: Shop}
      department: {ko: 개인정보팀, en: Privacy team}
      phone: 02-000-0000
      email: privacy@shop.example
      address: {ko: 서울시 …, en: Seoul …}
      complaint_bodies:
        - {name: {ko: …, en: …}, phone: "118", url: "https://…"}

    subjects:                              # one or more types of person
      member:
        label: {ko: 회원, en: Member}
        home: members                      # one document for each
        key: _id                           # its key there, nested or in an array too
        key_type: int                      # int | string | objectid | uuid
        created: joined_at                 # optional
        language: reads                    # optional; the field that holds `ko…` or `en…`
        guardian:                          # optional; `field` or `field.part`
          {birth_date: birth_date, name: guardian.name, email: guardian.email, until: 14,
           tell_child: no}
        fields:
          home_address:                    # the name that submissions use
            path: profile.address          # in the home collection
            category: user.contact.address
            label: {ko: 집 주소, en: Home address}
            value:                         # text | email | phone | date | choice | number | flag |
              kind: object                 # rrn | list | object; `value: email` for short
              parts:                       # part -> path below `path`, and its own value
                postcode: {path: zip, value: {kind: text, pattern: "[0-9]{5}"}}
                road: text                 # short for {path: road, value: text}
                detail: {value: text, required: false}
            protection: plain              # sealed, hashed, never-exported, masked; or several
            contact: post                  # mail | phone | post, or {kind: mail, since: path}
            correctable: yes               # yes | review | no
            on_delete: delete              # | {anonymise: {value: …}} | {archive: {basis: …}}
            copies:
              - {collection: orders, path: ship_to, follow: false}         # keeps what was true
              - {collection: labels, path: line, text: "({postcode}) {road} {detail}"}
              - {collection: regions, path: postcode, part: postcode}
              - {collection: cards, path: addr, parts: {postcode: pc, road: street}}
          birth_date: {path: profile.born, category: user.demographic.date_of_birth,
                       label: {ko: 생년월일, en: Birth date}, correctable: review,
                       value: {kind: date, zone: Asia/Seoul}}
          reads: {path: lang, category: user, label: {ko: 언어, en: Language},
                  value: {kind: choice, options: [ko, en]}}
          access_logs:                     # records of what happened stand in their own collection;
            collection: logs               # they are shown and deleted, never corrected
            path: action
            category: user.behavior
            label: {ko: 접속 로그, en: Access logs}
            value: text
            correctable: no
          guardian: {path: guardian, category: user.contact, label: {ko: 법정대리인, en: Guardian},
                     value: {kind: object, parts: {name: text, email: email}}}
          email: {path: email, category: user.contact.email, label: {ko: 이메일, en: E-mail},
                  value: email, lookup: email, contact: mail, correctable: review}
          login_id:
            path: login.id
            category: user.account.username
            label: {ko: 아이디, en: Login ID}
            value: {kind: text, max: 40}
            lookup: login_id               # login_id | name | email | phone | birth_date
            copies:                        # tied by its own old value; per element of the array
              - collection: posts
                path: comments.$[].nick
                link: {tie: {path: "comments.$[].nick", field: login_id}}
          mobile_phone:
            path: contacts.$[].value       # one element of an array:
            where: {"contacts.$[].kind": mobile}     # quoted, as YAML asks inside braces
            category: user.contact.phone_number
            label: {ko: 휴대전화, en: Mobile phone}
            value: phone
            protection: sealed
            lookup: phone                  # sealed and looked up: a keyed digest beside it
            blind_index: contacts.$[].digest

        purposes:                          # what an objection names; each withdraws a consent
          marketing:
            label: {ko: 마케팅, en: Marketing}
            consents:                      # every place; at home it is written where none stands
              - {path: consents.marketing.given, withdrawn: false, when: consents.marketing.at}
              - {collection: newsletters, path: state, withdrawn: "off"}
            identifiers: [access_logs]     # fields that go with it, each by its `on_delete`
            recipients: [carrier]          # who acts on it, and is told

    collections:                           # each collection that is named anywhere
      members: {on_delete: delete}
      posts:
        links: {member: {key: "comments.$[].author_id"}}       # per element: shares the `$[]`
        on_delete: {anonymise: {values: {"comments.$[].author_id": 0}}}
      orders:
        links: {member: {key: buyer.id, key_type: string}}
        on_delete: {archive: {basis: contract, from: paid_at}}
      labels:                              # through another collection; its own link goes on
        links: {member: {via: {collection: orders, local: order_no, foreign: no}}}
      rooms:                               # subject keys as names: participants.<key>.name
        links: {member: {keyed_object: participants}}          # copies: participants.$key.name

      regions: {links: {member: {key: member_id}}}
      cards: {links: {member: {key: holder.id}}}
      logs: {links: {member: {key: member_id}}}
      newsletters: {links: {member: {key: member_id}}}
      ledger: {links: {member: {key: member_id}}}

    retention_bases:
      contract: {law: {ko: …, en: …}, duration: 5 years, starts: document}   # | deletion
    retention_rules:                       # of data in use; with `subject` the whole person goes
      - {name: old_logs, collection: logs, from: at, after: 3 months}

    recipients:
      carrier:
        label: {ko: 택배, en: Carrier}
        subject: member
        subject_key: login_id              # what it knows the person by; `key`: the subject's key
        fields: {home_address: address}    # ours: theirs
        transport: {kind: webhook, url: "https://carrier.example/dsr"}
        acknowledge_within: 3 days
        contact: privacy@carrier.example   # optional; gets the code for the page of open notices
        # transport: {kind: opendsr, url: "https://…/v2", controller_id: shop, domain: …,
        #   identity_type: email, regulation: gdpr}, {kind: amqp, queue: dsr.recipient.carrier},
        #   {kind: mail, address: …, language: en}, {kind: task, instructions: {ko: …, en: …}}
    disclosures:                           # where it is recorded who got what
      - {collection: ledger, subject: member, subject_key: member_id, recipient: to,
         fields: items, at: at,
         record: {id: _id, basis: basis, reference: law}}          # the gate writes here too

How links, `where` and paths meet: where two of them share a leading run of steps up to a `$[]`,
they speak of the same element (`Path.shared_element`). A path with further `$[]` means every
element. A link with further `$[]` means that some element matches.
"""

from __future__ import annotations

from schemas.datamap.addresses import address_fault, url_fault
from schemas.datamap.base import Label
from schemas.datamap.deletion import AnonymiseDocument, AnonymiseValue, Archive, Delete
from schemas.datamap.fields import Contact, Copy, DataField, Lookup, LookupForm, Protection
from schemas.datamap.links import (
    KeyedObjectLink,
    KeyLink,
    KeyType,
    Link,
    Tie,
    TieLink,
    Via,
    ViaLink,
    anchor,
)
from schemas.datamap.map import DataMap
from schemas.datamap.organisation import ComplaintBody, Organisation
from schemas.datamap.parse import parse
from schemas.datamap.placements import Hop, Placement
from schemas.datamap.purposes import Consent, Purpose
from schemas.datamap.recipients import (
    AmqpTransport,
    DisclosureLedger,
    MailTransport,
    OpenDsrTransport,
    Recipient,
    TaskTransport,
    Transport,
    WebhookTransport,
)
from schemas.datamap.retention import Duration, RetentionBasis, RetentionRule
from schemas.datamap.subjects import Collection, Guardian, SubjectType
from schemas.path import EACH, SUBJECT_KEY, Path

__all__ = [
    "EACH",
    "SUBJECT_KEY",
    "AmqpTransport",
    "AnonymiseDocument",
    "AnonymiseValue",
    "Archive",
    "Collection",
    "ComplaintBody",
    "Consent",
    "Contact",
    "Copy",
    "DataField",
    "DataMap",
    "Delete",
    "DisclosureLedger",
    "Duration",
    "Guardian",
    "Hop",
    "KeyLink",
    "KeyType",
    "KeyedObjectLink",
    "Label",
    "Link",
    "Lookup",
    "LookupForm",
    "MailTransport",
    "OpenDsrTransport",
    "Organisation",
    "Path",
    "Placement",
    "Protection",
    "Purpose",
    "Recipient",
    "RetentionBasis",
    "RetentionRule",
    "SubjectType",
    "TaskTransport",
    "Tie",
    "TieLink",
    "Transport",
    "Via",
    "ViaLink",
    "WebhookTransport",
    "address_fault",
    "anchor",
    "parse",
    "url_fault",
]
