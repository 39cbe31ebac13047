"""Keys that are kept in a file of their own: what such a file must be."""

from __future__ import annotations

import stat
from dataclasses import dataclass
from pathlib import Path

from worker.config.files import read_regular

_LARGEST = 64 * 1024


@dataclass(frozen=True, slots=True)
class SecretFile:
    """What a file held, and whether every user of the machine can read it."""

    text: str
    open_to_others: bool


def read_secret(name: str, folder: Path) -> SecretFile:
    """Read the file `name`, relative to `folder`, without the line breaks at its end.

    Raises ValueError with the reason. It never quotes the name: people put the secret itself there
    by mistake. Links are followed, since Kubernetes mounts secrets as links.
    """
    if not name or "\0" in name:
        raise ValueError("must be the path of a file")
    try:
        data, mode = read_regular(folder / name, _LARGEST + 1)
    except OSError as error:
        raise ValueError(_reason(name, error)) from None
    if len(data) > _LARGEST:
        raise ValueError("the file is larger than 64 kB: that is no secret")
    try:
        text = data.decode().rstrip("\r\n")
    except UnicodeDecodeError:
        raise ValueError("the file is not text in UTF-8") from None
    if not text:
        raise ValueError("the file is empty")
    return SecretFile(text, bool(mode & stat.S_IROTH))


def _reason(name: str, error: OSError) -> str:
    match error:
        case FileNotFoundError() if name.startswith("~") or "$" in name:
            return "there is no such file; ~ and $NAMES are not expanded, write the path out"
        case FileNotFoundError():
            return "there is no such file; a relative path counts from the configuration file"
        case PermissionError():
            return "the file may not be read by this user"
        case _:
            return f"the file cannot be read ({error.strerror})"
