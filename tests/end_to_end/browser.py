"""A headless Chromium, driven by its own DevTools protocol: open a page, read its text, click on what it says."""

import json
import shutil
import subprocess
import time
import urllib.request
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from pathlib import Path
from typing import Any

from websockets.sync.client import ClientConnection, connect

NAMES = ("chromium", "chromium-browser", "google-chrome", "google-chrome-stable")
PATIENCE = 120.0

# The innermost visible element that says just this, brought to the middle of the screen; its place there.
FIND = """(() => {
  const wanted = %s, tag = %s;
  const shown = element => { const r = element.getBoundingClientRect(); return r.width > 0 && r.height > 0; };
  const text = element => (element.innerText || element.value || element.placeholder || '').trim();
  const found = [...document.querySelectorAll(tag)].filter(element => shown(element) && text(element) === wanted);
  if (!found.length) return null;
  const element = found[found.length - 1];
  element.scrollIntoView({block: 'center'});
  const r = element.getBoundingClientRect();
  return [r.x + r.width / 2, r.y + r.height / 2];
})()"""


def executable() -> str | None:
    """Where a Chromium is; None where there is none."""
    return next((path for name in NAMES if (path := shutil.which(name))), None)


class Page:
    """One tab."""

    def __init__(self, connection: ClientConnection) -> None:
        self._connection = connection
        self._number = 0
        self.call("Page.enable")
        self.call("Emulation.setDeviceMetricsOverride", width=1600, height=1200, deviceScaleFactor=1, mobile=False)

    def call(self, method: str, **parameters: Any) -> dict[str, Any]:
        """One command of the protocol and its answer."""
        self._number += 1
        self._connection.send(json.dumps({"id": self._number, "method": method, "params": parameters}))
        while True:
            answer = json.loads(self._connection.recv(timeout=PATIENCE))
            if answer.get("id") == self._number:
                if "error" in answer:
                    raise RuntimeError(f"{method}: {answer['error']['message']}")
                result: dict[str, Any] = answer["result"]
                return result

    def open(self, address: str) -> None:
        """Goes there; what is shown comes later."""
        self.call("Page.navigate", url=address)

    def evaluate(self, script: str) -> Any:
        """The value of some JavaScript."""
        return self.call("Runtime.evaluate", expression=script, returnByValue=True)["result"].get("value")

    @property
    def text(self) -> str:
        """All that a person could read."""
        lines = str(self.evaluate("document.body ? document.body.innerText : ''") or "").splitlines()
        return "\n".join(line.strip() for line in lines if line.strip())

    def wait_for(self, *texts: str, patience: float = PATIENCE) -> str:
        """The text once all of these are in it, without blank lines. Raises AssertionError after `patience` seconds."""
        return self._until(lambda: all(text in self.text for text in texts), f"{texts} on the page", patience)

    def click(self, text: str, tag: str = "*") -> None:
        """A click of the mouse on what has this text, as soon as it is there."""
        place: list[float] = []

        def found() -> bool:
            place[:] = self.evaluate(FIND % (json.dumps(text), json.dumps(tag))) or []
            return bool(place)

        self._until(found, f"{text!r} to click on")
        time.sleep(0.2)  # what is still moving has arrived
        found()
        for kind in ("mouseMoved", "mousePressed", "mouseReleased"):
            self.call("Input.dispatchMouseEvent", type=kind, x=place[0], y=place[1], button="left", clickCount=1)

    def type(self, text: str) -> None:
        """Text, into what has the focus."""
        self.call("Input.insertText", text=text)

    def press(self, key: str, code: int) -> None:
        """A key by its name and its number: Enter, 13."""
        for kind in ("keyDown", "keyUp"):
            self.call("Input.dispatchKeyEvent", type=kind, key=key, code=key, windowsVirtualKeyCode=code)

    def picture(self, file: Path) -> None:
        """What it looks like, as PNG."""
        import base64

        file.write_bytes(base64.b64decode(self.call("Page.captureScreenshot")["data"]))

    def _until(self, done: Callable[[], bool], what: str, patience: float = PATIENCE) -> str:
        deadline = time.monotonic() + patience
        while not done():
            assert time.monotonic() < deadline, f"no {what}; there is:\n{self.text[:4000]}"
            time.sleep(0.2)
        return self.text


@contextmanager
def page(folder: Path) -> Iterator[Page]:
    """A tab of a Chromium of its own, whose profile is in `folder`; it ends with the block."""
    folder.mkdir(parents=True, exist_ok=True)
    (folder / "DevToolsActivePort").unlink(missing_ok=True)
    options = ["--headless=new", "--no-sandbox", "--disable-gpu", "--disable-dev-shm-usage", "--no-first-run"]
    command = [
        executable() or NAMES[0],
        *options,
        "--remote-debugging-port=0",
        f"--user-data-dir={folder}",
        "about:blank",
    ]
    with (folder / "log").open("wb") as log:
        process = subprocess.Popen(command, stdout=log, stderr=log)
    try:
        with connect(_address(folder, process), max_size=None) as connection:
            yield Page(connection)
    finally:
        process.terminate()
        process.wait()


def _address(folder: Path, process: subprocess.Popen[bytes]) -> str:
    """The tab's address, once the browser has said on which port it listens."""
    file = folder / "DevToolsActivePort"
    deadline = time.monotonic() + PATIENCE
    while not (file.exists() and file.read_text().count("\n")):
        assert process.poll() is None and time.monotonic() < deadline, (folder / "log").read_text()[-2000:]
        time.sleep(0.1)
    port = file.read_text().splitlines()[0]
    with urllib.request.urlopen(f"http://127.0.0.1:{port}/json/list") as answer:
        tabs = json.load(answer)
    return str(next(tab["webSocketDebuggerUrl"] for tab in tabs if tab["type"] == "page"))
