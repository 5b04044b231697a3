"""What the tests of the pipeline share: pictures, and runs with worker processes that have a trivial codec."""

import sys
import threading
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import numpy as np
import pytest
from PIL import Image
from pipeline_runs import TRIVIAL, Draw, Run

from hybridcodec.pipeline.crew import Crew
from hybridcodec.pipeline.engine import Engine, LocalEngine
from hybridcodec.pipeline.ledger import Ledger, ledger_path
from hybridcodec.pipeline.listing import Listing
from hybridcodec.pipeline.profiles import Profile, Settings, settings_for
from hybridcodec.pipeline.progress import Progress
from hybridcodec.pipeline.record import Record
from hybridcodec.pipeline.run import Order, Watcher, run_pipeline
from hybridcodec.pipeline.task import Limits

ROOT = str(Path(__file__).parents[2])
if ROOT not in sys.path:  # `benchmarks` is not installed with the library; worker processes get this path too
    sys.path.append(ROOT)


@pytest.fixture
def draw(tmp_path: Path) -> Draw:
    """Write a small picture below `in` and return its path."""

    def write(name: str, seed: int = 0, size: tuple[int, int] = (6, 7)) -> Path:
        path = tmp_path / "in" / name
        path.parent.mkdir(parents=True, exist_ok=True)
        samples = np.random.default_rng(seed).integers(0, 256, (*size, 3), np.uint8)
        Image.fromarray(samples).save(path)
        return path

    return write


@pytest.fixture
def crew() -> Iterator[Crew]:
    with Crew(TRIVIAL) as crew:
        yield crew


@pytest.fixture
def run(tmp_path: Path) -> Run:
    """Run the pipeline from `in` into `out`; return the records by output."""

    def run_once(
        *names: str,
        engine: Engine | None = None,
        settings: Settings = settings_for(Profile.PHOTO),  # noqa: B008
        limits: Limits = TRIVIAL,
        keep_suffix: bool = False,
        stop: threading.Event | None = None,
        progress: Progress | None = None,
        watch: Watcher = lambda _: None,
        destination: Path = tmp_path / "out",
        ledger: Path | None = None,
        **order: Any,
    ) -> dict[str, Record]:
        listing = Listing(names or [str(tmp_path / "in")], destination, keep_suffix)
        run_pipeline(
            Order(destination, settings, ledger, **order), listing, engine or LocalEngine(2, limits),
            stop=stop or threading.Event(), progress=progress or Progress(), watch=watch,
        )  # fmt: skip
        with Ledger.open(ledger or ledger_path(destination)) as opened:
            return {record.output: record for record in opened.records()}

    return run_once
