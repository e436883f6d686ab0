"""What differs between the Wikipedias of languages: links, names of namespaces, redirects, lists.

The facts stand in ``languages.json``. Link trails, namespaces and redirect words are those of
MediaWiki's own settings for each language, save that closing quotes are no part of a link here.
"""

import json
from collections.abc import Mapping
from dataclasses import dataclass
from functools import cache
from importlib.resources import files
from typing import Any

from openluke.entities.titles import canonical_title, capitalised

_LANGUAGES = """
aa ab ace ady af ak als alt am ami an ang ann anp ar arc ary arz as ast atj av avk awa ay az
azb ba ban bar bat-smg bbc bcl bdr be be-tarask bew bg bh bi bjn blk bm bn bo bol bpy br bs
btm bug bxr ca cbk-zam cdo ce ceb ch cho chr chy ckb co cr crh cs csb cu cv cy da dag de dga
din diq dsb dtp dty dv dz ee el eml en eo es et eu ext fa fat ff fi fiu-vro fj fo fon fr frp
frr fur fy ga gag gan gcr gd gl glk gn gom gor got gpe gu guc gur guw gv ha hak haw he hi
hif ho hr hsb ht hu hy hyw hz ia iba id ie ig igl ii ik ilo inh io is isv it iu ja jam jbo
jv ka kaa kab kai kaj kbd kbp kcg kg kge ki kj kk kl km kn knc ko koi kr krc ks ksh ku kus
kv kw ky la lad lb lbe lez lfn lg li lij lld lmo ln lo lrc lt ltg lv mad mag mai map-bms mdf
mg mh mhr mi min mk ml mn mni mnw mos mr mrj ms mt mus mwl my myv mzn na nah nap nds nds-nl
ne new ng nia nl nn no nov nqo nr nrm nso nup nv ny oc olo om or os pa pag pam pap pcd pcm
pdc pfl pi pih pl pms pnb pnt ppl ps pt pwn qu rki rm rmy rn ro roa-rup roa-tara rsk ru rue
rw sa sah sat sc scn sco sd se sg sh shi shn si simple sk skr sl sm smn sn so sq sr srn ss
st stq su sv sw syl szl szy ta tay tcy tdd te ten tet tg th ti tig tk tl tly tn to tok tpi
tr trv ts tt tum tw ty tyv udm ug uk ur uz ve vec vep vi vls vo wa war wo wuu xal xh xmf yi
yo za zea zgh zh zh-classical zh-min-nan zh-yue zu
"""

WIKIPEDIA_LANGUAGES = frozenset(_LANGUAGES.split())
"""Codes of all Wikipedias, as their addresses have them; ``[[de:Hund]]`` is a link to another."""

LANGUAGE_ALIASES: Mapping[str, str] = {
    "be-x-old": "be-tarask",
    "cmn": "zh",
    "cz": "cs",
    "dk": "da",
    "egl": "eml",
    "epo": "eo",
    "gsw": "als",
    "jp": "ja",
    "lzh": "zh-classical",
    "minnan": "zh-min-nan",
    "mo": "ro",
    "nan": "zh-min-nan",
    "nb": "no",
    "nrf": "nrm",
    "rup": "roa-rup",
    "sgs": "bat-smg",
    "vro": "fiu-vro",
    "yue": "zh-yue",
    "zh-cfr": "zh-min-nan",
    "zh-cn": "zh",
    "zh-tw": "zh",
}
"""Other names of Wikipedias, which lead to these codes."""

_DOTTED = frozenset(("az", "kaa", "tr"))
"""Languages in which the capital of i has a dot, in titles too."""

_PREFIXES = """
arxiv b betawikiversity bugzilla c c2 comixpedia commons creativecommons d dbdump debian
dictionary dmoz doi ethnologue f foldoc foundation foundationsite freebsdman gentoo-wiki
gerrit google googlegroups googlesearch gutenberg hdl iarchive imdb imdbname imdbtitle
incubator isbndb issn jira lqwiki m mailarchive mediawikiwiki mediazilla memoryalpha meta
metawiki metawikimedia metawikipedia mozillawiki mw n nostalgia oeis oldwikisource
openlibrary osmwiki otrs otrswiki outreach outreachwiki phab phabricator pmid q quality rfc
rt s shoutwiki sourceforge spcom species strategy strategywiki svn testwiki testwikidata
toolforge toollabs tools toolserver translatewiki twiki uncyclopedia usability usemod utrs v
vikidia voy w wg wikia wikibooks wikicities wikidata wikidatawiki wikidbw wikifunctions
wikihow wikilivres wikimania wikimaniawiki wikimedia wikinews wikipedia wikipediawikipedia
wikiquote wikisophia wikisource wikispecies wikitech wikitravel wikiversity wikivoyage wikt
wiktionary wm wmar wmau wmde wmf wmfblog wmuk wookieepedia wowwiki xkcd yougle ytmnd
"""

INTERWIKI_PREFIXES = frozenset(_PREFIXES.split())
"""Prefixes of links to other projects and sites: ``[[wikt:dog]]`` is no link to an article.

They count only where the wiki has no namespace of that name, such as ``wikipedia``.
"""


@dataclass(frozen=True, slots=True, kw_only=True)
class LanguageFacts:
    """What holds in the Wikipedia of one language."""

    link_trail: str
    """Regular expression of what joins a link from behind, ``[[dog]]s``; empty if nothing does."""
    link_prefix: str
    """Regular expression of what joins a link from before; empty in nearly every language."""
    redirect_words: tuple[str, ...]
    """Words that make a page a redirect, case folded; ``#redirect`` is always among them."""
    namespaces: Mapping[str, int]
    """Numbers of namespaces by their names and aliases, English ones too; case folded."""
    disambiguation_templates: frozenset[str]
    """Templates that say that a page is a disambiguation; spelt as titles, without namespace."""
    disambiguation_suffixes: tuple[str, ...]
    """Ends of such pages' titles, such as ``(disambiguation)``."""
    list_prefixes: tuple[str, ...]
    """How titles of lists begin, to the letter and with the space, such as ``List of ``."""
    list_suffixes: tuple[str, ...]
    """How titles of lists end, to the letter."""


def wikipedia_language(prefix: str) -> str | None:
    """The code of the Wikipedia that a link's prefix leads to; none if it is no Wikipedia's."""
    code = prefix.strip().lower().replace("_", "-")
    code = LANGUAGE_ALIASES.get(code, code)
    return code if code in WIKIPEDIA_LANGUAGES else None


def capitalised_in(title: str, *, language: str) -> str:
    """The title with the first letter that the Wikipedia of a language gives it."""
    if language in _DOTTED and title.startswith("i"):
        return f"İ{title[1:]}"
    return capitalised(title)


def title_in(title: str, *, language: str) -> str:
    """The spelling that the Wikipedia of a language stores a title under."""
    return capitalised_in(canonical_title(title, capitalise=False), language=language)


@cache
def facts(language: str) -> LanguageFacts:
    """What is known of the Wikipedia of a language; English facts stand in for those not known."""
    table = _table()
    every: Mapping[str, Any] = table["every"]
    own: Mapping[str, Any] = table["languages"].get(language, {})
    return LanguageFacts(
        link_trail=own.get("link_trail", every["link_trail"]),
        link_prefix=own.get("link_prefix", ""),
        redirect_words=tuple(_joined("redirect_words", every=every, own=own)),
        namespaces={**every["namespaces"], **own.get("namespaces", {})},
        disambiguation_templates=frozenset(
            canonical_title(name)
            for name in _joined("disambiguation_templates", every=every, own=own)
        ),
        disambiguation_suffixes=tuple(_joined("disambiguation_suffixes", every=every, own=own)),
        list_prefixes=tuple(own.get("list_prefixes", ())),
        list_suffixes=tuple(own.get("list_suffixes", ())),
    )


def _joined(key: str, *, every: Mapping[str, Any], own: Mapping[str, Any]) -> list[str]:
    return list(dict.fromkeys([*own.get(key, ()), *every[key]]))


@cache
def _table() -> Mapping[str, Any]:
    path = files("openluke.wikipedia").joinpath("languages.json")
    return json.loads(path.read_text(encoding="utf-8"))
