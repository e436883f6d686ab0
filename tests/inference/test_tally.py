"""Every kind of loss that a report knows is counted and said."""

from dataclasses import fields

from openluke.inference.tally import Tally
from openluke.tokenization.reports import Report


def test_every_kind_of_loss_has_a_message():
    for kind in (field.name for field in fields(Report)):
        tally = Tally.of([Report(), Report(**{kind: (0,)})])
        assert tally.counts == {kind: 1}
        assert len(list(tally.messages())) == 1


def test_messages_name_the_lines():
    total = Tally()
    total.add(Tally.of([Report(), Report(lost_mentions=(0, 1))]), lines=[10, 12])
    assert list(total.messages()) == ["mentions that were not read: 2 (first on lines 12)"]
