"""Names put together by their links."""

from hypothesis import given
from hypothesis import strategies as st

from openluke.wikipedia.name_groups import NameGroups


def test_no_group_has_two_names_of_a_language():
    groups = NameGroups([0, 1, 0, 2])  # en, ja, en, de
    groups.link([(0, 1), (2, 1), (2, 3), (3, 0)])
    assert sorted(groups.members(0)) == [0, 1]
    assert sorted(groups.members(3)) == [2, 3]
    assert groups.n_refused == 2


numbers = st.integers(0, 11)


@given(
    languages=st.lists(st.integers(0, 4), min_size=12, max_size=12),
    links=st.lists(st.tuples(numbers, numbers)),
)
def test_it_is_what_plain_sets_give(languages, links):
    groups = NameGroups(languages)
    groups.link(links)
    sets = [{name} for name in range(12)]
    refused = 0
    for one, other in links:
        if sets[one] is sets[other]:
            continue
        if {languages[n] for n in sets[one]} & {languages[n] for n in sets[other]}:
            refused += 1
            continue
        sets[one] |= sets[other]
        for name in sets[other]:
            sets[name] = sets[one]
    assert groups.n_refused == refused
    for name in range(12):
        assert set(groups.members(name)) == sets[name]
        assert groups.group(name) in sets[name]
