"""What is asked of a batch and what its losses are: sums over what is hidden, of packed rows."""

import dataclasses

import numpy as np
import pytest
import torch
import torch.distributed as dist
from torch.nn import functional
from torch.nn.parallel import DistributedDataParallel

from openluke.errors import ConfigError
from openluke.instances import Instance
from openluke.model.config import EncoderConfig, HeadConfig
from openluke.model.encoder import Encoder
from openluke.model.flops import encoder_flops, masked_flops
from openluke.model.heads import build_head
from openluke.model.labels import IGNORE
from openluke.model.model import Model
from openluke.pretraining.masking import Masker, MaskingConfig
from openluke.pretraining.objective import (
    MASKED,
    PAGE_ENTITY,
    ObjectiveConfig,
    PretrainingObjective,
)
from openluke.pretraining.page_entity import PageEntityHead
from openluke.training.distributed import Losses
from tests.pretraining.conftest import features_of, pieces_of

TEXTS = (
    "Tokyo is the capital of Japan, and Beyoncé lives in Los Angeles.",
    "Ana Ivanovic said on Thursday she could hardly believe her luck.",
    "They go there.",
)
N_ENTITIES = (3, 0, 2)
PAGES = (5, -1, 7)
WORDS_ONLY = {"entity_loss": "none", "words_only": True}


@pytest.fixture
def instances(luke):
    made = []
    for text, n, page in zip(TEXTS, N_ENTITIES, PAGES, strict=True):
        features = features_of(
            pieces_of(luke, text=text),
            entities=range(4, 4 + n),
            ranges=[(i + 1, i + 3) for i in range(n)],
        )
        made.append(Instance(features=(features,), targets={"page": np.array([page])}))
    return made


@pytest.fixture
def sizes(luke, vocab):
    return EncoderConfig(
        n_words=luke.n_words,
        n_entities=vocab.n_ids,
        hidden_size=16,
        entity_size=8,
        n_layers=2,
        n_heads=2,
        feed_forward_size=24,
        n_positions=80,
        hidden_dropout=0.0,
        attention_dropout=0.0,
        initializer_range=0.3,
        word_pad_id=luke.pad_id,
    )


def model_of(sizes):
    generator = torch.Generator().manual_seed(0)
    encoder = Encoder(sizes, generator=generator)
    head = build_head(HeadConfig(kind="masked"), encoder=encoder, generator=generator)
    page = PageEntityHead(sizes, generator=generator)
    return Model(encoder, heads={MASKED: head, PAGE_ENTITY: page})


@pytest.fixture
def model(sizes):
    return model_of(sizes)


@pytest.fixture
def objective(luke, vocab):
    def make(**options):
        config = ObjectiveConfig(
            **{
                "masking": MaskingConfig(words=0.3, entities=0.5, whole_words=False),
                "softmax_rows": 2,
                **options,
            }
        )
        return PretrainingObjective(config, tokenizer=luke, entities=vocab)

    return make


def collate(objective, *, instances, seed=0):
    return objective.collate(instances, rng=np.random.default_rng(seed))


def test_rows_are_those_of_the_packed_batch(objective, instances, luke):
    inputs = collate(objective(page_entity=True), instances=instances)
    targets, batch = inputs.targets, inputs.batch
    words = np.concatenate([one.features[0].word_ids for one in instances])
    entities = np.concatenate([one.features[0].entity_ids for one in instances])
    for kind, truth, read in (
        ("word", words, batch.word_ids),
        ("entity", entities, batch.entity_ids),
    ):
        rows, labels = targets[f"{kind}_rows"], targets[f"{kind}_labels"]
        assert rows.dtype == labels.dtype == torch.int64
        assert labels.tolist() == truth[rows].tolist()
        changed = (read.numpy() != truth).nonzero()[0]
        assert set(changed) <= set(rows.tolist())
    assert (batch.entity_ids[targets["entity_rows"]] == 2).all()
    assert inputs.n_targets == {
        "words": len(targets["word_rows"]),
        "entities": 3,
        "page": 2,
    }
    assert targets["page"].tolist() == [5, 7]
    assert targets["page_rows"].tolist() == [0, batch.layout.word_starts[2]]
    assert inputs.instances == tuple(instances)


def test_what_is_hidden_does_not_depend_on_neighbours(objective, instances):
    whole = collate(objective(), instances=instances)
    other = collate(objective(), instances=[instances[1], instances[1], instances[2]])
    n = len(instances[2].features[0])
    assert torch.equal(whole.batch.word_ids[-n:], other.batch.word_ids[-n:])
    assert torch.equal(whole.batch.entity_ids[-2:], other.batch.entity_ids[-2:])
    again = collate(objective(), instances=instances)
    assert torch.equal(whole.batch.word_ids, again.batch.word_ids)
    assert not torch.equal(
        whole.batch.word_ids, collate(objective(), instances=instances, seed=1).batch.word_ids
    )


def test_losses_are_those_of_all_scores(objective, instances, model):
    made = objective(page_entity=True)
    inputs = collate(made, instances=instances)
    found = made.losses(inputs, model=model)
    targets = inputs.targets
    output = model.encoder(inputs.batch)
    scores = model.head(MASKED)(output, inputs.batch)
    expected = {
        "words": (scores.words[targets["word_rows"]], targets["word_labels"]),
        "entities": (scores.entities[targets["entity_rows"]], targets["entity_labels"]),
    }
    total = torch.zeros(())
    for name, (rows, labels) in expected.items():
        loss = functional.cross_entropy(rows, labels, reduction="sum")
        total = total + loss
        assert torch.allclose(found[name], loss, rtol=1e-5)
        ranks = (rows > rows.gather(1, labels[:, None])).sum(1) + 1
        assert found[f"{name}/accuracy"] == (ranks == 1).sum()
        assert torch.allclose(found[f"{name}/reciprocal_rank"], (1 / ranks).sum())
    guessed = model.heads[PAGE_ENTITY](output.words[targets["page_rows"]])
    embeddings = model.encoder.entities.table.weight[targets["page"]]
    loss = sum(functional.mse_loss(a, b) for a, b in zip(guessed, embeddings, strict=True))
    assert torch.allclose(found["page"], loss)
    (total + loss).backward()
    theirs = {name: p.grad.clone() for name, p in model.named_parameters() if p.grad is not None}
    model.zero_grad()
    sum(found[name] for name in inputs.n_targets).backward()
    ours = {name: p.grad for name, p in model.named_parameters() if p.grad is not None}
    assert ours.keys() == theirs.keys()
    for name, gradient in ours.items():
        assert (gradient - theirs[name]).norm() <= 1e-5 * theirs[name].norm() + 1e-7, name


def test_losses_of_parts_add_up(objective, instances, model):
    made = objective(page_entity=True)
    whole = collate(made, instances=instances)
    parts = []
    for i, instance in enumerate(instances):
        # in the same place, so that the same is hidden
        others = [Instance(features=(features_of([0, 2]),), targets=NO_PAGE)] * i
        parts.append(collate(made, instances=[*others, instance]))
    found = made.losses(whole, model=model)
    sums = [made.losses(part, model=model) for part in parts]
    for name in found:
        total = sum(one[name] for one in sums)
        assert torch.allclose(found[name], total, rtol=1e-5), name
    for name, n in whole.n_targets.items():
        assert n == sum(part.n_targets[name] for part in parts)


NO_PAGE = {"page": np.array([-1])}

OPTIONS = {
    "all": {"page_entity": True},
    "sampled": {"entity_loss": "sampled", "n_sampled": 9},
    "by counts": {"entity_loss": "sampled", "n_sampled": 9, "sampling": "unigram"},
    "words": {"entity_loss": "none"},
    "entities": {"words": False},
    "page": {"words": False, "entity_loss": "none", "page_entity": True},
    "words only": WORDS_ONLY,
}
NAMES = {
    "all": {"words", "entities", "page"},
    "sampled": {"words", "entities"},
    "by counts": {"words", "entities"},
    "words": {"words"},
    "entities": {"entities"},
    "page": {"page"},
    "words only": {"words"},
}


@pytest.mark.parametrize("name", OPTIONS)
@pytest.mark.parametrize("autocast", [False, True], ids=["float32", "bfloat16"])
@pytest.mark.parametrize("which", ["all", "without entities", "empty"])
def test_every_batch_has_every_loss(objective, instances, model, name, autocast, which):
    given = {
        "all": instances,
        "without entities": instances[1:2],
        "empty": [Instance(features=(features_of([0, 2]),), targets=NO_PAGE)],
    }[which]
    made = objective(**OPTIONS[name])
    inputs = collate(made, instances=given)
    with torch.autocast("cpu", torch.bfloat16, enabled=autocast):
        found = made.losses(inputs, model=model.train())
    assert set(inputs.n_targets) == NAMES[name] == {one for one in found if "/" not in one}
    for loss in NAMES[name]:
        assert found[loss].dtype == torch.float32
        assert found[loss].requires_grad
        assert (found[loss] > 0) == (inputs.n_targets[loss] > 0)
    assert all(not found[one].requires_grad for one in found if "/" in one)
    torch.stack([found[loss] for loss in sorted(NAMES[name])]).sum().backward()
    assert all(p.grad.isfinite().all() for p in model.parameters() if p.grad is not None)
    if which == "empty":
        assert all(not p.grad.any() for p in model.parameters() if p.grad is not None)


@pytest.fixture
def group():
    dist.init_process_group("gloo", store=dist.HashStore(), rank=0, world_size=1)
    yield
    dist.destroy_process_group()


@pytest.mark.parametrize("name", OPTIONS)
def test_data_parallel_training_finds_what_a_batch_does_not_use(
    group, objective, instances, model, name
):
    made = objective(**OPTIONS[name])
    spread = DistributedDataParallel(
        Losses(model.train(), objective=made), find_unused_parameters=True
    )
    for given in (instances, instances[1:2], instances):
        inputs = collate(made, instances=given)
        gradients = []
        for losses in (lambda one: made.losses(one, model=model), spread):
            model.zero_grad()
            found = losses(inputs)
            sum(found[loss] for loss in inputs.n_targets).backward()
            gradients.append({n: p.grad for n, p in model.named_parameters() if p.grad is not None})
        alone, together = gradients
        assert set(alone) <= set(together)
        for parameter, gradient in together.items():
            expected = alone.get(parameter, torch.zeros(()))
            assert torch.allclose(gradient, expected, atol=1e-6), parameter


def test_words_alone_are_read_as_if_there_were_no_entities(objective, instances, model):
    made = objective(**WORDS_ONLY)
    inputs = collate(made, instances=instances)
    found = made.losses(inputs, model=model)
    found["words"].backward()
    assert model.encoder.entities.table.weight.grad is None
    bare = [
        dataclasses.replace(
            one, features=(features_of(one.features[0].word_ids),), targets=one.targets
        )
        for one in instances
    ]
    alone = objective(**WORDS_ONLY, masking=made.config.masking)
    again = collate(alone, instances=bare)
    assert torch.isfinite(alone.losses(again, model=model)["words"])


def test_a_sample_is_for_training_alone(objective, instances, model):
    made = objective(entity_loss="sampled", n_sampled=9)
    inputs = collate(made, instances=instances)
    assert "entities/accuracy" not in made.losses(inputs, model=model.train())
    found = made.losses(inputs, model=model.eval())
    expected = objective().losses(inputs, model=model)
    assert torch.equal(found["entities"], expected["entities"])
    assert torch.equal(found["entities/accuracy"], expected["entities/accuracy"])


def test_a_sample_of_everything_gives_the_full_loss(objective, instances, model, vocab):
    made = objective(entity_loss="sampled", n_sampled=vocab.n_ids)
    inputs = collate(made, instances=instances)
    found = made.losses(inputs, model=model.train())["entities"]
    expected = objective().losses(inputs, model=model)["entities"]
    assert torch.allclose(found, expected, rtol=1e-5)


def test_a_sample_changes_with_the_generator_alone(objective, instances):
    made = objective(entity_loss="sampled", n_sampled=9)
    first, again, other = (collate(made, instances=instances, seed=seed) for seed in (0, 0, 1))
    assert torch.equal(first.targets["negatives"], again.targets["negatives"])
    assert not torch.equal(first.targets["negatives"], other.targets["negatives"])
    assert len(first.targets["negatives"]) == 9


def test_the_page_draws_its_entity_near(objective, instances, model):
    made = objective(**OPTIONS["page"])
    inputs = collate(made, instances=instances)
    made.losses(inputs, model=model)["page"].backward()
    gradient = model.encoder.entities.table.weight.grad
    assert gradient[[5, 7]].any(dim=1).all()


def test_masks_are_those_of_the_masker(objective, instances, luke, vocab):
    config = MaskingConfig(words=0.5, entities=1.0, mention_words=True)
    inputs = collate(objective(masking=config), instances=instances[:1])
    (rng,) = np.random.default_rng(0).spawn(1)
    masker = Masker(config, tokenizer=luke, entities=vocab)
    expected = masker(instances[0].features[0], rng=rng)
    assert inputs.batch.word_ids.tolist() == expected.features.word_ids.tolist()
    places = np.flatnonzero(expected.word_labels != IGNORE)
    assert inputs.targets["word_rows"].tolist() == places.tolist()


def test_a_mention_is_placed_by_as_many_pieces_as_asked_for(luke, vocab, instances):
    for n in (1, 2):
        made = PretrainingObjective(
            ObjectiveConfig(), tokenizer=luke, entities=vocab, max_mention_length=n
        )
        batch = collate(made, instances=instances).batch
        assert len(batch.mention_positions) == n * sum(N_ENTITIES)


@pytest.mark.parametrize(
    ("options", "message"),
    [
        ({"entity_loss": "half"}, "entity_loss is 'half', expected one of"),
        ({"words_only": True}, "words_only leaves no entities to predict"),
        ({"words": False, "entity_loss": "none"}, "there is nothing to learn"),
        ({"n_sampled": 0}, "n_sampled is 0, expected at least 1"),
        ({"softmax_rows": 0}, "softmax_rows is 0"),
    ],
)
def test_options_that_contradict_each_other_are_refused(options, message):
    with pytest.raises(ConfigError, match=message):
        ObjectiveConfig(**options)


def test_a_model_without_what_is_trained_is_refused(objective, instances, model, sizes):
    made = objective(page_entity=True)
    inputs = collate(made, instances=instances)
    bare = Model(model.encoder, heads={MASKED: model.head(MASKED)})
    with pytest.raises(ConfigError, match="no head 'page_entity'; found masked"):
        made.losses(inputs, model=bare)
    without = model_of(dataclasses.replace(sizes, n_entities=0))
    inputs = collate(objective(), instances=instances[1:2])
    with pytest.raises(ConfigError, match="the encoder has no entities"):
        objective().losses(inputs, model=without)


def test_the_work_of_a_batch_is_that_of_what_is_read_and_asked(objective, instances, model):
    def work(**options):
        ours = objective(**options)
        return ours.flops(collate(ours, instances=instances), model=model)

    whole = work()
    words = work(words_only=True, entity_loss="none")
    sampled = work(entity_loss="sampled", n_sampled=4)
    assert words < sampled < whole
    batch = collate(objective(), instances=instances)
    head = masked_flops(
        model.heads["masked"],
        encoder=model.encoder,
        layout=batch.batch.layout,
        word_rows=batch.n_targets["words"],
        entity_rows=batch.n_targets["entities"],
    )
    assert whole == encoder_flops(model.encoder, layout=batch.batch.layout) + head
