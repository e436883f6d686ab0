"""Wikis and the namespaces of their titles."""

import json
import pickle

import pytest

from openluke.errors import DataError
from openluke.wikipedia.site import Site, make_site, namespace_key, site_language


@pytest.mark.parametrize(
    ("title", "number"),
    [
        ("Dog", 0),
        ("Datei:Dog.jpg", 6),
        ("bild:Dog.jpg", 6),
        ("File:Dog.jpg", 6),
        ("IMAGE_talk:Dog.jpg", 7),
        ("Wikipedia:Dogs", 4),
        ("Project:Dogs", 4),
        ("Portal:Dogs", 100),
        ("2001: A Space Odyssey", 0),
        (":Dog", 0),
    ],
)
def test_the_namespace_of_a_title(title: str, number: int) -> None:
    site = make_site("de", name="Wikipedia", namespaces={"Portal": 100, "": 0})
    assert site.namespace(title) == number


def test_what_the_dump_says_goes_before_what_is_known() -> None:
    assert make_site("de", namespaces={"Bild": 100}).namespace("Bild:A") == 100


@pytest.mark.parametrize(
    ("written", "key"),
    [("File_talk ", "file talk"), (" KATEGORIE", "kategorie"), ("Thể  loại", "thể loại")],
)
def test_spellings_of_a_namespace_have_one_key(written: str, key: str) -> None:
    assert namespace_key(written) == key


def test_a_site_comes_back_from_json_and_pickle() -> None:
    site = make_site("zh-yue", database="zh_yuewiki", name="維基百科", namespaces={"文": 6})
    assert Site.from_mapping(json.loads(json.dumps(site.to_mapping()))) == site
    assert pickle.loads(pickle.dumps(site)) == site


def test_a_site_with_other_keys_is_refused() -> None:
    with pytest.raises(DataError, match=r"has the keys \['language'\]; expected"):
        Site.from_mapping({"language": "en"})


@pytest.mark.parametrize(
    ("database", "address", "declared", "language"),
    [
        ("enwiki", "", "", "en"),
        ("zh_yuewiki", "", "yue", "zh-yue"),
        ("be_x_oldwiki", "", "", "be-tarask"),
        ("simplewiki", "", "en", "simple"),
        ("nowiki", "https://no.wikipedia.org/wiki/Hund", "nb", "no"),
        ("", "http://en.wikipedia.org/wiki/Main_Page", "", "en"),
        ("", "https://simple.wikipedia.org/wiki/Dog", "en", "simple"),
        ("commonswiki", "https://commons.wikimedia.org/wiki/Dog", "en", "en"),
        ("", "", "gsw", "als"),
        ("mywork", "https://wiki.example.org/wiki/Dog", "xx-own", "xx-own"),
        ("", "", "", ""),
    ],
)
def test_the_language_of_a_site(database: str, address: str, declared: str, language: str) -> None:
    found = site_language(database=database, address=address, declared=declared)
    assert found == language


def test_a_title_has_the_spelling_of_the_wiki() -> None:
    assert make_site("tr").title("ilk_gün#x") == "İlk gün"
    assert make_site("de").title("ilk_gün#x") == "Ilk gün"
    assert make_site("tr", capitalises=False).title("ilk_gün#x") == "ilk gün"
