"""What Orthanc's Python plugin loads: registers the storage area; see docs/orthanc.md.

Orthanc puts the folder of this file on the search path, and not the one that the package lies in.
"""

import json
import logging
import sys
from pathlib import Path

import orthanc  # type: ignore[import-not-found]  # Orthanc's own, in its process alone

sys.path.append(str(Path(__file__).resolve().parents[2]))

from hybridcodec.orthanc.area import Area
from hybridcodec.orthanc.assistant import Assistant

_SECTION, _FOLDER, _PYTHON = "Hybridcodec", "StorageDirectory", "Python"


class _Log(logging.Handler):
    """Hands what is logged to Orthanc."""

    def emit(self, record: logging.LogRecord) -> None:
        orthanc.LogWarning(f"hybridcodec: {record.getMessage()}")


def _area() -> Area:
    configuration = json.loads(orthanc.GetConfiguration())
    python = configuration.get(_SECTION, {}).get(_PYTHON)
    if not python:
        raise ValueError(f'the configuration must name a Python: "{_SECTION}": {{ "{_PYTHON}": "/path/bin/python" }}')
    logging.getLogger("hybridcodec").addHandler(_Log())
    folder = Path(configuration.get(_FOLDER, "OrthancStorage")).resolve()
    return Area(folder, Assistant.of(python), Assistant.of(python))


AREA = _area()


def create(name: str, kind: int, data: bytes) -> None:
    """Store an attachment; DICOM files alone are packed."""
    AREA.create(name, data, pack=kind == orthanc.ContentType.DICOM)


def read(name: str, kind: int) -> bytes:  # noqa: ARG001 - Orthanc's signature
    """Return an attachment as it was stored."""
    return AREA.read(name)


def remove(name: str, kind: int) -> None:  # noqa: ARG001 - as above
    """Remove an attachment."""
    AREA.remove(name)


orthanc.RegisterStorageArea(create, read, remove)
