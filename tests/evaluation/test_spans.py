import pytest
from hypothesis import given
from hypothesis import strategies as st
from seqeval import scheme as schemes
from seqeval.metrics import accuracy_score
from seqeval.metrics.sequence_labeling import get_entities
from seqeval.metrics.sequence_labeling import precision_recall_fscore_support as theirs
from seqeval.metrics.v1 import precision_recall_fscore_support as theirs_strictly

from openluke.errors import DataError
from openluke.evaluation.spans import mention_counts, score_mentions, score_tags
from openluke.records import Document, Label, Mention, Span

TAGS = st.sampled_from(["O", "B-PER", "I-PER", "B-ORG", "I-ORG", "B-LOC", "I-LOC"])
PAIRS = st.lists(st.tuples(TAGS, TAGS), min_size=1, max_size=8)
CORPORA = st.lists(PAIRS, min_size=1, max_size=4)


def sides(corpus):
    gold = [[one for one, _ in sentence] for sentence in corpus]
    return gold, [[other for _, other in sentence] for sentence in corpus]


def assert_same(scores, *, expected):
    """Digit for digit: not even the last bit of a float differs."""
    for average in ("micro", "macro", "weighted"):
        prefix = "" if average == "micro" else f"{average}_"
        names = [f"{prefix}{name}" for name in ("precision", "recall", "f1")]
        assert tuple(scores[name] for name in names) == expected(average)[:3]
    precision, recall, f1, support = expected(None)
    rows = [(one.precision, one.recall, one.f1, one.support) for one in scores.labels.values()]
    assert rows == list(zip(precision, recall, f1, support, strict=True))


@given(CORPORA)
def test_scores_of_tags_equal_seqeval(corpus):
    gold, predicted = sides(corpus)
    scores = score_tags(gold, predicted=predicted)
    if scores.labels:  # without a span seqeval has nothing to average and fails
        assert_same(
            scores, expected=lambda how: theirs(gold, predicted, average=how, zero_division=0)
        )
    assert scores["accuracy"] == accuracy_score(gold, predicted)


@pytest.mark.parametrize("scheme", ["iob1", "iob2"])
@given(corpus=CORPORA)
def test_strict_scores_of_tags_equal_seqeval(scheme, corpus):
    gold, predicted = sides(corpus)
    scores = score_tags(gold, predicted=predicted, strict=scheme)
    if scores.labels:
        kind = getattr(schemes, scheme.upper())
        assert_same(
            scores,
            expected=lambda how: theirs_strictly(
                gold, predicted, average=how, zero_division=0, scheme=kind
            ),
        )


@given(CORPORA)
def test_documents_score_as_the_tags_that_mark_the_same(corpus):
    gold, predicted = sides(corpus)
    words = [Span(2 * place, 2 * place + 1) for place in range(8)]

    def document(tags):
        mentions = [
            Mention(start=words[start].start, end=words[last].end, label=label)
            for label, start, last in get_entities(tags)
        ]
        return Document(text="x " * 8, mentions=tuple(mentions))

    by_tags = score_tags(gold, predicted=predicted)
    documents = [document(tags) for tags in gold]
    found = [document(tags) for tags in predicted]
    by_mentions = score_mentions(documents, predicted=found)
    assert by_mentions.labels == by_tags.labels
    assert by_mentions.values.items() <= by_tags.values.items()
    sums = mention_counts(documents, predicted=found).sum(axis=0).tolist()
    assert sums == [by_mentions.counts[name] for name in ("correct", "predicted", "gold")]


def test_values_of_a_case_worked_by_hand():
    gold = [["B-PER", "I-PER", "O", "B-LOC"], ["B-PER"]]
    predicted = [["B-PER", "I-PER", "O", "B-ORG"], ["O"]]
    scores = score_tags(gold, predicted=predicted)
    assert next(iter(scores.values)) == "f1"
    assert scores["precision"] == 1 / 2
    assert scores["recall"] == 1 / 3
    assert scores["f1"] == pytest.approx(2 / 5)
    assert scores["macro_f1"] == pytest.approx((2 / 3 + 0 + 0) / 3)
    assert scores["weighted_f1"] == pytest.approx((2 * 2 / 3 + 1 * 0 + 0 * 0) / 3)
    assert scores["accuracy"] == 3 / 5
    assert scores.labels["ORG"].support == 0
    assert scores.counts == {"sentences": 2, "gold": 3, "predicted": 2, "correct": 1}


def test_flat_scoring_joins_what_touches_across_sentences():
    """Two gold names, which the whole corpus as one sequence makes one."""
    gold = [["O", "I-PER"], ["I-PER", "O"]]
    predicted = [["O", "B-PER"], ["B-PER", "O"]]
    apart = score_tags(gold, predicted=predicted)
    assert (apart["f1"], apart.counts["gold"]) == (1.0, 2)
    flat = score_tags(gold, predicted=predicted, flat=True)
    assert (flat["f1"], flat.counts["gold"], flat.counts["predicted"]) == (0.0, 1, 2)
    assert flat.counts["sentences"] == 2


def make(text, *mentions, **details):
    words, start = [], 0
    for word in text.split():
        start = text.index(word, start)
        words.append(Span(start, start + len(word)))
        start += len(word)
    found = tuple(Mention(start=start, end=end, label=label) for start, end, label in mentions)
    return Document(text=text, words=tuple(words), mentions=found, **details)


def test_flat_scoring_of_documents_joins_gold_alone():
    two = (Span(0, 5), Span(6, 14))
    text, first, second = "aa bb cc dd ee", (3, 5, "PER"), (6, 8, "PER")
    apart = make(text, first, second, sentences=two)
    scores = score_mentions([apart], predicted=[apart], flat=True)
    assert (scores.counts["gold"], scores.counts["predicted"], scores["f1"]) == (1, 2, 0.0)
    within = make(text, first, second, sentences=(Span(0, 14),))
    assert score_mentions([within], predicted=[within], flat=True)["f1"] == 1.0
    other = make(text, first, (6, 8, "ORG"), sentences=two)
    assert score_mentions([other], predicted=[other], flat=True)["f1"] == 1.0


def test_flat_scoring_joins_across_documents_too():
    first, second = make("aa bb", (3, 5, "PER")), make("cc dd", (0, 2, "PER"))
    scores = score_mentions([first, second], predicted=[first, second], flat=True)
    assert scores.counts == {"documents": 2, "gold": 1, "predicted": 2, "correct": 0}


@pytest.mark.parametrize(
    ("document", "message"),
    [
        (Document(text="aa"), "has no words"),
        (make("aa bb", (0, 1, "PER")), "not made of whole words"),
        (make("aa bb", (0, 5, "PER"), (3, 5, "PER")), "shares words with another"),
    ],
)
def test_flat_scoring_refuses_what_tags_cannot_say(document, message):
    with pytest.raises(DataError, match=message):
        score_mentions([document], predicted=[document], flat=True)


def test_nested_and_multi_label_mentions_count_one_by_one():
    gold = Document(
        text="University of Rome",
        mentions=(
            Mention(start=0, end=18, label="ORG"),
            Mention(start=14, end=18, labels=(Label(label="LOC"), Label(label="CITY"))),
        ),
    )
    found = Document(
        text="University of Rome",
        mentions=(
            Mention(start=0, end=18, label="ORG"),
            Mention(start=14, end=18, label="CITY"),
            Mention(start=14, end=18, label="CITY"),
        ),
    )
    scores = score_mentions([gold], predicted=[found])
    assert scores.counts == {"documents": 1, "gold": 3, "predicted": 2, "correct": 2}
    assert (scores["precision"], scores["recall"]) == (1.0, 2 / 3)
    assert scores.labels["LOC"].f1 == 0.0


def test_what_is_right_but_longer_than_any_prediction_counts_against_recall():
    long = Mention(start=0, end=40, label="ORG")
    short = Mention(start=41, end=45, label="PER")
    text = "x" * 40 + " Anna"
    gold, found = (
        Document(text=text, mentions=(long, short)),
        Document(text=text, mentions=(short,)),
    )
    assert score_mentions([gold], predicted=[found])["recall"] == 1 / 2


def test_mentions_without_a_label_are_compared_by_place():
    document = Document(text="Anna", mentions=(Mention(start=0, end=4),))
    assert score_mentions([document], predicted=[document]).labels["_"].support == 1


@pytest.mark.parametrize("n", [0, 1])
def test_nothing_to_find_and_nothing_found_is_zero_without_a_warning(n):
    documents = [Document(text="a")] * n
    for scores in (
        score_mentions(documents, predicted=documents),
        score_tags([["O"]] * n, predicted=[["O"]] * n),
    ):
        assert scores["f1"] == scores["macro_f1"] == scores["weighted_f1"] == 0.0
        assert scores.labels == {}
    assert mention_counts(documents, predicted=documents).shape == (n, 3)


def test_predictions_must_be_as_many_and_of_the_same():
    with pytest.raises(DataError, match="found 0 predictions for 1 documents; expected one for"):
        score_mentions([Document(text="a")], predicted=[])
    with pytest.raises(DataError, match="prediction 0 is for the text 'b', expected 'a'"):
        score_mentions([Document(text="a")], predicted=[Document(text="b")])
    with pytest.raises(DataError, match="prediction 0 is for the id '2', expected '1'"):
        score_mentions([Document(text="a", id="1")], predicted=[Document(text="a", id="2")])
    with pytest.raises(DataError, match="found 2 predictions for 1 sentences"):
        score_tags([["O"]], predicted=[["O"], ["O"]])
    with pytest.raises(DataError, match="sentence 0 has 2 predicted tags for 1 words"):
        score_tags([["O"]], predicted=[["O", "O"]])
