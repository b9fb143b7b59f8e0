"""A plain HTML page for one table: no network, no script, readable in the dark and on paper."""

from __future__ import annotations

from html import escape

from chna_toolkit.reports.words import printable

_POLICY = "default-src 'none'; style-src 'unsafe-inline'"
_STYLE = """
:root { color-scheme: light dark; }
body { font: 1rem/1.5 system-ui, sans-serif; margin: 2rem; color: #1d2733; background: #fff; }
table { border-collapse: collapse; width: 100%; }
caption { text-align: left; font-weight: 600; padding: .5rem 0; }
th, td { padding: .3rem .5rem; border-bottom: 1px solid #ddd; vertical-align: top; text-align: left; }
.left { text-align: right; }
.found { white-space: nowrap; font-weight: 600; text-align: center; }
.where { color: #545d66; font-size: .85rem; overflow-wrap: anywhere; }
.short { white-space: nowrap; }
tbody th { font-weight: 400; }
.quote { margin: 0 0 .3rem; }
@media screen and (prefers-color-scheme: dark) {
  body { color: #e8edf2; background: #12181f; } th, td { border-color: #38434e; } .where { color: #a5b0bb; }
}
@media print { body { margin: 0; font-size: 9pt; } tr { break-inside: avoid; } }
"""


def page(title: str, body: str) -> str:
    """Return a whole page; `body` is HTML, in which everything from a document has gone through `safe`."""
    return (
        '<!doctype html>\n<html lang="en"><head><meta charset="utf-8">\n'
        f'<meta http-equiv="Content-Security-Policy" content="{_POLICY}">\n'
        '<meta name="viewport" content="width=device-width, initial-scale=1">\n'
        f"<title>{safe(title)}</title><style>{_STYLE}</style></head>\n<body>\n{body}</body></html>\n"
    )


def safe(text: str) -> str:
    """Return text that HTML shows as it is, on one line."""
    return escape(printable(text))
