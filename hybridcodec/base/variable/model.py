"""The integer half: what to expect of latents, and the picture that they draw, as a model file holds both."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from typing import Any

import numpy as np
from numpy.typing import NDArray

from hybridcodec.base.chains import Arrays, check_arrays, frequency_tables, integer_network
from hybridcodec.base.geometry import Slices, Window, scaled
from hybridcodec.base.units import SAMPLE_STEPS, STRIDE
from hybridcodec.base.variable.schema import (
    CONTEXT_LIMIT,
    CONTEXT_STEPS,
    FINE_LIMIT,
    FINER,
    GAIN_BITS,
    HYPER_LATENTS,
    HYPER_LIMIT,
    INTEGER,
    KNOT,
    KNOTS,
    LATENT_LIMIT,
    PICTURE_LIMIT,
    SEEN_LIMIT,
    SEEN_STEPS,
    STEPS,
    STRAIGHT,
    TAIL_BLOCKS,
    TAIL_MARGIN,
    TAIL_OUT,
    UNIT_LIMIT,
    WIDTHS,
    decoder_shapes,
    table_rows,
)
from hybridcodec.errors import ModelError
from hybridcodec.integer import Integers, Network
from hybridcodec.machine.kernels import kernel

I32 = NDArray[np.int32]
I64 = NDArray[np.int64]


@dataclass(frozen=True)
class Gains:
    """What one quality makes of latents; all tables are interpolated between the rows of the model.

    Attributes:
        inverse: (LATENTS,) from a step of y to units at gain 1, times 2^GAIN_BITS.
        hyper_inverse: (HYPER_LATENTS,) the same of z.
        shift: (LATENTS,) what the gains add to scale indices.
        z_tables: (HYPER_LATENTS, columns) frequencies of z.
    """

    inverse: I64
    hyper_inverse: I64
    shift: I64
    z_tables: NDArray[np.int32]

    def latents(self, y_hat: I32) -> I64:
        """Return latents at gain 1 of y_hat (h, w, LATENTS), in units of LATENT_STEPS."""
        return _scaled(y_hat, self.inverse)

    def hyper_latents(self, z: I64) -> I64:
        """Return hyper-latents at gain 1 of z (h, w, HYPER_LATENTS), in units of HYPER_STEPS."""
        return _scaled(z, self.hyper_inverse)


def _scaled(values: Integers, inverse: I64) -> I64:
    return (values * inverse + (1 << (GAIN_BITS - 1))) >> GAIN_BITS


@dataclass(frozen=True)
class Context:
    """What latents of earlier passes say about the parameters of the next."""

    known: Network
    hyper: Network
    out: Network

    def __call__(self, known: I32, first: I32, threads: int = 1) -> Integers:
        """Return what to add to the parameters, (h, w, 2 * LATENTS).

        Args:
            known: y_hat (h, w, LATENTS) of the passes so far, 0 elsewhere, in 1 / STEPS.
            first: what the hyper-latents say, (h, w, 2 * LATENTS), of `in_context_steps`.
            threads: rows are divided among so many.
        """
        both = self.known(in_context_steps(known), threads).astype(np.int32)
        both += self.hyper(first, threads)
        return self.out(both, threads)


def in_context_steps(values: I32) -> I32:
    """Return values in 1 / STEPS in units of 1 / CONTEXT_STEPS, rounded."""
    unit = STEPS // CONTEXT_STEPS
    return (values + unit // 2) >> (unit.bit_length() - 1)


@dataclass(frozen=True)
class VariableModel:
    """A decoder of base layers of any rate, proven and ready to use."""

    h_s: Network
    contexts: tuple[Context, ...]
    straight: Network
    trunk: Network
    see: Network
    tail: Network
    """The blocks of `tail`, whose last features a display head reads too."""
    out: Network
    """What `tail` ends with."""
    y_tables: NDArray[np.int32]
    """(SCALES, columns): frequencies of -R..R and, last, of the escape; columns = 2 R + 2."""
    z_tables: NDArray[np.int32]
    """(KNOTS * HYPER_LATENTS, columns), as above; those of a knot stand together."""
    gain_tables: Mapping[str, I64]

    @classmethod
    def from_tensors(cls, tensors: Arrays) -> VariableModel:
        """Build from the arrays of a model file.

        Raises:
            ModelError: an array is missing, unknown, of another type or shape, or a bound is broken.
        """
        rows = table_rows()
        check_arrays({k: v for k, v in tensors.items() if k not in rows}, decoder_shapes())
        gains = {k.removeprefix("gains."): v.astype(np.int64) for k, v in tensors.items() if k.startswith("gains.")}
        if gains["inverse"].min() < 1 or gains["hyper_inverse"].min() < 1:
            raise ModelError("model file: a gain's inverse is not positive")
        made = cls(
            h_s=_network("h_s", tensors, HYPER_LIMIT),
            contexts=tuple(_context(name, tensors) for name in WIDTHS),
            straight=integer_network("straight", STRAIGHT, tensors, -LATENT_LIMIT, LATENT_LIMIT),
            trunk=_network("trunk", tensors, LATENT_LIMIT),
            see=_network("see", tensors, SEEN_LIMIT),
            tail=integer_network("tail", TAIL_BLOCKS, tensors, -UNIT_LIMIT, UNIT_LIMIT),
            out=integer_network("tail", TAIL_OUT, tensors, -UNIT_LIMIT, UNIT_LIMIT),
            y_tables=frequency_tables(tensors, "tables.y", rows["tables.y"]),
            z_tables=frequency_tables(tensors, "tables.z", rows["tables.z"]),
            gain_tables=gains,
        )
        reached = sum(network.stages[-1].activation.magnitude for network in (made.straight, made.out))
        if reached > PICTURE_LIMIT:
            raise ModelError(f"pictures reach {reached} in 1 / {SAMPLE_STEPS} from mid-gray, not {PICTURE_LIMIT}")
        return made

    def gains(self, quality: int) -> Gains:
        """Return what quality 0..QUALITIES - 1 means."""
        near = (quality + KNOT // 2) // KNOT
        tables = {name: _between(table, quality) for name, table in self.gain_tables.items()}
        return Gains(z_tables=self.z_tables.reshape(KNOTS, HYPER_LATENTS, -1)[near], **tables)

    def generate(self, latents: NDArray[Any], wanted: Slices, threads: int = 1) -> Integers:
        """Return RGB (16 h, 16 w, 3) in 1 / SAMPLE_STEPS from mid-gray, of the h times w latents that are wanted."""
        near = Window.around(wanted, TAIL_MARGIN, latents.shape[:2])
        return self.draw(latents, near.outer, threads)[0][scaled(near.inner_in_outer, STRIDE)]

    def draw(self, latents: NDArray[Any], near: Slices | None = None, threads: int = 1) -> tuple[Integers, Integers]:
        """Return a picture and the features that it was drawn from.

        Args:
            latents: (rows, columns, LATENTS) at gain 1.
            near: h rows and w columns of them, all without; what is drawn is as if nothing were beyond these in the
                last `TAIL_MARGIN` of what it depends on.
            threads: rows are divided among so many.

        Returns:
            RGB (16 h, 16 w, 3) in 1 / SAMPLE_STEPS from mid-gray, and features (4 h, 4 w, FEATURES).
        """
        near = near or (slice(0, latents.shape[0]), slice(0, latents.shape[1]))
        drawn = self.straight(latents[near], threads)
        begun = self.trunk(latents, threads)[scaled(near, FINER)] + self.see(_seen(drawn), threads)
        features = self.tail(begun, threads)
        return drawn + self.out(features, threads), features


@kernel(nogil=True)
def _see(drawn: Integers, seen: NDArray[np.int16]) -> None:
    """Round to 1 / SEEN_STEPS, and unshuffle squares of r = STRIDE / FINER: (h, w, C) to (h / r, w / r, C * r * r)."""
    r, unit = STRIDE // FINER, SAMPLE_STEPS // SEEN_STEPS
    for y in range(drawn.shape[0]):
        for x in range(drawn.shape[1]):
            for c in range(drawn.shape[2]):
                value = (np.int32(drawn[y, x, c]) + np.int32(unit // 2)) // np.int32(unit)
                seen[y // r, x // r, (c * r + y % r) * r + x % r] = value


def _seen(drawn: Integers) -> NDArray[np.int16]:
    r, (h, w, channels) = STRIDE // FINER, drawn.shape
    seen = np.empty((h // r, w // r, channels * r * r), np.int16)
    _see(drawn, seen)
    return seen


def _between(table: I64, quality: int) -> I64:
    """Interpolate between the rows of a table (KNOTS, C): (C,), rounded half up."""
    row, part = divmod(quality, KNOT)
    after = table[min(row + 1, KNOTS - 1)]
    found: I64 = (table[row] * (KNOT - part) + after * part + KNOT // 2) // KNOT
    return found


def _network(name: str, tensors: Arrays, limit: int) -> Network:
    return integer_network(name, INTEGER[name], tensors, -limit, limit)


def _context(name: str, tensors: Arrays) -> Context:
    known, hyper = (_network(f"{name}.{part}", tensors, CONTEXT_LIMIT) for part in ("known", "hyper"))
    return Context(known, hyper, integer_network(f"{name}.out", INTEGER[f"{name}.out"], tensors, 0, FINE_LIMIT))
