"""Read no more of an answer that boto3 gets than such an answer may hold.

boto3 reads answers whole. Whoever may change `sopsmith.yaml` can name a service of theirs for
backups, and one that never stops would take all of the memory. What is streamed, as objects are,
is bounded where it is read.

Source: botocore httpsession.py (URLLib3Session.send), endpoint.py (_do_get_response).
"""

from __future__ import annotations

from collections.abc import Iterator
from functools import partial
from typing import Any

from sopsmith.errors import OutsideError

LIMIT = 16 * 1024 * 1024  # bytes; the longest is a list of a thousand objects
_CHUNK = 1 << 16  # bytes


def bound_answers(client: Any) -> Any:
    """Return a boto3 client whose answers are given up where they are larger than `LIMIT`."""
    client.meta.events.register_first("before-send", partial(_send, client))
    return client


class _Read:
    """A body that was read already, as botocore takes one."""

    def __init__(self, data: bytes) -> None:
        self._data = data

    def stream(self) -> Iterator[bytes]:
        """Yield it."""
        yield self._data


def _send(client: Any, request: Any, **_: Any) -> Any:
    """Send a request and read its answer; None where botocore shall do it.

    Raises:
        OutsideError: The answer is too large.
        HTTPClientError: It broke off, as botocore's own sending says it, so that it is tried again.
    """
    if request.stream_output:
        return None
    request.stream_output = True
    answer = client._endpoint.http_session.send(request)
    answer.raw = _Read(_read(answer.raw, request.url))
    return answer


def _read(raw: Any, url: str) -> bytes:
    from botocore.exceptions import ConnectionClosedError, HTTPClientError, ReadTimeoutError
    from urllib3 import exceptions as causes

    found = bytearray()
    try:
        for chunk in raw.stream(_CHUNK):
            found += chunk
            if len(found) > LIMIT:
                raw.close()
                raise OutsideError(
                    f"the answer is larger than {LIMIT >> 20} MiB", path=url.partition("?")[0]
                )
    except causes.ReadTimeoutError as error:
        raise ReadTimeoutError(endpoint_url=url, error=error) from None
    except causes.ProtocolError as error:
        raise ConnectionClosedError(endpoint_url=url, error=error, request=None) from None
    except causes.HTTPError as error:
        raise HTTPClientError(error=error) from None
    return bytes(found)
