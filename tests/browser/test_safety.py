"""What a report does when a document is out to harm: nothing, and it asks the network for nothing."""

from __future__ import annotations

import re
import threading
from collections.abc import Iterator
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from pathlib import Path

import pytest

from browser.conftest import PHONE, Opener


def test_nothing_is_asked_of_network_or_disk(visit: Opener, report: Path) -> None:
    page = visit(report, size=PHONE)
    page.evaluate("document.querySelectorAll('details').forEach(one => one.open = true)")
    page.get_by_role("button", name="Hospital", exact=True).click()
    page.evaluate("scrollTo(0, document.body.scrollHeight)")
    page.pdf()
    assert page.asked == []
    assert page.said == []


def test_a_document_that_speaks_html_is_shown_and_not_obeyed(visit: Opener, report: Path) -> None:
    page = visit(report)
    text = page.inner_text("main")
    assert '<script>alert("name")</script> [/x] | Hospital' in text
    assert "<img src=x onerror=alert(1)> joined" in text
    assert "=HYPERLINK(" in text
    assert (page.boxes, page.said, page.asked) == ([], [], [])


HITS: list[str] = []


class Recorder(BaseHTTPRequestHandler):
    """Notes what is asked for."""

    def do_GET(self) -> None:
        HITS.append(self.path)
        self.send_response(204)
        self.end_headers()

    do_POST = do_GET  # noqa: N815

    def log_message(self, *_: object) -> None: ...


@pytest.fixture(scope="module")
def outside() -> Iterator[str]:
    """A server that stands for the rest of the world."""
    with ThreadingHTTPServer(("127.0.0.1", 0), Recorder) as server:
        threading.Thread(target=server.serve_forever, daemon=True).start()
        yield f"http://127.0.0.1:{server.server_port}"
        server.shutdown()


PAYLOAD = """<script>document.title = "owned"</script>
<script src="{0}/script.js"></script><link rel="stylesheet" href="{0}/style.css">
<img src="{0}/picture.png" onerror="document.title = 'owned by picture'">
<iframe src="{0}/frame"></iframe><object data="{0}/object"></object>
<style>h1 {{ display: none }}</style><h2 id="styled" style="position: fixed">styled</h2>
<a id="evil" href="javascript:void(document.title = 'owned by link')">link</a>
<form action="{0}/form" method="post"><button id="send">send</button></form>
<base href="{0}/">"""


def obeyed(page_path: Path, visit: Opener) -> set[str]:
    """Return what of the payload a page obeys."""
    HITS.clear()
    page = visit(page_path)
    page.wait_for_timeout(300)
    done = {f"asks for {path}" for path in HITS}
    done |= {page.title()} if page.title().startswith("owned") else set()
    done |= set() if page.locator("h1").is_visible() else {"style element"}
    done |= {"style attribute"} if page.evaluate("getComputedStyle(styled).position") == "fixed" else set()
    done |= {"base"} if "127.0.0.1" in page.evaluate("document.baseURI") else set()
    page.evaluate("document.getElementById('evil').click()")
    page.wait_for_timeout(100)
    done |= {page.title()} if page.title().startswith("owned") else set()
    page.evaluate("document.getElementById('send').click()")
    page.wait_for_timeout(300)
    return done | {f"asks for {path}" for path in HITS}


def test_the_policy_holds_even_if_escaping_failed(visit: Opener, report: Path, outside: str, tmp_path: Path) -> None:
    text = report.read_text(encoding="utf-8")
    hostile = text.replace("</main>", PAYLOAD.format(outside) + "</main>")
    with_policy, without = tmp_path / "with.html", tmp_path / "without.html"
    with_policy.write_text(hostile, encoding="utf-8")
    assert obeyed(with_policy, visit) == set()
    # The same page without the policy obeys, so the payload is one that could do harm.
    bare, found = re.subn(r'<meta http-equiv="Content-Security-Policy"[^>]*>', "", hostile)
    assert found == 1
    without.write_text(bare, encoding="utf-8")
    done = obeyed(without, visit)
    assert {"style element", "style attribute", "base", "asks for /picture.png", "asks for /frame"} <= done
    assert {"owned by link", "asks for /form"} <= done
