"""A picture to the parts of a file: which coder takes it, how large its preview is, what its header promises.

Coders are tried, and the smallest file wins by its real size. `codec` tells the story around it.
"""

from __future__ import annotations

import io
from collections.abc import Iterator
from dataclasses import dataclass, field, replace
from functools import cached_property
from typing import Final

import hybridcodec_container as container
import numpy as np
from hybridcodec_container import Header, HeaderFlag, Layers, SampleFormat, Tone
from numpy.typing import NDArray

from hybridcodec.base import Rate
from hybridcodec.displaying import display_layer, encode_displayed
from hybridcodec.errors import FidelityError, UnsupportedError
from hybridcodec.fidelity import Fidelity
from hybridcodec.image import Mode, Picture
from hybridcodec.info import MODES
from hybridcodec.kinds import GRAY, SampleKind, Samples
from hybridcodec.layers import (
    EncodedBase,
    EncodedExact,
    encode_base_layer,
    encode_residual_layer,
    flat,
    in_units_of_samples,
    layer_bytes,
    quantiser_of,
    stand_in,
)
from hybridcodec.machine.threads import Progress, part
from hybridcodec.modes import Preview
from hybridcodec.options import Options
from hybridcodec.previews import has_preview, reduced, shown, tone_for
from hybridcodec.scaling import enlarged

GRAY_SHARE: Final = 0.01
"""Share of its file that the preview of a gray or medical picture may take by default, where it does not make the rest
smaller."""
SHARE: Final = 0.03
"""The same of pages, screens and colour."""
SCALES: Final = (3, 2, 1, 0)
MAX_GROUP: Final = 8
"""Pictures of which each depends on the one before: that of FORMAT.md."""
LEAST_BITS: Final = 0.1
"""Bits per pixel below which half of each side looks better, where bytes are few."""
FRAMING: Final = 200
"""About what a base layer takes beside its tiles."""
_REFERENCE_BYTES: Final = 32
"""What a header takes to name the picture before."""
_WORTH: Final = 0.995
"""A picture that depends on another must be so much smaller than alone."""

U8 = NDArray[np.uint8]


@dataclass(frozen=True)
class Plan:
    """What all pictures of a file are encoded by."""

    fidelity: Fidelity = Fidelity()  # noqa: RUF009 - frozen
    options: Options = Options()  # noqa: RUF009
    accept_loss: bool = False


@dataclass(frozen=True)
class Reference:
    """The picture before, which the next may be coded by: its header, sample hash, and exact samples (H, W, C)."""

    header: Header
    sample_hash: bytes
    samples: Samples


@dataclass(frozen=True)
class Made:
    """A picture with its layers, and what the next picture needs of it."""

    picture: container.Picture
    exact: Samples | None

    @property
    def reference(self) -> Reference | None:
        """This picture as the reference of the next; None where it has no exact layer."""
        layer = self.picture.residual
        return (
            None
            if layer is None or self.exact is None
            else Reference(self.picture.header, layer.sample_hash, self.exact)
        )


def make(picture: Picture, plan: Plan, reference: Reference | None = None, progress: Progress = None) -> Made:
    """Return the parts of a picture; `reference` is the picture before, where it may depend on it.

    Raises:
        UnsupportedError: a preview alone was asked for, and no rule says what it shows.
        FidelityError: the samples have no such mode or bound.
        ContainerError: the picture is larger than the format allows.
    """
    making = _Making(picture, plan)
    _require_fitting(picture.kind, plan.fidelity.max_error)
    if plan.fidelity.mode is Mode.PERCEPTUAL and not has_preview(picture.kind):
        raise UnsupportedError(f"no rule says what a preview of {picture.kind} shows")
    making.header()  # limits are checked before any work is done
    if plan.fidelity.mode is Mode.PERCEPTUAL:
        return Made(making.sealed(making.alone(progress)), None)
    best = making.best(reference if reference is not None and making.fits(reference) else None, progress)
    return Made(making.sealed(making.preview_of(best), best), best.exact.samples)


def _require_fitting(kind: SampleKind, max_error: int) -> None:
    """Refuse a bound above 0 for samples that are numbers of colours, or have no two values so far apart."""
    if max_error and kind.palette is not None:
        raise FidelityError("indices of a palette cannot be near-lossless")
    most = (1 << kind.bit_depth) - 1
    if max_error > most:
        raise FidelityError(f"max error {max_error} does not fit samples of depth {kind.bit_depth}: 1 to {most}")


@dataclass(frozen=True)
class _Candidate:
    exact: EncodedExact
    base: EncodedBase | None
    reference: Reference | None

    @property
    def size(self) -> int:
        """Bytes, about: of the exact layer and what it cannot do without, base layer and name of the picture before."""
        base = layer_bytes(self.base.layer) if self.base else 0
        return base + layer_bytes(self.exact.layer) + (_REFERENCE_BYTES if self.reference else 0)


@dataclass
class _Making:
    """One picture on its way; what costs time is made once."""

    picture: Picture
    plan: Plan
    bases: dict[int, EncodedBase] = field(default_factory=dict)

    @cached_property
    def tone(self) -> Tone | None:
        return tone_for(self.picture)

    @property
    def preview(self) -> Preview:
        return self.plan.options.preview if has_preview(self.picture.kind) else Preview.NONE

    def base_at(self, scale: int, progress: Progress = None) -> EncodedBase:
        """The base layer of this scale."""
        if scale not in self.bases:
            self.bases[scale] = encode_base_layer(self.small(scale), scale, progress)
        return self.bases[scale]

    def alone(self, progress: Progress) -> EncodedBase:
        """The base layer of a file that holds no more."""
        options = self.plan.options
        if options.preview_bytes is not None:
            return self._within(options.preview_bytes)
        H, W, _ = self.picture.samples.shape
        target = options.target_size if options.target_bpp is None else options.target_bpp * H * W / 8
        if target is None:
            rate = Rate() if options.quality is None else Rate(options.quality)
        else:
            rate = Rate(size=max(round(target - self._framing(target)), 1))
        if not options.display:
            return self._rated(0, rate, progress)
        return encode_displayed(self.small(0), progress, replace(rate, effort=options.effort))

    def small(self, scale: int) -> U8:
        """What the base layer of this scale is made of."""
        return reduced(shown(self.picture.samples, self.picture.kind, self.tone), scale)

    def _rated(self, scale: int, rate: Rate, progress: Progress = None) -> EncodedBase:
        better = replace(rate, effort=self.plan.options.effort)
        return encode_base_layer(self.small(scale), scale, progress, better)

    def _within(self, most: int) -> EncodedBase:
        """The base layer that takes at most so many bytes, of the largest scale that is worth looking at for them."""
        H, W, _ = self.picture.samples.shape
        worth = [scale for scale in SCALES if 8 * most * 4**scale >= LEAST_BITS * H * W]
        for scale in reversed([SCALES[0], *worth[1:]]):
            base = self._rated(scale, Rate(size=max(most - FRAMING, 1), at_most=True))
            if layer_bytes(base.layer) <= most:
                break
        return base

    def _framing(self, target: float) -> int:
        """What a file of one preview takes beside its tiles, which together have about `target` bytes."""
        H, W, _ = self.picture.samples.shape
        channels = container.base_channels(self.picture.kind.roles)
        layer = stand_in(H, W, channels, int(target))
        stream = io.BytesIO()
        with container.AlbumWriter(stream) as writer:
            display = display_layer(0, layer.sample_hash, bytes(channels)) if self.plan.options.display else None
            writer.add(self.sealed(EncodedBase(layer, display=display)))
            writer.finish(None)
        return len(stream.getvalue()) - sum(tile.length for tile in layer.tiles) - len(layer.common)

    def best(self, reference: Reference | None, progress: Progress) -> _Candidate:
        """The smallest candidate; once a picture of a group gained by the one before it, the others do so untried."""
        if reference is not None and reference.header.group_position:
            found = self.smallest(reference, progress)
            if found is not None:
                return found
        best = self.smallest(None, progress)
        assert best is not None, "there is always a coder"
        depending = self.smallest(reference, None) if reference is not None else None
        return depending if depending is not None and depending.size < best.size * _WORTH else best

    def smallest(self, reference: Reference | None, progress: Progress) -> _Candidate | None:
        """The smallest candidate; None where no coder that is worth trying can use the reference."""
        found = list(self._candidates(reference, progress))
        return min(found, key=lambda candidate: candidate.size) if found else None

    def _candidates(self, reference: Reference | None, progress: Progress) -> Iterator[_Candidate]:
        from hybridcodec.residual import Ground, trials

        samples, kind, options = self.picture.samples, self.picture.kind, self.plan.options
        quantiser, indexed = quantiser_of(kind, self.plan.fidelity.max_error), kind.palette is not None
        tried = [
            trial
            for trial in trials(samples, quantiser, indexed=indexed, medical=self.picture.medical)
            if reference is None or trial.coder.uses_reference
        ]
        known = reference.samples if reference else None
        for n, trial in enumerate(tried):
            share, coder = part(progress, n / len(tried), (n + 1) / len(tried)), trial.coder
            base, below = self._below(part(share, 0, 0.2)) if coder.needs_base else (None, None)
            ground = Ground(samples.shape[2], trial.quantiser, below, None, known, options.matching)
            exact = encode_residual_layer(samples, ground, coder, part(share, 0.2, 1), options.effort)
            yield _Candidate(exact, base, reference)

    def _below(self, progress: Progress) -> tuple[EncodedBase | None, U8]:
        """The base layer that an exact layer may be coded above, and its picture in full size."""
        H, W, C = self.picture.samples.shape
        if self.preview is Preview.NONE or not in_units_of_samples(self.picture.kind, self.tone):
            return None, flat(H, W, C)
        scale = SCALES[0] if self.preview is Preview.SMALL else 0
        base = self.base_at(scale, progress)
        assert base.picture is not None, "it is what the exact layer stands on"
        return base, enlarged(base.picture, scale, H, W)

    def preview_of(self, best: _Candidate) -> EncodedBase | None:
        """The base layer that goes with the exact layer that was chosen."""
        if best.base is not None or self.preview is Preview.NONE:
            return best.base
        if self.preview is not Preview.AUTO:
            return self.base_at(SCALES[0] if self.preview is Preview.SMALL else 0)
        gray = self.picture.kind.roles == GRAY and self.picture.kind.bit_depth > 1
        return self.largest_base((GRAY_SHARE if gray or self.picture.medical else SHARE) * best.size)

    def largest_base(self, most: float) -> EncodedBase | None:
        """The base layer of the largest scale that takes at most so many bytes, None where the smallest takes more."""
        found = None
        for scale in SCALES:
            base = self.base_at(scale)
            if layer_bytes(base.layer) > most:
                break
            found = base
        return found

    def fits(self, reference: Reference) -> bool:
        """Whether the picture may depend on the one before it."""
        return (
            reference.header.group_position + 1 < MAX_GROUP
            and reference.header.same_shape(self.header())
            and self.plan.fidelity.mode is not Mode.PERCEPTUAL
        )

    def header(self) -> Header:
        """What can be said before anything is coded."""
        H, W, _ = self.picture.samples.shape
        kind, fidelity = self.picture.kind, self.plan.fidelity
        lossy = fidelity.mode is not Mode.LOSSLESS
        return Header(
            width=W,
            height=H,
            roles=kind.roles,
            bit_depth=kind.bit_depth,
            sample_format=SampleFormat.SIGNED if kind.signed else SampleFormat.UNSIGNED,
            mode=MODES[fidelity.mode],
            layers=Layers.BASE if fidelity.mode is Mode.PERCEPTUAL else Layers.RESIDUAL,
            max_error=fidelity.max_error,
            flags=HeaderFlag.LOSS_ACCEPTED if self.plan.accept_loss and lossy else HeaderFlag(0),
            source_hash=self._source_hash,
        )

    @cached_property
    def _source_hash(self) -> bytes:
        return container.hash_samples(self.picture.samples)

    def sealed(self, base: EncodedBase | None, best: _Candidate | None = None) -> container.Picture:
        """The picture with these layers."""
        header, residual = self.header(), best.exact.layer if best else None
        layers = (Layers.BASE if base else Layers(0)) | (Layers.RESIDUAL if residual else Layers(0))
        flags = header.flags | (HeaderFlag.MATCHING_USED if best and best.exact.matching_used else HeaderFlag(0))
        display = base.display if base else None
        if display:
            layers, flags = layers | Layers.DISPLAY, flags | HeaderFlag.GENERATED
        header = replace(header, layers=layers, flags=flags)
        if best and best.reference:
            position = best.reference.header.group_position + 1
            header = replace(header, group_position=position, reference_hash=best.reference.sample_hash)
        meta = self.picture.metadata
        return container.Picture.seal(
            header,
            metadata=container.Metadata(meta.icc, meta.exif, meta.xmp),
            palette=self.picture.kind.palette,
            tone=self.tone if base else None,
            base=base.layer if base else None,
            display=display,
            residual=residual,
        )
