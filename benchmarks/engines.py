"""The two engines of the pipeline by name, for the benchmarks that compare them."""

from contextlib import AbstractContextManager, nullcontext

from hybridcodec.pipeline.engine import Engine, LocalEngine
from hybridcodec.pipeline.task import Limits


def open_engine(name: str, jobs: int, limits: Limits) -> AbstractContextManager[Engine]:
    """Return the engine called `local` or `dask`; the cluster is one on this machine."""
    if name == "local":
        return nullcontext(LocalEngine(jobs, limits))
    from hybridcodec.pipeline.cluster import LOCAL, ClusterEngine

    return ClusterEngine(LOCAL, jobs, limits)
