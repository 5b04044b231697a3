"""Orthanc itself, on this machine alone: what goes in by HTTP and DICOM comes back the same, packed and restarted."""

import hashlib
import json
import shutil
import socket
import subprocess
import sys
import threading
import urllib.request
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from dataclasses import dataclass, field
from io import BytesIO
from pathlib import Path
from typing import Any

import numpy as np
import pytest
from dicom_files import EXPLICIT, IMPLICIT, dicom
from toys import zlib_worker

import hybridcodec.orthanc
from hybridcodec.orthanc.area import WAITING

PLUGIN = next(Path("/usr").glob("share/orthanc/plugins/libOrthancPython.so"), None)
ORTHANC = shutil.which("Orthanc")
SCRIPT = Path(hybridcodec.orthanc.__file__).with_name("plugin.py")
pytestmark = pytest.mark.skipif(not ORTHANC or not PLUGIN, reason="Orthanc and its Python plugin are not installed")
_PATIENCE = 900.0  # seconds until something that should happen has not; kernels are compiled first on a new machine


def picture(number: int, syntax: str = EXPLICIT, **tags: Any) -> bytes:
    """Return a DICOM file with a smooth picture of 96 x 96 samples."""
    rows, columns = np.mgrid[:96, :96]
    samples = (rows * 9 + columns * (5 + number) + (rows * columns >> 5)).astype("<u2")
    named = {"PatientName": "Doe^Jane", "PatientID": "7", "StudyInstanceUID": "1.2.3", "SeriesInstanceUID": "1.2.3.4"}
    named |= {"Rows": 96, "Columns": 96, "SOPInstanceUID": f"1.2.3.4.{number}"} | tags
    return dicom(samples.tobytes(), syntax, **named)


def free_port() -> int:
    with socket.socket() as probe:
        probe.bind(("127.0.0.1", 0))
        return int(probe.getsockname()[1])


def wait_for(what: Callable[[], bool]) -> None:
    """Wait until something is so; fails after a while."""
    clock, step = threading.Event(), 0.05
    for _ in range(int(_PATIENCE / step)):
        if what():
            return
        clock.wait(step)
    pytest.fail("it took too long")


@dataclass
class Server:
    """An Orthanc with its archive in `folder`."""

    folder: Path
    python: str = sys.executable
    http: int = field(default_factory=free_port)
    dicom: int = field(default_factory=free_port)
    process: "subprocess.Popen[bytes] | None" = None

    def start(self) -> None:
        configuration = {
            "StorageDirectory": str(self.folder / "store"), "IndexDirectory": str(self.folder / "index"),
            "HttpPort": self.http, "DicomPort": self.dicom, "RemoteAccessAllowed": False,
            "AuthenticationEnabled": False, "DicomAlwaysAllowStore": True, "Plugins": [str(PLUGIN)],
            "PythonScript": str(SCRIPT), "Hybridcodec": {"Python": self.python},
        }  # fmt: skip
        (self.folder / "orthanc.json").write_text(json.dumps(configuration))
        with (self.folder / "log").open("ab") as log:
            command = [str(ORTHANC), str(self.folder / "orthanc.json")]
            self.process = subprocess.Popen(command, stdout=log, stderr=log, cwd=self.folder)
        wait_for(self.answers)

    def answers(self) -> bool:
        assert self.process is not None
        assert self.process.poll() is None, (self.folder / "log").read_text()[-2000:]
        try:
            self.get("/system")
        except OSError:
            return False
        return True

    def stop(self) -> None:
        if self.process is not None:
            self.process.terminate()
            self.process.wait()
            self.process = None

    def get(self, path: str, data: bytes | None = None, method: str | None = None) -> bytes:
        request = urllib.request.Request(f"http://127.0.0.1:{self.http}{path}", data=data, method=method)
        with urllib.request.urlopen(request, timeout=_PATIENCE) as answer:  # noqa: S310
            return bytes(answer.read())

    def upload(self, data: bytes) -> str:
        return str(json.loads(self.get("/instances", data))["ID"])

    def download(self, instance: str) -> str:
        return hashlib.sha256(self.get(f"/instances/{instance}/file")).hexdigest()

    def packed(self) -> int:
        return len(list((self.folder / "store").rglob("*.hyc")))

    def is_idle(self) -> bool:
        return not any((self.folder / "store" / WAITING).iterdir())


@contextmanager
def running(server: Server) -> Iterator[Server]:
    server.start()
    try:
        yield server
    finally:
        server.stop()


def send(server: Server, data: bytes) -> None:
    """Send a file by C-STORE."""
    pydicom = pytest.importorskip("pydicom", reason="pydicom is not installed")
    pynetdicom = pytest.importorskip("pynetdicom", reason="pynetdicom is not installed")
    dataset = pydicom.dcmread(BytesIO(data))
    entity = pynetdicom.AE()
    entity.add_requested_context(dataset.SOPClassUID, dataset.file_meta.TransferSyntaxUID)
    association = entity.associate("127.0.0.1", server.dicom)
    assert association.is_established
    assert association.send_c_store(dataset).Status == 0
    association.release()


def test_what_was_stored_comes_back_the_same_packed_and_after_a_restart(tmp_path: Path) -> None:
    no_picture = picture(3, FloatPixelData=bytes(9000))
    files = [picture(1), picture(2, IMPLICIT), no_picture]
    with running(Server(tmp_path)) as server:
        sent = {server.upload(data): hashlib.sha256(data).hexdigest() for data in files}
        send(server, picture(4))
        instances = json.loads(server.get("/instances"))
        (by_dicom,) = set(instances) - set(sent)
        sent[by_dicom] = server.download(by_dicom)
        assert {instance: server.download(instance) for instance in instances} == sent
        wait_for(server.is_idle)
        assert server.packed() == 4
        assert {instance: server.download(instance) for instance in instances} == sent
        server.stop()
        server.start()
        assert {instance: server.download(instance) for instance in instances} == sent
        for instance in instances:
            server.get(f"/instances/{instance}", method="DELETE")
        assert [path for path in (server.folder / "store").rglob("*") if path.is_file()] == []


def test_server_that_is_killed_while_files_wait_loses_none(tmp_path: Path) -> None:
    python = tmp_path / "python"  # a worker of a toy, since what is tested lies before any coding
    python.write_text(f'#!/bin/sh\nexec "{sys.executable}" -P "{zlib_worker.__file__}"\n')
    python.chmod(0o755)
    with running(Server(tmp_path, str(python))) as server:
        files = [picture(number) for number in range(5, 15)]
        sent = {server.upload(data): hashlib.sha256(data).hexdigest() for data in files}
        assert server.process is not None
        server.process.kill()
        server.process.wait()
        server.start()
        assert {instance: server.download(instance) for instance in sent} == sent
        wait_for(server.is_idle)
        assert server.packed() == len(files)
        assert {instance: server.download(instance) for instance in sent} == sent
