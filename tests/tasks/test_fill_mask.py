"""Fill mask guesses words and entities, and learns the words that its masks hide."""

import numpy as np
import pytest
import torch

from openluke.errors import ConfigError
from openluke.model.labels import IGNORE
from openluke.records import FilledMask, FilledText, MaskedText, Mention, Span
from openluke.records.texts import Candidate
from openluke.task import MAIN
from openluke.tasks.fill_mask import FillMask, FillMaskConfig

TEXT = "Tokyo is the capital of Japan."
EXAMPLE = MaskedText(
    text=TEXT,
    masks=(Span(6, 8), Span(13, 20)),
    mentions=(Mention(start=0, end=5, entity="Tokyo"), Mention(start=24, end=29)),
)


@pytest.fixture
def make(setup):
    def make(*, inputs=None, **options):
        return FillMask(FillMaskConfig(**options), setup=setup(**inputs or {}))

    return make


def test_masks_are_read_as_masks_and_entities_as_what_they_name(make, tokenizer, entities):
    ((instance,),) = make().encode([EXAMPLE])
    (features,) = instance.features
    assert features.word_ids.tolist().count(tokenizer.mask_id) == 2
    assert features.entity_ids.tolist() == [entities.id("Tokyo"), entities.special.mask]
    # "capital" is several pieces of this tokenizer: that it hides cannot be learnt from one mask.
    known, unknown = instance.targets["words"].tolist()
    assert tokenizer.decode([known]) == " is"
    assert unknown == IGNORE


def test_each_gap_has_its_candidates_the_likeliest_first(make, model_for, run):
    task = make(top_k=3)
    (found,) = run(task, model_for(task), [EXAMPLE])
    assert [(gap.start, gap.end) for gap in found.words] == [(6, 8), (13, 20)]
    assert [(gap.start, gap.end) for gap in found.entities] == [(24, 29)]
    for gap in (*found.words, *found.entities):
        scores = [candidate.score for candidate in gap.candidates]
        assert len(scores) == 3
        assert scores == sorted(scores, reverse=True)
        assert 0 < sum(scores) < 1


def test_special_entities_are_no_candidates(make, model_for, run, entities):
    task = make(top_k=100)
    (found,) = run(task, model_for(task), [EXAMPLE])
    titles = {candidate.text for candidate in found.entities[0].candidates}
    assert len(titles) == entities.n_ids - 4
    assert not any(title.startswith("[") for title in titles)


def test_probabilities_are_those_of_the_whole_vocabulary(make, model_for, run, tokenizer):
    task = make(top_k=tokenizer.n_words)
    model = model_for(task)
    (instances,) = task.encode([EXAMPLE])
    inputs = task.collate(instances, rng=np.random.default_rng(0))
    (output,) = task.outputs(inputs, model=model)
    assert output["scores"][0].sum() == pytest.approx(1.0, abs=1e-5)
    (found,) = run(task, model, [EXAMPLE])
    is_special = np.isin(output["ids"][0], list(tokenizer.special_ids))
    of_special = output["scores"][0][is_special].sum()
    scores = [candidate.score for candidate in found.words[0].candidates]
    assert sum(scores) == pytest.approx(1.0 - of_special, abs=1e-5)


def test_special_tokens_are_no_candidates(make, model_for, run, tokenizer):
    task = make(top_k=tokenizer.n_words)
    (found,) = run(task, model_for(task), [EXAMPLE])
    candidates = found.words[0].candidates
    assert len(candidates) == tokenizer.n_words - len(tokenizer.special_ids)
    special = {tokenizer.token(row) for row in tokenizer.special_ids}
    assert special.isdisjoint(candidate.text for candidate in candidates)


def test_a_text_that_names_no_masks_may_have_them_in_it(make, model_for, run, tokenizer):
    task = make()
    example = MaskedText(text="Tokyo <mask> the <mask>.")
    ((instance,),) = task.encode([example])
    assert instance.targets["words"].tolist() == [IGNORE, IGNORE]
    (found,) = run(task, model_for(task), [example])
    assert [example.text[gap.start : gap.end] for gap in found.words] == ["<mask>", "<mask>"]
    assert task.score([example], predicted=[found]).counts["masked words"] == 0


def test_a_text_without_gaps_is_not_read(make, model_for, run):
    task = make()
    named = MaskedText(text=TEXT, mentions=EXAMPLE.mentions[:1])
    assert task.encode([named]) == [[]]
    assert run(task, model_for(task), [named]) == [FilledText(text=TEXT)]


def test_gaps_of_a_long_text_are_filled_in_some_window(make, model_for, run):
    text = "word " * 100 + TEXT + " word" * 100
    mentions = (Mention(start=500, end=505), Mention(start=len(text) - 4, end=len(text)))
    example = MaskedText(text=text, masks=(Span(0, 4), Span(506, 508)), mentions=mentions)
    task = make()
    (found,) = run(task, model_for(task), [example])
    assert all(len(gap.candidates) == 5 for gap in (*found.words, *found.entities))
    assert len(found.words) == len(found.entities) == 2


def test_a_model_without_entities_fills_words(make, model_for, run):
    task = make()
    model = model_for(task, n_entities=0)
    example = MaskedText(text=TEXT, masks=EXAMPLE.masks)
    (found,) = run(task, model, [example])
    assert len(found.words[0].candidates) == 5
    assert found.entities == ()


def test_words_alone_are_read_and_filled_in_the_mode_of_words(make, model_for, run):
    task = make(mode="words")
    assert (task.needs_titles, make().needs_titles) == (False, True)
    ((instance,),) = task.encode([EXAMPLE])
    assert instance.features[0].n_entities == 0
    model = model_for(task)
    (found,) = run(task, model, [EXAMPLE])
    assert found.entities == ()
    assert found.words == run(task, model, [MaskedText(text=TEXT, masks=EXAMPLE.masks)])[0].words
    only_entities = MaskedText(text=TEXT, mentions=EXAMPLE.mentions)
    assert run(task, model, [only_entities]) == [FilledText(text=TEXT)]


def test_scores_of_words_are_divided_by_the_temperature(make, model_for, run):
    plain, warm = make(), make(temperature=2.0)
    model = model_for(plain)
    (before,), (found,) = (run(task, model, [EXAMPLE]) for task in (plain, warm))
    assert found.entities == before.entities
    instances = plain.encode([EXAMPLE])[0]
    inputs = plain.collate(instances, rng=np.random.default_rng(0))
    with torch.no_grad():
        rows = [gap.row for gap in instances[0].details.words]
        scores = model.heads[MAIN](model.encoder(inputs.batch), inputs.batch).words[rows]
    expected = (scores / 2.0).softmax(-1)
    words = plain.setup.tokenizer
    for gap, old, row in zip(found.words, before.words, expected, strict=True):
        assert [one.text for one in gap.candidates] == [one.text for one in old.candidates]
        best = [p for n, p in enumerate(row.tolist()) if n not in words.special_ids]
        likeliest = sorted(best, reverse=True)[: len(gap.candidates)]
        assert [one.score for one in gap.candidates] == pytest.approx(likeliest, rel=0.01)


def filled(*words):
    return FilledMask(
        start=6, end=8, candidates=tuple(Candidate(text=word, score=0.3) for word in words)
    )


def test_the_words_that_masks_hide_are_what_is_right(make):
    task = make()
    gold = MaskedText(text=TEXT, masks=EXAMPLE.masks[:1])
    scores = [
        task.score([gold], predicted=[FilledText(text=TEXT, words=words)]).values
        for words in ([filled("is", "was")], [filled("was", "is")], [filled("was")], [])
    ]
    assert [one["accuracy"] for one in scores] == [1.0, 0.0, 0.0, 0.0]
    assert [one["among_candidates"] for one in scores] == [1.0, 1.0, 0.0, 0.0]
    predicted = FilledText(text=TEXT, words=(filled("is"),))
    assert list(task.judge(gold, predicted=predicted)) == [(0.3, True)]


def test_the_loss_is_that_of_the_hidden_words(make, model_for):
    task = make()
    model = model_for(task)
    instances = task.encode([EXAMPLE])[0]
    inputs = task.collate(instances, rng=np.random.default_rng(0))
    assert inputs.n_targets == {"words": 1}
    with torch.no_grad():
        loss = task.losses(inputs, model=model)["words"]
        output = model.encoder(inputs.batch)
        row = instances[0].details.words[0].row
        scores = model.heads[MAIN](output, inputs.batch).words[row]
    word = instances[0].targets["words"][0]
    assert torch.allclose(loss, -scores.log_softmax(-1)[word])


@pytest.mark.parametrize(
    ("options", "message"),
    [
        ({"top_k": 0}, "top_k is 0, expected at least 1"),
        ({"temperature": 0.0}, "temperature is 0.0"),
    ],
)
def test_options_that_cannot_be_are_refused(options, message):
    with pytest.raises(ConfigError, match=message):
        FillMaskConfig(**options)
