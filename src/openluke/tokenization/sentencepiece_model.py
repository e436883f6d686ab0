"""Read a SentencePiece model file and build the same tokenizer in Rust, with fairseq's ids."""

import struct
from collections.abc import Iterator
from dataclasses import dataclass
from pathlib import Path

from tokenizers import Regex, Tokenizer, models, normalizers, pre_tokenizers

from openluke.errors import CheckpointError
from openluke.tokenization.character_rules import character_rules

SPACE_MARK = "▁"
FAIRSEQ_SPECIALS = ("<s>", "<pad>", "</s>", "<unk>")
"""Ids 0 to 3 of XLM-R's vocabulary. They stand in for the three specials of the model file, so
that every other piece has its SentencePiece id plus one; ``<mask>`` comes last."""
_FILE_SPECIALS = ["<unk>", "<s>", "</s>"]
_UNKNOWN_ID = FAIRSEQ_SPECIALS.index("<unk>")

_NORMAL, _USER_DEFINED = 1, 4
_UNIGRAM, _BPE = 1, 2
_VARINT, _FIXED64, _LENGTH, _FIXED32 = 0, 1, 2, 5


@dataclass(frozen=True, slots=True, kw_only=True)
class SentencePieceModel:
    """What a ``sentencepiece.bpe.model`` file says."""

    pieces: list[tuple[str, float]]
    """Pieces with their scores, in the order of the file."""
    user_defined: list[str]
    """Pieces that are always kept whole."""
    is_bpe: bool
    byte_fallback: bool
    charsmap: bytes
    """Compiled normalisation rules; empty for none."""
    dummy_prefix: bool
    """Whether a space is put before the text."""
    collapse_spaces: bool
    """Whether spaces at the ends are dropped and runs of spaces become one."""

    @classmethod
    def read(cls, path: str | Path) -> "SentencePieceModel":
        """Read a SentencePiece model file."""
        try:
            message = memoryview(Path(path).read_bytes())
            return _parse_model(message)
        except OSError as error:
            raise CheckpointError(f"{path}: cannot be read: {error.strerror}") from error
        except (ValueError, IndexError, struct.error) as error:
            raise CheckpointError(
                f"{path}: not a whole SentencePiece model ({error}); fetch the file again"
            ) from error


def build_sentencepiece(model: SentencePieceModel, *, path: str | Path) -> Tokenizer:
    """A Rust tokenizer that gives XLM-R's ids for a SentencePiece model.

    ``path`` names the file in messages.
    """
    found = [piece for piece, _ in model.pieces[:3]]
    if found != _FILE_SPECIALS:
        raise CheckpointError(
            f"{path}: its first pieces are {found}, expected {_FILE_SPECIALS} as in XLM-R; "
            "give the tokenizer as tokenizer.json instead"
        )
    rows = [(special, 0.0) for special in FAIRSEQ_SPECIALS]
    rows += model.pieces[len(_FILE_SPECIALS) :]
    rows.append(("<mask>", 0.0))
    tokenizer = Tokenizer(_bpe(rows, model=model) if model.is_bpe else _unigram(rows, model=model))
    tokenizer.normalizer = normalizers.Sequence(_normalizers(model))
    # With spaces collapsed, the one at the start of a text, if any, is the dummy prefix itself.
    scheme = "always" if model.dummy_prefix and model.collapse_spaces else "never"
    tokenizer.pre_tokenizer = pre_tokenizers.Metaspace(
        replacement=SPACE_MARK, prepend_scheme=scheme
    )
    return tokenizer


def _unigram(rows: list[tuple[str, float]], *, model: SentencePieceModel) -> models.Model:
    return models.Unigram(rows, unk_id=_UNKNOWN_ID, byte_fallback=model.byte_fallback)


def _bpe(rows: list[tuple[str, float]], *, model: SentencePieceModel) -> models.Model:
    """SentencePiece's BPE names no merges: every split of a piece into two pieces is one."""
    ids = {piece: row for row, (piece, _) in enumerate(rows)}
    merges = [
        (-score, row, piece[:cut], piece[cut:])
        for row, (piece, score) in enumerate(rows)
        for cut in range(1, len(piece))
        if piece[:cut] in ids and piece[cut:] in ids
    ]
    merges.sort(key=lambda merge: (merge[0], merge[1], ids[merge[2]], ids[merge[3]]))
    return models.BPE(
        vocab=ids,
        merges=[(left, right) for _, _, left, right in merges],
        unk_token=FAIRSEQ_SPECIALS[_UNKNOWN_ID],
        fuse_unk=True,
        byte_fallback=model.byte_fallback,
    )


def _normalizers(model: SentencePieceModel) -> list[normalizers.Normalizer]:
    steps: list[normalizers.Normalizer] = []
    if model.charsmap:
        steps += character_rules(model.charsmap)
    if model.collapse_spaces:
        steps.append(normalizers.Replace(Regex(" {2,}"), " "))
        steps.append(normalizers.Replace(Regex(r" \z" if model.dummy_prefix else r"\A | \z"), ""))
    elif model.dummy_prefix:
        steps.append(normalizers.Prepend(" "))
    return steps


def _parse_model(message: memoryview) -> SentencePieceModel:
    pieces: list[tuple[str, float]] = []
    user_defined: list[str] = []
    trainer, rules = memoryview(b""), memoryview(b"")
    for field, value in _fields(message):
        if field == 1 and isinstance(value, memoryview):
            piece, score, kind = _parse_piece(value)
            pieces.append((piece, score))
            if kind == _USER_DEFINED:
                user_defined.append(piece)
        elif field == 2 and isinstance(value, memoryview):
            trainer = value
        elif field == 3 and isinstance(value, memoryview):
            rules = value
    if not pieces:
        raise ValueError("it holds no pieces")
    training = dict(_fields(trainer))
    normalising = dict(_fields(rules))
    kind = training.get(3, _UNIGRAM)
    if kind not in (_UNIGRAM, _BPE):
        raise ValueError(f"model type {kind} is neither unigram nor bpe")
    charsmap = normalising.get(2, b"")
    return SentencePieceModel(
        pieces=pieces,
        user_defined=user_defined,
        is_bpe=kind == _BPE,
        byte_fallback=bool(training.get(35, 0)),
        charsmap=bytes(charsmap) if isinstance(charsmap, memoryview) else b"",
        dummy_prefix=bool(normalising.get(3, 1)),
        collapse_spaces=bool(normalising.get(4, 1)),
    )


def _parse_piece(message: memoryview) -> tuple[str, float, int]:
    text, score, kind = "", 0.0, _NORMAL
    for field, value in _fields(message):
        if field == 1 and isinstance(value, memoryview):
            text = bytes(value).decode("utf-8")
        elif field == 2 and isinstance(value, memoryview):
            (score,) = struct.unpack("<f", value)
        elif field == 3 and isinstance(value, int):
            kind = value
    return text, score, kind


def _fields(message: memoryview) -> Iterator[tuple[int, int | memoryview]]:
    """The fields of a protobuf message: numbers as integers, everything else as its bytes."""
    place = 0
    while place < len(message):
        key, place = _varint(message, place=place)
        wire = key & 7
        if wire == _VARINT:
            number, place = _varint(message, place=place)
            yield key >> 3, number
            continue
        if wire == _LENGTH:
            size, place = _varint(message, place=place)
        elif wire in (_FIXED32, _FIXED64):
            size = 4 if wire == _FIXED32 else 8
        else:
            raise ValueError(f"wire type {wire} at byte {place}")
        if place + size > len(message):
            raise ValueError(f"it ends in the middle of field {key >> 3}")
        yield key >> 3, message[place : place + size]
        place += size


def _varint(message: memoryview, *, place: int) -> tuple[int, int]:
    number = shift = 0
    while True:
        byte = message[place]
        place += 1
        number |= (byte & 0x7F) << shift
        if byte < 0x80:
            return number, place
        shift += 7
        if shift > 63:
            raise ValueError(f"a number without end at byte {place}")
