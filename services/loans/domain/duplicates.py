"""Is this the person we already know, in whatever script and spelling the name was written?"""

import re
import unicodedata
from collections.abc import Iterable
from dataclasses import dataclass, field
from datetime import date
from enum import StrEnum
from itertools import groupby
from uuid import UUID

from shared.digits import to_western_digits

SHORTEST_SOUND = 5
FEWEST_SHARED_WORDS = 2
TATWEEL = "\u0640"
# One sign may stand for a whole phrase; an index holds 2,704 bytes.
LONGEST_NAME = 400
LONGEST_DOCUMENT = 120

# Letters that writers exchange: carriers of hamza, final ya and alef maqsura, ta marbuta and ha.
_ARABIC_LETTERS = str.maketrans("أإآٱىئيؤةگڤپچی", "اااايييوهكفبجي", TATWEEL + "ء")
_NOT_A_WORD = re.compile(r"[^\w]+")
_APOSTROPHES = re.compile(r"[’'`ʿʾʼʻ´]")
_SERVANT_OF = re.compile(r"\bعبد (?=\w)")
_FATHER_OF = re.compile(r"\b(ابو|ابي|ابا|ام|ال) (?=\w)")
_ARTICLE = re.compile(r"\bال(?=\w{2})")
_LATIN_PARTICLE = re.compile(r"\b(al|el|ul|abdel|abdul|abdal|abd|abou|abu|aboo) (?=\w)")
_SON_OF = frozenset({"بن", "ابن", "بنت", "ولد", "ben", "bin", "ibn", "bint", "ould"})

# The consonants of a name, the same signs for both scripts; vowels are left out, as in Arabic.
_ARABIC_SOUNDS = dict(zip("بتثجحخدذرزسشصضطظغفقكلمنه", "bttjhxddrzscsdtdgfkklmnh", strict=True))
_LATIN_DIGRAPHS = (
    ("dj", "j"), ("ck", "k"), ("kh", "x"), ("sh", "c"), ("ch", "c"), ("gh", "g"),
    ("th", "t"), ("dh", "d"), ("ph", "f"), ("qu", "k"),
)  # fmt: skip
_LATIN_SOUNDS = {sign: sign for sign in "bcdfghjklmnrstxz"} | {"q": "k", "p": "b", "v": "f"}


class Reason(StrEnum):
    """Why two persons may be one."""

    PHONE = "phone"
    NAME = "name"
    NAME_AND_BIRTH_DATE = "name_and_birth_date"
    SIMILAR_NAME_AND_BIRTH_DATE = "similar_name_and_birth_date"


@dataclass(frozen=True, slots=True, kw_only=True)
class Identity:
    """What identifies a person or group: names in any script, birth date, phones (E.164)."""

    names: tuple[str, ...]
    born_on: date | None = None
    phones: frozenset[str] = field(default_factory=frozenset)

    @property
    def keys(self) -> frozenset[str]:
        """The normalised names."""
        return frozenset(key for key in map(name_key, self.names) if key)

    @property
    def sounds(self) -> frozenset[str]:
        """The consonants of the names, the same for Arabic and Latin script."""
        return frozenset(sound for sound in map(sound_key, self.names) if sound)


@dataclass(frozen=True, slots=True, kw_only=True)
class Known:
    """A person in the register."""

    borrower_id: UUID
    identity: Identity


@dataclass(frozen=True, slots=True, kw_only=True)
class Candidate:
    """A person in the register who may be the one at the desk, and why."""

    borrower_id: UUID
    reasons: tuple[Reason, ...]


def name_key(name: str) -> str:
    """Give a name as it is compared: one spelling for each of the ways to write it.

    Arabic: no vowel marks, no tatweel, no hamza, one alef, one ya, ha for ta marbuta, compound
    names in one word. Latin: no case, accents or apostrophes. Worked: "أحْمَد عبد الله" and
    "احمد عبدالله" both give "احمد عبدالله"; "Saïd EL-Amrani" gives "said elamrani".
    """
    plain = unicodedata.normalize("NFKD", _APOSTROPHES.sub("", to_western_digits(name)))
    letters = "".join(sign for sign in plain if not unicodedata.combining(sign))[:LONGEST_NAME]
    folded = letters.casefold().translate(_ARABIC_LETTERS)
    words = " ".join(_NOT_A_WORD.sub(" ", folded).replace("_", " ").split())
    joined = _SERVANT_OF.sub("عبد", _FATHER_OF.sub(r"\1", words))
    return _LATIN_PARTICLE.sub(r"\1", joined)


def sort_key(name: str) -> str:
    """Give the key by which names are listed: normalised, and without the Arabic article.

    Worked: "الزهراء" stands under z: "زهرا".
    """
    return _ARTICLE.sub("", name_key(name))


def document_key(number: str) -> str:
    """Give a document's number as it is compared: letters and Western digits, upper case.

    Worked: " ab-١٢٣ 456" gives "AB123456".
    """
    plain = unicodedata.normalize("NFKC", to_western_digits(number)).upper()
    return "".join(sign for sign in plain if sign.isalnum())[:LONGEST_DOCUMENT]


def sound_key(name: str) -> str:
    """Give the consonants of a name, equal for its Arabic form and common Latin ones.

    Doubled consonants count once, "son of" and the article are left out, digits stay. Worked:
    "محمد بن عبد الرحمن", "Mohamed Abderrahmane" and "Muhammad ibn Abd al-Rahman" all give
    "mhmd bdrhmn".
    """
    words = (word for word in name_key(name).split() if word not in _SON_OF)
    return " ".join(filter(None, map(_word_sound, words)))


def _word_sound(word: str) -> str:
    if any("\u0600" <= sign <= "\u06ff" for sign in word):
        bare = re.sub(r"^(عبد|)ال(?=\w\w)", r"\1", word)
        signs = "".join(_ARABIC_SOUNDS.get(sign, sign if sign.isdigit() else "") for sign in bare)
    else:
        bare = re.sub(r"^abd[aeiou]l(?=\w{2})", "abd", word)
        bare = re.sub(r"^[ae]l(?=[bcdfghjkmnpqrstvwxyz]\w)", "", bare)
        bare = re.sub(r"c(?!h)", "k", re.sub(r"c(?=[eiy])", "s", bare))
        for written, sound in _LATIN_DIGRAPHS:
            bare = bare.replace(written, sound)
        signs = "".join(_LATIN_SOUNDS.get(sign, sign if sign.isdigit() else "") for sign in bare)
    once = "".join("".join(run) if sign.isdigit() else sign for sign, run in groupby(signs))
    return once.removesuffix("h") if len(once) > 1 else once


class Register:
    """The known persons by what may recognise them, so that a file of thousands stays quick."""

    def __init__(self, known: Iterable[Known] = ()) -> None:
        self._by_mark: dict[object, dict[UUID, Known]] = {}
        for person in known:
            self.add(person)

    def add(self, known: Known) -> None:
        """Know one more person."""
        for mark in _marks(known.identity):
            self._by_mark.setdefault(mark, {})[known.borrower_id] = known

    def candidates(self, person: Identity) -> tuple[Candidate, ...]:
        """Who in the register may be this person? (see `candidates`)."""
        near: dict[UUID, Known] = {}
        for mark in _marks(person):
            near |= self._by_mark.get(mark, {})
        return candidates(person, among=sorted(near.values(), key=lambda one: one.borrower_id))


def _marks(identity: Identity) -> frozenset[object]:
    born = frozenset() if identity.born_on is None else frozenset({identity.born_on})
    return identity.keys | identity.phones | born


def candidates(person: Identity, *, among: Iterable[Known]) -> tuple[Candidate, ...]:
    """Who in the register may be this person, in the order of the register?

    A shared phone is enough; so is the same name unless two birth dates differ. A similar name
    (the same consonants, one consonant apart, or two words of the shorter name in the longer)
    counts with the same birth date only.
    """
    found = ((known.borrower_id, _reasons(person, known.identity)) for known in among)
    return tuple(
        Candidate(borrower_id=borrower_id, reasons=reasons)
        for borrower_id, reasons in found
        if reasons
    )


def _reasons(left: Identity, right: Identity) -> tuple[Reason, ...]:
    reasons = [Reason.PHONE] if left.phones & right.phones else []
    born_alike = left.born_on is not None and left.born_on == right.born_on
    born_apart = None not in (left.born_on, right.born_on) and not born_alike
    if left.keys & right.keys and not born_apart:
        reasons.append(Reason.NAME_AND_BIRTH_DATE if born_alike else Reason.NAME)
    elif born_alike and _similar(left.sounds, right.sounds):
        reasons.append(Reason.SIMILAR_NAME_AND_BIRTH_DATE)
    return tuple(reasons)


def _similar(left: frozenset[str], right: frozenset[str]) -> bool:
    return any(_alike(one, other) for one in left for other in right)


def _alike(one: str, other: str) -> bool:
    if one == other:
        return True
    if any(sign.isdigit() for sign in one + other):
        return False  # numbered names differ by their number
    shorter, longer = sorted((one.split(), other.split()), key=len)
    if len(shorter) >= FEWEST_SHARED_WORDS and set(shorter) <= set(longer):
        return True
    return min(len(one), len(other)) >= SHORTEST_SOUND and _one_apart(one, other)


def _one_apart(one: str, other: str) -> bool:
    shorter, longer = sorted((one, other), key=len)
    if len(longer) - len(shorter) > 1:
        return False
    start = next(
        (place for place, sign in enumerate(shorter) if sign != longer[place]), len(shorter)
    )
    same_length = len(shorter) == len(longer)
    return shorter[start + same_length :] == longer[start + 1 :]
