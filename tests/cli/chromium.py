"""A browser without a window, driven over a pipe: no driver to install."""

import base64
import contextlib
import json
import os
import shutil
import subprocess

PROGRAM = shutil.which("chromium") or "/usr/bin/chromium"
_FLAGS = (
    "--headless=new",
    "--no-sandbox",
    "--disable-gpu",
    "--disable-dev-shm-usage",
    "--no-first-run",
    "--hide-scrollbars",
    "--remote-debugging-pipe",
)


class Chromium:
    """One tab."""

    def __init__(self, profile):
        theirs, self._out = os.pipe()
        self._in, answers = os.pipe()
        # 3 and 4 are where it reads commands and writes answers
        shell = f'exec "$0" "$@" 3<&{theirs} 4>&{answers}'
        words = ["bash", "-c", shell, PROGRAM, *_FLAGS, f"--user-data-dir={profile}", "about:blank"]
        self._process = subprocess.Popen(
            words,
            pass_fds=(theirs, answers),
            stdin=subprocess.DEVNULL,
            stdout=subprocess.DEVNULL,
            stderr=subprocess.DEVNULL,
        )
        os.close(theirs)
        os.close(answers)
        self._rest, self._count, self._tab = b"", 0, None
        target = self.call("Target.createTarget", url="about:blank")["targetId"]
        found = self.call("Target.attachToTarget", targetId=target, flatten=True)
        self._tab = found["sessionId"]

    def __enter__(self):
        return self

    def __exit__(self, *_):
        with contextlib.suppress(OSError, EOFError, RuntimeError):
            self._tab = None
            self.call("Browser.close")
        self._process.wait(10)
        os.close(self._in)
        os.close(self._out)

    def call(self, method, **params):
        """Send a command of the DevTools protocol, and return its result."""
        self._count += 1
        command = {"id": self._count, "method": method, "params": params}
        if self._tab:
            command["sessionId"] = self._tab
        os.write(self._out, json.dumps(command).encode() + b"\0")
        while (answer := self._read()).get("id") != self._count:
            pass
        if "error" in answer:
            raise RuntimeError(answer["error"]["message"])
        return answer["result"]

    def run(self, script):
        """Return the value of a script in the page, or of the promise that it gives."""
        told = self.call(
            "Runtime.evaluate", expression=script, awaitPromise=True, returnByValue=True
        )
        return told["result"].get("value")

    def resize(self, width, height, *, dark=False):
        """Show the page as on another screen."""
        self.call(
            "Emulation.setDeviceMetricsOverride",
            width=width,
            height=height,
            deviceScaleFactor=1,
            mobile=width < 600,
        )
        scheme = {"name": "prefers-color-scheme", "value": "dark" if dark else "light"}
        self.call("Emulation.setEmulatedMedia", features=[scheme])

    def press(self, key):
        """Press a key."""
        self.call("Input.dispatchKeyEvent", type="keyDown", key=key, text=key)
        self.call("Input.dispatchKeyEvent", type="keyUp", key=key)

    def photograph(self):
        """Return what is seen, as a PNG."""
        return base64.b64decode(self.call("Page.captureScreenshot", format="png")["data"])

    def _read(self):
        """Return the next message."""
        while b"\0" not in self._rest:
            data = os.read(self._in, 1 << 16)
            if not data:
                raise EOFError("the browser is gone")
            self._rest += data
        message, _, self._rest = self._rest.partition(b"\0")
        return json.loads(message)
