import base_models

from hybridcodec.train.measure import compare, table


def test_comparison_of_two_pictures_ends_in_their_mean() -> None:
    samples = base_models.photograph_like(192, 256)
    found = compare(samples, base_models.random_model(), base_models.random_analysis())
    assert min(found.bpp, found.jpeg_bpp, found.webp_bpp) > 0
    assert 0 < found.ms_ssim <= 1
    lines = list(table({"one": found, "two": found}))
    assert len(lines) == 5
    assert lines[-1].startswith("| mean | ")
    assert lines[-1].split("|")[2:-1] == lines[-2].split("|")[2:-1]
