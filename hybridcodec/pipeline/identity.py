"""What must be the same on every machine of a run: the package and its code, its models, the format of its files.

Versions of other packages are kept in every record and may differ: what they decode is compared, sample by sample.
"""

import hashlib
import json
from dataclasses import asdict, dataclass
from functools import cache
from importlib.util import find_spec
from pathlib import Path

from hybridcodec.info import FORMAT_VERSION
from hybridcodec.models.store import found_models
from hybridcodec.pipeline.jobs import versions
from hybridcodec.plain import made, parsed

_PACKAGES = ("hybridcodec", "hybridcodec_container")
_SHOWN = 12  # digits of a hash in a message


@dataclass(frozen=True)
class Identity:
    """Who somebody is, as far as it decides what becomes of a file.

    Attributes:
        package: version of this package.
        code: SHA-256 of all its modules, since a version is a promise and not a proof.
        models: name and SHA-256 of every model file, as `name=hash`; what is missing is left out.
        format: version of the files that are written.
    """

    package: str
    code: str
    models: tuple[str, ...]
    format: str

    def to_line(self) -> str:
        """Return the identity as JSON."""
        return json.dumps(asdict(self))


@cache
def own_identity() -> Identity:
    """Return who this process is."""
    models = tuple(f"{name}={digest}" for name, digest in sorted(found_models().items()))
    return Identity(versions()["hybridcodec"], _code(), models, FORMAT_VERSION)


def differences(said: object) -> str:
    """Say in what an identity, as `to_line` gives it, differs from this process; empty where it does not."""
    own = own_identity()
    try:
        other: Identity = made(Identity, parsed(said))
    except ValueError as error:
        return f"it does not say what it is: {error}"
    names = [name for name in vars(own) if getattr(own, name) != getattr(other, name)]
    return "; ".join(f"{name} {_words(getattr(other, name))}, here {_words(getattr(own, name))}" for name in names)


def _words(value: str | tuple[str, ...]) -> str:
    parts = (value,) if isinstance(value, str) else value
    shown = [f"{name}{equals}{digest[:_SHOWN]}" for name, equals, digest in (part.rpartition("=") for part in parts)]
    return ", ".join(shown)[:300] or "none"


def _code() -> str:
    """Return a digest of every module, by its name within the package."""
    whole = hashlib.sha256()
    for package in _PACKAGES:
        spec = find_spec(package)
        folder = Path(str(spec and spec.origin)).parent
        for path in sorted(folder.rglob("*.py")):
            data = path.read_bytes()
            whole.update(f"{folder.name}/{path.relative_to(folder).as_posix()} {len(data)}\n".encode() + data)
    return whole.hexdigest()
