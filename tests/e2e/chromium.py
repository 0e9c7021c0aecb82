"""Drive a headless Chromium by the DevTools protocol, over the two pipes that it offers.

Source: chromium --remote-debugging-pipe: JSON messages that end with NUL, on descriptors 3 and 4.
"""

from __future__ import annotations

import json
import os
import select
import shutil
import subprocess
from pathlib import Path
from time import sleep
from typing import Any

BROWSER = shutil.which("chromium") or shutil.which("chromium-browser")

_PATIENCE = 30  # seconds


class Browser:
    """A page in a browser; use it in a `with`, which ends the process.

    Args:
        profile: An empty folder for what it keeps.
    """

    def __init__(self, profile: Path, *, dark: bool = False) -> None:
        assert BROWSER is not None
        to_it, self._out = os.pipe()
        self._in, from_it = os.pipe()
        # A shell puts the pipes where the browser looks for them.
        script = f'exec "$@" 3<&{to_it} 4>&{from_it}'
        self._process = subprocess.Popen(
            ["bash", "-c", script, "bash", BROWSER, "--headless", "--no-sandbox", "--disable-gpu",
             "--remote-debugging-pipe", f"--user-data-dir={profile}", "--hide-scrollbars",
             f"--blink-settings=preferredColorScheme={0 if dark else 1}", "about:blank"],
            pass_fds=(to_it, from_it), stdout=subprocess.DEVNULL, stderr=subprocess.DEVNULL,
        )  # fmt: skip
        os.close(to_it)
        os.close(from_it)
        self._rest = b""
        self._number = 0
        self.said: list[str] = []
        self._session = ""
        made = self.call("Target.createTarget", url="about:blank")
        joined = self.call("Target.attachToTarget", targetId=made["targetId"], flatten=True)
        self._session = joined["sessionId"]
        for domain in ("Page", "Runtime", "Log"):
            self.call(f"{domain}.enable")

    def __enter__(self) -> Browser:
        return self

    def __exit__(self, *_: object) -> None:
        self._process.kill()
        self._process.wait()
        os.close(self._out)
        os.close(self._in)

    def call(self, method: str, **params: object) -> dict[str, Any]:
        """Call a method and return its result; what the page complains of goes to `said`."""
        self._number += 1
        message: dict[str, object] = {"id": self._number, "method": method, "params": params}
        if self._session:
            message["sessionId"] = self._session
        os.write(self._out, json.dumps(message).encode() + b"\0")
        while True:
            answer = self._receive()
            if answer.get("id") == self._number:
                assert "error" not in answer, answer
                result: dict[str, Any] = answer["result"]
                return result
            if answer.get("method") in {"Log.entryAdded", "Runtime.exceptionThrown"}:
                self.said.append(json.dumps(answer["params"]))

    def visit(self, address: str) -> None:
        """Load a page and wait for its end."""
        self.call("Page.navigate", url=address)
        # A promise would never be kept where scripts are off.
        while self.run("document.readyState") != "complete":
            sleep(0.05)

    def run(self, script: str) -> Any:
        """Run JavaScript as the DevTools do and return its value."""
        done = self.call(
            "Runtime.evaluate", expression=script, returnByValue=True, awaitPromise=True
        )
        assert "exceptionDetails" not in done, done
        return done["result"].get("value")

    def _receive(self) -> dict[str, Any]:
        while b"\0" not in self._rest:
            ready, _, _ = select.select([self._in], [], [], _PATIENCE)
            assert ready, "the browser does not answer"
            data = os.read(self._in, 1 << 16)
            assert data, "the browser has ended"
            self._rest += data
        line, _, self._rest = self._rest.partition(b"\0")
        answer: dict[str, Any] = json.loads(line)
        return answer
