"""A worker process whose proofs are read by two decoders that must agree; else the one of `worker`."""

import sys
from dataclasses import replace
from functools import partial

from hybridcodec.pipeline.worker import Work, main, prepared


def prepared_for_two() -> Work:
    """Get ready as `worker` does, and let files be decoded with the reference backend."""
    from hybridcodec.modes import Backend
    from hybridcodec.pipeline import jobs
    from hybridcodec.proof.port import CODEC

    prepared()
    return partial(jobs.do, port=replace(CODEC, decode_each=partial(CODEC.decode_each, backend=Backend.REFERENCE)))


if __name__ == "__main__":
    main(sys.argv[1:], prepared_for_two)
