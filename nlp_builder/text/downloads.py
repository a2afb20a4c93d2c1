"""Files that are downloaded once: a folder that keeps them, and checksums."""

from __future__ import annotations

import hashlib
import os
import tempfile
import warnings
from contextlib import suppress
from dataclasses import dataclass
from pathlib import Path
from typing import Any, final

from tqdm import tqdm

FOLDER_VARIABLE = "NLP_BUILDER_DATA"
"""The environment variable that names the folder of downloaded files."""


@final
@dataclass(frozen=True)
class RemoteFile:
    """A file that is downloaded when it is first needed.

    Attributes:
        name: where it is kept, below the folder of downloads, as "wnut17/train.conll".
        address: where it comes from, http or https.
        sha256: the SHA-256 of its bytes in hexadecimal digits, None where nobody stated it.

    Example:
        >>> RemoteFile("wnut17/train.conll", "https://example.org/train.conll").name
        'wnut17/train.conll'
    """

    name: str
    address: str
    sha256: str | None = None


def data_folder() -> Path:
    """Returns the folder that keeps downloaded files.

    Returns:
        What the environment variable `NLP_BUILDER_DATA` says, else the user's cache folder.

    Example:
        >>> isinstance(data_folder(), Path)
        True
    """
    import pooch

    named = os.environ.get(FOLDER_VARIABLE)
    return Path(named).expanduser() if named else Path(pooch.os_cache("nlp_builder"))


def fetch_file(
    file: RemoteFile,
    *,
    folder: str | Path | None = None,
    retries: int = 2,
    timeout: float = 30.0,
    max_bytes: int = 1 << 28,
    progress: bool = True,
) -> Path:
    """Finds a file in the folder of downloads, and downloads it if it is not there.

    The file appears whole or not at all. Where one with a known checksum should be, another file,
    damaged or of another edition, is never lost: the right one is downloaded beside it first, then
    takes its place, and the other one is kept under its name and the beginning of its checksum,
    which a warning tells. One without a known checksum is trusted the first time: its checksum is
    kept beside it, in a file that ends in ".sha256", and from then on another content is an error.

    Args:
        file: the file.
        folder: the folder of downloads, None for `data_folder()`.
        retries: how often to try again after a failure that may pass.
        timeout: the longest silence of the server, in seconds.
        max_bytes: the largest file that is accepted.
        progress: show a bar.

    Returns:
        The path of the file.

    Raises:
        OSError: the file is neither there nor to be had; the message says where to put it by hand.
        ValueError: the file, on the disk or from its address, has another checksum.

    Example:
        >>> with tempfile.TemporaryDirectory() as folder:
        ...     by_hand = Path(folder, "small.txt")
        ...     _ = by_hand.write_text("Ada B-PER")
        ...     file = RemoteFile("small.txt", "https://example.org/small.txt")
        ...     path = fetch_file(file, folder=folder)
        ...     path == by_hand, sorted(each.name for each in path.parent.iterdir())
        (True, ['small.txt', 'small.txt.sha256'])
    """
    path = Path(folder or data_folder(), file.name).absolute()
    found = _sha256(path) if path.is_file() else None
    if found is None or file.sha256 not in (None, found):
        beside = path if found is None else path.with_name(f"{path.name}.{file.sha256}.new")
        try:
            _fill(beside, file, retries, _Download(timeout, max_bytes, progress))
        except (OSError, ValueError) as error:
            kind = OSError if isinstance(error, OSError) else ValueError
            raise kind(_advice(file, path, found, error)) from error
        if found is not None:
            _replace(path, beside, found)
    if file.sha256 is None:
        _require_unchanged(path, found or _sha256(path))
    return path


def _replace(path: Path, beside: Path, found: str) -> None:
    """Puts a file in the place of another one, which is kept, and says so."""
    kept = path.with_name(f"{path.name}.{found[:8]}")
    # Another process may have done it meanwhile.
    with suppress(FileNotFoundError):
        if _sha256(path) == found:
            os.replace(path, kept)
        os.replace(beside, path)
        warnings.warn(
            f"{path} was another file than expected, with the SHA-256 {found}: it is now {kept}, "
            "and the right one stands in its place",
            stacklevel=3,
        )


def _fill(path: Path, file: RemoteFile, retries: int, download: _Download) -> None:
    """Downloads a file unless the right one is there."""
    import pooch

    store = pooch.create(
        path.parent,
        base_url="",
        registry={path.name: file.sha256},
        urls={path.name: file.address},
        retry_if_failed=retries,
    )
    store.fetch(path.name, downloader=download)


@final
@dataclass(frozen=True)
class _Download:
    """What Pooch calls to write what stands at an address to a file; it does the rest itself."""

    timeout: float
    max_bytes: int
    progress: bool

    def __call__(self, address: str, path: Any, store: Any) -> None:
        import requests

        with requests.get(
            address, stream=True, timeout=self.timeout, headers={"Accept-Encoding": "identity"}
        ) as response:
            # Pooch asks again after an error of requests, which helps only where it may pass.
            if response.status_code >= 500 or response.status_code == 429:
                response.raise_for_status()
            if response.status_code != 200:
                raise FileNotFoundError(f"{response.status_code} {response.reason}")
            self._write(response, Path(path))

    def _write(self, response: Any, path: Path) -> None:
        size = int(response.headers.get("Content-Length", 0)) or None
        with (
            path.open("wb") as file,
            tqdm(total=size, unit="B", unit_scale=True, disable=not self.progress) as bar,
        ):
            for chunk in response.iter_content(1 << 16):
                bar.update(file.write(chunk))
                if file.tell() > self.max_bytes:
                    raise OSError(f"it is larger than {self.max_bytes} bytes")


def _advice(file: RemoteFile, path: Path, found: str | None, error: Exception) -> str:
    why = f"could not download it from {file.address} ({type(error).__name__}: {error})"
    if found is None:
        return (
            f"expected the file {path}, got none, and {why}: download it by hand and put it there, "
            f"or set {FOLDER_VARIABLE} to a folder that holds {file.name}"
        )
    return (
        f"expected the SHA-256 {file.sha256} of {path}, got {found}, and {why}: the file is of "
        "another edition, or damaged, and was left as it is. Put the one of that address there, or "
        "read yours without this name: nlp_builder.text.read_columns(file), or "
        "nlp_builder.text.load_corpus_folder(folder) for all its splits"
    )


def _require_unchanged(path: Path, found: str) -> None:
    """Compares the checksum of a file with the one that is kept beside it, or keeps it."""
    beside = path.with_name(f"{path.name}.sha256")
    if not beside.exists():
        # In a folder that cannot be written to, the file is trusted each time.
        with suppress(OSError):
            _write_whole(beside, found)
    elif (kept := beside.read_text("ascii", "replace").strip()) != found:
        raise ValueError(
            f"expected the SHA-256 {kept}, as kept in {beside}, got {found}: {path} was changed "
            "or damaged; delete both files to download it anew"
        )


def _sha256(path: Path) -> str:
    with path.open("rb") as content:
        return hashlib.file_digest(content, "sha256").hexdigest()


def _write_whole(path: Path, text: str) -> None:
    """Writes a small file that appears whole or not at all."""
    with tempfile.NamedTemporaryFile("w", dir=path.parent, encoding="ascii", delete=False) as file:
        file.write(text)
    os.replace(file.name, path)
