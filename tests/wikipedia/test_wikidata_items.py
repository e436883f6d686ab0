"""Items of dumps of Wikidata, and the lines of their parts."""

import bz2
import gzip
import html
import json
import lzma
import random

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from openluke.errors import DataError
from openluke.wikipedia.dump import PartTally
from openluke.wikipedia.wikidata_items import read_sitelinks, sitelinks_of, wikidata_parts

PACKERS = {"json": bytes, "json.bz2": bz2.compress, "json.gz": gzip.compress}
PACKERS |= {"json.xz": lzma.compress}


def item(number, *, tricky="", **pages):
    """An item as the dump has it; pages by the names of their sites."""
    links = {
        site: {"site": site, "title": title, "badges": ["Q17437796"]}
        for site, title in pages.items()
    }
    labels = {"en": {"language": "en", "value": tricky or f"item {number}"}}
    record = {"type": "item", "id": f"Q{number}", "labels": labels, "claims": {}}
    return record | {"sitelinks": links or [], "lastrevid": 7}


SPAIN = item(29, enwiki="Spain", jawiki="スペイン", zhwiki="西班牙", commonswiki="España")
RECORDS = [
    SPAIN,
    {"type": "property", "id": "P31", "labels": {}, "datatype": "wikibase-item"},
    item(31, tricky='"sitelinks":{"enwiki":1}', nlwiki="België", zh_yuewiki="比利時"),
    item(5),
]


def dump_text(records=RECORDS, *, separators=(",", ":")):
    lines = [json.dumps(record, ensure_ascii=False, separators=separators) for record in records]
    return ("[\n" + ",\n".join(lines) + "\n]\n").encode()


def read_all(file, *, strict=True, **options):
    parts = wikidata_parts([file], directory=file.parent / "pieces", **options)
    return [found for part in parts for found in read_sitelinks(part, strict=strict)]


EXPECTED = [
    (29, [("en", "Spain"), ("ja", "スペイン"), ("zh", "西班牙")]),
    (31, [("nl", "België"), ("zh-yue", "比利時")]),
    (5, []),
]


@pytest.mark.parametrize("packing", PACKERS)
def test_items_are_read_however_they_are_packed(tmp_path, packing):
    file = tmp_path / f"wikidata.{packing}"
    file.write_bytes(PACKERS[packing](dump_text()))
    assert read_all(file) == EXPECTED


def test_spaces_between_keys_and_values_do_no_harm(tmp_path):
    (tmp_path / "wikidata.json").write_bytes(dump_text(separators=(", ", ": ")))
    assert read_all(tmp_path / "wikidata.json") == EXPECTED


@pytest.mark.parametrize("pack", [bytes, bz2.compress, gzip.compress])
def test_items_may_be_the_texts_of_pages(tmp_path, pack):
    pages = "".join(
        f"<page><title>{record['id']}</title><ns>0</ns><id>{number}</id><revision><id>1</id>"
        f"<text>{html.escape(json.dumps(record, separators=(',', ':')))}</text></revision></page>\n"
        for number, record in enumerate(RECORDS, start=1)
    )
    head = "<mediawiki><siteinfo><dbname>wikidatawiki</dbname></siteinfo>\n"
    file = tmp_path / "wikidata.xml"
    file.write_bytes(pack(f"{head}{pages}</mediawiki>\n".encode()))
    assert read_all(file) == EXPECTED


def test_only_wikipedias_count(tmp_path):
    sites = [
        "commonswiki",
        "specieswiki",
        "metawiki",
        "wikidatawiki",
        "enwiktionary",
        "frwikiquote",
    ]
    record = item(1, be_x_oldwiki="Мінск", **dict.fromkeys(sites, "Minsk"))
    assert sitelinks_of(json.dumps(record).encode()) == (1, [("be-tarask", "Мінск")])


records = st.lists(
    st.builds(
        item,
        st.integers(1, 10**6),
        tricky=st.text(max_size=30),
        enwiki=st.text('abc äß"\\é', min_size=1, max_size=40),
    ),
    min_size=1,
    max_size=12,
)


@settings(max_examples=40)
@given(records=records, part_size=st.integers(1, 400), is_packed=st.booleans())
def test_parts_of_any_size_give_each_item_once(tmp_path_factory, records, part_size, is_packed):
    file = tmp_path_factory.mktemp("wikidata") / "wikidata.json"
    data = dump_text(records)
    if is_packed:  # a stream for each 70 bytes
        data = b"".join(bz2.compress(data[n : n + 70]) for n in range(0, len(data), 70))
        part_size = max(part_size, 20)
    file.write_bytes(data)
    expected = [(int(r["id"][1:]), [("en", r["sitelinks"]["enwiki"]["title"])]) for r in records]
    assert read_all(file, part_size=part_size) == expected


def test_a_damaged_item_is_an_error_or_counted(tmp_path):
    file = tmp_path / "wikidata.json"
    file.write_bytes(dump_text().replace(b'"title":"Bel', b'"title:"Bel'))
    byte = file.read_bytes().index(b'{"type":"item","id":"Q31"')
    expected = rf"wikidata\.json: byte {byte}: here, an item cannot be read.*Q31"
    for part_size in (90, 10_000):
        with pytest.raises(DataError, match=expected):
            read_all(file, part_size=part_size)
    [part] = wikidata_parts([file], directory=tmp_path)
    tally = PartTally()
    found = list(read_sitelinks(part, strict=False, tally=tally))
    assert [one.item for one in found] == [29, 5]
    assert tally.damaged == {"page": 1}


def test_a_damaged_block_loses_its_items_alone(tmp_path):
    file = tmp_path / "wikidata.json.bz2"
    many = [item(n, enwiki=f"Page {n}") for n in range(1, 301)]
    text = dump_text(many)
    streams = [bz2.compress(text[n : n + 3000]) for n in range(0, len(text), 3000)]
    streams[3] = streams[3][:40] + bytes(8) + streams[3][48:]
    file.write_bytes(b"".join(streams))
    with pytest.raises(DataError, match="damaged"):
        read_all(file)
    found = [one.item for one in read_all(file, strict=False, part_size=1500)]
    assert 250 < len(found) < 300
    assert found == sorted(set(found))


@pytest.mark.parametrize("pack", [gzip.compress, lzma.compress])
def test_a_packed_file_that_is_cut_off_is_an_error_or_counted(tmp_path, pack):
    file = tmp_path / "wikidata.json"
    noise = random.Random(1)
    many = [item(n, tricky=noise.randbytes(300).hex(), enwiki=f"Page {n}") for n in range(1, 2001)]
    packed = pack(dump_text(many))
    file.write_bytes(packed[: len(packed) // 2])
    with pytest.raises(DataError, match="damaged or cut off"):
        read_all(file)
    [part] = wikidata_parts([file], directory=tmp_path)
    tally = PartTally()
    found = [one.item for one in read_sitelinks(part, strict=False, tally=tally)]
    assert found == list(range(1, len(found) + 1))
    assert 500 < len(found) < 1500
    assert tally.damaged == {"end": 1, "page": 1}  # and the item that it ends in


def test_damage_of_xml_is_counted(tmp_path):
    page = "<page><title>Q1</title><ns>0</ns><id>1</id><revision><text>{}</text></revision></page>"
    (tmp_path / "wikidata.xml").write_text(f"<mediawiki>\n{page}\n<page><title>Q2", "utf-8")
    [part] = wikidata_parts([tmp_path / "wikidata.xml"], directory=tmp_path)
    tally = PartTally()
    list(read_sitelinks(part, strict=False, tally=tally))
    assert tally.damaged


def test_other_files_are_refused(tmp_path):
    (tmp_path / "page.html").write_bytes(b"<html>")
    with pytest.raises(DataError, match="expected a dump of Wikidata"):
        wikidata_parts([tmp_path / "page.html"], directory=tmp_path)
    with pytest.raises(DataError, match="no such file"):
        wikidata_parts([tmp_path / "none.json"], directory=tmp_path)
