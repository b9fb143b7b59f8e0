"""Documents from the web: bounded, without redirects elsewhere, with credentials that nobody sees."""

from __future__ import annotations

import socket
import subprocess
import sys
import threading
import time
import urllib.request
from collections.abc import Iterator
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from pathlib import Path

import pytest
from hypothesis import given
from hypothesis import strategies as st

from chna_toolkit.config import Settings
from chna_toolkit.errors import ExitCode
from chna_toolkit.fetch import Bounds, _Redirects, fetch
from chna_toolkit.inputs import Input, find_inputs
from chna_toolkit.provenance import _link
from chna_toolkit.results.run import read_run
from chna_toolkit.storage import StorageError, Url, parse_url, scrub

from .test_cluster import chna, finish

pytestmark = pytest.mark.usefixtures("settings_free")
BODY = b"L05 and more\n# CHNA 2022\n"
BOUNDS = Bounds(1 << 20, 5.0)


class Pages(BaseHTTPRequestHandler):
    """Answers as the path says."""

    seen: list[tuple[str, str | None]]
    other = ""

    def do_GET(self) -> None:
        self.seen.append((self.path, self.headers["Authorization"]))
        action = self.path.split("?")[0].strip("/").split("/")[0]
        getattr(self, action.replace(".pdf", "").replace("-", "_"), self.missing)()

    def send(self, code: int, body: bytes = b"", **headers: str) -> None:
        self.send_response(code)
        for name, value in ({"Content_Length": str(len(body))} | headers).items():
            self.send_header(name.replace("_", "-"), value)
        self.end_headers()
        self.wfile.write(body)

    def missing(self) -> None:
        self.send(404)

    def good(self) -> None:
        self.send(200, BODY)

    def large(self) -> None:
        self.send(200, b"x" * (3 << 20))

    def cut(self) -> None:
        self.send(200, b"half", Content_Length="8")

    def busy(self) -> None:
        self.send(*((200, BODY) if len(self.seen) > 2 else (503,)))

    def drip(self) -> None:
        self.send(200, b"", Content_Length="1000000")
        self.trickle(b"x")

    def drip_head(self) -> None:
        self.wfile.write(b"HTTP/1.0 200 OK\r\nX-Long: ")
        self.trickle(b"y")

    def trickle(self, piece: bytes) -> None:
        try:
            for _ in range(100):
                self.wfile.write(piece)
                self.wfile.flush()
                time.sleep(0.1)
        except OSError:
            pass

    def to_good(self) -> None:
        self.send(302, Location="/good.pdf")

    def to_other(self) -> None:
        self.send(302, Location=f"{self.other}/good.pdf")

    def to_file(self) -> None:
        self.send(302, Location="file:///etc/passwd")

    def to_ftp(self) -> None:
        self.send(302, Location="ftp://127.0.0.1/x.pdf")

    def round(self) -> None:
        self.send(302, Location="/round")

    def log_message(self, *_: object) -> None:
        pass


@pytest.fixture
def web(monkeypatch: pytest.MonkeyPatch) -> Iterator[str]:
    """A server on loopback, and another that it may redirect to."""
    monkeypatch.setattr("chna_toolkit.fetch._PAUSE", 0.01)
    for name in ("http_proxy", "HTTP_PROXY", "all_proxy", "ALL_PROXY"):
        monkeypatch.delenv(name, raising=False)
    Pages.seen = []
    servers = [ThreadingHTTPServer(("127.0.0.1", 0), Pages) for _ in range(2)]
    for server in servers:
        server.daemon_threads = True
        threading.Thread(target=server.serve_forever, args=(0.02,), daemon=True).start()
    own, Pages.other = (f"http://127.0.0.1:{server.server_port}" for server in servers)
    yield own
    for server in servers:
        server.shutdown()
        server.server_close()


def get(url: str, target: Path, bounds: Bounds = BOUNDS) -> bytes:
    sha256, size = fetch(parse_url(url), target, bounds)
    assert (len(sha256), size) == (64, target.stat().st_size)
    return target.read_bytes()


@pytest.mark.parametrize("page", ["good.pdf", "to-good", "to-other", "busy"])
def test_a_document_is_fetched_over_redirects_and_hiccups(web: str, tmp_path: Path, page: str):
    assert get(f"{web}/{page}", tmp_path / "x") == BODY


@pytest.mark.parametrize(
    ("page", "reason"),
    [
        ("nowhere", "the server answers 404"),
        ("large", "larger than the 1 MiB"),
        ("cut", "the download broke off"),
        ("to-file", "Redirection to url 'file://"),
        ("to-ftp", "redirects to ftp://, which is refused"),
        ("round", "the server answers 302"),
    ],
)
def test_what_cannot_or_may_not_be_fetched_says_why(web: str, tmp_path: Path, page: str, reason: str):
    with pytest.raises(OSError, match=reason):
        get(f"{web}/{page}", tmp_path / "x")


@pytest.mark.parametrize("page", ["drip", "drip-head"])
def test_a_server_that_sends_a_byte_now_and_then_meets_the_limit(web: str, tmp_path: Path, page: str):
    start = time.monotonic()
    with pytest.raises(OSError, match=r"not downloaded within 0\.5 s"):
        get(f"{web}/{page}", tmp_path / "x", Bounds(1 << 20, 0.5))
    assert time.monotonic() - start < 3


def test_no_answer_and_no_server_meet_the_limit(tmp_path: Path):
    with socket.create_server(("127.0.0.1", 0)) as deaf:
        url = f"http://127.0.0.1:{deaf.getsockname()[1]}/x.pdf"
        with pytest.raises(OSError, match=r"not downloaded within|no connection"):
            get(url, tmp_path / "x", Bounds(1 << 20, 0.5))
    with pytest.raises(OSError, match="no connection"):
        get(url, tmp_path / "x", Bounds(1 << 20, 0.5))


def test_a_download_can_be_stopped(web: str, tmp_path: Path):
    stop = threading.Event()
    threading.Timer(0.3, stop.set).start()
    with pytest.raises(OSError, match="stopped"):
        get(f"{web}/drip", tmp_path / "x", Bounds(1 << 20, 8.0, stop))


def test_a_redirect_from_https_down_to_http_is_refused():
    request = urllib.request.Request("https://example.org/a.pdf")
    with pytest.raises(StorageError, match="redirects to http://"):
        _Redirects().redirect_request(request, None, 302, "Found", {}, "http://example.org/a.pdf")


def test_user_and_password_go_to_their_host_alone(web: str, tmp_path: Path):
    url = web.replace("http://", "http://ann:s3cret@")
    get(f"{url}/to-other", tmp_path / "x")
    assert Pages.seen == [("/to-other", "Basic YW5uOnMzY3JldA=="), ("/good.pdf", None)]


# -- credentials are not shown

WORDS = st.text("abcdefghijklmnopqrstuvwxyz0123456789%+-_.~", min_size=1).map(lambda text: f"SECRET{text}")


@given(user=WORDS, password=WORDS, query=WORDS)
def test_no_part_of_a_url_that_may_be_secret_is_shown(user: str, password: str, query: str):
    text = f"https://{user}:{password}@example.org/a/b.pdf?X-Amz-Signature={query}#p"
    url = Url(text)
    for shown in (str(url), repr(url), scrub(f"cannot open <{text}>, sorry"), "/".join(url.parts), f"{url}"):
        assert "SECRET" not in shown
        assert "b.pdf" in shown
    assert not url.is_bare


def test_a_scan_of_the_web_writes_and_says_no_secret(web: str, tmp_path: Path):
    url = web.replace("http://", "http://ann:s3cret@")
    bad, good = f"{url}/nowhere/x.pdf?sig=s3cret2", f"{url}/good.pdf?X-Amz-Signature=s3cret3"
    process = chna("scan", good, bad, "-o", tmp_path / "out", "-v")
    out, err = process.communicate(timeout=60)
    assert process.returncode == ExitCode.PARTIAL, err
    assert ("/good.pdf?X-Amz-Signature=s3cret3", "Basic YW5uOnMzY3JldA==") in Pages.seen
    found = {path.name: path.read_bytes() for path in (tmp_path / "out").rglob("*") if path.is_file()}
    cached = {str(path): path.read_bytes() for path in (tmp_path / "cache").rglob("*") if path.is_file()}
    for name, data in {**found, **cached, "stdout": out.encode(), "stderr": err.encode()}.items():
        assert b"s3cret" not in data, name
        assert "s3cret" not in name
    assert "x.pdf: damaged: The file cannot be opened: the server answers 404" in err
    run = read_run(tmp_path / "out").manifest
    assert [(one.file, one.size, one.link) for one in run.inputs] == [("good.pdf", len(BODY), ""), ("x.pdf", 0, "")]
    assert web.replace("http://", "") + "/good.pdf?…" in " ".join(run.command)
    # A document on the web that needs no credentials is linked to where it was found.
    manifest = tmp_path / "out" / "run.json"
    manifest.write_text(manifest.read_text().replace('"link": ""', '"link": "https://example.org/good.pdf"', 1))
    finish(chna("report", tmp_path / "out"))
    assert 'href="https://example.org/good.pdf"' in (tmp_path / "out" / "index.html").read_text()


def test_only_what_anybody_can_open_is_linked_to():
    items = {url: Input(Path(), "a.pdf", "", 0, source=parse_url(url)) for url in LINKS}
    for out in (Path("out"), Url("s3://bucket/runs/one")):
        settings = Settings(output=out)
        assert {url: _link(item, settings) for url, item in items.items()} == LINKS | (
            {"s3://bucket/pdfs/a.pdf": ""} if isinstance(out, Path) else {}
        )


LINKS = {
    "https://example.org/a.pdf": "https://example.org/a.pdf",
    "http://example.org/a.pdf": "",
    "https://example.org/a.pdf?key=1": "",
    "https://ann:pw@example.org/a.pdf": "",
    "s3://bucket/pdfs/a.pdf": "../../pdfs/a.pdf",
    "s3://other/pdfs/a.pdf": "",
}


def test_one_page_under_two_queries_is_two_documents_whose_names_tell_no_query():
    found = find_inputs(["https://example.org/get.php?id=1&key=s3cret", "https://example.org/get.php?id=2"])
    assert [item.file for item in found] == ["example.org/get.php", "example.org/get.php~2"]


def test_a_scan_of_local_files_imports_nothing_of_all_this(tmp_path: Path):
    (tmp_path / "a.pdf").write_text("no PDF")
    script = (
        "import sys\n"
        "from chna_toolkit.cli.app import main\n"
        "try:\n"
        f"    main(['scan', {str(tmp_path / 'a.pdf')!r}, '-o', {str(tmp_path / 'out')!r}, '-q', '-j', '1'])\n"
        "except SystemExit as end:\n"
        "    assert end.code == 3, end.code\n"
        "loaded = {name.split('.')[0] for name in sys.modules}\n"
        "print(sorted(loaded & {'fsspec', 's3fs', 'distributed', 'dask', 'ssl'}))\n"
    )
    done = subprocess.run([sys.executable, "-c", script], capture_output=True, text=True, check=True)
    assert done.stdout.strip() == "[]"
