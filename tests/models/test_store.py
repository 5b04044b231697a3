import hashlib
import os
import shutil
from collections.abc import Iterator
from pathlib import Path

import pytest

from hybridcodec import models
from hybridcodec.base.variable.analysis import Analysis
from hybridcodec.base.variable.model import VariableModel
from hybridcodec.errors import ModelError
from hybridcodec.models import store
from hybridcodec.models.shipped import SHIPPED, Shipped
from hybridcodec.modes import Effort
from hybridcodec.residual.adaptive.model import AdaptiveModel

PACKAGE_LIMIT = 16_000_000


@pytest.fixture
def folder(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Iterator[Path]:
    """A copy of the shipped models that a test may damage."""
    for path in store.FOLDER.glob("*.safetensors"):
        shutil.copy(path, tmp_path)
    monkeypatch.setattr(store, "FOLDER", tmp_path)
    store.load_tensors.cache_clear()
    yield tmp_path
    store.load_tensors.cache_clear()


@pytest.mark.parametrize("name", SHIPPED)
def test_every_shipped_model_is_the_file_that_its_hash_names(name: str) -> None:
    path = store.FOLDER / f"{name}.safetensors"
    assert hashlib.sha256(path.read_bytes()).hexdigest() == SHIPPED[name].digest
    assert store.load_tensors(SHIPPED[name].digest)


def test_no_model_file_is_unnamed_and_all_together_fit_the_package() -> None:
    files = list(store.FOLDER.glob("*.safetensors"))
    assert sorted(path.stem for path in files) == sorted(SHIPPED)
    assert len(set(SHIPPED.values())) == len(SHIPPED)
    assert sum(path.stat().st_size for path in files) <= PACKAGE_LIMIT


def test_models_that_the_encoder_writes_with_pass_their_proofs() -> None:
    VariableModel.from_tensors(models.load_tensors(models.DEFAULT_BASE))
    Analysis.from_tensors(models.load_tensors(models.DEFAULT_ANALYSIS))
    for effort in Effort:
        AdaptiveModel.from_tensors(models.load_tensors(models.residual_for("adaptive-1", effort)))
    assert models.residual_for("adaptive-1") == models.DEFAULT_RESIDUAL
    with pytest.raises(ModelError, match="adaptive-9"):
        models.residual_for("adaptive-9")


def test_models_tell_the_effort_that_they_are_for() -> None:
    assert models.effort_of(models.DEFAULT_BASE) is None
    assert models.effort_of(models.DEFAULT_RESIDUAL) == (Effort.NORMAL, 1.0)


def test_arrays_of_a_model_cannot_be_changed() -> None:
    for array in models.load_tensors(models.DEFAULT_RESIDUAL).values():
        assert not array.flags.writeable


@pytest.mark.parametrize("digest", ["ab" * 32, "../base-v2", "BASE-V2"])
def test_unknown_hash_is_an_error_that_names_it(digest: str) -> None:
    with pytest.raises(ModelError, match=digest.replace(".", r"\.")):
        store.load_tensors(digest)


@pytest.mark.parametrize("at", [0, 100, -1])
def test_altered_model_is_refused_by_name(folder: Path, at: int) -> None:
    path = folder / "residual-v2-normal.safetensors"
    data = bytearray(path.read_bytes())
    data[at] ^= 1
    path.write_bytes(data)
    with pytest.raises(ModelError, match="residual-v2-normal was altered"):
        store.load_tensors(models.DEFAULT_RESIDUAL)


@pytest.mark.parametrize("content", [b"", b"short", bytes(store.MAX_BYTES + 1)])
def test_model_of_another_size_is_refused(folder: Path, content: bytes) -> None:
    (folder / "base-v2.safetensors").write_bytes(content)
    with pytest.raises(ModelError, match="base-v2 was altered"):
        store.load_tensors(models.DEFAULT_BASE)


def test_missing_model_is_named(folder: Path) -> None:
    (folder / "base-v2.safetensors").unlink()
    with pytest.raises(ModelError, match="base-v2 cannot be read"):
        store.load_tensors(models.DEFAULT_BASE)


def test_file_that_is_no_safetensors_is_refused_though_its_hash_fits(
    folder: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    digest = hashlib.sha256(b"no model").hexdigest()
    (folder / "odd.safetensors").write_bytes(b"no model")
    monkeypatch.setattr(store, "SHIPPED", {"odd": Shipped(digest, "odd-1")})
    with pytest.raises(ModelError, match="odd is no safetensors file"):
        store.load_tensors(digest)


@pytest.mark.parametrize("what", ["folder", "pipe", "device", "huge", "link to nothing"])
def test_what_is_no_regular_file_of_bounded_size_is_no_model(folder: Path, what: str) -> None:
    path = folder / "base-v2.safetensors"
    path.unlink()
    if what == "folder":
        path.mkdir()
    elif what == "pipe":
        os.mkfifo(path)
    elif what == "huge":
        with path.open("wb") as file:
            file.truncate(1 << 40)
    else:
        path.symlink_to("/dev/zero" if what == "device" else folder / "nothing")
    with pytest.raises(ModelError, match="base-v2"):
        store.load_tensors(SHIPPED["base-v2"])
