"""What the tests of the pipeline name: worker processes with a trivial codec, and the types of their fixtures."""

from collections.abc import Callable
from pathlib import Path

from hybridcodec.pipeline.record import Record
from hybridcodec.pipeline.task import Limits

TRIVIAL = Limits(seconds=60, module="benchmarks.trivial_worker")
Draw = Callable[..., Path]
Run = Callable[..., dict[str, Record]]
