"""The mail of the embedded default in a browser: read-only, and only what is in the Maildir."""

from __future__ import annotations

from email.message import EmailMessage
from pathlib import Path

import httpx

from workers.local.mail_viewer import show_mails


async def test_mail_is_listed_shown_and_nothing_else_is(tmp_path: Path) -> None:
    (tmp_path / "new").mkdir()
    (tmp_path / "secret").write_text("not mail")
    mail = EmailMessage()
    mail["to"], mail["subject"], mail["date"] = "minji@mail.example", "확인 <b>", "today"
    mail.set_content("코드\n\nhttps://privacy.example/proof/x\n")
    mail.add_alternative("<p>코드<script>1</script></p>", subtype="html")
    (tmp_path / "new" / "1.mail").write_bytes(bytes(mail))
    async with show_mails(tmp_path) as address, httpx.AsyncClient(base_url=address) as reader:
        assert "확인 &lt;b&gt;" in (await reader.get("/")).text
        shown = await reader.get("/1.mail")
        assert '<a href="https://privacy.example/proof/x"' in shown.text
        html = await reader.get("/1.mail/html")
        assert html.headers["content-security-policy"].startswith("sandbox")
        assert (await reader.get("/..%2Fsecret")).status_code == 404
        assert (await reader.post("/1.mail")).status_code == 405
