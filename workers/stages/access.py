"""Access: the person gets everything that is held about him, and nobody else does.

1. `access`: everything is collected through the data map into a sealed package. Nobody has to be
   told, so completion follows at once; its mail holds a link, never the data.
2. Whoever has that link can ask for a fresh code (`download`), which goes to the contact on file,
   as often as codes may go there in a day.
3. Link and code together are good for one download, until the package's time is up or it has been
   fetched often enough. A wrong, old or used link and a wrong code are answered alike.
"""

from __future__ import annotations

from datetime import timedelta

from schemas.bindings import code_lock
from schemas.contacts import addressee
from schemas.errors import KeyGone, PutOff
from schemas.guardianship import has_ended, stopped_by_age
from schemas.lifecycle import Opening, Status, Transition
from schemas.messages import AskDownload, Do, Download, Message
from schemas.package import RecordCount
from schemas.request import (
    Challenge,
    Contact,
    FieldResult,
    Package,
    Particulars,
    Request,
)
from schemas.returning import subject_gone
from workers.ports import (
    NOTHING,
    Collect,
    Collected,
    CollectResult,
    Done,
    Outcome,
    Reply,
    Tools,
)
from workers.stages.common import lifetimes

DAY = timedelta(days=1)

NO = Outcome(reply=Reply(accepted=False))


async def handle(message: Message, request: Request | None, tools: Tools) -> Outcome:
    """Collect, send a code, or hand out."""
    match message:
        case AskDownload():
            return await _ask(message, request, tools)
        case Download():
            return await _hand_out(message, request, tools)
    assert isinstance(message, Do) and request is not None, "a command names a request that exists"
    if message.step == "download":
        return await _challenge(request, tools)
    particulars = await tools.sealer.open(request)
    assert particulars.subject is not None and request.subject, "verified requests have a subject"
    if stopped := stopped_by_age(request, particulars, tools.now, "access"):
        return Outcome(stopped)
    return Outcome(
        effects=(
            Collect(
                request=request.id,
                subject=particulars.subject,
                pseudonym=request.subject,
                tracking=request.tracking,
                language=request.language,
                keep=tools.policy.package_kept + _on_the_way(request, particulars, tools),
            ),
        )
    )


def conclude(message: Message, request: Request, done: Done, tools: Tools) -> Outcome:
    """Ready, or a reason why there is no package yet."""
    ((_, result),) = done
    assert isinstance(result, CollectResult)
    timeout = tools.policy.step_timeout
    if result.outcome == "more":
        again = Opening("access", timeout)
        return Outcome(Transition("collected_later", "access", opens=(again,)))
    if result.outcome == "gone":
        return Outcome(subject_gone(request, "access", tools.now))
    if result.outcome != "ready" or result.package is None:
        raise PutOff(result.code or f"subject_{result.outcome}")
    made = result.package
    return Outcome(
        Transition(
            what="collected",
            by="access",
            to=Status.APPLIED,
            changes={
                "applied_at": tools.now,
                "package": Package(
                    id=made.id,
                    made_at=made.made_at,
                    destroy_after=made.destroy_after,
                    records=tuple(
                        RecordCount(collection=name, records=number)
                        for name, number in made.records.items()
                    ),
                ),
                "results": _results(request, made, tools),
            },
            closes=("access",),
            opens=(Opening("completion", timeout),),
        )
    )


def _results(request: Request, made: Collected, tools: Tools) -> dict[str, FieldResult]:
    assert request.subject_type, "verified requests have a subject"
    results = {}
    for name, field in tools.datamap.subjects[request.subject_type].fields.items():
        places = made.values.get(name, 0)
        if field.export == "never":
            results[name] = FieldResult(result="withheld")
        elif not places:
            results[name] = FieldResult(result="absent")
        else:
            masked = field.export == "masked"
            results[name] = FieldResult(result="masked" if masked else "provided", places=places)
    return results


async def _ask(message: AskDownload, request: Request | None, tools: Tools) -> Outcome:
    """Have a code sent, unless one is on its way or enough were sent today."""
    if request is None or not _is_link(message.token, request, tools) or _enough(request, tools):
        return NOTHING
    if request.is_open("download") or await _too_many(request, tools):
        return NOTHING
    opening = Opening("download", tools.policy.step_timeout)
    return Outcome(Transition("code_asked", "access", opens=(opening,)))


async def _challenge(request: Request, tools: Tools) -> Outcome:
    package = request.package
    to = await _who_may(request, tools)
    if package is None or to is None or _enough(request, tools) or await _too_many(request, tools):
        return Outcome(Transition("no_code_sent", "access", closes=("download",)))
    assert request.subject, "a package is about somebody"
    good = lifetimes.of_download(to.route, tools.policy)
    number = package.challenge.number + 1 if package.challenge else 1
    name = f"download-{number}"
    code = Challenge(number=number, issued_at=tools.now, ends_at=tools.now + good)
    mail = tools.mail(request.id, name)
    return Outcome(
        Transition(
            what="code_sent",
            by="access",
            changes={
                "package": package.model_copy(update={"challenge": code}),
                # Counted with all other codes to this person, under the same lock.
                "sending": (*request.sending, code_lock(request.subject)),
                "challenges": (*request.challenges, tools.now),
                "mails": {**request.mails, name: mail},
            },
            # Nobody calls, or posts a letter, with a code that a newer one has replaced.
            closes=("download", *(task for task in request.tasks if ":download-" in task)),
            opens=(Opening(f"mail:{name}", tools.policy.step_timeout),),
        )
    )


async def _who_may(request: Request, tools: Tools) -> Contact | None:
    """Whom a code goes to; None where nobody has a right to the package any more."""
    try:
        particulars = await tools.sealer.open(request)
    except KeyGone:
        # The person was deleted meanwhile, and with the record the package.
        return None
    # What a guardian asked for is not the guardian's any more once the child is of age.
    if has_ended(request, particulars, tools.now):
        return None
    return addressee("download", request, particulars, tools.datamap)


def _on_the_way(request: Request, particulars: Particulars, tools: Tools) -> timedelta:
    """What a package is kept longer for, since link and code reach the person by call or letter."""
    to = addressee("completion", request, particulars, tools.datamap)
    if to is None or to.route == "mail":
        return timedelta(0)
    return 2 * lifetimes.of_download(to.route, tools.policy)


async def _hand_out(message: Download, request: Request | None, tools: Tools) -> Outcome:
    """One download for one code; it counts as soon as it is allowed."""
    if request is None or not _is_link(message.token, request, tools) or _enough(request, tools):
        return NO
    package = request.package
    if package is None or (challenge := package.challenge) is None or challenge.dead:
        return NO
    if message.try_id in challenge.tries or tools.now > challenge.ends_at:
        return NO
    if await _who_may(request, tools) is None:
        return NO
    expected = tools.tokens.code(request.id, challenge.number, package.id)
    right = tools.tokens.matches(message.code, expected)
    tried = challenge if right else challenge.tried(message.try_id)
    spent = right or len(tried.tries) >= tools.policy.max_tries
    changes = {
        "challenge": tried.model_copy(update={"dead": spent}),
        "downloads": (*package.downloads, *((tools.now,) if right else ())),
    }
    return Outcome(
        Transition(
            what="handed_out" if right else "code_wrong",
            by="access",
            changes={"package": package.model_copy(update=changes)},
        ),
        reply=Reply(accepted=right),
    )


def _is_link(token: str, request: Request, tools: Tools) -> bool:
    if request.package is None:
        return False
    expected = tools.tokens.link(request.id, request.link_number, "package", request.digest)
    return tools.tokens.matches(token, expected)


def _enough(request: Request, tools: Tools) -> bool:
    """Whether its time is up, it was fetched often enough, or the person disowned it."""
    package = request.package
    return (
        package is None
        or package.blocked
        or tools.now >= package.destroy_after
        or len(package.downloads) >= tools.policy.package_downloads
    )


async def _too_many(request: Request, tools: Tools) -> bool:
    assert request.subject, "a package is about somebody"
    sent = await tools.requests.challenges_since(request.subject, tools.now - DAY)
    return sent >= tools.policy.challenges_a_day
