"""Pages that a person keeps: what was signed, laid out for reading and for paper (A4).

Self-contained HTML: it loads nothing, runs nothing, and reads the same from a disk in ten years.
The page is a view; what proves something is the signed JSON that it names. The page of a package is
written piece by piece, however much it holds.
"""

from __future__ import annotations

from workers.documents.certificate import render_certificate
from workers.documents.letter import render_letter
from workers.documents.package import PackagePage
from workers.documents.receipt import render_receipt

__all__ = ["PackagePage", "render_certificate", "render_letter", "render_receipt"]
