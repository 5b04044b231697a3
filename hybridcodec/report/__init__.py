"""A ledger as one self-contained page: what was proven, what was not, and pictures of what differs.

It reads the ledger and its evidence (`pipeline`) and writes HTML; it never looks at sources or outputs, which may be
gone. No framework: `page.html`, `page.css`, `rows.js` and `page.js` are put into each other by `view.template`, behind
the viewer that shows what differs.
"""

from hybridcodec.report.page import Report, build_page, write_report

__all__ = ["Report", "build_page", "write_report"]
