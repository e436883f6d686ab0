"""The repository keeps its rules, but for the listed exceptions, and the list only shrinks."""

import pytest

from tests.architecture.rules import RULES, broken, read_exceptions, unexcused, unneeded


@pytest.mark.parametrize("rule", RULES)
def test_the_repository_keeps(rule):
    findings = unexcused(broken(rule), rule=rule, exempt=read_exceptions())
    assert not findings, "\n".join([f"{rule} (rule {RULES[rule].number}):", *map(str, findings)])


@pytest.mark.parametrize("rule", RULES)
def test_every_exception_is_still_needed(rule):
    idle = unneeded(broken(rule), rule=rule, exempt=read_exceptions())
    assert not idle, f"delete from exceptions.toml: {[row.place for row in idle]}"


def test_every_exception_names_a_rule_once_and_gives_a_reason():
    rows = read_exceptions()
    assert {row.rule for row in rows} <= set(RULES)
    assert len({(row.rule, row.place) for row in rows}) == len(rows)
    assert all(len(row.reason.split()) >= 5 for row in rows)
