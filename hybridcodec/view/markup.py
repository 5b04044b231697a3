"""Exhibits as HTML: figures with all that is known of a layer, which are the page where no script runs."""

import json
from collections.abc import Iterator

from hybridcodec.view.exhibits import Embedded, Exhibit, Plate
from hybridcodec.view.words import escaped


def article(exhibit: Exhibit, number: int) -> str:
    """Return a file of the page; `number` tells it from the others."""
    notice = f'<p class="notice">{escaped(exhibit.notice)}</p>' if exhibit.notice else ""
    fault = f'<p class="fault">{escaped(exhibit.fault)}</p>' if exhibit.fault else ""
    facts = "".join(f"<dt>{escaped(name)}</dt><dd>{escaped(said)}</dd>" for name, said in exhibit.facts)
    plates = "".join(_section(plate, f"p{number}-{place}") for place, plate in enumerate(exhibit.plates))
    about = f'<div><h2>The file</h2><dl class="facts">{facts}</dl></div>' if facts else ""
    return (
        f'<article class="file" id="f{number}" data-name="{escaped(exhibit.name)}">{notice}{fault}'
        f'<div class="about"><div>{plates}</div>{about}</div></article>'
    )


def card(exhibit: Exhibit, number: int) -> str:
    """Return what stands for a file in a gallery: a link to its article."""
    picture = f'<img src="{exhibit.plates[0].thumbnail}" alt="" loading="lazy">' if exhibit.plates else ""
    said = f'<small class="bad">{escaped(exhibit.fault)}</small>' if exhibit.fault else ""
    mark = f"<em>{escaped(exhibit.mode)}</em> " if exhibit.mode else ""
    return (
        f'<li><a href="#f{number}"><span class="look">{picture}</span><strong>{escaped(exhibit.name)}</strong>'
        f"<small>{mark}{escaped(exhibit.short)}</small>{said}</a></li>"
    )


def _section(plate: Plate, key: str) -> str:
    figures = "".join(_figures(plate, key))
    boxes = json.dumps([list(box) for box in plate.exact]) if plate.exact else ""
    return (
        f'<section class="scene" data-title="{escaped(plate.title)}" data-short="{escaped(plate.short)}" '
        f'data-width="{plate.width}" data-height="{plate.height}" data-boxes="{boxes}" '
        f'data-thumbnail="{plate.thumbnail}">'
        f"<h2>{escaped(plate.title)}</h2>{figures}{_table(plate)}</section>"
    )


def _figures(plate: Plate, key: str) -> Iterator[str]:
    for place, embedded in enumerate(plate.layers):
        layer, image = embedded.layer, f"{key}-{place - embedded.same}"
        alt = f"{layer.name}: {plate.title}"
        picture = (
            f'<img id="{image}" src="{embedded.image}" alt="{escaped(alt)}" width="{plate.width}" '
            f'height="{plate.height}" loading="lazy">'
            if embedded.image
            else ""
        )
        yield (
            f'<figure data-name="{escaped(layer.name)}" data-mark="{escaped(layer.mark.value)}" '
            f'data-note="{escaped(layer.note)}" data-image="{image}">{picture}'
            f"<figcaption>{escaped(_caption(embedded, plate))}</figcaption></figure>"
        )


def _caption(embedded: Embedded, plate: Plate) -> str:
    layer = embedded.layer
    rate = _rate(layer.stored, plate.pixels)
    said = [
        layer.words,
        layer.note,
        f"{layer.stored:,} bytes, {rate} bits per pixel" if layer.stored is not None else "",
    ]
    return "; ".join(filter(None, said))


def _table(plate: Plate) -> str:
    rows = "".join(_row(embedded, plate) for embedded in plate.layers)
    return (
        '<div class="scroll"><table class="layers">'
        '<caption class="hidden">Layers: bytes and bits per pixel</caption><thead><tr><th scope="col">Layer</th>'
        '<th scope="col" class="number">Bytes</th><th scope="col" class="number">Bits/pixel</th></tr></thead>'
        f"<tbody>{rows}</tbody></table></div>"
    )


def _row(embedded: Embedded, plate: Plate) -> str:
    layer = embedded.layer
    stored = f"{layer.stored:,}" if layer.stored is not None else "\u2013"
    said = "".join(f"<small>{escaped(words)}</small>" for words in (layer.words, layer.note) if words)
    name = f'<span class="mark">{escaped(layer.name)}</span>' if layer.mark else escaped(layer.name)
    return (
        f'<tr><th scope="row">{name}{said}</th><td class="number">{stored}</td>'
        f'<td class="number">{_rate(layer.stored, plate.pixels)}</td></tr>'
    )


def _rate(stored: int | None, pixels: int) -> str:
    return "" if stored is None else f"{8 * stored / pixels:.3f}"
