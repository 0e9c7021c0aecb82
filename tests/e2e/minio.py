"""Run a real MinIO on loopback."""

from __future__ import annotations

import os
import socket
import subprocess
import time
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path
from urllib.error import URLError
from urllib.request import urlopen

from tests.contracts.s3_fake import ENVIRON


@contextmanager
def serving(binary: Path, folder: Path) -> Iterator[str]:
    """Run a server with its data in a folder while the block runs; yield its address."""
    with socket.socket() as probe:
        probe.bind(("127.0.0.1", 0))
        port = probe.getsockname()[1]
    address = f"http://127.0.0.1:{port}"
    environ = {
        "PATH": os.environ["PATH"],
        "HOME": str(folder),
        "MINIO_ROOT_USER": ENVIRON["AWS_ACCESS_KEY_ID"],
        "MINIO_ROOT_PASSWORD": ENVIRON["AWS_SECRET_ACCESS_KEY"],
        "MINIO_BROWSER": "off",
        "MINIO_UPDATE": "off",
    }
    words = [str(binary), "server", "--quiet", "--address", f"127.0.0.1:{port}", str(folder / "d")]
    with (folder / "minio.log").open("wb") as log:
        process = subprocess.Popen(words, env=environ, stdout=log, stderr=log)
        try:
            _wait(process, f"{address}/minio/health/live")
            yield address
        finally:
            process.terminate()
            process.wait(30)


def _wait(process: subprocess.Popen[bytes], url: str) -> None:
    for _ in range(600):
        assert process.poll() is None, "minio ended"
        try:
            with urlopen(url, timeout=5):  # noqa: S310
                return
        except (URLError, OSError):
            time.sleep(0.1)
    raise AssertionError("minio does not answer")
