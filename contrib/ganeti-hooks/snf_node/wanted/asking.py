"""The question to the API: these interfaces are on this node, and this is what I know of them; what do you want of them?

``POST <API>/nodes/v1/interfaces`` with a bearer token, the cluster's node key. What is asked and answered::

    {"interfaces": {"snf-nic-…": "<SHA-256 of its file, or empty>"}, "knows": ["addresses", "leases"]}
    {"prefix": "snf-nic-", "interfaces": {"snf-nic-…": "<the text that its file should have>"}}

``knows`` names the parts of a file (``snf_node.firewall``) that older nodes do not know: the API tells of no others. Of an
interface whose file is right, or of which the API knows nothing, it says nothing.
"""

import http.client
import json
import ssl
import urllib.error
import urllib.parse
import urllib.request
from collections.abc import Callable, Iterator, Mapping, Sequence
from pathlib import Path
from typing import Any, Final, NamedTuple, TypeVar

from snf_node.errors import Failed

PATH: Final = "/nodes/v1/interfaces"
KNOWN: Final = ["addresses", "leases"]
PATIENCE: Final = 8.0  # seconds for an API; the supervisor ends who is silent for twenty
MOST_BYTES: Final = 64_000_000
MOST_AT_ONCE: Final = 500  # interfaces in a question
Told = TypeVar("Told")


class Answer(NamedTuple):
    """``prefix`` begins the names that the API keeps; ``texts`` by name."""

    prefix: str
    texts: dict[str, bytes]


class _NoRedirects(urllib.request.HTTPRedirectHandler):
    """The key goes to whom the operator has named, and to nobody else."""

    def redirect_request(self, *_args: Any) -> None:
        return None


class Apis:
    """The API's addresses, asked in turn until one answers, each for ``patience`` seconds. Raises :class:`ValueError` for one
    that is not ``https``, unless ``plain``."""

    def __init__(
        self,
        urls: Sequence[str],
        key: Path,
        authorities: str = "",
        *,
        plain: bool = False,
        patience: float = PATIENCE,
    ) -> None:
        schemes = {"https", "http"} if plain else {"https"}
        for url in urls:
            parts = urllib.parse.urlsplit(url)
            if parts.scheme not in schemes or not parts.hostname or parts.username or parts.query:
                raise ValueError(
                    f"{parts.scheme}://{parts.hostname} is no address of an API: https://cloud.example.org"
                )
        if not urls:
            raise ValueError("it has to be told of an API")
        self._urls, self._key, self._patience = [url.rstrip("/") for url in urls], key, patience
        context = ssl.create_default_context(cafile=authorities or None)
        self._opener = urllib.request.build_opener(
            urllib.request.ProxyHandler({}), urllib.request.HTTPSHandler(context=context), _NoRedirects()
        )

    def ask(self, known: Mapping[str, str]) -> Answer:
        """Raises :class:`Failed` with what each of them said."""
        names = sorted(known)
        answers = [
            self._asked({name: known[name] for name in names[start : start + MOST_AT_ONCE]})
            for start in range(0, max(len(names), 1), MOST_AT_ONCE)
        ]
        return Answer(answers[0].prefix, {name: text for answer in answers for name, text in answer.texts.items()})

    def _asked(self, known: Mapping[str, str]) -> Answer:
        return self.told(PATH, {"interfaces": known, "knows": KNOWN}, lambda text: _answer(text, known))

    def told(self, path: str, question: Mapping[str, Any], read: Callable[[bytes], Told]) -> Told:
        """What the first of them that answers says, as ``read``, which raises :class:`ValueError` for what is no answer. Raises
        :class:`Failed`."""
        said = []
        for url in list(self._urls):
            try:
                return read(self._post(url + path, question))
            except (OSError, http.client.HTTPException, ValueError) as error:
                said.append(f"{url}: {_sentence(error)}")
                self._urls.append(self._urls.pop(0))  # the next question goes to the next one first
        raise Failed("; ".join(said))

    def _post(self, url: str, question: Mapping[str, Any]) -> bytes:
        headers = {"Authorization": f"Bearer {self._key.read_text().strip()}", "Content-Type": "application/json"}
        body = json.dumps(question).encode()
        request = urllib.request.Request(url, data=body, headers=headers, method="POST")  # noqa: S310 - see above
        with self._opener.open(request, timeout=self._patience) as reply:
            text: bytes = reply.read(MOST_BYTES + 1)
        if len(text) > MOST_BYTES:
            raise ValueError("the answer is too long")
        return text


def _answer(text: bytes, known: Mapping[str, str]) -> Answer:
    """Only of what was asked about. Raises :class:`ValueError`."""
    found = json.loads(text)
    if not isinstance(found, dict) or not isinstance(prefix := found.get("prefix"), str) or not prefix:
        raise ValueError("that is no answer of ours")
    return Answer(prefix, dict(_texts(found.get("interfaces"), known)))


def _texts(found: Any, known: Mapping[str, str]) -> Iterator[tuple[str, bytes]]:
    for name, text in found.items() if isinstance(found, dict) else [("", found)]:
        if name not in known or not isinstance(text, str):
            raise ValueError("that is no answer to what was asked")
        yield name, text.encode()


def _sentence(error: Exception) -> str:
    if isinstance(error, urllib.error.HTTPError):
        return f"{error.code} {error.reason}"
    reason = getattr(error, "reason", None) or error
    return str(reason) or type(error).__name__
