"""The page's server in this process, the whole program beside it, and one real browser."""

import http.client
import socket

import pytest

from edge.address import Address
from edge.board import Health
from edge.liveness import Verdict
from edge.web.live import Facts, Live
from edge.web.password import Password


@pytest.fixture(scope="session")
def chosen_password():
    return Password.chosen("correct horse")


class Served:
    """A page that is served, and a client of it that does as it is told."""

    def __init__(self, page, kept):
        self.page, self.kept = page, kept
        self.port = page.address.port
        self.origin = f"http://127.0.0.1:{self.port}"
        self.socket_url = f"ws://127.0.0.1:{self.port}/live"

    def ask(self, method, path, body=None, **headers):
        """Status, headers and content of an answer; a header's _ stands for -."""
        connection = http.client.HTTPConnection("127.0.0.1", self.port, timeout=30)
        try:
            named = {name.replace("_", "-"): value for name, value in headers.items()}
            connection.request(method, path, body, named)
            answer = connection.getresponse()
            return answer.status, answer.headers, answer.read()
        finally:
            connection.close()

    def post(self, path, body, **headers):
        """A POST as the page itself would send it."""
        return self.ask("POST", path, body, **{"Origin": self.origin, **headers})

    def enter(self, password):
        form = "application/x-www-form-urlencoded"
        return self.post("/enter", f"password={password}", Content_Type=form)

    def show(self, observation):
        """As the loop and the thread of the sink do it."""
        if self.page.live.wanted(observation):
            self.page.live.write(observation)


@pytest.fixture
def served():
    """Serves a page in this process, on a free port."""
    from edge.web.server import Page

    pages = []

    def serve(password=None, address=Address("127.0.0.1", 0), most=24):  # noqa: B008
        kept = []
        verdict = Verdict(True, True, True, "the last frame was answered 0.0 s ago")
        facts = Facts(
            lambda: 30.0, Health, lambda: verdict, lambda: kept[-1] if kept else 0.5, kept.append
        )
        page = Page(address, password, Live(facts, most))
        page.__enter__()
        pages.append(page)
        return Served(page, kept)

    yield serve
    for page in pages:
        page.__exit__(None, None, None)


@pytest.fixture
def tab(chromium):
    """Opens a page that must have no error: of a desktop, or of what is given."""
    contexts, faults = [], []

    def open_tab(width=1280, height=800, **options):
        size = {"width": width, "height": height}
        context = chromium.new_context(viewport=size, **options)
        context.set_default_timeout(60_000)
        contexts.append(context)
        page = context.new_page()
        page.on("pageerror", lambda error: faults.append(str(error)))
        return page

    yield open_tab
    for context in contexts:
        context.close()
    assert faults == []


@pytest.fixture
def device(tiny_model):
    """Starts the whole program with the page, on the fake camera."""
    from benchmarks.edge_run import EdgeRun

    running = []

    def start(port, *options, scene="rectangle"):
        asked = ["--camera", f"fake:{scene}", "--model", tiny_model, "--web", port, *options]
        running.append(EdgeRun(*asked))
        _, sentence = running[-1].says("web: ")
        running[-1].url = sentence.removeprefix("web: ")
        return running[-1]

    yield start
    for one in running:
        one.__exit__(None, None, None)


@pytest.fixture
def free_port():
    with socket.socket() as door:
        door.bind(("127.0.0.1", 0))
        return door.getsockname()[1]
