"""Who borrows in the demonstration? Made-up people with the names of the country."""

from collections.abc import Iterator
from dataclasses import dataclass
from datetime import date, timedelta
from itertools import count
from random import Random
from typing import Final

from services.loans.domain.borrower import BorrowerKind, Sex

Name = tuple[str, str]
"""In Arabic and in Latin script."""

MEN: Final[tuple[Name, ...]] = (
    ("أحمد", "Ahmad"), ("محمد", "Mohammad"), ("محمود", "Mahmoud"), ("خالد", "Khaled"),
    ("عمر", "Omar"), ("علي", "Ali"), ("حسن", "Hasan"), ("حسين", "Hussein"), ("يوسف", "Yousef"),
    ("إبراهيم", "Ibrahim"), ("عبد الله", "Abdullah"), ("عبد الرحمن", "Abdulrahman"),
    ("سامي", "Sami"), ("رامي", "Rami"), ("زياد", "Ziad"), ("طارق", "Tareq"), ("ماجد", "Majed"),
    ("فراس", "Firas"), ("وليد", "Walid"), ("نادر", "Nader"), ("جمال", "Jamal"),
    ("كمال", "Kamal"), ("سليمان", "Suleiman"), ("صالح", "Saleh"), ("مصطفى", "Mustafa"),
    ("باسم", "Basem"), ("هاني", "Hani"), ("عدنان", "Adnan"), ("غسان", "Ghassan"),
    ("نضال", "Nidal"), ("رائد", "Raed"), ("فيصل", "Faisal"), ("عصام", "Issam"),
    ("منير", "Mounir"), ("أنس", "Anas"), ("معاذ", "Muath"), ("قاسم", "Qasem"), ("لؤي", "Loay"),
)  # fmt: skip
WOMEN: Final[tuple[Name, ...]] = (
    ("فاطمة", "Fatima"), ("عائشة", "Aisha"), ("خديجة", "Khadija"), ("مريم", "Maryam"),
    ("زينب", "Zainab"), ("آمنة", "Amneh"), ("سلمى", "Salma"), ("هند", "Hind"), ("نور", "Noor"),
    ("رنا", "Rana"), ("هالة", "Hala"), ("سناء", "Sanaa"), ("منى", "Muna"), ("ليلى", "Layla"),
    ("سعاد", "Suad"), ("نادية", "Nadia"), ("سميرة", "Samira"), ("رجاء", "Rajaa"),
    ("إيمان", "Iman"), ("أمل", "Amal"), ("حنان", "Hanan"), ("وفاء", "Wafaa"),
    ("ابتسام", "Ibtisam"), ("انتصار", "Intisar"), ("كوثر", "Kawthar"), ("رحمة", "Rahma"),
    ("سارة", "Sara"), ("دعاء", "Duaa"), ("أسماء", "Asmaa"), ("ختام", "Khitam"),
    ("نجوى", "Najwa"), ("عبير", "Abeer"), ("شيرين", "Shireen"), ("لينا", "Lina"),
    ("ربى", "Ruba"), ("تهاني", "Tahani"), ("جميلة", "Jamila"), ("صباح", "Sabah"),
)  # fmt: skip
FAMILIES: Final[tuple[Name, ...]] = (
    ("العبادي", "Al-Abbadi"), ("الزعبي", "Al-Zoubi"), ("الخطيب", "Al-Khatib"),
    ("المومني", "Al-Momani"), ("الطراونة", "Al-Tarawneh"), ("العمري", "Al-Omari"),
    ("النجار", "Al-Najjar"), ("حداد", "Haddad"), ("القضاة", "Al-Qudah"),
    ("الشرمان", "Al-Shorman"), ("بني هاني", "Bani Hani"), ("عبيدات", "Obeidat"),
    ("الروسان", "Al-Rousan"), ("الحوراني", "Al-Hourani"), ("الصمادي", "Al-Smadi"),
    ("المجالي", "Al-Majali"), ("الضمور", "Al-Dmour"), ("الصرايرة", "Al-Sarayreh"),
    ("القيسي", "Al-Qaisi"), ("التميمي", "Al-Tamimi"), ("عوض", "Awad"), ("حمدان", "Hamdan"),
    ("درويش", "Darwish"), ("السعدي", "Al-Saadi"), ("الرفاعي", "Al-Rifai"),
    ("البطاينة", "Al-Bataineh"), ("الجراح", "Al-Jarrah"), ("الفقيه", "Al-Faqih"),
    ("الشوابكة", "Al-Shawabkeh"), ("الكساسبة", "Al-Kasasbeh"), ("خليفة", "Khalifa"),
    ("الخلايلة", "Al-Khalaileh"), ("منصور", "Mansour"), ("السرحان", "Al-Sarhan"),
    ("الدباس", "Al-Dabbas"), ("أبو زيد", "Abu Zaid"), ("النعيمات", "Al-Naimat"),
)  # fmt: skip
GROUPS: Final[tuple[Name, ...]] = (
    ("الأمل", "Al-Amal"), ("النور", "Al-Noor"), ("البركة", "Al-Baraka"), ("الياسمين", "Yasmin"),
    ("التعاون", "Al-Taawun"), ("السنابل", "Al-Sanabel"), ("الزيتونة", "Al-Zaytouna"),
    ("الكرامة", "Al-Karama"), ("الإبداع", "Al-Ibda"), ("الوفاق", "Al-Wifaq"),
)  # fmt: skip
WORKPLACES: Final[tuple[Name, ...]] = (
    ("مشغل", "Workshop"), ("مخبز", "Bakery"), ("بقالة", "Grocery"), ("مطبخ", "Kitchen"),
    ("منجرة", "Carpentry"), ("ورشة", "Garage"), ("مشتل", "Nursery"), ("مكتبة", "Stationery"),
)  # fmt: skip

YOUNGEST, OLDEST = 19, 64
DAYS_IN_YEAR: Final = 365
MEMBERS_LEAST, MEMBERS_MOST = 3, 5


@dataclass(frozen=True, slots=True, kw_only=True)
class Person:
    """A made-up borrower; `members` are the persons of a group, the first leads it.

    The number of the national document begins with zeros, as no real one does.
    """

    external_id: str
    kind: BorrowerKind
    name_ar: str
    name_latin: str
    document_number: str
    sex: Sex | None = None
    born_on: date | None = None
    members: tuple["Person", ...] = ()


class Town:
    """Makes people, each of whom is somebody else."""

    def __init__(self, rng: Random, *, today: date) -> None:
        self._rng = rng
        self._today = today
        self._numbers: Iterator[int] = count(1)
        self._seen: set[tuple[str, date]] = set()

    def borrower(self, external_id: str, *, kind: BorrowerKind, women: float) -> Person:
        """Make a borrower of a kind; `women` is the chance that it is one."""
        if kind is BorrowerKind.SOLIDARITY_GROUP:
            return self._group(external_id, women=women)
        if kind is BorrowerKind.MICRO_ENTERPRISE:
            return self._enterprise(external_id)
        sex = Sex.FEMALE if self._rng.random() < women else Sex.MALE
        arabic, latin, born_on = self._somebody(sex)
        if kind is BorrowerKind.PRODUCTIVE_FAMILY:
            arabic, latin = f"أسرة {arabic}", f"Family of {latin}"
        return Person(
            external_id=external_id,
            kind=kind,
            name_ar=arabic,
            name_latin=latin,
            document_number=self._document(),
            sex=sex,
            born_on=born_on,
        )

    def _group(self, external_id: str, *, women: float) -> Person:
        arabic, latin = self._rng.choice(GROUPS)
        number = next(self._numbers)
        members = tuple(
            self.borrower(f"{external_id}-m{place}", kind=BorrowerKind.PERSON, women=women)
            for place in range(1, self._rng.randint(MEMBERS_LEAST, MEMBERS_MOST) + 1)
        )
        return Person(
            external_id=external_id,
            kind=BorrowerKind.SOLIDARITY_GROUP,
            name_ar=f"مجموعة {arabic} {number}",
            name_latin=f"{latin} group {number}",
            document_number=self._document(),
            members=members,
        )

    def _enterprise(self, external_id: str) -> Person:
        place, family = self._rng.choice(WORKPLACES), self._rng.choice(FAMILIES)
        number = next(self._numbers)
        return Person(
            external_id=external_id,
            kind=BorrowerKind.MICRO_ENTERPRISE,
            name_ar=f"{place[0]} {family[0]} {number}",
            name_latin=f"{family[1]} {place[1]} {number}",
            document_number=self._document(),
        )

    def _somebody(self, sex: Sex) -> tuple[str, str, date]:
        """First name, father's, grandfather's and family's; nobody shares name and birthday."""
        while True:
            first = self._rng.choice(WOMEN if sex is Sex.FEMALE else MEN)
            parts = (first, self._rng.choice(MEN), self._rng.choice(MEN))
            words = (*parts, self._rng.choice(FAMILIES))
            arabic, latin = (" ".join(word[script] for word in words) for script in (0, 1))
            days = self._rng.randint(YOUNGEST * DAYS_IN_YEAR, OLDEST * DAYS_IN_YEAR)
            born_on = self._today - timedelta(days=days + MEMBERS_MOST * DAYS_IN_YEAR)
            if (arabic, born_on) not in self._seen:
                self._seen.add((arabic, born_on))
                return arabic, latin, born_on

    def _document(self) -> str:
        return f"000{next(self._numbers):07d}"
