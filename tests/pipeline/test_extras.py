"""What a run needs and does not have is said once, before anything is begun."""

from collections.abc import Callable
from contextlib import nullcontext
from pathlib import Path
from typing import Any

import pytest
from pipeline_runs import TRIVIAL, Draw, Run

from hybridcodec.errors import UnsupportedError
from hybridcodec.modes import Effort, Mode
from hybridcodec.pipeline.cluster import LOCAL, ClusterEngine
from hybridcodec.pipeline.engine import LocalEngine
from hybridcodec.pipeline.profiles import Profile, settings_for
from hybridcodec.proof.flags import Verdict

ENGINES: dict[str, Callable[[], Any]] = {
    "here": lambda: nullcontext(LocalEngine(1, TRIVIAL)),
    "cluster": lambda: ClusterEngine(LOCAL, 1, TRIVIAL),
}


@pytest.mark.parametrize("name", ENGINES)
def test_previews_that_nobody_can_refine_are_refused_before_anything_is_begun(
    tmp_path: Path, draw: Draw, run: Run, monkeypatch: pytest.MonkeyPatch, name: str
) -> None:
    def no_torch(name: str) -> None:
        raise ImportError(f"no {name} here")

    draw("a.png")
    monkeypatch.setattr("hybridcodec.pipeline.extras.import_module", no_torch)
    refined = settings_for(Profile.PHOTO, mode=Mode.PERCEPTUAL, effort=Effort.BEST)
    with ENGINES[name]() as engine:
        with pytest.raises(UnsupportedError, match="best for previews needs torch"):
            run(engine=engine, settings=refined)
        assert not (tmp_path / "out").exists()
        best = settings_for(Profile.PHOTO, effort=Effort.BEST)
        assert run(engine=engine, settings=best)["a.hyc"].verdict is Verdict.PROVEN
