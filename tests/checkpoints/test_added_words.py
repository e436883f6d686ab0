"""New tokens begin as copies of words, and nothing else of a model changes."""

import pytest
import torch

from examples.tiny_model import TEXTS, tiny_model
from openluke.checkpoints.added_words import with_words
from openluke.checkpoints.bundle import Bundle
from openluke.checkpoints.loading import load_bundle
from openluke.checkpoints.saving import save_bundle
from openluke.errors import ConfigError
from openluke.model.batch import Batch
from openluke.model.config import HeadConfig
from openluke.tasks.cloze_qa import PUBLISHED_TOKENS, TASK, ClozeQAConfig

WORDS = {"[ENTITY]": "e", "[PLACEHOLDER]": "d"}


@pytest.fixture
def bundle() -> Bundle:
    return tiny_model(TEXTS).with_head("masked", config=HeadConfig(kind="masked"))


def word_scores(bundle: Bundle, *, text: str = "Ada wrote in London.") -> torch.Tensor:
    (windows,) = [bundle.entity_inputs()(text)]
    batch = Batch.collate(list(windows), max_mention_length=30)
    with torch.no_grad():
        return bundle.head("masked").module(bundle.encoder(batch), batch).words


def test_new_tokens_have_the_vectors_of_their_words(bundle: Bundle) -> None:
    more = with_words(bundle, words=WORDS)
    n_words = bundle.tokenizer.n_words
    assert [more.tokenizer.id(token) for token in WORDS] == [n_words, n_words + 1]
    table = more.encoder.words.tokens.weight
    assert len(table) == n_words + 2
    sources = [bundle.tokenizer.id(piece) for piece in WORDS.values()]
    assert torch.equal(table[n_words:], table[sources])


def test_what_is_known_is_scored_as_before(bundle: Bundle) -> None:
    before, after = word_scores(bundle), word_scores(with_words(bundle, words=WORDS))
    known = bundle.tokenizer.n_words
    torch.testing.assert_close(after[:, :known], before[:, :known])
    assert after.shape[1] == known + 2


def test_tokens_that_are_there_stay(bundle: Bundle) -> None:
    more = with_words(bundle, words=WORDS)
    assert with_words(more, words=WORDS) is more
    again = with_words(more, words={**WORDS, "[HIGHLIGHT]": "a"})
    assert again.tokenizer.n_words == more.tokenizer.n_words + 1


def test_a_saved_model_has_its_new_tokens(bundle: Bundle, tmp_path) -> None:
    more = with_words(bundle, words=WORDS)
    save_bundle(more, directory=tmp_path / "model")
    loaded = load_bundle(tmp_path / "model")
    assert [loaded.tokenizer.id(t) for t in WORDS] == [more.tokenizer.id(t) for t in WORDS]
    torch.testing.assert_close(word_scores(loaded), word_scores(more))


def test_a_word_to_begin_as_must_be_known(bundle: Bundle) -> None:
    with pytest.raises(ConfigError, match="begin as 'nothing like it', which the tokenizer"):
        with_words(bundle, words={"[ENTITY]": "nothing like it"})


def test_the_published_cloze_task_is_made_with_them(bundle: Bundle) -> None:
    words = dict.fromkeys(PUBLISHED_TOKENS, "e")
    more = with_words(bundle, words=words)
    assert TASK(ClozeQAConfig(tokens="published"), setup=more.task_setup()).name == "cloze_qa"
