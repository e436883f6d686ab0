"""Quantiles, bins and shares of counted values are those of the values one by one."""

from collections import Counter

from hypothesis import given
from hypothesis import strategies as st

from openluke.wikipedia.statistics.distribution import (
    QUANTILES,
    Distribution,
    coverage_section,
    quantile_section,
)

VALUES = st.lists(st.integers(0, 12) | st.integers(0, 10**7), max_size=60)


@given(VALUES)
def test_they_are_those_of_the_single_values(values) -> None:
    counted = Distribution(Counter(values).items())
    ranked = sorted(values)
    assert (counted.n, counted.total) == (len(values), sum(values))
    for part in QUANTILES:
        rank = max(1, -(-int(part * 100) * len(values) // 100))
        assert counted.quantile(part) == (ranked[rank - 1] if values else None)
    for n in (0, 1, 3, 100):
        assert counted.top(n) == sum(ranked[::-1][:n])
    bins = counted.bins()
    assert sum(n for _, n, _ in bins) == len(values)
    assert sum(total for _, _, total in bins) == sum(values)


def test_bins_and_tables_by_hand() -> None:
    values = Distribution([(1, 3), (4, 2), (5, 1), (120, 1), (7, 0)])
    assert values.bins() == [
        ("1", 3, 3),
        ("2–4", 2, 8),
        ("5–9", 1, 5),
        ("10–19", 0, 0),
        ("20–49", 0, 0),
        ("50–99", 0, 0),
        ("100–199", 1, 120),
    ]
    section = quantile_section("k", heading="Of each", rows=[("links", values)])
    assert section.rows == (("links", 19.428571, 1, 1, 1, 4, 5, 120, 120, 120),)
    coverage = coverage_section(Distribution([(10, 10), (1, 20)]), total=200, note="")
    assert coverage.rows == ((10, 0.5, 100), (20, 0.55, 110), (30, 0.6, 120))
    assert Distribution([]).bins() == []
    assert coverage_section(Distribution([]), total=0, note="").rows == ()
