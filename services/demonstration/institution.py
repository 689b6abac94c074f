"""What is the demonstration institution: branches, staff, funds, donors and products?

It is made up. It stands in Jordan, where the currency has three decimals and waqf exists.
"""

from collections.abc import Mapping
from dataclasses import dataclass
from decimal import Decimal
from typing import Final
from uuid import UUID

from services.loans.domain.borrower import BorrowerKind
from services.loans.domain.chart import FundKind
from services.loans.domain.fees import Fee, FeeKind, FeeWhen
from services.loans.domain.price import Price
from services.loans.domain.product import Limits, Policy, Product
from services.loans.domain.terms import ChargeMethod, Frequency, ModeOfFinance
from services.loans.institutions.names import Names
from shared.auth import Role
from shared.ids import ProductId
from shared.money import Money

CODE: Final = "rafid-demo"
COUNTRY: Final = "JO"
CURRENCY: Final = "JOD"
TIMEZONE: Final = "Asia/Amman"
NAMES: Final = Names(
    ar="مؤسسة رافد للتمويل الأصغر",
    fr="Institution Rafid de microfinance",
    en="Rafid Microfinance Institution",
)


def jod(amount: int) -> Money:
    """Whole dinars: 5 is 5.000 JOD."""
    return Money.parse(str(amount), CURRENCY)


@dataclass(frozen=True, slots=True, kw_only=True)
class Branch:
    """A branch, with its share of the business."""

    code: str
    names: Names
    region: str
    share: float


BRANCHES: Final = (
    Branch(
        code="amman",
        names=Names(ar="فرع عمّان", fr="Agence d'Amman", en="Amman branch"),
        region="amman",
        share=0.45,
    ),
    Branch(
        code="irbid",
        names=Names(ar="فرع إربد", fr="Agence d'Irbid", en="Irbid branch"),
        region="irbid",
        share=0.35,
    ),
    Branch(
        code="karak",
        names=Names(ar="فرع الكرك", fr="Agence de Karak", en="Karak branch"),
        region="karak",
        share=0.20,
    ),
)


@dataclass(frozen=True, slots=True, kw_only=True)
class Donor:
    """Who gives; with a login it may look at its funds."""

    code: str
    names: Names
    login: str | None = None


DONORS: Final = (
    Donor(
        code="waqf-noor",
        names=Names(ar="وقف النور الخيري", fr="Waqf An-Nour", en="Al-Noor Waqf"),
        login="donor-waqf",
    ),
    Donor(
        code="baraka",
        names=Names(ar="جمعية البركة الخيرية", fr="Association Al-Baraka", en="Al-Baraka Charity"),
        login="donor-charity",
    ),
    Donor(
        code="employment",
        names=Names(
            ar="برنامج التشغيل الذاتي",
            fr="Programme d'auto-emploi",
            en="Self-employment Programme",
        ),
    ),
    Donor(
        code="lender",
        names=Names(
            ar="شركة التمويل الشريك", fr="Société partenaire", en="Partner Finance Company"
        ),
    ),
)


@dataclass(frozen=True, slots=True, kw_only=True)
class DemonstrationFund:
    """A fund with who gives to it; `floor` is the corpus that must stand, for 2,000 contracts."""

    code: str
    kind: FundKind
    names: Names
    donor: str
    floor: Money = Money.zero(CURRENCY)  # noqa: RUF009 - a value that never changes


# Zakat only receives here: it lends under a registered ruling alone, and none is registered.
FUNDS: Final = (
    DemonstrationFund(
        code="zakat",
        kind=FundKind.ZAKAT,
        names=Names(ar="صندوق الزكاة", fr="Fonds de zakat", en="Zakat fund"),
        donor="baraka",
    ),
    DemonstrationFund(
        code="waqf",
        kind=FundKind.WAQF,
        names=Names(
            ar="وقف النور للقرض الحسن", fr="Waqf An-Nour du prêt sans intérêt",
            en="Al-Noor waqf for qard hasan",
        ),
        donor="waqf-noor",
        floor=jod(100_000),
    ),
    DemonstrationFund(
        code="donation",
        kind=FundKind.DONATION,
        names=Names(
            ar="صندوق الأسر المنتجة", fr="Fonds des familles productives",
            en="Productive families fund",
        ),
        donor="baraka",
    ),
    DemonstrationFund(
        code="state",
        kind=FundKind.STATE,
        names=Names(
            ar="صندوق التشغيل الذاتي", fr="Fonds d'auto-emploi", en="Self-employment fund"
        ),
        donor="employment",
    ),
    DemonstrationFund(
        code="commercial",
        kind=FundKind.COMMERCIAL,
        names=Names(
            ar="تسهيلات الشركة الشريكة", fr="Ligne de la société partenaire", en="Partner facility"
        ),
        donor="lender",
    ),
)  # fmt: skip


@dataclass(frozen=True, slots=True, kw_only=True)
class Post:
    """A post of the staff: its login, what it may do, and for which branch (None: all)."""

    login: str
    name: str
    roles: frozenset[Role]
    branch: str | None = None
    donor: str | None = None


@dataclass(frozen=True, slots=True, kw_only=True)
class Program:
    """A program that calls the API, and the variable that holds its name and secret."""

    name: str
    variable: str
    roles: frozenset[Role]


PROGRAMS: Final = (
    Program(
        name="desk",
        variable="RAFID_OFFICER",
        roles=frozenset({Role.OFFICER, Role.INTEGRATOR}),
    ),
    Program(
        name="committee",
        variable="RAFID_COMMITTEE",
        roles=frozenset({Role.APPROVER, Role.FUNDS_MANAGER}),
    ),
)
FIRST_LOAN_BRANCH: Final = "amman"
FIRST_LOAN_FUND: Final = "waqf"
ADMINISTRATOR: Final = "administrator"
COMMITTEE: Final = "committee"
APPROVERS: Final = ("approver", COMMITTEE)
FUNDS_MANAGER: Final = "funds-manager"
STAFF: Final = (
    *(
        Post(
            login=f"officer-{branch.code}",
            name=f"موظف التمويل، {branch.names.ar}",
            roles=frozenset({Role.OFFICER}),
            branch=branch.code,
        )
        for branch in BRANCHES
    ),
    Post(login="approver", name="مدير الائتمان", roles=frozenset({Role.APPROVER})),
    Post(login=COMMITTEE, name="لجنة الائتمان", roles=frozenset({Role.APPROVER})),
    Post(login="funds-manager", name="مدير الصناديق", roles=frozenset({Role.FUNDS_MANAGER})),
    Post(login="auditor", name="المدقق الداخلي", roles=frozenset({Role.AUDITOR})),
    *(
        Post(
            login=donor.login,
            name=donor.names.ar,
            roles=frozenset({Role.DONOR}),
            donor=donor.code,
        )
        for donor in DONORS
        if donor.login
    ),
)
AUTHORITY: Final = ((1, jod(2_000)), (2, jod(10_000)))
"""Up to how much each level decides; both are approvers, and nobody decides twice."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Offer:
    """A product as it is offered: who asks for it, from which funds, and how often."""

    product: Product
    names: Names
    weight: float
    kinds: tuple[BorrowerKind, ...]
    funds: tuple[str, ...]
    women: float
    terms: tuple[int, ...]


def _product(
    number: int,
    code: str,
    *,
    amounts: tuple[int, int, int],
    months: tuple[int, int, int],
    fund_kinds: frozenset[FundKind],
    **members: object,
) -> Product:
    """A qard, unless members say otherwise."""
    nothing = Decimal(0)
    least, usual, most = map(jod, amounts)
    usually: dict[str, object] = {
        "product_id": ProductId(UUID(int=number)),
        "version": 1,
        "code": code,
        "mode_of_finance": ModeOfFinance.QARD,
        "charge_method": ChargeMethod.NONE,
        "amount": Limits(least=least, usual=usual, most=most),
        "term_months": Limits(least=months[0], usual=months[1], most=months[2]),
        "annual_rate": Limits(least=nothing, usual=nothing, most=nothing),
        "grace_months": Limits(least=0, usual=0, most=2),
        "frequency": Frequency.MONTHLY,
        "fund_kinds": fund_kinds,
        "moving_rule": "next",
        "price": Price(
            cost_of_funds=nothing, operating_cost=jod(12), operating_cost_monthly=jod(1)
        ),
        "policy": Policy(approve_points_from=60, reject_points_below=30),
        "least_age_years": 18,
    }
    return Product(**usually | members)  # type: ignore[arg-type] # by name


def _rates(least: str, usual: str, most: str) -> Limits[Decimal]:
    return Limits(least=Decimal(least), usual=Decimal(usual), most=Decimal(most))


_FILE_FEE: Final = Fee(
    code="file", kind=FeeKind.PERCENT, when=FeeWhen.AT_DISBURSEMENT, percent=Decimal(1)
)
_COMMERCIAL_PRICE: Final = Price(
    cost_of_funds=Decimal("0.07"),
    operating_cost=jod(15),
    operating_cost_monthly=jod(1),
    margin_share=Decimal("0.01"),
)
_GIVEN: Final = frozenset({FundKind.WAQF, FundKind.DONATION})
_LENT: Final = frozenset({FundKind.COMMERCIAL})
OFFERS: Final = (
    Offer(
        product=_product(
            1, "qard-family", amounts=(100, 600, 1_500), months=(6, 10, 18), fund_kinds=_GIVEN
        ),
        names=Names(
            ar="قرض حسن للأسر المنتجة", fr="Prêt sans intérêt aux familles productives",
            en="Qard hasan for productive families",
        ),
        weight=0.40,
        kinds=(BorrowerKind.PRODUCTIVE_FAMILY, BorrowerKind.PERSON),
        funds=("waqf", "donation"),
        women=0.72,
        terms=(6, 8, 10, 12, 12, 15, 18),
    ),
    Offer(
        product=_product(
            2, "qard-group", amounts=(500, 1_500, 4_000), months=(6, 10, 12), fund_kinds=_GIVEN
        ),
        names=Names(
            ar="قرض حسن للمجموعات", fr="Prêt sans intérêt aux groupes", en="Qard hasan for groups"
        ),
        weight=0.05,
        kinds=(BorrowerKind.SOLIDARITY_GROUP,),
        funds=("waqf", "donation"),
        women=0.9,
        terms=(6, 10, 12),
    ),
    Offer(
        product=_product(
            3,
            "qard-start",
            amounts=(300, 1_000, 3_000),
            months=(6, 12, 24),
            fund_kinds=frozenset({FundKind.STATE}),
            grace_months=Limits(least=0, usual=1, most=3),
        ),
        names=Names(
            ar="قرض التشغيل الذاتي", fr="Prêt d'auto-emploi", en="Self-employment qard hasan"
        ),
        weight=0.20,
        kinds=(BorrowerKind.PERSON,),
        funds=("state",),
        women=0.45,
        terms=(10, 12, 12, 18, 24),
    ),
    Offer(
        product=_product(
            4,
            "enterprise",
            amounts=(500, 1_500, 5_000),
            months=(6, 12, 24),
            fund_kinds=_LENT,
            mode_of_finance=ModeOfFinance.CONVENTIONAL,
            charge_method=ChargeMethod.DECLINING_BALANCE,
            annual_rate=_rates("0.12", "0.18", "0.24"),
            fees=(_FILE_FEE,),
            price=_COMMERCIAL_PRICE,
        ),
        names=Names(
            ar="تمويل المنشآت الصغرى", fr="Crédit aux micro-entreprises", en="Enterprise loan"
        ),
        weight=0.20,
        kinds=(BorrowerKind.MICRO_ENTERPRISE, BorrowerKind.PERSON),
        funds=("commercial",),
        women=0.35,
        terms=(9, 12, 12, 18),
    ),
    Offer(
        product=_product(
            5,
            "trade-flat",
            amounts=(300, 800, 2_000),
            months=(6, 8, 12),
            fund_kinds=_LENT,
            mode_of_finance=ModeOfFinance.CONVENTIONAL,
            charge_method=ChargeMethod.FLAT,
            annual_rate=_rates("0.08", "0.11", "0.14"),
            price=_COMMERCIAL_PRICE,
        ),
        names=Names(
            ar="تمويل رأس المال العامل", fr="Crédit de fonds de roulement", en="Working capital"
        ),
        weight=0.15,
        kinds=(BorrowerKind.PERSON, BorrowerKind.MICRO_ENTERPRISE),
        funds=("commercial",),
        women=0.4,
        terms=(6, 8, 10, 12),
    ),
)  # fmt: skip

FUND_BY_CODE: Final[Mapping[str, DemonstrationFund]] = {fund.code: fund for fund in FUNDS}
OFFER_BY_CODE: Final[Mapping[str, Offer]] = {offer.product.code: offer for offer in OFFERS}
