"""The package as it is handed on: sdist and wheel are built and installed without network, and decode without torch."""

import json
import os
import subprocess
import sys
import zipfile
from importlib.metadata import version
from pathlib import Path

import pytest
from packaging.version import Version

if Version(version("setuptools")) < Version("77"):
    pytest.skip("building needs setuptools 77: the extra `build`", allow_module_level=True)

ROOT = Path(__file__).parents[1]
GOLDEN = ROOT / "container" / "golden" / "v2.0"
BUILD = "import sys, setuptools.build_meta as b; print(getattr(b, 'build_' + sys.argv[1])(sys.argv[2]))"
DECODE = """
import sys
class Blocker:
    def find_spec(self, name, path=None, target=None):
        if name.split(".")[0] == "torch":
            raise ImportError("torch is not here")
sys.meta_path.insert(0, Blocker())
from pathlib import Path
import hybridcodec
from hybridcodec_container import hash_samples
print(Path(hybridcodec.__file__).parents[1], "torch" in sys.modules)
for layer in ("perceptual", "base"):
    samples = hybridcodec.decode(Path(sys.argv[1]).read_bytes(), layer=layer)
    print(layer, hash_samples(samples).hex())
"""


def run(*arguments: str | Path, cwd: Path, **environment: str) -> str:
    """Run Python, which finds nothing of this checkout but what `environment` says, and return what it prints."""
    command = [sys.executable, *map(str, arguments)]
    kept = {name: value for name, value in os.environ.items() if not name.startswith(("PIP_", "PYTHON"))}
    found = subprocess.run(command, cwd=cwd, env=kept | environment, capture_output=True, text=True, check=False)
    assert found.returncode == 0, found.stdout + found.stderr
    return found.stdout.strip()


@pytest.fixture(scope="module")
def wheel(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """The wheel that is built of the sdist, which is built of what git would hand on: nothing else is in either."""
    folder = tmp_path_factory.mktemp("built")
    source = folder / "checkout"
    for part in (
        "pyproject.toml",
        "MANIFEST.in",
        "README.md",
        "LICENSE",
        "hybridcodec",
        "container/hybridcodec_container",
    ):
        copied(ROOT / part, source / part)
    name = run("-c", BUILD, "sdist", folder, cwd=source).splitlines()[-1]
    run("-m", "tarfile", "-e", folder / name, folder, cwd=folder)
    unpacked = folder / name.removesuffix(".tar.gz")
    return folder / run("-c", BUILD, "wheel", folder, cwd=unpacked).splitlines()[-1]


def copied(source: Path, target: Path) -> None:
    """Copy a file, or a folder without what lies in it by use."""
    if source.is_dir():
        for path in source.iterdir():
            if path.name != "__pycache__":
                copied(path, target / path.name)
    else:
        target.parent.mkdir(parents=True, exist_ok=True)
        target.write_bytes(source.read_bytes())


def test_the_wheel_holds_the_package_and_its_models_and_nothing_else(wheel: Path) -> None:
    names = set(zipfile.ZipFile(wheel).namelist())
    kept = {"hybridcodec": ROOT, "hybridcodec_container": ROOT / "container"}
    expected = {
        path.relative_to(above).as_posix()
        for room, above in kept.items()
        for path in (above / room).rglob("*")
        if path.is_file() and "__pycache__" not in path.parts
    }
    assert {name for name in names if ".dist-info/" not in name} == expected
    assert any(name.endswith("base-v2.safetensors") for name in names)
    metadata = zipfile.ZipFile(wheel).read(next(name for name in names if name.endswith("/METADATA"))).decode()
    assert "Requires-Dist: numpy" in metadata
    needed = [line for line in metadata.splitlines() if line.startswith("Requires-Dist") and "extra ==" not in line]
    assert not [line for line in needed if "torch" in line]


def test_the_wheel_installs_without_network_and_decodes_without_torch(wheel: Path, tmp_path: Path) -> None:
    target = tmp_path / "site"
    offline = ["--no-index", "--no-deps", "--disable-pip-version-check", "--no-compile"]
    run("-m", "pip", "--isolated", "install", "-q", *offline, "--target", target, wheel, cwd=tmp_path)
    golden = GOLDEN / "displays" / "one_pixel.hyc"
    expected = json.loads(golden.with_suffix(".json").read_text())
    lines = run("-c", DECODE, golden, cwd=tmp_path, PYTHONPATH=str(target)).splitlines()
    assert lines == [f"{target} False", *(f"{layer} {expected[layer]}" for layer in ("perceptual", "base"))]
