"""The words of an HTML mail, as far as a person sees them."""

from __future__ import annotations

from html.parser import HTMLParser

_LINES = frozenset({"br", "div", "p", "tr", "li", "h1", "h2", "h3", "table", "blockquote"})
_HIDDEN = frozenset({"script", "style", "head", "title", "template"})


def text_of(html: str) -> str:
    """Its text; what is quoted begins with `>`."""
    reader = _Reader()
    reader.feed(html)
    reader.close()
    return reader.text()


class _Reader(HTMLParser):
    def __init__(self) -> None:
        super().__init__(convert_charrefs=True)
        self._lines: list[tuple[bool, list[str]]] = [(False, [])]
        self._quotes = 0
        self._hidden = 0

    def text(self) -> str:
        made = []
        for quoted, pieces in self._lines:
            line = " ".join("".join(pieces).split())
            made.append(f"> {line}" if quoted else line)
        return "\n".join(made)

    def handle_starttag(self, tag: str, attrs: object) -> None:  # noqa: ARG002 - the parser's
        if tag in _HIDDEN:
            self._hidden += 1
        if tag == "blockquote":
            self._quotes += 1
        if tag in _LINES:
            self._lines.append((self._quotes > 0, []))

    def handle_endtag(self, tag: str) -> None:
        if tag in _HIDDEN:
            self._hidden = max(0, self._hidden - 1)
        if tag == "blockquote":
            self._quotes = max(0, self._quotes - 1)
        if tag in _LINES:
            self._lines.append((self._quotes > 0, []))

    def handle_data(self, data: str) -> None:
        if not self._hidden:
            self._lines[-1][1].append(data)
