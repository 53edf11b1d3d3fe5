"""A headless Chromium, driven over its DevTools pipe with Python's library alone."""
import fcntl
import json
import os
import shutil
import subprocess
import tempfile
import threading

from support.waiting import wait_for

CALL_SECONDS = 30  # one DevTools call on a loaded machine; a promise that never settles ends here
QUIET = ["--headless=new", "--no-sandbox", "--disable-gpu", "--disable-dev-shm-usage", "--disable-quic", "--no-first-run",
         "--disable-background-networking", "--disable-component-update", "--disable-sync", "--no-proxy-server",
         # One process for all frames of a page, so that a frame of another site can be looked into from here. What a page's
         # own script may see of it does not depend on processes.
         "--disable-site-isolation-trials", "--disable-features=IsolateOrigins,site-per-process"]


class BrowserError(AssertionError):
    """A DevTools call failed, or a script in the page threw."""


class Browser:
    """One Chromium; `context` gives each person a profile of their own in it."""

    def __init__(self, *arguments):
        program = shutil.which("chromium")
        assert program, "chromium is not on this machine"
        self.profile = tempfile.mkdtemp(prefix="helix-e2e-chromium-")
        self.lock = threading.Condition()
        self.answers, self.events, self.number, self.gone = {}, {}, 0, False
        for_reading, self.to_browser = _high_pipe()
        self.from_browser, for_writing = _high_pipe()
        command = ["bash", "-c", f'exec "$@" 3<&{for_reading} 4>&{for_writing}', "chromium", program, *QUIET,
                   "--remote-debugging-pipe", f"--user-data-dir={self.profile}", *arguments, "about:blank"]
        self.process = subprocess.Popen(command, stdin=subprocess.DEVNULL, stdout=subprocess.DEVNULL, stderr=subprocess.DEVNULL,
                                        pass_fds=(for_reading, for_writing), env={**os.environ, "HOME": self.profile})
        os.close(for_reading)
        os.close(for_writing)
        threading.Thread(target=self._read, daemon=True).start()

    def _read(self):
        with os.fdopen(self.from_browser, "rb") as stream:
            rest = b""
            while piece := stream.read1(1 << 16):
                *messages, rest = (rest + piece).split(b"\0")
                with self.lock:
                    for message in map(json.loads, messages):
                        if "id" in message:
                            self.answers[message["id"]] = message
                        else:
                            self.events.setdefault(message.get("sessionId"), []).append((message["method"], message["params"]))
                    self.lock.notify_all()
        with self.lock:
            self.gone = True
            self.lock.notify_all()

    def call(self, method, session=None, timeout=CALL_SECONDS, **parameters):
        """The answer of one DevTools method; fails with the browser's own words."""
        with self.lock:
            self.number += 1
            number = self.number
        message = {"id": number, "method": method, "params": parameters, **({"sessionId": session} if session else {})}
        os.write(self.to_browser, json.dumps(message).encode() + b"\0")
        with self.lock:
            came = self.lock.wait_for(lambda: number in self.answers or self.gone, timeout)
            if not came or number not in self.answers:
                raise BrowserError(f"{method}: {'the browser is gone' if self.gone else f'no answer within {timeout} s'}")
            answer = self.answers.pop(number)
        if "error" in answer:
            raise BrowserError(f"{method}: {answer['error']['message']}")
        return answer["result"]

    def context(self):
        return Context(self, self.call("Target.createBrowserContext")["browserContextId"])

    def close(self):
        try:
            self.call("Browser.close", timeout=5)
            self.process.wait(10)
        except (BrowserError, OSError, subprocess.TimeoutExpired):
            self.process.kill()
            self.process.wait()
        os.close(self.to_browser)
        shutil.rmtree(self.profile, ignore_errors=True)

    def __enter__(self):
        return self

    def __exit__(self, *_):
        self.close()


class Context:
    """A profile: cookies, storage and service workers of its own."""

    def __init__(self, browser, context_id):
        self.browser = browser
        self.id = context_id

    def page(self, url=None):
        target = self.browser.call("Target.createTarget", url="about:blank", browserContextId=self.id)["targetId"]
        page = Page(self.browser, target)
        if url:
            page.goto(url)
        return page

    def cookies(self):
        """Every cookie of the profile, those of HttpOnly included."""
        return self.browser.call("Storage.getCookies", browserContextId=self.id)["cookies"]

    def close(self):
        self.browser.call("Target.disposeBrowserContext", browserContextId=self.id)


class Page:
    def __init__(self, browser, target):
        self.browser = browser
        self.target = target
        self.session = browser.call("Target.attachToTarget", targetId=target, flatten=True)["sessionId"]
        for domain in ("Page", "Runtime", "Network", "Log"):
            self.call(f"{domain}.enable")

    def call(self, method, **parameters):
        return self.browser.call(method, self.session, **parameters)

    def events(self, method):
        """Parameters of every such DevTools event of this page so far."""
        with self.browser.lock:
            return [parameters for name, parameters in self.browser.events.get(self.session, []) if name == method]

    def goto(self, url):
        """Navigates as typing the address does; returns the status of the document that it ended at (0: none was shown)."""
        went = self.call("Page.navigate", url=url)
        if "errorText" in went:
            return 0
        loader = went.get("loaderId")

        def status():
            loaded = self.call("Runtime.evaluate", expression="document.readyState", returnByValue=True)
            assert loaded.get("result", {}).get("value") == "complete", f"{url} is still loading"
            answers = [seen["response"] for seen in self.events("Network.responseReceived") if seen["requestId"] == loader]
            assert answers, f"no answer for {url}"
            return answers[-1]
        return wait_for(f"{url} has loaded", status, CALL_SECONDS)["status"]

    def evaluate(self, script, timeout=CALL_SECONDS, frame=None):
        """Value of an expression, awaited when it is a promise; runs as the page's own script does."""
        where = {}
        if frame:
            where["contextId"] = self.call("Page.createIsolatedWorld", frameId=frame)["executionContextId"]
        done = self.browser.call("Runtime.evaluate", self.session, timeout, expression=script, awaitPromise=True,
                                 returnByValue=True, userGesture=True, **where)
        if "exceptionDetails" in done:
            thrown = done["exceptionDetails"]
            raise BrowserError(f"{thrown['text']} {thrown.get('exception', {}).get('description', '')}")
        return done["result"].get("value")

    def call_function(self, function, *arguments, timeout=CALL_SECONDS):
        """`function` is the source of a JavaScript function; its arguments are values."""
        return self.evaluate(f"({function})({', '.join(map(json.dumps, arguments))})", timeout)

    def wait(self, script, limit=CALL_SECONDS):
        """The value of the expression once it is true."""
        return wait_for(f"{script!r} in {self.url()}", lambda: self.evaluate(script), limit)

    def wait_text(self, words, limit=CALL_SECONDS):
        def look():
            seen = self.text()
            assert words in seen, f"{self.url()}: {seen[:400]!r}"
            return True
        return wait_for(f"the page says {words!r}", look, limit)

    def text(self):
        return self.evaluate("document.body ? document.body.innerText : ''")

    def url(self):
        return self.evaluate("location.href")

    def type_into(self, label, words):
        self.evaluate(f"[...document.querySelectorAll('label')].find((l) => l.textContent.includes({json.dumps(label)}))"
                      ".control.focus()")
        self.call("Input.insertText", text=words)

    def press(self, button):
        self.evaluate(f"[...document.querySelectorAll('button')].find((b) => b.textContent.trim() === {json.dumps(button)}).click()")

    def frames(self):
        """Id and URL of each frame in the page, without the page itself."""
        def below(tree):
            for child in tree.get("childFrames", []):
                yield child["frame"]
                yield from below(child)
        return list(below(self.call("Page.getFrameTree")["frameTree"]))

    def requests(self):
        """URL and, where it came, the answer of every request of this page, redirects included, in their order."""
        return self.events("Network.requestWillBeSent")

    def console(self):
        """What the browser and the page wrote to the console."""
        logged = [entry["entry"]["text"] for entry in self.events("Log.entryAdded")]
        return logged + [" ".join(str(value.get("value", "")) for value in said["args"])
                         for said in self.events("Runtime.consoleAPICalled")]

    def close(self):
        self.browser.call("Target.closeTarget", targetId=self.target)


def log_in(page, url, key):
    """Logs in at the UI as a person does, wherever the page is in it."""
    page.goto(url)
    page.wait("[...document.querySelectorAll('label')].some((l) => l.textContent.includes('API key'))")
    page.type_into("API key", key)
    page.press("Log in")
    page.wait("![...document.querySelectorAll('label')].some((l) => l.textContent.includes('API key'))")


def _high_pipe():
    """A pipe whose ends are above the numbers that a shell gives to its own."""
    ends = os.pipe()
    high = [fcntl.fcntl(end, fcntl.F_DUPFD_CLOEXEC, 20) for end in ends]
    for end in ends:
        os.close(end)
    return high
