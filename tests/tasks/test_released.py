"""The published examples of the released models, where a model hub can be reached."""

import pytest

import openluke

pytestmark = pytest.mark.network

TEXT = "Beyoncé lives in Los Angeles."
BEYONCE, LOS_ANGELES = (0, 7), (17, 28)


def test_types_of_the_published_example():
    model = openluke.load("studio-ousia/luke-large-finetuned-open-entity", device="cpu")
    found = model.predict(TEXT, mentions=[BEYONCE, LOS_ANGELES])
    types = [{label.label for label in mention.labels} for mention in found.mentions]
    assert types == [{"person"}, {"location", "place"}]


def test_relation_of_the_published_example():
    model = openluke.load("studio-ousia/luke-large-finetuned-tacred", device="cpu")
    found = model.predict(TEXT, relations=[{"head": BEYONCE, "tail": LOS_ANGELES}])
    assert found.relations[0].label == "per:cities_of_residence"


def test_words_and_entities_of_the_published_prompt():
    model = openluke.load("studio-ousia/mluke-base", device="cpu")
    found = model.predict("Tokyo is the capital of <mask>.", mentions=[(24, 30)])
    assert found.words[0].candidates[0].text == "Japan"
    assert found.entities[0].candidates[0].text == "Japan"
