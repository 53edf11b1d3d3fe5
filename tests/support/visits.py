"""Somebody's browser on somebody else's page: what the isolation tests do there, as the page's own script would."""
import json

from support.browser import log_in


def logged_in(browser, person):
    """A profile in which `person` is logged in at the UI, and the page of it."""
    profile = browser.context()
    page = profile.page()
    log_in(page, person.helix.url, person.api.key)
    return profile, page


def who(page):
    """The user that the browser is to the API, asked by the UI's own page; "" when it is nobody."""
    return page.evaluate("fetch('/api/v1/users/me').then(async (answer) => answer.ok ? (await answer.json()).name : '')")


def try_fetch(page, url, **options):
    """What a script gets of a request: status and text, `opaque` where it may not look, `failed` where it gets nothing."""
    return page.call_function("""(url, options) => fetch(url, options).then(
      async (answer) => answer.type === "opaque" ? "opaque" : `${answer.status} ${await answer.text()}`,
      () => "failed")""", url, {"credentials": "include", **options})


def statuses(page, url):
    """Status of each answer that the browser got for a URL, whether or not the page's script was allowed to see it."""
    return [seen["response"]["status"] for seen in page.events("Network.responseReceived") if seen["response"]["url"] == url]


def try_socket(page, url):
    """`open` or `failed`; the socket is closed again."""
    return page.call_function("""(url) => new Promise((done) => {
      const socket = new WebSocket(url);
      socket.onopen = () => { socket.close(); done("open"); };
      socket.onerror = () => done("failed");
    })""", url)


def try_events(page, url):
    """`open` or `failed`, of an EventSource with credentials."""
    return page.call_function("""(url) => new Promise((done) => {
      const source = new EventSource(url, { withCredentials: true });
      source.onopen = () => { source.close(); done("open"); };
      source.onerror = () => { source.close(); done("failed"); };
    })""", url)


def try_element(page, kind, url):
    """`load` or `error`, of a script or image element."""
    return page.call_function("""(kind, url) => new Promise((done) => {
      const element = document.createElement(kind);
      element.onload = () => done("load");
      element.onerror = () => done("error");
      element.src = url;
      document.body.append(element);
    })""", kind, url)


def frame_text(page, url):
    """Frames a URL; returns what a person then sees in the frame ("" when the browser refused to show it), and whether the
    page's own script could look into it."""
    readable = page.call_function("""(url) => new Promise((done) => {
      const frame = document.createElement("iframe");
      const look = () => { try { return Boolean(frame.contentDocument.body.innerText); } catch { return false; } };
      frame.onload = () => setTimeout(() => done(look()), 300);
      frame.src = url;
      document.body.append(frame);
    })""", url)
    shown = page.frames()[-1]
    if "unreachableUrl" in shown:
        return "", readable
    return page.evaluate("document.body ? document.body.innerText : ''", frame=shown["id"]), readable


def plant(page, line):
    """document.cookie = line."""
    page.evaluate(f"document.cookie = {json.dumps(line)}")
