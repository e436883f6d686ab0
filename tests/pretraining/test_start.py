"""What pretraining starts from: rows from titles, and models that do not fit the corpora."""

from pathlib import Path

import pytest
import torch

from openluke.checkpoints.bundle import Bundle
from openluke.checkpoints.saving import save_bundle
from openluke.errors import ConfigError
from openluke.pretraining.corpus.corpus import Corpus
from openluke.pretraining.recipe import StartConfig
from openluke.pretraining.start import starting_bundle
from openluke.pretraining.title_rows import set_title_rows
from tests.finetuning.tiny_start import tiny_bundle
from tests.pretraining import tiny_run

SIZES = {"hidden_size": 16, "n_layers": 1, "n_heads": 2, "feed_forward_size": 32, "n_positions": 64}


@pytest.fixture(scope="module")
def corpus(tmp_path_factory: pytest.TempPathFactory) -> Corpus:
    return tiny_run.write_inputs(tmp_path_factory.mktemp("inputs"))


def start(corpus: Corpus, **options: object) -> Bundle:
    sizes = {**SIZES, **options.pop("sizes", {})}
    return starting_bundle(StartConfig(sizes=sizes, **options), corpus=corpus, seed=1)


def mean_words(bundle: Bundle, *, row: int) -> torch.Tensor:
    title = bundle.entities.title(row)
    pieces = bundle.tokenizer.encode([[title]], offsets=False)[0].ids
    return bundle.encoder.words.tokens.weight[pieces].mean(dim=0)


def rows_of_titles(bundle: Bundle) -> list[int]:
    return [bundle.entities.id(title) for title in (*tiny_run.CITIES, *tiny_run.RIVERS)]


def test_rows_from_titles_are_means_of_words(corpus: Corpus):
    bundle = start(corpus, entity_size=16, entity_rows="titles")
    rows = rows_of_titles(bundle)
    means = torch.stack([mean_words(bundle, row=row) for row in rows])
    wanted = means - means.mean(dim=0)
    found = bundle.encoder.entities.table.weight[rows]
    torch.testing.assert_close(found / found.norm(), wanted / wanted.norm(), atol=1e-5, rtol=1e-4)
    sizes = bundle.encoder.config
    assert found.square().mean().sqrt().item() == pytest.approx(sizes.initializer_range, rel=1e-3)


def test_narrow_rows_lead_back_to_the_words_as_far_as_they_can(corpus: Corpus):
    bundle = start(corpus, entity_size=10, entity_rows="titles")
    rows = rows_of_titles(bundle)
    means = torch.stack([mean_words(bundle, row=row) for row in rows])
    centred = means - means.mean(dim=0)
    projection = bundle.encoder.entities.projection
    assert projection is not None
    back = projection(bundle.encoder.entities.table.weight[rows])
    # 11 titles less their mean have 10 directions, so that nothing is lost
    torch.testing.assert_close(back / back.norm(), centred / centred.norm(), atol=1e-4, rtol=1e-3)


def test_special_entities_stay_as_they_are(corpus: Corpus):
    random = start(corpus, entity_size=8)
    titled = start(corpus, entity_size=8, entity_rows="titles")
    special = [random.entities.special.mask, random.entities.special.unk]
    assert torch.equal(
        random.encoder.entities.table.weight[special], titled.encoder.entities.table.weight[special]
    )


def test_rows_wider_than_words_are_refused(corpus: Corpus):
    bundle = start(corpus, entity_size=32)
    with pytest.raises(ConfigError, match="entity_size is 32"):
        set_title_rows(bundle.encoder, tokenizer=bundle.tokenizer, entities=bundle.entities)


def test_mentions_can_stand_where_their_words_stand(corpus: Corpus):
    encoder = start(corpus, entity_positions="words").encoder
    first = encoder.words.first_position
    words, entities = encoder.words.positions.weight, encoder.entities.positions.weight
    assert torch.equal(words[first:], entities[: len(words) - first])


def test_sizes_that_the_corpora_say_are_refused(corpus: Corpus):
    with pytest.raises(ConfigError, match=r"start\.sizes has n_words"):
        start(corpus, sizes={"n_words": 7})


def test_inputs_that_the_model_cannot_read_are_refused(corpus: Corpus):
    with pytest.raises(ConfigError, match=r"inputs of up to 40 .* but the model reads 19"):
        start(corpus, sizes={"n_positions": 20})


def test_a_model_of_other_entities_is_refused(corpus: Corpus, tmp_path: Path):
    other = start(corpus)
    other = Bundle(
        encoder=other.encoder,
        tokenizer=other.tokenizer,
        entities=tiny_bundle().entities,
        inputs=other.inputs,
        heads=other.heads,
    )
    save_bundle(other, directory=tmp_path / "model")
    with pytest.raises(ConfigError, match="entities are not the"):
        starting_bundle(StartConfig(model=str(tmp_path / "model")), corpus=corpus, seed=0)


def test_a_model_without_a_masked_head_is_refused(corpus: Corpus, tmp_path: Path):
    save_bundle(tiny_bundle(), directory=tmp_path / "model")
    with pytest.raises(ConfigError, match="no head for masked words"):
        starting_bundle(StartConfig(model=str(tmp_path / "model")), corpus=corpus, seed=0)
