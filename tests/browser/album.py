"""Pictures of every page and every mail to look at: `python -m tests.browser.album DIR`.

Each page once at a phone's width and once at a desk's, in Korean and English, side by side on one
sheet; each mail (its HTML part) in both languages. `--only public|recipient|mails|desk` makes some.
"""

from __future__ import annotations

import argparse
import asyncio
import base64
import html
from collections import defaultdict
from collections.abc import AsyncIterator
from contextlib import asynccontextmanager
from dataclasses import dataclass, field
from pathlib import Path
from tempfile import TemporaryDirectory

from playwright.async_api import Browser, Page, async_playwright

from schemas.errors import Reason
from tests.browser.conftest import CHROMIUM, served
from tests.cast import datamap, said
from tests.desk_site import PAPER, QUESTION, DeskSite, open_desk_site
from tests.integration.test_web_asking import ADDRESS, MINJI
from tests.letters import COMPOSER, LANGUAGES, LETTERS
from tests.third_parties import PAGE_TOKEN, Behind
from tests.third_parties import datamap as shop_map
from tests.town.place import folder_for_servers, place
from tests.web_house import TRACKING, challenged_request, open_site, told_request
from tests.web_links import PACKAGE_CODE, TOKEN
from workers.local.stack import Stack
from workers.ports import Envelope

SIZES = {"phone": (390, 844), "desk": (1280, 800)}
LINKS = (
    *("proof", "disown", "stop", "go-on", "nothing-arrived", "lift", "confirm", "waiting"),
    *("stop-change", "package"),
)


@dataclass
class Album:
    """Pictures by the name of what they show, then by how it was looked at."""

    folder: Path
    browser: Browser
    taken: dict[str, dict[str, bytes]] = field(
        default_factory=lambda: defaultdict(dict[str, bytes])
    )

    @asynccontextmanager
    async def reader(
        self, address: str, language: str, size: str
    ) -> AsyncIterator[tuple[Page, str]]:
        """A browser of somebody, and how they look at things."""
        width, height = SIZES[size]
        context = await self.browser.new_context(
            base_url=address, locale=language, viewport={"width": width, "height": height}
        )
        try:
            yield await context.new_page(), f"{language} {size}"
        finally:
            await context.close()

    async def take(self, name: str, how: str, page: Page) -> None:
        """The whole page as it stands."""
        self.taken[name][how] = await page.screenshot(full_page=True)

    async def bind(self) -> None:
        """One sheet for each thing."""
        page = await self.browser.new_page(viewport={"width": 1720, "height": 800})
        for name, views in self.taken.items():
            images = "".join(_image(how, png) for how, png in sorted(views.items()))
            style = "body{display:flex;gap:16px;align-items:flex-start;margin:8px;background:#bbb}"
            await page.set_content(f"<style>{style}figure{{margin:0}}</style>{images}")
            file = self.folder / f"{name.replace('/', '_').replace(', ', '-')}.png"
            await page.screenshot(path=file, full_page=True)
        await page.close()


def _image(how: str, png: bytes) -> str:
    wide = 300 if "phone" in how else 520
    source = base64.b64encode(png).decode()
    return (
        f"<figure><figcaption>{how}</figcaption>"
        f'<img width="{wide}" src="data:image/png;base64,{source}"></figure>'
    )


async def public(album: Album) -> None:
    """What anybody can open, and what whoever asked sees."""
    for language in LANGUAGES:
        for size in SIZES:
            with TemporaryDirectory() as folder:
                async with (
                    open_site(Path(folder) / "s", challenged_request(), the_map=datamap()) as site,
                    served(site.app) as address,
                    album.reader(address, language, size) as (page, how),
                ):
                    await _walk_public(album, page, how)


async def _walk_public(album: Album, page: Page, how: str) -> None:
    plain = {
        "rights": "/",
        "rights-child": "/?for=child",
        "verify": "/verify",
        "form-deletion": "/request/deletion",
        "form-inquiry-child": "/request/inquiry?for=child",
        "nowhere": "/nowhere",
        **{f"link-{name}": f"/{name}/{TRACKING}/{TOKEN}" for name in LINKS},
    }
    for name, path in plain.items():
        await page.goto(path)
        await album.take(name, how, page)
    fields = ("home_address", "gender", "hobbies", "anniversaries")
    await page.goto("/request/correction?" + "&".join(f"field={name}" for name in fields))
    await page.locator("main form button").click()
    await album.take("form-correction-wrong", how, page)
    await page.goto("/request/correction?field=home_address")
    for name, value in {**MINJI, **ADDRESS}.items():
        await page.locator(f'[name="{name}"]').fill(value)
    await page.locator("main form button").click()
    await album.take("review", how, page)
    await page.locator("main form button").first.click()
    await album.take("sent", how, page)
    await page.goto("/status")
    await album.take("status-ask", how, page)
    await page.locator("[name=tracking]").fill(TRACKING)
    await page.locator("main form button").click()
    await album.take("status-code", how, page)
    await page.locator("[name=code]").fill(PACKAGE_CODE)
    await page.locator("main form button").click()
    await album.take("status-state", how, page)


async def recipient(album: Album) -> None:
    """The page of a person at a recipient."""
    values = {"receiver": "김민지", "address": {"postcode": "04524", "road": "세종대로 110"}}
    for language in LANGUAGES:
        for size in SIZES:
            behind = Behind(values=values)
            with TemporaryDirectory() as folder:
                async with (
                    open_site(
                        Path(folder), told_request(), the_map=shop_map(), third_parties=behind.build
                    ) as site,
                    served(site.app) as address,
                    album.reader(address, language, size) as (page, how),
                ):
                    await page.goto(f"/recipients/carrier/{PAGE_TOKEN}")
                    await album.take("recipient-ask", how, page)
                    await page.locator("main form button").click()
                    await album.take("recipient-code", how, page)
                    await page.locator("[name=code]").fill(PACKAGE_CODE)
                    await page.locator("main form button").click()
                    await album.take("recipient-list", how, page)


async def mails(album: Album) -> None:
    """Every mail, as a mail program shows it."""
    for language in LANGUAGES:
        async with album.reader("http://127.0.0.1", language, "desk") as (page, _):
            await page.set_viewport_size({"width": 640, "height": 400})
            letters = {
                name: COMPOSER.compose(facts, language) for name, facts in LETTERS.items()
            } | {
                "recipient, link": COMPOSER.to_recipient(language, link="https://x.example/r/abc"),
                "recipient, code": COMPOSER.to_recipient(language, code="04820193"),
            }
            for name, letter in letters.items():
                heading = f"<p style='background:#ddd;margin:0'>{html.escape(letter.subject)}</p>"
                await page.set_content(heading + letter.html)
                await album.take(f"mail-{name}", language, page)


async def desk(album: Album) -> None:
    """Every page of the desk, with something on each."""
    with folder_for_servers("dsr-album-") as folder:
        async with (
            Stack(Path(folder), environment={}) as stack,
            open_desk_site(Path(folder) / "desk", await place(stack)) as site,
            served(site.app) as address,
        ):
            cases = await _cases(site)
            for language in LANGUAGES:
                for size in SIZES:
                    async with album.reader(address, language, size) as (page, how):
                        await page.goto("/desk/login")
                        await album.take("desk-login", how, page)
                        token = await site.parts.sessions.open("choi", complete=True)
                        cookie = {"name": "desk", "value": token, "url": address}
                        await page.context.add_cookies([cookie])  # type: ignore[list-item]
                        await _walk_desk(album, page, how, cases)


async def _cases(site: DeskSite) -> dict[str, str]:
    """One request of each sort that a page has something of its own for."""
    called = {"relation": "self", "name": "김민지", "phone": "010-1111-2222"}
    written = {"relation": "self", "name": "김민지", "postal_address": "서울시 중구 1"}
    wish = site.correction(hobbies=["바둑"])
    envelope = Envelope(
        queue="dsr.registration", exchange="dsr.intake", routing_key="submission.web",
        body=said(wish.submission()).model_dump_json().encode(), message_id=wish.id,
        content_type="application/json", correlation_id=None, reply_to=None, user_id=None,
        redelivered=False, tag=1,
    )  # fmt: skip
    await site.parts.parked.park(envelope, [Reason("$.changes.hobbies", "unknown_field")])
    return {
        "inquiry": await site.at_the_desk(**QUESTION),
        "review": await site.at_the_desk(),
        "waiting": await site.submitted(),
        "phone": await site.submitted(channel="phone", operator="park", requester=called),
        "post": await site.submitted(channel="post", operator="park", requester=written),
        "paper": await site.at_paper(),
    }


async def _walk_desk(album: Album, page: Page, how: str, cases: dict[str, str]) -> None:
    for name in ("", "entry", "tasks", "notices", "figures", "parked", "retention", "audit"):
        await page.goto(f"/desk/{name}")
        await album.take(f"desk-{name or 'queue'}", how, page)
    for name in ("staff", "own"):
        await page.goto(f"/desk/{name}")
        await album.take(f"desk-{name}", how, page)
    for name, tracking in cases.items():
        await page.goto(f"/desk/requests/{tracking}")
        await album.take(f"desk-case-{name}", how, page)
    await page.goto(f"/desk/requests/{cases['waiting']}/mails/challenge-1")
    await album.take("desk-mail", how, page)
    await page.goto(f"/desk/requests/{cases['review']}")
    await page.locator("form[action*='/preview'] button").first.click()
    await album.take("desk-preview", how, page)
    await page.goto(f"/desk/requests/{cases['review']}")
    await page.locator("form[action*='/reveal'] button").click()
    await album.take("desk-case-revealed", how, page)
    await page.goto(
        "/desk/entry/form?channel=phone&kind=correction&field=home_address&field=gender"
    )
    await album.take("desk-entry-form", how, page)
    await page.goto(f"/desk/requests/{cases['phone']}")
    await page.locator("form[action*='/pin'] button").click()
    await album.take("desk-pin", how, page)
    await page.goto("/desk/notices")
    await page.locator(f"form:has([value='{PAPER}']) button").first.click()
    await album.take("desk-notice", how, page)
    await page.goto("/desk/tasks")
    if await (shown := page.locator("form[action*='/tasks/reveal'] button")).count():
        await shown.first.click()
        await album.take("desk-task", how, page)


PARTS = {"public": public, "recipient": recipient, "mails": mails, "desk": desk}


async def make(folder: Path, parts: list[str]) -> None:
    """Take the pictures, and bind them."""
    async with async_playwright() as playwright:
        browser = await playwright.chromium.launch(executable_path=CHROMIUM, args=["--no-sandbox"])
        album = Album(folder, browser)
        for part in parts:
            await PARTS[part](album)
        await album.bind()
        await browser.close()


if __name__ == "__main__":
    arguments = argparse.ArgumentParser(description=__doc__)
    arguments.add_argument("folder", type=Path)
    arguments.add_argument("--only", choices=PARTS, action="append")
    given = arguments.parse_args()
    given.folder.mkdir(parents=True, exist_ok=True)
    asyncio.run(make(given.folder, given.only or list(PARTS)))
